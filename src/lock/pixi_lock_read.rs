//! `pixi.lock` → [`Lock`]: the part that comes from package indexes. What conda brings is not here,
//! and what is required of it is answered there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::toml_reading::{NEWER, problem};
use super::{
    ArtifactPlace, Lock, LockedArtifact, LockedEdge, LockedFiles, LockedPackage, LockedSource,
};
use crate::package::{Digest, MarkerTexts, PackageName, Requirement, Version};
use crate::source::{Problem, SourceFile, Yaml};

/// The versions of the format that are read.
const VERSIONS: &[&str] = &["4", "5", "6"];

/// conda's names of platforms, as markers.
const PLATFORMS: &[(&str, &str)] = &[
    (
        "linux-64",
        "sys_platform == 'linux' and platform_machine == 'x86_64'",
    ),
    (
        "linux-aarch64",
        "sys_platform == 'linux' and platform_machine == 'aarch64'",
    ),
    (
        "osx-64",
        "sys_platform == 'darwin' and platform_machine == 'x86_64'",
    ),
    (
        "osx-arm64",
        "sys_platform == 'darwin' and platform_machine == 'arm64'",
    ),
    (
        "win-64",
        "sys_platform == 'win32' and platform_machine == 'AMD64'",
    ),
];

/// Packages of conda that are others on package indexes.
const OTHER_NAMES: &[(&str, &str)] = &[("pytorch", "torch"), ("python-tzdata", "tzdata")];

type Release = (PackageName, Option<Version>);

/// Reads a lock of pixi's; the problem says what was expected where.
pub fn read_pixi_lock(file: &Arc<SourceFile>) -> Result<Lock, Problem> {
    let root = Yaml::parse(file)?;
    let version = root.get("version").and_then(Yaml::text).unwrap_or_default();
    if !VERSIONS.contains(&version) {
        let message = format!("expected version `6`, but found `{version}`");
        let span = root
            .get("version")
            .map_or(0..0, |it| it.span.start..it.span.end);
        return Err(problem(file, span, message).with_help(NEWER));
    }
    let platforms = platforms(&root);
    let all: BTreeSet<&str> = platforms.values().flatten().copied().collect();
    let entries = root.get("packages").map_or(&[][..], Yaml::items);
    let conda: BTreeSet<PackageName> = entries.iter().filter_map(conda_name).collect();
    let mut reader = Reader {
        file,
        conda,
        markers: MarkerTexts::default(),
    };
    let mut found: BTreeMap<Release, (LockedPackage, BTreeSet<&str>)> = BTreeMap::new();
    for entry in entries {
        let Some(place) = pypi_place(entry) else {
            continue;
        };
        let package = reader.package(entry, place)?;
        let here = platforms.get(place).cloned().unwrap_or_default();
        let key = (package.name.clone(), package.version.clone());
        match found.get_mut(&key) {
            // Each platform has its own wheel of a release.
            Some((known, known_here)) => {
                known.files.join(package.files);
                known_here.extend(here);
            }
            None => drop(found.insert(key, (package, here))),
        }
    }
    let packages = found.into_values().map(|(mut package, here)| {
        let is_partial = !here.is_empty() && here.len() < all.len();
        package.marker = is_partial.then(|| marker(&here)).flatten();
        package
    });
    let lock = Lock {
        created_by: "pixi".into(),
        packages: packages.collect(),
        ..Lock::empty()
    };
    Ok(lock.sorted())
}

/// Returns for which platforms each address is locked.
fn platforms(root: &Yaml) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let environments = root.get("environments").map_or(&[][..], Yaml::entries);
    for (_, environment) in environments {
        let platforms = environment.get("packages").map_or(&[][..], Yaml::entries);
        for (platform, packages) in platforms {
            let Some(platform) = platform.text() else {
                continue;
            };
            for place in packages.items().iter().filter_map(pypi_place) {
                found.entry(place).or_default().insert(platform);
            }
        }
    }
    found
}

fn marker(here: &BTreeSet<&str>) -> Option<String> {
    let markers = here.iter().map(|platform| {
        let known = PLATFORMS.iter().find(|(name, _)| name == platform);
        known.map(|(_, marker)| format!("({marker})"))
    });
    let markers: Option<Vec<String>> = markers.collect();
    Some(markers?.join(" or "))
}

