//! [`Lock`] → `pylock.toml` (PEP 751): the same bytes every time, keys in the order of the
//! specification, one file, dependency or declaration to a line, so that a difference in version
//! control shows what changed and nothing else.

use toml_edit::{Datetime, Value};

use super::{
    ArtifactPlace, Lock, LockOptions, LockedArtifact, LockedDeclaration, LockedEdge, LockedGpu,
    LockedPackage, LockedSource, LockedTarget, ToolRecord,
};
use crate::package::IndexUrl;

/// Writes a lock.
pub fn write_pylock(lock: &Lock) -> String {
    let mut text = Text::default();
    text.pair("lock-version", Some(string("1.0")));
    text.strings("environments", &lock.environments);
    text.pair(
        "requires-python",
        lock.requires_python.as_deref().map(string),
    );
    text.strings("extras", &lock.extras);
    text.strings("dependency-groups", &lock.dependency_groups);
    text.strings("default-groups", &lock.default_groups);
    text.pair("created-by", Some(string(&lock.created_by)));
    if lock.packages.is_empty() {
        text.pair("packages", Some("[]".into()));
    }
    for package in &lock.packages {
        write_package(&mut text, package, lock);
    }
    if let Some(record) = &lock.tool {
        write_record(&mut text, record);
    }
    text.0
}

fn write_package(text: &mut Text, package: &LockedPackage, lock: &Lock) {
    let is_tree = matches!(
        package.source,
        LockedSource::Directory { .. } | LockedSource::Vcs { .. }
    );
    let version = package
        .version
        .as_ref()
        .map(|version| string(&version.to_string()));
    // PEP 751 forbids the version of a source tree, which may change with its code.
    let (version, tree_version) = if is_tree {
        (None, version)
    } else {
        (version, None)
    };
    text.heading("[[packages]]");
    text.pair("name", Some(string(package.name.as_ref())));
    text.pair("version", version);
    text.pair("marker", package.marker.as_deref().map(string));
    text.pair(
        "requires-python",
        package.requires_python.as_deref().map(string),
    );
    text.lines("dependencies", dependencies(package, lock));
    if let Some((key, value)) = direct_source(&package.source) {
        text.pair(key, Some(value));
    }
    text.pair("index", package.index.as_deref().map(url));
    text.pair(
        "sdist",
        package
            .files
            .sdist()
            .map(|sdist| artifact(sdist, true, None)),
    );
    let wheels = package
        .files
        .wheels()
        .iter()
        .map(|wheel| artifact(wheel, true, None));
    text.lines("wheels", wheels.collect());

    let mut own = Text::default();
    own.pair("version", tree_version);
    own.strings("extras", &texts(&package.extras));
    let requires: Vec<String> = package
        .edges
        .iter()
        .map(|edge| required(edge, lock))
        .collect();
    match requires.as_slice() {
        [only] => own.pair("requires", Some(format!("[{only}]"))),
        _ => own.lines("requires", requires),
    }
    own.strings("notes", &texts(&package.notes));
    if !own.0.is_empty() {
        text.heading("[packages.tool.pyaudit]");
        text.0.push_str(&own.0);
    }
}

/// The other entries that this one requires, each with no more than tells it from its namesakes.
fn dependencies(package: &LockedPackage, lock: &Lock) -> Vec<String> {
    let is_locked = |edge: &&LockedEdge| !lock.named(&edge.requirement.name).is_empty();
    let mut entries: Vec<String> = package
        .edges
        .iter()
        .filter(is_locked)
        .filter(|edge| edge.requirement.name != package.name)
        .map(|edge| {
            let name = &edge.requirement.name;
            let is_ambiguous = lock.named(name).len() > 1;
            let version = edge.version.as_ref().filter(|_| is_ambiguous);
            inline(&[
                ("name", Some(string(name.as_ref()))),
                (
                    "version",
                    version.map(|version| string(&version.to_string())),
                ),
            ])
        })
        .collect();
    entries.sort();
    entries.dedup();
    entries
}

