//! The packages that are there, from wherever that is told, with what they require.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::audit::Installed;
use crate::fetch::LiveCatalog;
use crate::graph::Member;
use crate::index::{Metadata, Project};
use crate::lock::{ArtifactPlace, Lock, LockedSource};
use crate::package::{ExtraName, Marker, PackageName, Requirement, Version, VersionKey};
use crate::solve::{Catalog as _, FileAt, Refusal};
use crate::source::Origin;

/// So many questions are asked at once.
const WORKERS: usize = 16;

/// A package that is there.
#[derive(Clone, Debug)]
pub(super) struct Present {
    pub(super) name: PackageName,
    pub(super) version: Option<Version>,
    /// The extras of it that are known to be asked for.
    pub(super) extras: Vec<ExtraName>,
    /// Those that it offers.
    pub(super) offered: Vec<ExtraName>,
    /// What it requires; none where nobody has said it yet.
    pub(super) needs: Option<Vec<Requirement>>,
    pub(super) is_requested: bool,
    pub(super) held: Held,
    /// The line that says that it is there.
    pub(super) origin: Option<Origin>,
}

/// Where a package is to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// From an index.
    Index,
    /// From where this line of a requirements file says.
    Line(String),
}

impl Present {
    pub(super) fn new(name: PackageName) -> Self {
        Self {
            name,
            version: None,
            extras: Vec::new(),
            offered: Vec::new(),
            needs: None,
            is_requested: false,
            held: Held::Index,
            origin: None,
        }
    }

    pub(super) fn to_member(&self) -> Member {
        Member {
            name: self.name.clone(),
            extras: self.extras.clone(),
            offered: self.offered.clone(),
            needs: self.needs.clone().unwrap_or_default(),
            is_requested: self.is_requested,
        }
    }
}

/// Takes what is installed in an environment.
pub(super) fn of_environment(installed: &Installed) -> Vec<Present> {
    let active = installed.active().into_values();
    let present = active.map(|distribution| Present {
        version: distribution.version.clone(),
        needs: Some(distribution.needs.clone()),
        offered: offered(&distribution.needs),
        is_requested: distribution.is_requested,
        held: held(&distribution.name, &distribution.source),
        ..Present::new(distribution.name.clone())
    });
    present.collect()
}

/// Returns the extras that requirements name.
fn offered(needs: &[Requirement]) -> Vec<ExtraName> {
    let texts = needs.iter().map(|need| need.marker.text());
    let named = texts.flat_map(|text| text.split("extra == ").skip(1));
    let names = named.filter_map(|rest| rest.get(1..)?.split(['\'', '"']).next());
    let mut offered: Vec<ExtraName> = names
        .filter_map(|name| ExtraName::new(name.to_owned()).ok())
        .collect();
    offered.sort();
    offered.dedup();
    offered
}

/// Takes what a lock pins; one that tells nothing of what packages require leaves that open.
pub(super) fn of_lock(lock: &Lock) -> Vec<Present> {
    let mut found: Vec<Present> = Vec::new();
    let has_edges = lock.packages.iter().any(|it| !it.edges.is_empty());
    for package in &lock.packages {
        // A lock for several environments has a name more than once.
        // What is in a lock is needed in some environment, though perhaps not in this one.
        let needs = package.edges.iter().map(|edge| Requirement {
            marker: Marker::always(),
            ..edge.requirement.clone()
        });
        if let Some(known) = found.iter_mut().find(|it| it.name == package.name) {
            known.needs.get_or_insert_default().extend(needs);
            known.version = known.version.take().min(package.version.clone());
            continue;
        }
        found.push(Present {
            version: package.version.clone(),
            extras: package.extras.clone(),
            needs: has_edges.then(|| needs.collect()),
            held: held(&package.name, &package.source),
            ..Present::new(package.name.clone())
        });
    }
    found
}