/// Returns where a package of an index is; older versions have its kind under a key.
fn pypi_place(entry: &Yaml) -> Option<&str> {
    let is_old = entry.get("kind").and_then(Yaml::text) == Some("pypi");
    let old = || ["url", "path"].iter().find_map(|key| entry.get(key));
    let place = entry.get("pypi").or_else(|| old().filter(|_| is_old));
    place.and_then(Yaml::text)
}

/// Returns the name that a package of conda has on package indexes.
fn conda_name(entry: &Yaml) -> Option<PackageName> {
    let place = entry.get("conda").and_then(Yaml::text)?;
    let file = place.rsplit('/').next()?;
    // `numpy-1.26.4-py312h02b7e37_0.conda`
    let name = file.rsplitn(3, '-').nth(2)?;
    let other = OTHER_NAMES.iter().find(|(conda, _)| *conda == name);
    other.map_or(name, |(_, name)| name).parse().ok()
}

struct Reader<'a> {
    file: &'a Arc<SourceFile>,
    conda: BTreeSet<PackageName>,
    markers: MarkerTexts,
}

impl Reader<'_> {
    fn package(&mut self, entry: &Yaml, place: &str) -> Result<LockedPackage, Problem> {
        let name = self.value(entry, "name", "a package name")?;
        let name: PackageName = name.ok_or_else(|| {
            let span = entry.span.start..entry.span.start;
            problem(self.file, span, "the key `name` is missing here")
        })?;
        let version: Option<Version> = self.value(entry, "version", "a version")?;
        let mut package = LockedPackage::new(name, version);
        let pythons = entry.get("requires_python").and_then(Yaml::text);
        package.requires_python = pythons.map(ToOwned::to_owned);
        let digest = entry.get("sha256").and_then(Yaml::text);
        let digest = digest.and_then(|hex| Digest::parse(&format!("sha256:{hex}")));
        for need in entry.get("requires_dist").map_or(&[][..], Yaml::items) {
            let text = need.text().unwrap_or_default();
            let requirement = Requirement::parse_lenient(text, &mut self.markers);
            let requirement = requirement.map_err(|_| {
                let span = need.span.start..need.span.end;
                problem(
                    self.file,
                    span,
                    format!("expected a requirement, but found `{text}`"),
                )
            })?;
            // Extras bring more only where they are asked for, which is not said.
            let is_of_extra = requirement.marker.text().contains("extra");
            if !is_of_extra && !self.conda.contains(&requirement.name) {
                let version = None;
                package.edges.push(LockedEdge {
                    requirement,
                    version,
                });
            }
        }
        put(&mut package, entry, place, digest);
        Ok(package)
    }

    fn value<T: std::str::FromStr>(
        &self,
        entry: &Yaml,
        key: &str,
        what: &str,
    ) -> Result<Option<T>, Problem> {
        let Some(value) = entry.get(key) else {
            return Ok(None);
        };
        let text = value.text().unwrap_or_default();
        let read = text.parse().map(Some);
        read.map_err(|_| {
            let span = value.span.start..value.span.end;
            problem(
                self.file,
                span,
                format!("expected {what}, but found `{text}`"),
            )
        })
    }
}

/// Says where a package comes from.
fn put(package: &mut LockedPackage, entry: &Yaml, place: &str, digest: Option<Digest>) {
    if let Some(url) = place.strip_prefix("git+") {
        let (url, commit) = url.rsplit_once(['#', '@']).unwrap_or((url, ""));
        package.source = LockedSource::Vcs {
            kind: "git".to_owned(),
            place: ArtifactPlace::Url(url.to_owned()),
            requested_revision: None,
            commit_id: commit.to_owned(),
            subdirectory: None,
        };
        return;
    }
    let is_file = [".whl", ".gz", ".zip"]
        .iter()
        .any(|end| place.ends_with(end));
    if !is_file {
        let editable = entry.get("editable").and_then(Yaml::text) == Some("true");
        package.source = LockedSource::Directory {
            path: place.to_owned(),
            editable,
            subdirectory: None,
        };
        return;
    }
    let place = match place.contains("://") {
        true => ArtifactPlace::Url(place.to_owned()),
        false => ArtifactPlace::Path(place.to_owned()),
    };
    let artifact = LockedArtifact {
        name: place.file_name(),
        upload_time: None,
        size: None,
        digests: digest.into_iter().collect(),
        place,
    };
    package.files = match artifact.name.ends_with(".whl") {
        true => LockedFiles::new(vec![artifact], None),
        false => LockedFiles::new(Vec::new(), Some(artifact)),
    };
}
