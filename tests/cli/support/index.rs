//! An invented world of indexes as TOML, and what a server answers for it.
//!
//! `[INDEX.PACKAGE."VERSION"]` with `requires`, `extras`, `requires-python`, `yanked`, `wheels`
//! (tags, one that fits everywhere if not said), `sdist` (`"static"`, `"dynamic"`), `upload-time`,
//! `licence` (lines of metadata), `metadata-padding` (bytes), `project-status` (of the whole project),
//! and in its wheels `texts` (by path) and `binaries` (by path, made by recipes).
//! Real files can be told of beside them, see [`World::tell_of`].
//!
//! Each index is served in several manners: `/MANNER/INDEX/simple/` with `json`, `html`, `bare` (no
//! metadata files), `whole` (no ranges either) and the faults of [`FAULTS`]; `/links/INDEX/` is a
//! page of all files.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::archive::{sdist, sha256, wheel_of};
use super::server::{Answer, Asked, Manner};
use crate::binaries::Recipe;

const JSON: &str = "application/vnd.pypi.simple.v1+json";
const HTML: &str = "text/html";
const BINARY: &str = "application/octet-stream";

/// Makes a wrong answer of a right one, for a path.
type Spoil = fn(&str, Answer) -> Answer;

/// Manners of answering wrongly, with what each does to a right answer.
const FAULTS: &[(&str, Spoil)] = &[
    ("auth", |_, answer| answer),
    ("broken", |_, _| Answer::status(500)),
    ("garbage", |path, answer| match path.ends_with('/') {
        true => Answer::ok(JSON, "{\"meta\": \u{1}"),
        false => answer,
    }),
    ("lying", |path, answer| {
        match path.ends_with(".metadata") || path.ends_with(".whl") {
            true => Answer {
                body: b"Metadata-Version: 2.1\nName: a\nVersion: 666\n".to_vec(),
                ..answer
            },
            false => answer,
        }
    }),
    ("portal", |_, _| Answer::ok(HTML, PORTAL)),
    ("silent", |_, answer| Answer {
        manner: Manner::Silent,
        ..answer
    }),
    ("truncated", |_, answer| Answer {
        manner: Manner::Truncated,
        ..answer
    }),
];

/// What a portal answers with to whoever has not signed in, whatever was asked for.
const PORTAL: &str = "<!DOCTYPE html><html><title>Sign in</title><body><form method=post>\
    <input name=user><input type=password name=password><input type=submit></form>\
    <a href=/help>Help</a></body></html>";

/// The only credentials that the manner `auth` takes: `someone:hunter2secret`.
const LOGIN: &str = "Basic c29tZW9uZTpodW50ZXIyc2VjcmV0";

/// Indexes with their packages with their versions.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct World(BTreeMap<String, BTreeMap<String, Releases>>);

type Releases = BTreeMap<String, Release>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Release {
    requires: Vec<String>,
    extras: Vec<String>,
    requires_python: Option<String>,
    yanked: Option<String>,
    wheels: Option<Vec<String>>,
    sdist: Option<String>,
    upload_time: Option<String>,
    licence: Vec<String>,
    metadata_padding: usize,
    project_status: Option<String>,
    texts: BTreeMap<String, String>,
    binaries: BTreeMap<String, Recipe>,
    #[serde(skip)]
    told: BTreeMap<String, String>,
}

struct File<'a> {
    name: String,
    bytes: Vec<u8>,
    sha256: String,
    size: Option<usize>,
    metadata: Option<String>,
    release: &'a Release,
}

impl Release {
    /// Returns the files in a wheel with these tags beside the metadata: what is compiled for one
    /// Python and for Linux is in their wheels alone.
    fn files(&self, tags: &str) -> Vec<(&str, Vec<u8>)> {
        let is_for = |path: &str| match path.split_once(".cpython-") {
            Some((_, rest)) => {
                let python = rest.split('-').next().unwrap_or_default();
                let is_of_system = !rest.contains("linux") || tags.contains("linux");
                is_of_system && tags.contains(&format!("cp{python}"))
            }
            None => true,
        };
        let texts = self.texts.iter();
        let texts = texts.map(|(path, text)| (path.as_str(), text.as_bytes().to_vec()));
        let binaries = self.binaries.iter();
        let binaries = binaries.filter(|(path, _)| is_for(path));
        let binaries = binaries.map(|(path, recipe)| (path.as_str(), recipe.bytes()));
        texts.chain(binaries).collect()
    }
}

