//! [`Lock`] → `pylock.toml` (PEP 751): the same bytes every time, keys in the order of the
//! specification, one file, dependency or declaration to a line, so that a difference in version
//! control shows what changed and nothing else.

use std::borrow::Cow;

use super::toml_writing::{Text, Value};
use super::{
    ArtifactPlace, Lock, LockOptions, LockedArtifact, LockedDeclaration, LockedEdge, LockedGpu,
    LockedPackage, LockedSource, LockedTarget, ToolRecord,
};
use crate::package::{IndexUrl, Timestamp};

/// Writes a lock.
pub fn write_pylock(lock: &Lock) -> String {
    let mut text = Text::default();
    text.pair("lock-version", Some("1.0"));
    text.strings("environments", &lock.environments);
    text.pair("requires-python", lock.requires_python.as_deref());
    text.strings("extras", &lock.extras);
    text.strings("dependency-groups", &lock.dependency_groups);
    text.strings("default-groups", &lock.default_groups);
    text.pair("created-by", Some(&*lock.created_by));
    if lock.packages.is_empty() {
        text.pair("packages", Some(Value::List(Vec::new())));
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
    let version = package.version.as_ref().map(ToString::to_string);
    // PEP 751 forbids the version of a source tree, which may change with its code.
    let (version, tree_version) = if is_tree {
        (None, version)
    } else {
        (version, None)
    };
    text.heading("[[packages]]");
    text.pair("name", Some(package.name.as_ref()));
    text.pair("version", version);
    text.pair("marker", package.marker.as_deref());
    text.pair("requires-python", package.requires_python.as_deref());
    let dependencies = dependencies(package, lock).into_iter();
    text.lines(
        "dependencies",
        dependencies.map(|it| Value::Bare(it.into())),
    );
    if let Some((key, value)) = direct_source(&package.source) {
        text.pair(key, Some(value));
    }
    text.pair("index", package.index.as_deref().map(url));
    let sdist = package.files.sdist();
    text.pair("sdist", sdist.map(|sdist| artifact(sdist, true, None)));
    let wheels = package.files.wheels().iter();
    text.lines("wheels", wheels.map(|wheel| artifact(wheel, true, None)));

    text.section("[packages.tool.pyaudit]", |own| {
        own.pair("version", tree_version);
        own.strings("extras", package.extras.iter().map(AsRef::as_ref));
        let requires = package.edges.iter().map(|edge| required(edge, lock));
        match package.edges.len() {
            1 => own.pair("requires", Some(Value::List(requires.collect()))),
            _ => own.lines("requires", requires),
        }
        own.strings("notes", package.notes.iter().map(ToString::to_string));
    });
}

/// The other entries that this one requires, each with no more than tells it from its namesakes.
fn dependencies(package: &LockedPackage, lock: &Lock) -> Vec<String> {
    let edges = package.edges.iter();
    let edges = edges.filter(|edge| edge.requirement.name != package.name);
    let entries = edges.filter_map(|edge| {
        let name = &edge.requirement.name;
        let is_ambiguous = match lock.named(name) {
            [] => return None,
            entries => entries.len() > 1,
        };
        let version = edge.version.as_ref().filter(|_| is_ambiguous);
        let entry = Value::table([
            ("name", Some(name.as_ref().into())),
            ("version", version.map(|it| it.to_string().into())),
        ]);
        Some(entry.to_text())
    });
    let mut entries: Vec<String> = entries.collect();
    entries.sort();
    entries.dedup();
    entries
}

/// A requirement line; with its answer where the lock has several entries of that name.
fn required(edge: &LockedEdge, lock: &Lock) -> Value<'static> {
    let line = url(&edge.requirement.to_string());
    let is_ambiguous = lock.named(&edge.requirement.name).len() > 1;
    match edge.version.as_ref().filter(|_| is_ambiguous) {
        Some(version) => Value::table([
            ("line", Some(line)),
            ("version", Some(version.to_string().into())),
        ]),
        None => line,
    }
}

fn direct_source(source: &LockedSource) -> Option<(&'static str, Value<'_>)> {
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
            Value::table([
                ("path", Some(path.as_str().into())),
                ("editable", Value::flag(*editable)),
                ("subdirectory", text_of(subdirectory)),
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
            Value::table([
                ("type", Some(kind.as_str().into())),
                (place_key(place), Some(place.public().into())),
                ("requested-revision", text_of(requested_revision)),
                ("commit-id", Some(commit_id.as_str().into())),
                ("subdirectory", text_of(subdirectory)),
            ]),
        )),
    }
}

