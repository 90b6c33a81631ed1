//! Reads an environment: its folders, what they hold, and its Python. Nothing in it is imported or
//! run; only an interpreter that was named is asked what it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::bounded::{named, text_of};
use super::conda::{CONDA, overwritten};
use super::contents::{Keep, Looked, look};
use super::distribution::{Found, Reader};
use super::find::{Layout, find_environment};
use super::keeping::keeping;
use super::path_files::read_path_files;
use super::platform::{platform_of, python_of};
use super::record::{MAX_RECORD, Place, size_on_disk};
use crate::audit::{Distribution, EnvironmentKind, Files, Installed, Look};
use crate::host::probe::{FoundBy, interpreter_at};
use crate::package::{MarkerTexts, PackageName};
use crate::source::{Problem, SourceFile, without_detours};
use crate::target::{Platform, PythonVersion};

/// Installers that are package managers of whole systems: what they build is not what they install.
const OTHER_KEEPERS: &[&str] = &[CONDA, "rpm"];

/// Why something is no environment that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentError {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to type instead, or what was looked for, as a sentence.
    pub help: Option<String>,
}

/// An environment that was read.
#[derive(Clone, Debug)]
pub struct Environment {
    /// What is installed.
    pub installed: Installed,
    /// Its Python; none where nothing in it tells.
    pub python: Option<PythonVersion>,
    /// Where it runs: on this machine, unless its packages are for another.
    pub platform: Platform,
    root: PathBuf,
    /// Where the metadata of each distribution is.
    infos: Vec<PathBuf>,
    from: PathBuf,
}

/// Reads the environment of a folder or an interpreter; paths are shown as from the folder `from`.
pub fn read_environment(path: &Path, from: &Path) -> Result<Environment, EnvironmentError> {
    let path = without_detours(&from.join(path));
    let layout = find_environment(&path, from)?;
    let told = layout.config.python.as_ref().or(layout.python.as_ref());
    let asked = layout.interpreter.as_ref();
    let asked = asked.map(|path| interpreter_at(path, FoundBy::Named));
    let asked = match asked.transpose() {
        Ok(asked) => asked,
        // Its folder tells enough where it is the interpreter that is broken.
        Err(_) if told.is_some() => None,
        Err(error) => return Err(EnvironmentError::new(error.to_string())),
    };
    let (mut installed, found) = read_folders(&layout, from);
    installed.root = named(&layout.root, from);
    installed.kind = layout.kind;
    installed.keeping = keeping(&layout, from);
    if layout.kind == EnvironmentKind::Conda {
        installed.keeping.overwritten = overwritten(&layout.root, &found);
    }
    let infos: Vec<PathBuf> = found.iter().map(|it| it.info.clone()).collect();
    installed.distributions = found.into_iter().map(|it| it.distribution).collect();
    let told = told.cloned();
    Ok(Environment {
        python: match &asked {
            Some(interpreter) => Some(interpreter.python.clone()),
            None => told.or_else(|| python_of(&infos)),
        },
        platform: match &asked {
            Some(interpreter) => interpreter.platform,
            None => platform_of(&infos, &layout.root),
        },
        installed,
        root: layout.root,
        infos,
        from: from.to_owned(),
    })
}

/// Reads the folders in the order in which they count, those that `.pth` files add at the end.
fn read_folders(layout: &Layout, from: &Path) -> (Installed, Vec<Found>) {
    let mut installed = Installed::default();
    let mut all: Vec<Found> = Vec::new();
    let mut reader = Reader {
        from,
        markers: MarkerTexts::default(),
    };
    let own = layout.folders.iter().map(|folder| (folder.clone(), false));
    let inherited = layout.inherited.iter().map(|folder| (folder.clone(), true));
    let mut waiting: Vec<(PathBuf, bool)> = own.chain(inherited).collect();
    let stated = waiting.len();
    let mut at = 0;
    while at < waiting.len() {
        let (folder, is_inherited) = waiting[at].clone();
        if at < stated {
            let added = read_path_files(&folder);
            let is_new = |it: &PathBuf| !waiting.iter().any(|(known, _)| known == it);
            let new: Vec<PathBuf> = added.folders.into_iter().filter(is_new).collect();
            waiting.extend(new.into_iter().map(|it| (it, is_inherited)));
            let code = added.run_code.iter().map(|it| named(it, from));
            installed.start_code.extend(code);
        }
        let (mut found, leftovers) = reader.read_folder(&folder);
        // An editable project's own folder holds what it was built of.
        let is_editable = |it: &Found| {
            let mut known = all.iter().map(|it| &it.distribution);
            known.any(|known| known.name == it.distribution.name && known.is_editable())
        };
        found.retain(|it| at < stated || !is_editable(it));
        for it in &mut found {
            it.distribution.folder = at;
            it.distribution.is_inherited = is_inherited;
        }
        all.extend(found);
        installed.leftovers.extend(leftovers);
        installed.folders.push(named(&folder, from));
        at += 1;
    }
    (installed, all)
}

