//! A solver's answer → a [`Lock`]: the files, edges and remarks that are worth writing down.

use std::path::{Component, Path, PathBuf};

use super::{
    ArtifactPlace, EdgeDetail, Lock, LockOptions, LockedArtifact, LockedDeclaration, LockedEdge,
    LockedFiles, LockedNote, LockedPackage, LockedSource, LockedTarget, ToolRecord,
};
use crate::index::{FileView, MetadataSource};
use crate::package::{Declaration, DirectUrl, PackageName};
use crate::solve::{Dependent, Fitting, Question, Resolution, Resolved};
use crate::source::without_detours;
use crate::target::PythonVersion;

/// What a lock says beside the answer itself.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// The project whose dependencies these are.
    pub project: Option<PackageName>,
    /// The options that shaped the answer.
    pub options: LockOptions,
    /// The version of pyaudit.
    pub version: String,
    /// Which files of a version are written down.
    pub files: WhichFiles,
    /// The folder that paths in the lock start from; none for absolute paths.
    pub folder: Option<PathBuf>,
}

/// Which files of a chosen version a lock holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhichFiles {
    /// Those that the target can install.
    #[default]
    Fitting,
    /// All of them: a requirements file names every hash, as pip-compile's do.
    All,
}

/// Makes the lock of an answer. It leaves the files on their pages.
pub fn build(question: &Question, resolution: &Resolution, given: &Circumstances) -> Lock {
    let packages = resolution
        .packages
        .iter()
        .map(|resolved| locked_package(question, resolution, resolved, given))
        .collect();
    let mut lock = Lock {
        requires_python: Some(least_python(question.target.python())),
        environments: vec![question.target.marker()],
        extras: Vec::new(),
        dependency_groups: Vec::new(),
        default_groups: Vec::new(),
        created_by: "pyaudit".to_owned(),
        packages,
        edge_detail: EdgeDetail::Ranges,
        tool: Some(ToolRecord {
            version: given.version.clone(),
            project: given.project.as_ref().map(ToString::to_string),
            hosts: Vec::new(),
            targets: vec![LockedTarget::new(&question.target, question.facts.date())],
            options: given.options.clone(),
            declarations: question
                .declarations
                .iter()
                .map(|it| locked_declaration(it, question.holds(&it.requirement.marker, &[])))
                .collect(),
        }),
    };
    let hosts = lock.hosts();
    if let Some(record) = &mut lock.tool {
        record.hosts = hosts;
    }
    lock.sorted()
}

/// Returns a declaration as a lock tells it.
pub fn locked_declaration(declaration: &Declaration, applies: bool) -> LockedDeclaration {
    let requirement = &declaration.requirement;
    LockedDeclaration {
        name: requirement.name.clone(),
        text: crate::package::IndexUrl::redacted(&requirement.to_string()),
        kind: declaration.kind,
        file: declaration.origin.label().to_owned(),
        line: declaration.origin.line(),
        column: declaration.origin.column(),
        section: declaration.section.clone(),
        applies,
        is_kept: declaration.is_kept(),
    }
}

/// The Python of the target, and later ones of the same language: `environments` says it closely.
pub(super) fn least_python(python: &PythonVersion) -> String {
    match python.is_full() {
        true => format!(">={}", python.version()),
        false => format!(">={}.{}", python.major(), python.minor()),
    }
}

pub(super) fn locked_package(
    question: &Question,
    resolution: &Resolution,
    resolved: &Resolved,
    given: &Circumstances,
) -> LockedPackage {
    let page = resolved.page();
    let mut package = LockedPackage::new(resolved.name.clone(), Some(resolved.version.clone()));
    package.requires_python = resolved
        .metadata
        .requires_python
        .as_ref()
        .map(|wanted| wanted.to_string())
        .filter(|wanted| !wanted.is_empty());
    package.extras = resolved.extras.clone();
    package.notes = notes(question, resolved);
    package
        .notes
        .extend(limits(question, resolution, &resolved.name));
    package.edges = resolved
        .edges
        .iter()
        .map(|edge| LockedEdge {
            requirement: edge.requirement.clone(),
            version: resolution
                .package(&edge.requirement.name)
                .map(|other| other.version.clone()),
        })
        .collect();
    if let Some(url) = &resolved.url {
        package.source = direct_source(url, page.file(resolved.candidate.file()), given);
        return package;
    }
    let index_page = &resolved.candidates.project().pages[resolved.candidate.page()];
    package.index = Some(index_page.index.to_string());
    package.files = files(question, resolved, given);
    package
}