/// An archive has no `name` of its own, and its size stands before its upload time. Should a page
/// name several digests of one algorithm, the first counts: a key stands only once.
fn artifact<'a>(
    file: &'a LockedArtifact,
    is_named: bool,
    subdirectory: Option<&'a str>,
) -> Value<'a> {
    let upload_time = ("upload-time", file.upload_time.and_then(moment));
    let place = (place_key(&file.place), Some(file.place.public().into()));
    // TOML's numbers end there.
    let size = file.size.filter(|size| i64::try_from(*size).is_ok());
    let size = ("size", size.map(Value::number));
    let digests = &file.digests;
    let hashes = digests.chunk_by(|one, next| one.algorithm() == next.algorithm());
    let hashes = hashes.filter_map(<[_]>::first);
    let hashes = hashes.map(|digest| (digest.algorithm(), Some(digest.to_hex().into())));
    let hashes = (!digests.is_empty()).then(|| Value::table(hashes));
    let hashes = ("hashes", hashes);
    match is_named {
        true => {
            let name = ("name", Some(file.name.as_str().into()));
            Value::table([name, upload_time, place, size, hashes])
        }
        false => {
            let subdirectory = ("subdirectory", subdirectory.map(Value::from));
            Value::table([place, size, upload_time, hashes, subdirectory])
        }
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
    text.pair("schema", Some(Value::number(ToolRecord::SCHEMA)));
    text.pair("version", Some(&*record.version));
    text.pair("project", record.project.as_deref());
    text.lines("targets", record.targets.iter().map(target));
    text.strings("hosts", &record.hosts);
    text.lines("declarations", record.declarations.iter().map(declaration));
    text.section("[tool.pyaudit.options]", |text| {
        write_options(text, &record.options);
    });
}

fn target(target: &LockedTarget) -> Value<'_> {
    let gpus: Vec<Value<'_>> = target.gpus.iter().map(gpu).collect();
    Value::table([
        ("python", Some(target.python.as_str().into())),
        ("platform", Some(target.platform.as_str().into())),
        ("flavour", text_of(&target.flavour)),
        ("cuda", text_of(&target.cuda)),
        ("driver", text_of(&target.driver)),
        ("gpus", (!gpus.is_empty()).then_some(Value::List(gpus))),
        ("facts", text_of(&target.facts)),
    ])
}

fn gpu(gpu: &LockedGpu) -> Value<'_> {
    Value::table([
        ("name", text_of(&gpu.name)),
        ("capability", Some(gpu.capability.as_str().into())),
    ])
}

fn declaration(declaration: &LockedDeclaration) -> Value<'_> {
    Value::table([
        ("name", Some(declaration.name.as_ref().into())),
        ("text", Some(url(&declaration.text))),
        ("kind", Some(declaration.kind_name().into())),
        ("file", Some(url(&declaration.file))),
        ("line", Some(Value::number(declaration.line))),
        ("column", Some(Value::number(declaration.column))),
        ("section", text_of(&declaration.section)),
        (
            "applies",
            (!declaration.applies).then_some(Value::Bare("false".into())),
        ),
        ("keep", Value::flag(declaration.is_kept)),
    ])
}

fn write_options(text: &mut Text, options: &LockOptions) {
    let redacted = |urls: &[String]| -> Vec<String> {
        urls.iter().map(|url| IndexUrl::redacted(url)).collect()
    };
    text.pair("index", options.index.as_deref().map(url));
    text.strings("extra-indexes", redacted(&options.extra_indexes));
    text.strings("find-links", redacted(&options.find_links));
    text.pair("no-index", Value::flag(options.no_index));
    text.pair("torch", options.torch.as_deref());
    text.pair("torch-index", options.torch_index.as_deref().map(url));
    text.pair("facts", options.facts.as_deref());
    text.pair("no-facts", Value::flag(options.no_facts));
    text.pair("universal", Value::flag(options.universal));
    text.pair("fork-strategy", options.fork_strategy.as_deref());
    text.pair("stage", options.stage.as_deref());
    text.pair("index-strategy", options.index_strategy.as_deref());
    text.pair("resolution", options.resolution.as_deref());
    text.pair("prerelease", options.prerelease.as_deref());
    text.pair("exclude-newer", options.exclude_newer.as_deref());
    let cutoffs = options.exclude_newer_package.iter();
    let cutoffs = cutoffs.map(|(name, cutoff)| (name.as_str(), Some(cutoff.as_str().into())));
    let has_cutoffs = !options.exclude_newer_package.is_empty();
    text.pair(
        "exclude-newer-package",
        has_cutoffs.then(|| Value::table(cutoffs)),
    );
    text.strings("no-binary", &options.no_binary);
    text.strings("only-binary", &options.only_binary);
    text.strings("allow-build", &options.allow_build);
    text.strings("excludes", &options.excludes);
}

fn text_of(text: &Option<String>) -> Option<Value<'_>> {
    text.as_deref().map(Value::from)
}

/// A string from which credentials are removed.
fn url(text: &str) -> Value<'static> {
    IndexUrl::redacted(text).into()
}

/// A moment, or nothing where the year does not fit one of TOML.
fn moment(time: Timestamp) -> Option<Value<'static>> {
    let text = time.to_string();
    let has_four_digits = text.len() == "2026-11-21T00:00:00Z".len() && text.ends_with('Z');
    has_four_digits.then_some(Value::Bare(Cow::Owned(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Digest;

    #[test]
    fn of_several_digests_of_one_algorithm_the_first_is_written() {
        let digest = |digit: &str| Digest::new("md5", &digit.repeat(32)).unwrap();
        let file = LockedArtifact {
            name: "a-1.tar.gz".into(),
            place: ArtifactPlace::Url("https://files.example/a-1.tar.gz".into()),
            upload_time: None,
            size: None,
            digests: vec![digest("0"), digest("1")],
        };
        let table: toml_edit::Value = artifact(&file, true, None).to_text().parse().unwrap();

        let hashes = table.as_inline_table().and_then(|it| it.get("hashes"));
        let md5 = hashes.and_then(|it| it.as_inline_table()?.get("md5")?.as_str());
        assert_eq!(md5, Some(&*"0".repeat(32)));
    }
}
