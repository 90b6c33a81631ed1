//! From what was said to an [`Ambient`]: each option looked up, read, and its mistakes told.

use std::path::PathBuf;

use super::pip_config::{PipSetting, read_pip_config};
use super::sources::{self, Mention, Names, Sources};
use super::values::{self, Reading};
use super::{Ambient, AmbientTexts, Said, Variables};
use crate::input::FormatName;
use crate::package::Secret;
use crate::source::Problem;

/// Between the folders of `SSL_CERT_DIR`, as OpenSSL has it.
const PATH_SEPARATOR: char = if cfg!(windows) { ';' } else { ':' };

/// Reads what the surroundings say.
pub fn read_ambient(texts: AmbientTexts) -> Ambient {
    let mut problems = Vec::new();
    let mut settings: Vec<PipSetting> = Vec::new();
    for file in &texts.pip_files {
        let (read, mistakes) = read_pip_config(file);
        settings.extend(read);
        problems.extend(mistakes);
    }
    let mut reader = Reader {
        sources: Sources {
            variables: &texts.variables,
            settings: &settings,
        },
        texts: &texts,
        problems,
    };
    let mut ambient = Ambient::default();
    reader.indexes(&mut ambient);
    reader.network(&mut ambient);
    reader.certificates(&mut ambient);
    reader.choices(&mut ambient);
    ambient.problems = reader.problems;
    ambient.index_logins = index_logins(&texts.variables);
    ambient.variables = texts.variables;
    ambient.netrc = texts.netrc;
    ambient
}

/// How much a text that makes no sense weighs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// The answer would be another one.
    Matters,
    /// The answer only takes longer or shorter.
    Passes,
}