fn files(question: &Question, resolved: &Resolved, given: &Circumstances) -> LockedFiles {
    let (page, candidate) = (resolved.page(), &resolved.candidate);
    let takes_yanked = page.file(candidate.file()).is_yanked();
    let fitting = Fitting::new(question, &resolved.name, page);
    let wanted = page.files(candidate.version()).filter(|at| {
        let file = page.file(*at);
        let is_wanted = match given.files {
            WhichFiles::Fitting => fitting.takes(&file),
            WhichFiles::All => fitting.allows(&file),
        };
        // A yanked file is taken only where the version was pinned in spite of that.
        is_wanted && (takes_yanked || !file.is_yanked())
    });
    let (wheels, sdists): (Vec<_>, Vec<_>) = wanted.partition(|at| page.file(*at).is_wheel());
    // Of several source archives the first counts.
    let sdist = sdists.first().copied();
    if page.origin().is_some() {
        return LockedFiles::on(
            resolved.candidates.project(),
            candidate.page(),
            wheels,
            sdist,
        );
    }
    // Some may be on this disk.
    let told = |at: &usize| artifact(&page.file(*at), given);
    LockedFiles::new(wheels.iter().map(told).collect(), sdist.as_ref().map(told))
}

fn artifact(file: &FileView<'_>, given: &Circumstances) -> LockedArtifact {
    let mut artifact = LockedArtifact::of(file);
    if let ArtifactPlace::Url(url) = &artifact.place
        && url.starts_with("file:")
        && let Some(path) = url::Url::parse(url).ok().as_ref().and_then(path_of)
    {
        artifact.place = ArtifactPlace::Path(given.shown(&path));
    }
    artifact
}

fn direct_source(url: &DirectUrl, file: FileView<'_>, given: &Circumstances) -> LockedSource {
    let subdirectory = url.subdirectory.clone();
    if let Some((kind, requested_revision)) = &url.vcs {
        return LockedSource::Vcs {
            kind: kind.clone(),
            place: ArtifactPlace::Url(url.url.to_string()),
            requested_revision: requested_revision.clone(),
            commit_id: revision_of(&file.url()),
            subdirectory,
        };
    }
    let is_archive = file.is_wheel() || file.digests().next().is_some();
    match path_of(&url.url) {
        Some(path) if !is_archive => LockedSource::Directory {
            path: given.shown(&path),
            editable: url.editable,
            subdirectory,
        },
        _ => LockedSource::Archive {
            artifact: artifact(&file, given),
            subdirectory,
        },
    }
}

/// Returns the path of a `file:` address.
fn path_of(url: &url::Url) -> Option<PathBuf> {
    let is_file = url.scheme() == "file";
    is_file.then(|| url.to_file_path().ok()).flatten()
}

impl Circumstances {
    /// Returns a path as the lock shows it: from the lock's own folder with `/` between its parts
    /// (PEP 751), unless the two have no more than the root in common.
    fn shown(&self, path: &Path) -> String {
        let from = |folder: &PathBuf| relative(folder, path);
        let shown = self.folder.as_ref().and_then(from);
        shown.unwrap_or_else(|| path.to_string_lossy().into_owned())
    }
}

fn relative(folder: &Path, path: &Path) -> Option<String> {
    let folder = without_detours(folder);
    let in_common = folder
        .components()
        .zip(path.components())
        .take_while(|(one, other)| one == other)
        .count();
    let has_parts = |part: &Component<'_>| matches!(part, Component::Normal(_));
    if !folder
        .components()
        .take(in_common)
        .any(|part| has_parts(&part))
    {
        return None;
    }
    let up = folder.components().skip(in_common).map(|_| "..".into());
    let down = path
        .components()
        .skip(in_common)
        .map(|part| part.as_os_str().to_string_lossy());
    let parts: Vec<_> = up.chain(down).collect();
    match parts.is_empty() {
        true => Some(".".to_owned()),
        false => Some(parts.join("/")),
    }
}

/// The catalog gives what it found in a repository an address that ends in `@commit`.
fn revision_of(address: &str) -> String {
    address
        .rsplit_once('@')
        .map_or_else(String::new, |(_, commit)| commit.to_owned())
}