fn held(name: &PackageName, source: &LockedSource) -> Held {
    let part = |subdirectory: &Option<String>| {
        let part = subdirectory.as_ref();
        part.map(|it| format!("#subdirectory={it}"))
            .unwrap_or_default()
    };
    let place = |place: &ArtifactPlace| match place {
        ArtifactPlace::Path(path) if !path.starts_with(['.', '/']) => format!("./{path}"),
        other => other.public(),
    };
    match source {
        LockedSource::Registry => Held::Index,
        LockedSource::Archive {
            artifact,
            subdirectory,
        } => Held::Line(format!(
            "{name} @ {}{}",
            place(&artifact.place),
            part(subdirectory)
        )),
        LockedSource::Directory { path, editable, .. } => {
            let lead = if *editable { "-e " } else { "" };
            let path = place(&ArtifactPlace::Path(path.clone()));
            Held::Line(format!("{lead}{path}"))
        }
        LockedSource::Vcs {
            kind,
            place,
            requested_revision,
            commit_id,
            subdirectory,
        } => {
            let revision = requested_revision.as_ref().unwrap_or(commit_id);
            let (url, part) = (place.public(), part(subdirectory));
            Held::Line(format!("{name} @ {kind}+{url}@{revision}{part}"))
        }
    }
}

/// Asks the indexes what packages require of which nobody has said it; returns those of which it
/// could not be learned, with the reason.
pub(super) fn learn(present: &mut [Present], catalog: &LiveCatalog) -> Vec<(PackageName, String)> {
    let is_open = |it: &Present| it.needs.is_none() && it.held == Held::Index;
    let open = present.iter().enumerate().filter(|(_, it)| is_open(it));
    let open: Vec<(usize, PackageName, Option<Version>)> = open
        .map(|(at, it)| (at, it.name.clone(), it.version.clone()))
        .collect();
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(Vec::new());
    let work = || {
        while let Some((at, name, version)) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
            let answer = metadata(name, version.as_ref(), catalog);
            let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.push((*at, answer));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..WORKERS.min(open.len()) {
            scope.spawn(work);
        }
    });
    let answers = answers.into_inner();
    let mut unknown = Vec::new();
    for (at, answer) in answers.unwrap_or_else(PoisonError::into_inner) {
        match answer {
            Ok(metadata) => {
                present[at].needs = Some(metadata.requires.all().to_vec());
                present[at].offered.clone_from(&metadata.extras);
            }
            Err(why) => unknown.push((present[at].name.clone(), why)),
        }
    }
    unknown.sort();
    unknown
}

/// Asks for the metadata of a release, of the newest one where no version is known.
fn metadata(
    name: &PackageName,
    version: Option<&Version>,
    catalog: &LiveCatalog,
) -> Result<Arc<Metadata>, String> {
    let told = |refusal: Refusal| match refusal {
        Refusal::Missing(_) => "no index has it".to_owned(),
        Refusal::Unusable(why) => why,
        Refusal::Failed(failure) => failure.to_string(),
    };
    let project = catalog.project(name).map_err(told)?;
    let at = version.and_then(|version| file_of(&project, version));
    let at = at.ok_or_else(|| "no index has this version".to_owned())?;
    catalog.metadata(&project, at).map_err(told)
}

/// Returns a file that speaks for a release: a wheel, else the source archive. Builds for an
/// accelerator require what the release requires.
fn file_of(project: &Project, version: &Version) -> Option<FileAt> {
    let bare = version.clone().without_local();
    [version, &bare].into_iter().find_map(|version| {
        let key = VersionKey::of(version);
        project.pages.iter().enumerate().find_map(|(page, on)| {
            let found = on.page.find(key.as_bytes())?;
            let mut files = on.page.files(found);
            let first = files.start;
            let wheel = files.find(|file| on.page.file(*file).is_wheel());
            let file = wheel.unwrap_or(first);
            Some(FileAt { page, file })
        })
    })
}
