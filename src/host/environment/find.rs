//! Where an environment keeps its packages, told by its folders alone; only of a global interpreter,
//! whose folders differ from system to system, the interpreter itself is asked.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::bounded::{bytes_of, entries, is_share, named};
use super::config::{Config, read_config};
use super::read::EnvironmentError;
use crate::audit::EnvironmentKind;
use crate::host::ask::{PATIENCE, ask};
use crate::source::SourceFile;
use crate::target::PythonVersion;

const MAX_CONFIG: u64 = 64 << 10;

/// What was looked for, for who names something else.
const LOOKED_FOR: &str = "a `pyvenv.cfg`, a `conda-meta`, a `lib/python3.X/site-packages`, a \
    `Lib/site-packages` or a `*.dist-info`";

/// Where an environment's packages are.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub(super) root: PathBuf,
    pub(super) kind: EnvironmentKind,
    /// The folders of packages.
    pub(super) folders: Vec<PathBuf>,
    /// Those of the interpreter below it, where they are seen.
    pub(super) inherited: Vec<PathBuf>,
    pub(super) config: Config,
    /// The Python that a folder's name tells.
    pub(super) python: Option<PythonVersion>,
    /// The folder of the standard library, where the interpreter says it.
    pub(super) library: Option<PathBuf>,
    /// The interpreter, where one was named.
    pub(super) interpreter: Option<PathBuf>,
}

/// Finds the environment that a folder or an interpreter stands for; paths are shown from `from`.
pub(super) fn find_environment(path: &Path, from: &Path) -> Result<Layout, EnvironmentError> {
    let name = || named(path, from);
    let Ok(metadata) = std::fs::metadata(path) else {
        return Err(EnvironmentError::new(format!("there is no `{}`", name())));
    };
    if metadata.is_file() {
        return of_interpreter(path, from);
    }
    if let Some(layout) = of_folder(path, from)? {
        return Ok(layout);
    }
    let error = EnvironmentError::new(format!("`{}` is no environment", name()));
    let near = [".venv", "venv", "env"].map(|name| path.join(name));
    let near = near.iter().find(|it| it.join("pyvenv.cfg").is_file());
    Err(match near {
        Some(near) => error.with_help(format!("Did you mean `{}`?", named(near, from))),
        None => error.with_help(format!("Looked for {LOOKED_FOR}.")),
    })
}

fn of_folder(root: &Path, from: &Path) -> Result<Option<Layout>, EnvironmentError> {
    let path = root.join("pyvenv.cfg");
    let config = bytes_of(&path, MAX_CONFIG).map(|bytes| {
        let text = String::from_utf8_lossy(&bytes);
        read_config(&SourceFile::new(named(&path, from), text))
    });
    let is_conda = root.join("conda-meta").is_dir();
    let mut layout = Layout {
        root: root.to_owned(),
        kind: match (&config, is_conda) {
            (Some(_), _) => EnvironmentKind::Virtual,
            (None, true) => EnvironmentKind::Conda,
            (None, false) => EnvironmentKind::Global,
        },
        config: config.unwrap_or_default(),
        ..Layout::default()
    };
    if is_conda && layout.config.python.is_none() {
        layout.config.python = super::conda::python_of(root);
    }
    let found = package_folders(root);
    let wanted = layout.config.python.as_ref().map(PythonVersion::minor);
    let mut chosen: Vec<&PackageFolder> = found.iter().collect();
    let is_wanted = |it: &&PackageFolder| it.minor() == wanted;
    if wanted.is_some() && chosen.iter().any(is_wanted) {
        chosen.retain(|it| it.minor().is_none() || it.minor() == wanted);
    }
    let mut pythons: Vec<&PythonVersion> = Vec::new();
    for python in chosen.iter().filter_map(|it| it.python.as_ref()) {
        if !pythons.contains(&python) {
            pythons.push(python);
        }
    }
    if let [first, second, ..] = pythons.as_slice() {
        let message = format!(
            "`{}` has packages of more than one Python: {first} and {second}",
            named(root, from)
        );
        let help = "Name an interpreter, or one of its `site-packages` folders.";
        return Err(EnvironmentError::new(message).with_help(help));
    }
    layout.python = pythons.first().map(|it| (*it).clone());
    layout.folders = chosen.iter().map(|it| it.path.clone()).collect();
    if layout.kind == EnvironmentKind::Global && layout.folders.is_empty() {
        return Ok(of_plain_folder(root));
    }
    if layout.config.shows_base.is_some() {
        layout.inherited = below(&layout);
    }
    Ok(Some(layout))
}

/// A `site-packages` itself, or what `pip install --target` filled.
fn of_plain_folder(root: &Path) -> Option<Layout> {
    let is_info = |name: &str| name.ends_with(".dist-info") || name.ends_with(".egg-info");
    let has_packages = entries(root).iter().any(|(name, _)| is_info(name));
    let name = root.file_name()?.to_string_lossy();
    let is_named = ["site-packages", "dist-packages"].contains(&&*name);
    let above = root.parent().and_then(|it| it.file_name());
    let python = above.and_then(|it| it.to_string_lossy().parse().ok());
    (has_packages || is_named).then(|| Layout {
        root: root.to_owned(),
        kind: EnvironmentKind::Folder,
        folders: vec![root.to_owned()],
        python: python.filter(|_| is_named),
        ..Layout::default()
    })
}