/// A requirement line; with its answer where the lock has several entries of that name.
fn required(edge: &LockedEdge, lock: &Lock) -> String {
    let line = url(&edge.requirement.to_string());
    let is_ambiguous = lock.named(&edge.requirement.name).len() > 1;
    match edge.version.as_ref().filter(|_| is_ambiguous) {
        Some(version) => inline(&[
            ("line", Some(line)),
            ("version", Some(string(&version.to_string()))),
        ]),
        None => line,
    }
}

fn direct_source(source: &LockedSource) -> Option<(&'static str, String)> {
    match source {
        LockedSource::Registry => None,
        LockedSource::Archive {
            artifact: file,
            subdirectory,
        } => Some(("archive", artifact(file, false, subdirectory.as_deref()))),
        LockedSource::Directory {
            path,
            editable,
            subdirectory,
        } => Some((
            "directory",
            inline(&[
                ("path", Some(string(path))),
                ("editable", editable.then(|| "true".into())),
                ("subdirectory", subdirectory.as_deref().map(string)),
            ]),
        )),
        LockedSource::Vcs {
            kind,
            place,
            requested_revision,
            commit_id,
            subdirectory,
        } => Some((
            "vcs",
            inline(&[
                ("type", Some(string(kind))),
                (place_key(place), Some(string(&place.public()))),
                (
                    "requested-revision",
                    requested_revision.as_deref().map(string),
                ),
                ("commit-id", Some(string(commit_id))),
                ("subdirectory", subdirectory.as_deref().map(string)),
            ]),
        )),
    }
}

/// An archive has no `name` of its own, and its size stands before its upload time.
fn artifact(file: &LockedArtifact, is_named: bool, subdirectory: Option<&str>) -> String {
    let name = is_named.then(|| ("name", Some(string(&file.name))));
    let upload_time = (
        "upload-time",
        file.upload_time.and_then(|time| moment(&time.to_string())),
    );
    let place = (place_key(&file.place), Some(string(&file.place.public())));
    let size = file.size.and_then(|size| i64::try_from(size).ok());
    let size = ("size", size.map(|size| size.to_string()));
    let hashes: Vec<(&str, Option<String>)> = file
        .digests
        .iter()
        .map(|digest| (digest.algorithm(), Some(string(&digest.to_hex()))))
        .collect();
    let hashes = ("hashes", (!hashes.is_empty()).then(|| inline(&hashes)));
    match name {
        Some(name) => inline(&[name, upload_time, place, size, hashes]),
        None => inline(&[
            place,
            size,
            upload_time,
            hashes,
            ("subdirectory", subdirectory.map(string)),
        ]),
    }
}

fn place_key(place: &ArtifactPlace) -> &'static str {
    match place {
        ArtifactPlace::Url(_) => "url",
        ArtifactPlace::Path(_) | ArtifactPlace::Index(_) => "path",
    }
}

fn write_record(text: &mut Text, record: &ToolRecord) {
    text.heading("[tool.pyaudit]");
    text.pair("schema", Some(ToolRecord::SCHEMA.to_string()));
    text.pair("version", Some(string(&record.version)));
    text.pair("project", record.project.as_deref().map(string));
    text.lines("targets", record.targets.iter().map(target).collect());
    text.strings("hosts", &record.hosts);
    text.lines(
        "declarations",
        record.declarations.iter().map(declaration).collect(),
    );
    let mut options = Text::default();
    write_options(&mut options, &record.options);
    if !options.0.is_empty() {
        text.heading("[tool.pyaudit.options]");
        text.0.push_str(&options.0);
    }
}

fn target(target: &LockedTarget) -> String {
    let gpus: Vec<String> = target.gpus.iter().map(gpu).collect();
    inline(&[
        ("python", Some(string(&target.python))),
        ("platform", Some(string(&target.platform))),
        ("flavour", target.flavour.as_deref().map(string)),
        ("cuda", target.cuda.as_deref().map(string)),
        ("driver", target.driver.as_deref().map(string)),
        (
            "gpus",
            (!gpus.is_empty()).then(|| format!("[{}]", gpus.join(", "))),
        ),
        ("facts", target.facts.as_deref().map(string)),
    ])
}

fn gpu(gpu: &LockedGpu) -> String {
    inline(&[
        ("name", gpu.name.as_deref().map(string)),
        ("capability", Some(string(&gpu.capability))),
    ])
}