impl World {
    pub(crate) fn parse(text: &str) -> Self {
        toml::from_str(text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Makes known a real file with its digest, of which it has no more than the metadata; the
    /// release is what its name says.
    pub(crate) fn tell_of(&mut self, file: &str, sha256: &str) {
        let normal = |name: &str| name.to_lowercase().replace(['_', '.'], "-");
        let stem = file.strip_suffix(".tar.gz");
        let (name, version) = match stem.and_then(|stem| stem.rsplit_once('-')) {
            Some(parts) => parts,
            None => {
                let mut parts = file.split('-');
                (parts.next().unwrap(), parts.next().unwrap())
            }
        };
        let mut indexes = self.0.values_mut();
        let release = indexes.find_map(|index| index.get_mut(&normal(name))?.get_mut(version));
        let release = release.unwrap_or_else(|| panic!("{file} is of no release"));
        release.told.insert(file.to_owned(), sha256.to_owned());
    }

    /// Answers a request.
    pub(crate) fn answer(&self, asked: &Asked, base: &str) -> Answer {
        let path: Vec<&str> = asked.path[1..].split('/').collect();
        let (manner, index, rest) = (path[0], path.get(1).copied(), &path[2.min(path.len())..]);
        let Some(projects) = index.and_then(|index| self.0.get(index)) else {
            return Answer::status(404);
        };
        if manner == "auth" && asked.header("authorization") != Some(LOGIN) {
            return Answer::status(401);
        }
        let here = format!("{base}/{manner}/{}", path[1]);
        let answer = match rest {
            ["simple", project, ""] => match projects.get(*project) {
                Some(releases) => page(manner, project, releases, &here),
                None => Answer::status(404),
            },
            [""] => links(projects, &here),
            ["files", name] => file(manner, projects, name),
            _ => Answer::status(404),
        };
        match FAULTS.iter().find(|(fault, _)| *fault == manner) {
            Some((_, spoiled)) => spoiled(&asked.path, answer),
            None => answer,
        }
    }
}

fn page(manner: &str, project: &str, releases: &Releases, here: &str) -> Answer {
    let files = project_files(project, releases);
    if manner == "html" {
        return Answer::ok(
            HTML,
            files.map(|file| anchor(&file, here)).collect::<String>(),
        );
    }
    let shows_metadata = !["bare", "whole"].contains(&manner);
    let files: Vec<_> = files
        .map(|file| entry(&file, here, shows_metadata))
        .collect();
    let status = releases.values().find_map(|it| it.project_status.as_ref());
    let mut page = serde_json::json!({
        "meta": { "api-version": "1.1" }, "name": project, "files": files,
    });
    if let Some(status) = status {
        page["project-status"] = serde_json::json!({ "status": status });
    }
    Answer::ok(JSON, page.to_string())
}

fn entry(file: &File<'_>, here: &str, shows_metadata: bool) -> serde_json::Value {
    let release = file.release;
    let metadata = file.metadata.as_ref().filter(|_| shows_metadata);
    serde_json::json!({
        "filename": file.name,
        "url": format!("{here}/files/{}", file.name),
        "hashes": { "sha256": file.sha256 },
        "size": file.size,
        "requires-python": release.requires_python,
        "yanked": release.yanked.as_ref().map_or(false.into(), |why| serde_json::json!(why)),
        "upload-time": release.upload_time,
        "core-metadata":
            metadata.map(|text| serde_json::json!({ "sha256": sha256(text.as_bytes()) })),
    })
}

fn anchor(file: &File<'_>, here: &str) -> String {
    let escaped = |text: &str| text.replace('<', "&lt;").replace('>', "&gt;");
    let python = file.release.requires_python.as_deref().map(escaped);
    let python = python.map(|text| format!(" data-requires-python=\"{text}\""));
    let yanked = file.release.yanked.as_deref();
    let yanked = yanked.map(|why| format!(" data-yanked=\"{why}\""));
    let metadata = file.metadata.as_deref().map(str::as_bytes).map(sha256);
    let metadata = metadata.map(|hex| format!(" data-core-metadata=\"sha256={hex}\""));
    format!(
        "<a href=\"{here}/files/{name}#sha256={}\"{}{}{}>{name}</a>\n",
        file.sha256,
        python.unwrap_or_default(),
        yanked.unwrap_or_default(),
        metadata.unwrap_or_default(),
        name = file.name,
    )
}

fn links(projects: &BTreeMap<String, Releases>, here: &str) -> Answer {
    let files = all(projects).map(|file| anchor(&file, here));
    Answer::ok(HTML, files.collect::<String>())
}

fn file(manner: &str, projects: &BTreeMap<String, Releases>, name: &str) -> Answer {
    let manner_of_files = match manner {
        "whole" => Manner::Whole,
        _ => Manner::Ranges,
    };
    let of_this = |project: &str| {
        let name = name.to_lowercase();
        name.starts_with(&format!("{}-", project.replace('-', "_")))
    };
    let mut files = projects
        .iter()
        .filter(|(project, _)| of_this(project))
        .flat_map(|(project, releases)| project_files(project, releases));
    if let Some(wheel) = name.strip_suffix(".metadata") {
        let text = files.find(|file| file.name == wheel);
        return match text.and_then(|file| file.metadata) {
            Some(text) if !["bare", "whole"].contains(&manner) => Answer::ok(BINARY, text),
            _ => Answer::status(404),
        };
    }
    match files.find(|file| file.name == name) {
        Some(file) => Answer {
            manner: manner_of_files,
            ..Answer::ok(BINARY, file.bytes)
        },
        None => Answer::status(404),
    }
}

fn all(projects: &BTreeMap<String, Releases>) -> impl Iterator<Item = File<'_>> {
    projects
        .iter()
        .flat_map(|(project, releases)| project_files(project, releases))
}

fn project_files<'a>(
    project: &'a str,
    releases: &'a Releases,
) -> impl Iterator<Item = File<'a>> + 'a {
    releases
        .iter()
        .flat_map(move |(version, release)| files(project, version, release))
}