impl Environment {
    /// Compares all files with their records, and scans the compiled ones. `tell` hears how many of
    /// how many distributions are done. Returns what is known of the files of each; nothing of those
    /// that are not the environment's own.
    pub fn read_files(
        &mut self,
        keep: &dyn Keep,
        tell: &(dyn Fn(usize, usize) + Sync),
    ) -> Vec<Option<Look>> {
        let next = AtomicUsize::new(0);
        let done = AtomicUsize::new(0);
        let total = self.infos.len();
        let compared: Mutex<Vec<(usize, Result<Looked, &'static str>)>> = Mutex::new(Vec::new());
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(info) = self.infos.get(at) else {
                    return;
                };
                let files = self.files(info, &self.installed.distributions[at], keep);
                let mut compared = compared.lock().unwrap_or_else(PoisonError::into_inner);
                compared.extend(files.map(|files| (at, files)));
                tell(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            }
        };
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..workers.clamp(1, 8) {
                scope.spawn(work);
            }
        });
        let mut looks = vec![None; total];
        for (at, files) in compared
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
        {
            let distribution = &mut self.installed.distributions[at];
            let (files, contents) = match files {
                Ok(looked) => (looked.files, Look::Seen(looked.contents)),
                Err(why) => (Files::Unknown(why), Look::Unknown(why.to_owned())),
            };
            distribution.files = Some(files);
            looks[at] = Some(contents);
        }
        looks
    }

    /// Returns how much every package that is imported takes on the disk, by its record; nothing of
    /// those without one.
    pub fn sizes(&self) -> BTreeMap<PackageName, u64> {
        let active = self.installed.active();
        let distributions = self.installed.distributions.iter().zip(&self.infos);
        let counting = distributions.filter(|(it, _)| {
            let first = active.get(&it.name);
            first.is_some_and(|first| std::ptr::eq(*first, *it))
        });
        let sizes = counting.filter_map(|(it, info)| {
            let text = text_of(&info.join("RECORD"), MAX_RECORD)?;
            Some((
                it.name.clone(),
                size_on_disk(self.place(info.parent()?), &text),
            ))
        });
        sizes.collect()
    }

    fn place<'a>(&'a self, folder: &'a Path) -> Place<'a> {
        let root = match folder.starts_with(&self.root) {
            true => &self.root,
            false => folder,
        };
        Place { folder, root }
    }

    /// Looks at the files of one distribution; nothing of one that is not the environment's own.
    fn files(
        &self,
        info: &Path,
        distribution: &Distribution,
        keep: &dyn Keep,
    ) -> Option<Result<Looked, &'static str>> {
        if distribution.is_inherited {
            return None;
        }
        let installer = distribution.installer.as_deref();
        // Debian's packages do not say who installed them.
        let is_global = self.installed.kind == EnvironmentKind::Global;
        let is_kept = match installer {
            Some(installer) => OTHER_KEEPERS.contains(&installer),
            None => is_global,
        };
        if is_kept {
            return Some(Err(
                "what installed them changes files, and keeps records of its own",
            ));
        }
        let path = info.join("RECORD");
        let (Some(text), Some(folder)) = (text_of(&path, MAX_RECORD), info.parent()) else {
            return Some(Err("no record says which files they have"));
        };
        let file = SourceFile::new(named(&path, &self.from), text);
        Some(Ok(look(self.place(folder), &file, keep)))
    }
}

impl EnvironmentError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<EnvironmentError> for Problem {
    fn from(error: EnvironmentError) -> Self {
        let problem = Self::anywhere(error.message);
        match error.help {
            Some(help) => problem.with_help(help),
            None => problem,
        }
    }
}