struct Reader<'a> {
    sources: Sources<'a>,
    texts: &'a AmbientTexts,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn indexes(&mut self, ambient: &mut Ambient) {
        let folder = &self.texts.folder;
        let home = self.texts.home.as_deref();
        let index = |text: &str| values::read_index(text, folder);
        ambient.default_index = self.one(sources::DEFAULT_INDEX, index);
        ambient.indexes = self.list(sources::INDEXES, index);
        ambient.find_links = self.list(sources::FIND_LINKS, |text| {
            let path = values::read_path(text, home);
            values::read_address(&path.to_string_lossy(), folder)
        });
        ambient.torch_index = self.one(sources::TORCH_INDEX, |text| {
            values::read_address(text, folder)
        });
        ambient.no_index = self.one(sources::NO_INDEX, values::read_switch);
        ambient.index_strategy = self.one(sources::INDEX_STRATEGY, |text| {
            values::read_word(text, values::INDEX_STRATEGIES)
        });
        ambient.trusted_hosts = self.list(sources::TRUSTED_HOSTS, values::read_host);
    }

    fn network(&mut self, ambient: &mut Ambient) {
        use Weight::Passes;
        let home = self.texts.home.as_deref();
        ambient.proxy = self.one(sources::PROXY, |text| Ok(Secret::new(text)));
        ambient.timeout = self.weighed(sources::TIMEOUT, Passes, values::read_seconds);
        ambient.retries = self.weighed(sources::RETRIES, Passes, values::read_count);
        ambient.offline = self.one(sources::OFFLINE, values::read_switch);
        ambient.cache_dir = self.one(sources::CACHE_DIR, |text| Ok(values::read_path(text, home)));
        ambient.no_cache = self.weighed(sources::NO_CACHE, Passes, values::read_switch);
        // pip takes `no-cache-dir = false` for a wish to have none; it says so itself.
        if let Some(said) = &mut ambient.no_cache
            && self
                .sources
                .first(sources::NO_CACHE)
                .is_some_and(|mention| mention.is_of_pip())
        {
            said.value = true;
        }
    }

    fn certificates(&mut self, ambient: &mut Ambient) {
        let home = self.texts.home.as_deref();
        ambient.system_certs = self.one(sources::SYSTEM_CERTS, values::read_switch);
        ambient.cert_files = self
            .one(sources::CERT_FILES, |text| {
                Ok(values::read_path(text, home))
            })
            .into_iter()
            .collect();
        let strongest = ambient.cert_files.first().map(|said| said.by.as_str());
        if !matches!(strongest, Some("PYAUDIT_CERT")) {
            ambient.cert_folders = self.cert_folders();
        }
        let is_below = !matches!(strongest, Some("PYAUDIT_CERT" | "SSL_CERT_FILE"));
        if is_below && !ambient.cert_folders.is_empty() {
            ambient.cert_files.clear();
        }
        let certs = ambient.cert_files.first().or(ambient.cert_folders.first());
        if let (Some(system), Some(certs)) = (&ambient.system_certs, certs)
            && system.value
            && rank(&system.by) < rank(&certs.by)
        {
            ambient.cert_files.clear();
            ambient.cert_folders.clear();
        }
    }

    fn cert_folders(&self) -> Vec<Said<PathBuf>> {
        let Some(mention) = self.sources.first(sources::CERT_FOLDERS) else {
            return Vec::new();
        };
        let folders = mention.text.split(PATH_SEPARATOR);
        folders
            .filter(|folder| !folder.is_empty())
            .map(|folder| Said {
                value: PathBuf::from(folder),
                by: mention.by.clone(),
            })
            .collect()
    }

    fn choices(&mut self, ambient: &mut Ambient) {
        let now = self.texts.now;
        let word =
            |words: &'static [&'static str]| move |text: &str| values::read_word(text, words);
        let is_of_pip = self
            .sources
            .first(sources::EXCLUDE_NEWER)
            .is_some_and(|mention| mention.is_of_pip());
        ambient.exclude_newer = self.one(sources::EXCLUDE_NEWER, |text| {
            values::read_cutoff(text, is_of_pip, now)
        });
        ambient.prerelease = self.one(sources::PRERELEASE, word(values::PRERELEASES));
        if ambient.prerelease.is_none() {
            ambient.prerelease = self.pip_pre();
        }
        ambient.resolution = self.one(sources::RESOLUTION, word(values::RESOLUTIONS));
        ambient.no_binary = self.formats(sources::NO_BINARY);
        ambient.only_binary = self.formats(sources::ONLY_BINARY);
        ambient.constraints = self.list(sources::CONSTRAINTS, |text| Ok(text.to_owned()));
        ambient.overrides = self.list(sources::OVERRIDES, |text| Ok(text.to_owned()));
        ambient.python = self.python();
        let text = |text: &str| Ok(text.to_owned());
        ambient.platform = self.one(sources::PLATFORM, text);
        ambient.cuda = self.one(sources::CUDA, text);
        ambient.driver = self.one(sources::DRIVER, text);
        ambient.gpus = self.one(sources::GPUS, text);
        ambient.torch = self.one(sources::TORCH, text);
    }

    fn pip_pre(&mut self) -> Option<Said<String>> {
        let said = self.one(sources::PRE, values::read_switch)?;
        said.value.then(|| Said {
            value: "allow".to_owned(),
            by: said.by,
        })
    }

    /// uv's variable may name an interpreter, which says nothing about the target.
    fn python(&self) -> Option<Said<String>> {
        let mention = self.sources.first(sources::PYTHON)?;
        let is_ours = mention.by.starts_with("PYAUDIT_");
        (is_ours || values::is_python_version(mention.text)).then(|| Said {
            value: mention.text.to_owned(),
            by: mention.by,
        })
    }

    /// uv has a switch for all packages beside the list of packages.
    fn formats(&mut self, names: Names) -> Option<Said<Vec<FormatName>>> {
        let mentions = self.sources.strongest(names);
        let by = mentions.first()?.by.clone();
        let mut value = Vec::new();
        for mention in mentions {
            let read = match mention.by.as_str() {
                "UV_NO_BINARY" | "UV_NO_BUILD" => values::read_switch(mention.text)
                    .map(|all| all.then_some(FormatName::All).into_iter().collect()),
                _ => values::read_formats(mention.text),
            };
            match read {
                Ok(words) => value.extend(words),
                Err(complaint) => self.problems.push(mention.problem(complaint)),
            }
        }
        Some(Said { value, by })
    }

    fn one<T>(&mut self, names: Names, read: impl Fn(&str) -> Reading<T>) -> Option<Said<T>> {
        self.weighed(names, Weight::Matters, read)
    }

    fn weighed<T>(
        &mut self,
        names: Names,
        weight: Weight,
        read: impl Fn(&str) -> Reading<T>,
    ) -> Option<Said<T>> {
        let mention = self.sources.first(names)?;
        let value = self.understood(&mention, weight, read(mention.text))?;
        Some(Said {
            value,
            by: mention.by,
        })
    }

    /// Reads the words of all that the strongest group says. uv separates places of links by
    /// commas, all else by white space.
    fn list<T>(&mut self, names: Names, read: impl Fn(&str) -> Reading<T>) -> Vec<Said<T>> {
        let mut list = Vec::new();
        for mention in self.sources.strongest(names) {
            let has_commas = mention.by == "UV_FIND_LINKS";
            let words = mention.text.split(|c: char| match has_commas {
                true => c == ',',
                false => c.is_whitespace(),
            });
            for word in words.map(str::trim).filter(|word| !word.is_empty()) {
                if let Some(value) = self.understood(&mention, Weight::Matters, read(word)) {
                    list.push(Said {
                        value,
                        by: mention.by.clone(),
                    });
                }
            }
        }
        list
    }

    fn understood<T>(
        &mut self,
        mention: &Mention<'_>,
        weight: Weight,
        reading: Reading<T>,
    ) -> Option<T> {
        match reading {
            Ok(value) => Some(value),
            Err(complaint) => {
                let problem = mention.problem(complaint);
                self.problems.push(match weight {
                    Weight::Matters => problem,
                    Weight::Passes => problem.as_warning(),
                });
                None
            }
        }
    }
}

/// Whose variable it is: ours, uv's (which reads OpenSSL's as its own), or pip's.
fn rank(by: &str) -> usize {
    let ranks = [["PYAUDIT_"].as_slice(), &["UV_", "SSL_"]];
    ranks
        .iter()
        .position(|starts| starts.iter().any(|start| by.starts_with(start)))
        .unwrap_or(ranks.len())
}

fn index_logins(variables: &Variables) -> Vec<(String, Secret)> {
    let is_login = |name: &str| {
        ["PYAUDIT_INDEX_", "UV_INDEX_"].iter().any(|prefix| {
            name.strip_prefix(prefix)
                .is_some_and(|rest| rest.ends_with("_USERNAME") || rest.ends_with("_PASSWORD"))
        })
    };
    let logins = variables.as_map().iter().filter(|(name, _)| is_login(name));
    logins
        .map(|(name, value)| (name.clone(), Secret::new(value)))
        .collect()
}