fn declaration(declaration: &LockedDeclaration) -> String {
    inline(&[
        ("name", Some(string(declaration.name.as_ref()))),
        ("text", Some(url(&declaration.text))),
        ("kind", Some(string(declaration.kind_name()))),
        ("file", Some(url(&declaration.file))),
        ("line", Some(declaration.line.to_string())),
        ("column", Some(declaration.column.to_string())),
        ("section", declaration.section.as_deref().map(string)),
        ("applies", (!declaration.applies).then(|| "false".into())),
        ("keep", declaration.is_kept.then(|| "true".into())),
    ])
}

fn write_options(text: &mut Text, options: &LockOptions) {
    let redacted = |urls: &[String]| -> Vec<String> {
        urls.iter().map(|url| IndexUrl::redacted(url)).collect()
    };
    text.pair("index", options.index.as_deref().map(url));
    text.strings("extra-indexes", &redacted(&options.extra_indexes));
    text.strings("find-links", &redacted(&options.find_links));
    text.pair("no-index", options.no_index.then(|| "true".into()));
    text.pair("torch", options.torch.as_deref().map(string));
    text.pair("torch-index", options.torch_index.as_deref().map(url));
    text.pair("facts", options.facts.as_deref().map(string));
    text.pair("no-facts", options.no_facts.then(|| "true".into()));
    text.pair("universal", options.universal.then(|| "true".into()));
    text.pair(
        "fork-strategy",
        options.fork_strategy.as_deref().map(string),
    );
    text.pair("stage", options.stage.as_deref().map(string));
    text.pair(
        "index-strategy",
        options.index_strategy.as_deref().map(string),
    );
    text.pair("resolution", options.resolution.as_deref().map(string));
    text.pair("prerelease", options.prerelease.as_deref().map(string));
    text.pair(
        "exclude-newer",
        options.exclude_newer.as_deref().map(string),
    );
    let cutoffs: Vec<(&str, Option<String>)> = options
        .exclude_newer_package
        .iter()
        .map(|(name, cutoff)| (name.as_str(), Some(string(cutoff))))
        .collect();
    text.pair(
        "exclude-newer-package",
        (!cutoffs.is_empty()).then(|| inline(&cutoffs)),
    );
    text.strings("no-binary", &options.no_binary);
    text.strings("only-binary", &options.only_binary);
    text.strings("allow-build", &options.allow_build);
    text.strings("excludes", &options.excludes);
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// A TOML string.
fn string(text: &str) -> String {
    Value::from(text).to_string()
}

/// A TOML string, from which credentials are removed.
fn url(text: &str) -> String {
    string(&IndexUrl::redacted(text))
}

/// A TOML moment, or nothing where the year does not fit one.
fn moment(text: &str) -> Option<String> {
    let datetime: Datetime = text.parse().ok()?;
    Some(datetime.to_string())
}

/// `{ key = value, … }` of the pairs that have a value.
fn inline(pairs: &[(&str, Option<String>)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .filter_map(|(key, value)| Some(format!("{key} = {}", value.as_ref()?)))
        .collect();
    format!("{{ {} }}", pairs.join(", "))
}

/// The text so far; what is empty is not written.
#[derive(Default)]
struct Text(String);

impl Text {
    fn heading(&mut self, heading: &str) {
        self.0.push('\n');
        self.0.push_str(heading);
        self.0.push('\n');
    }

    fn pair(&mut self, key: &str, value: Option<String>) {
        if let Some(value) = value {
            self.0.push_str(&format!("{key} = {value}\n"));
        }
    }

    /// One string stays on its line, several get one each.
    fn strings(&mut self, key: &str, values: &[String]) {
        match values {
            [] => {}
            [only] => self.pair(key, Some(format!("[{}]", string(only)))),
            several => self.lines(key, several.iter().map(|value| string(value)).collect()),
        }
    }

    fn lines(&mut self, key: &str, values: Vec<String>) {
        if values.is_empty() {
            return;
        }
        let lines: String = values
            .iter()
            .map(|value| format!("    {value},\n"))
            .collect();
        self.pair(key, Some(format!("[\n{lines}]")));
    }
}