/// What a person should know of a choice.
fn notes(question: &Question, resolved: &Resolved) -> Vec<LockedNote> {
    let mut notes = Vec::new();
    let file = resolved.page().file(resolved.candidate.file());
    if resolved.candidate.is_prerelease {
        notes.push(LockedNote::Prerelease(prerelease_reason(
            question, resolved,
        )));
    }
    if let Some(reason) = file.yanked() {
        notes.push(LockedNote::Yanked(reason.to_owned()));
    }
    if resolved.candidate.is_borrowed {
        notes.push(LockedNote::Other(borrowed(question, resolved).to_owned()));
    }
    match resolved.metadata.source {
        MetadataSource::SdistUnverified | MetadataSource::SetupScript => {
            notes.push(LockedNote::Unverified);
        }
        MetadataSource::Built => {
            notes.push(LockedNote::Built);
            let remarks = resolved.metadata.warnings.iter();
            notes.extend(remarks.cloned().map(LockedNote::Other));
        }
        MetadataSource::Wheel | MetadataSource::SdistStatic | MetadataSource::Project => {}
    }
    notes.extend(passed_over(resolved));
    notes
}

/// Tells why a version will be built: its wheels are for other targets, or barred from use by a hash
/// or an option.
fn borrowed(question: &Question, resolved: &Resolved) -> &'static str {
    let page = resolved.page();
    let tags: Vec<&str> = page.tag_strings().collect();
    let fits = page
        .files(resolved.candidate.version())
        .filter_map(|at| page.file(at).tags())
        .any(|at| question.target.tags().rank(tags[at]).is_ok());
    match fits {
        true => {
            "a wheel of it fits the target, and may not be used: it will be built from source, and \
             what it needs was read from a wheel"
        }
        false => {
            "no wheel of it fits the target: it will be built from source, and what it needs was \
             read from a wheel for another target"
        }
    }
}

/// Tells the limits on a package that come from the facts about others in the answer.
fn limits<'a>(
    question: &'a Question,
    resolution: &'a Resolution,
    name: &'a PackageName,
) -> impl Iterator<Item = LockedNote> + 'a {
    let date = question.facts.date();
    let limiting = resolution.limiting.iter();
    let limiting = limiting.map(|at| &resolution.packages[*at]);
    limiting.flat_map(move |by| {
        let limits = by
            .limits
            .iter()
            .filter(move |limit| limit.needs.name == *name);
        limits.map(move |limit| {
            LockedNote::Limit(format!(
                "{} by {} {}: {} (facts of {date}; {})",
                limit.needs.specifiers, by.name, by.version, limit.because, limit.source
            ))
        })
    })
}

/// Tells the newest of the versions that could not be used, and how many more there were.
fn passed_over(resolved: &Resolved) -> Option<LockedNote> {
    let ((version, why), others) = resolved.passed_over.split_first()?;
    let others = match others.len() {
        0 => String::new(),
        1 => " (and 1 other version)".to_owned(),
        count => format!(" (and {count} other versions)"),
    };
    let text = format!("{version}{others} could not be used: {why}");
    Some(LockedNote::Other(text))
}

fn prerelease_reason(question: &Question, resolved: &Resolved) -> String {
    let has_release = resolved
        .candidates
        .usable()
        .iter()
        .any(|candidate| !candidate.is_prerelease);
    let named = resolved.dependents.iter().find_map(|by| match by {
        Dependent::Declaration(at) => {
            let declaration = &question.declarations[*at];
            declaration
                .requirement
                .specifiers
                .names_prerelease()
                .then(|| declaration.origin.to_string())
        }
        Dependent::Package(_) => None,
    });
    match (named, has_release) {
        _ if question.policy.prereleases == crate::solve::Prereleases::Allow => {
            "all pre-releases are allowed".to_owned()
        }
        (Some(origin), _) => format!("{origin} names a pre-release"),
        (None, false) => "no release of it can be used".to_owned(),
        (None, true) => "no release satisfies all that require it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_from_the_folder_of_the_lock() {
        let shown = |folder: &str, path: &str| {
            let given = Circumstances {
                folder: Some(folder.into()),
                ..Circumstances::default()
            };
            given.shown(Path::new(path))
        };

        assert_eq!(shown("/w/p", "/w/p/libs/a"), "libs/a");
        assert_eq!(shown("/w/p", "/w/p"), ".");
        assert_eq!(shown("/w/p/locks", "/w/a.whl"), "../../a.whl");
        assert_eq!(shown("/w/p/../q/.", "/w/q/a.whl"), "a.whl");
        assert_eq!(shown("/w/p", "/x/a.whl"), "/x/a.whl");
    }
}