fn files<'a>(project: &str, version: &str, release: &'a Release) -> Vec<File<'a>> {
    let stem = format!("{}-{version}", project.replace('-', "_"));
    let any = ["py3-none-any".to_owned()];
    let text = metadata(project, version, release, "2.1");
    if !release.told.is_empty() {
        return told(release, &text);
    }
    let made = |name: String, bytes: Vec<u8>, metadata: Option<String>| File {
        name,
        sha256: sha256(&bytes),
        size: Some(bytes.len()),
        bytes,
        metadata,
        release,
    };
    let tags = release.wheels.as_deref().unwrap_or(&any);
    let mut files: Vec<File<'a>> = tags
        .iter()
        .map(|tags| {
            let bytes = wheel_of(project, version, text.as_bytes(), &release.files(tags));
            made(format!("{stem}-{tags}.whl"), bytes, Some(text.clone()))
        })
        .collect();
    if let Some(kind) = &release.sdist {
        let pkg_info = match kind.as_str() {
            "static" => metadata(project, version, release, "2.2"),
            "dynamic" => format!(
                "{}Dynamic: Requires-Dist\n",
                metadata(project, version, release, "2.2")
            ),
            other => panic!("no kind of sdist `{other}`"),
        };
        let bytes = sdist(&stem, pkg_info.as_bytes());
        files.push(made(format!("{stem}.tar.gz"), bytes, None));
    }
    files
}

fn told<'a>(release: &'a Release, metadata: &str) -> Vec<File<'a>> {
    let files = release.told.iter().map(|(name, sha256)| File {
        name: name.clone(),
        bytes: Vec::new(),
        sha256: sha256.clone(),
        size: None,
        metadata: name.ends_with(".whl").then(|| metadata.to_owned()),
        release,
    });
    files.collect()
}

fn metadata(project: &str, version: &str, release: &Release, form: &str) -> String {
    let mut text = format!("Metadata-Version: {form}\nName: {project}\nVersion: {version}\n");
    if let Some(python) = &release.requires_python {
        text += &format!("Requires-Python: {python}\n");
    }
    for requirement in &release.requires {
        text += &format!("Requires-Dist: {requirement}\n");
    }
    for extra in &release.extras {
        text += &format!("Provides-Extra: {extra}\n");
    }
    for line in &release.licence {
        text += &format!("{line}\n");
    }
    text + &" ".repeat(release.metadata_padding)
}
