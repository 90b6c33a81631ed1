//! The PyTorch index of `fixtures/torch` on loopback: `/whl/FLAVOUR/NAME/` as the real one answers,
//! and `/json/main/simple/` as the default index beside it.
//!
//! `tests/tools/torch_index.py` makes the fixture out of gathered facts and tells its form.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::archive::{sha256, wheel};
use super::index::World;
use super::server::{Answer, Asked, Manner};

const FIXTURE: &str = include_str!("../../../fixtures/torch/index.json");
const BESIDE: &str = include_str!("../../../fixtures/torch/beside.toml");
/// What stands under it is shown on the page of every flavour.
const ROOT: &str = "root";

/// The index with its default index beside it.
pub(crate) struct TorchIndex {
    fixture: Fixture,
    world: World,
}

#[derive(Deserialize)]
struct Fixture {
    flavours: ByName<BTreeMap<String, String>>,
    completed: ByName<Vec<String>>,
    metadata: BTreeMap<String, BTreeMap<String, Told>>,
    default: Value,
}

/// Flavours with their names with their versions.
type ByName<T> = BTreeMap<String, BTreeMap<String, BTreeMap<String, T>>>;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    python: String,
    plain: Vec<String>,
    gpu: BTreeMap<String, Vec<String>>,
}

struct File {
    folder: String,
    name: String,
    digest: Option<String>,
    metadata: String,
}

impl TorchIndex {
    pub(crate) fn load() -> Self {
        let fixture: Fixture = serde_json::from_str(FIXTURE).unwrap();
        let world = fixture.default_index();
        Self { fixture, world }
    }

    /// Answers a request.
    pub(crate) fn answer(&self, asked: &Asked, base: &str) -> Answer {
        let path = asked.path.replace("%2B", "+");
        let path: Vec<&str> = path[1..].split('/').collect();
        match path[..] {
            ["whl", flavour, name, ""] => self.page(flavour, name),
            ["whl", file] => self.file(ROOT, file),
            ["whl", flavour, file] => self.file(flavour, file),
            _ => self.world.answer(asked, base),
        }
    }

    fn page(&self, flavour: &str, name: &str) -> Answer {
        let mut files = self.fixture.files(flavour, name);
        files.extend(self.fixture.files(ROOT, name));
        if files.is_empty() || flavour == ROOT {
            return Answer::status(403);
        }
        let links: String = files.iter().map(File::anchor).collect();
        let page = format!(
            "<!DOCTYPE html>\n<html>\n  <body>\n    <h1>Links for {name}</h1>\n{links}  </body>\n\
             </html>\n<!--TIMESTAMP 1763596800-->"
        );
        Answer::ok("text/html", page)
    }

    fn file(&self, flavour: &str, file: &str) -> Answer {
        let wanted = file.strip_suffix(".metadata").unwrap_or(file);
        let name = wanted.split('-').next().unwrap_or_default();
        let files = self.fixture.files(flavour, &name.replace('_', "-"));
        let Some(found) = files.into_iter().find(|found| found.name == wanted) else {
            return Answer::status(403);
        };
        let bytes = match (file == wanted, &found.digest) {
            (false, Some(_)) => found.metadata.into_bytes(),
            (true, None) => wheel(name, found.version(), found.metadata.as_bytes()),
            // Nobody has the bytes that the gathered digests belong to.
            _ => return Answer::status(403),
        };
        Answer {
            manner: Manner::Ranges,
            ..Answer::ok("binary/octet-stream", bytes)
        }
    }
}

impl Fixture {
    /// Returns the wheels of a name, those that were completed among them.
    fn files(&self, flavour: &str, name: &str) -> Vec<File> {
        let gathered = versions(&self.flavours, flavour, name).flat_map(|(version, files)| {
            files.iter().map(move |(tags, digest)| {
                let digest = (!digest.is_empty()).then(|| digest.clone());
                (version, tags, digest)
            })
        });
        let completed = versions(&self.completed, flavour, name).flat_map(|(version, files)| {
            let invented = move |tags| sha256(format!("{name} {version} {tags}").as_bytes());
            files
                .iter()
                .map(move |tags| (version, tags, Some(invented(tags))))
        });
        let stem = name.replace('-', "_");
        let files = gathered
            .chain(completed)
            .map(|(version, tags, digest)| File {
                folder: match flavour {
                    ROOT => String::new(),
                    _ => format!("{flavour}/"),
                },
                name: format!("{stem}-{version}-{tags}.whl"),
                digest,
                metadata: self.metadata(name, version, flavour),
            });
        files.collect()
    }

    fn metadata(&self, name: &str, version: &str, flavour: &str) -> String {
        let mut text = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
        let public = version.split('+').next().unwrap_or(version);
        let Some(told) = self.metadata.get(name).and_then(|all| all.get(public)) else {
            return text;
        };
        if !told.python.is_empty() {
            text += &format!("Requires-Python: {}\n", told.python);
        }
        for requirement in told.requires(flavour) {
            text += &format!("Requires-Dist: {requirement}\n");
        }
        for extra in told.extras() {
            text += &format!("Provides-Extra: {extra}\n");
        }
        text
    }

    fn default_index(&self) -> World {
        let mut projects: Value = toml::from_str(BESIDE).unwrap();
        for (name, releases) in self.default.as_object().unwrap() {
            for (version, release) in releases.as_object().unwrap() {
                let mut release = release.clone();
                if let Some(told) = self.metadata.get(name).and_then(|all| all.get(version)) {
                    release["requires"] = told.requires("default").into();
                    release["extras"] = told.extras().into();
                    if !told.python.is_empty() {
                        release["requires-python"] = told.python.as_str().into();
                    }
                }
                projects[name][version] = release;
            }
        }
        serde_json::from_value(serde_json::json!({ "main": projects })).unwrap()
    }
}

fn versions<'a, T>(
    all: &'a ByName<T>,
    flavour: &str,
    name: &str,
) -> impl Iterator<Item = (&'a String, &'a T)> {
    let names = all.get(flavour).and_then(|names| names.get(name));
    names.into_iter().flatten()
}

impl Told {
    fn requires(&self, flavour: &str) -> Vec<String> {
        let gpu = self.gpu.get(flavour).or_else(|| self.gpu.get("default"));
        self.plain
            .iter()
            .chain(gpu.into_iter().flatten())
            .cloned()
            .collect()
    }

    fn extras(&self) -> Vec<String> {
        let named = self.plain.iter().filter_map(|text| {
            let (_, extra) = text.split_once("extra ==")?;
            Some(extra.trim().trim_matches(['"', '\'']).to_owned())
        });
        let mut extras: Vec<String> = named.collect();
        extras.sort();
        extras.dedup();
        extras
    }
}

impl File {
    fn anchor(&self) -> String {
        let digests = self.digest.as_ref().map(|digest| {
            let metadata = sha256(self.metadata.as_bytes());
            let said = format!(
                "\" data-dist-info-metadata=\"sha256={metadata}\" data-core-metadata=\"sha256={metadata}"
            );
            format!("#sha256={digest}{said}")
        });
        format!(
            "    <a href=\"/whl/{}{}{}\">{}</a><br/>\n",
            self.folder,
            self.name.replace('+', "%2B"),
            digests.unwrap_or_default(),
            self.name,
        )
    }

    fn version(&self) -> &str {
        self.name.split('-').nth(1).unwrap()
    }
}