/// A folder of packages below a prefix.
struct PackageFolder {
    path: PathBuf,
    python: Option<PythonVersion>,
}

impl PackageFolder {
    fn minor(&self) -> Option<u64> {
        self.python.as_ref().map(PythonVersion::minor)
    }
}

/// Finds the folders of packages below a prefix. `lib64` is often the same folder as `lib`.
fn package_folders(prefix: &Path) -> Vec<PackageFolder> {
    let mut found: Vec<PackageFolder> = Vec::new();
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut add = |folder: PackageFolder| {
        let same = folder.path.canonicalize().ok();
        if let Some(same) = same.filter(|it| it.is_dir() && !seen.contains(it)) {
            seen.push(same);
            found.push(folder);
        }
    };
    for library in ["lib", "lib64"] {
        for (name, path) in entries(&prefix.join(library)) {
            let is_python = name.starts_with("python3") || name.starts_with("pypy3");
            // Debian keeps the packages of all its Pythons in `python3`.
            let python: Option<PythonVersion> = name.parse().ok();
            if !is_python || (python.is_none() && name != "python3") {
                continue;
            }
            for packages in ["site-packages", "dist-packages"] {
                add(PackageFolder {
                    path: path.join(packages),
                    python: python.clone(),
                });
            }
        }
    }
    add(PackageFolder {
        path: prefix.join("Lib").join("site-packages"),
        python: None,
    });
    found
}

/// Returns the folders of the interpreter below a virtual environment.
fn below(layout: &Layout) -> Vec<PathBuf> {
    let home = layout.config.home.as_deref().filter(|home| !is_share(home));
    let prefix = home.map(Path::new).and_then(|home| match home.file_name() {
        Some(name) if name == "bin" => home.parent(),
        _ => Some(home),
    });
    let minor = layout.python.as_ref().or(layout.config.python.as_ref());
    let minor = minor.map(PythonVersion::minor);
    let own = prefix.map(|prefix| prefix.to_owned());
    let local = prefix.map(|prefix| prefix.join("local"));
    let folders = local.iter().chain(&own).flat_map(|it| package_folders(it));
    let folders = folders.filter(|it| it.minor().is_none() || it.minor() == minor);
    folders.map(|it| it.path).collect()
}

fn of_interpreter(path: &Path, from: &Path) -> Result<Layout, EnvironmentError> {
    let name = path
        .file_name()
        .map(|it| it.to_string_lossy().to_ascii_lowercase());
    let name = name.unwrap_or_default();
    if !name.starts_with("python") && !name.starts_with("pypy") {
        let message = format!(
            "`{}` is no environment and no interpreter",
            named(path, from)
        );
        let help = "Name the folder of an environment, such as `.venv`, or its `bin/python`.";
        return Err(EnvironmentError::new(message).with_help(help));
    }
    let above = path.ancestors().skip(1).take(2);
    let prefix = above
        .into_iter()
        .find(|it| it.join("pyvenv.cfg").is_file() || it.join("conda-meta").is_dir());
    let layout = match prefix {
        Some(prefix) => of_folder(prefix, from)?,
        None => Some(of_global(path, from)?),
    };
    Ok(Layout {
        interpreter: Some(path.to_owned()),
        ..layout.unwrap_or_default()
    })
}

/// Prints where an interpreter that is no environment looks for packages; runs nothing of theirs.
const QUESTION: &str = "\
import json, site, sys, sysconfig
print(json.dumps({
    'prefix': sys.prefix,
    'library': sysconfig.get_path('stdlib'),
    'folders': [site.getusersitepackages()] + site.getsitepackages(),
}))";

/// The answer to [`QUESTION`].
#[derive(Debug, Deserialize)]
struct Told {
    prefix: PathBuf,
    library: PathBuf,
    folders: Vec<PathBuf>,
}

fn of_global(path: &Path, from: &Path) -> Result<Layout, EnvironmentError> {
    let answer = ask(path, &["-I", "-S", "-c", QUESTION], PATIENCE);
    let told = answer.ok().filter(|answer| answer.is_success);
    let told: Option<Told> =
        told.and_then(|answer| serde_json::from_str(answer.output.trim()).ok());
    let Some(told) = told else {
        let message = format!(
            "`{}` does not say where it looks for packages",
            named(path, from)
        );
        return Err(EnvironmentError::new(message));
    };
    let mut layout = Layout {
        root: told.prefix,
        kind: EnvironmentKind::Global,
        library: Some(told.library),
        ..Layout::default()
    };
    let mut seen = Vec::new();
    for folder in told.folders {
        let same = folder.canonicalize().ok().filter(|it| it.is_dir());
        if let Some(same) = same.filter(|it| !seen.contains(it)) {
            seen.push(same);
            layout.folders.push(folder);
        }
    }
    Ok(layout)
}
