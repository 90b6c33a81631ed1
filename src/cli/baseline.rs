//! What is installed, wherever it is said: a freeze, what `pip inspect` writes, a lock, an environment.

use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use clap::Args;

use super::reading::{recorded_platform, recorded_target};
use crate::audit::{Distribution, place_in_lock};
use crate::graph::Graph;
use crate::host::{Environment, read_environment, read_list};
use crate::index::{Metadata, MetadataSource};
use crate::input::decode;
use crate::lock::{EdgeDetail, Format, Layout, Lock, LockedPackage};
use crate::package::MarkerTexts;
use crate::report::count;
use crate::sequence::{Baseline, Present, Told, read_baseline};
use crate::source::{Origin, Problem, SourceFile};

/// What is installed already.
#[derive(Debug, Args)]
#[command(next_help_heading = "Baseline")]
pub(crate) struct BaselineArgs {
    /// What is installed, and stays where it can: the output of `pip freeze` or `pip inspect`, a
    /// lock, the folder of an environment, or `-` for standard input
    #[arg(long, value_name = "FILE|FOLDER")]
    pub(crate) baseline: Option<String>,
    /// A package of the baseline that must not move
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        requires = "baseline"
    )]
    pub(crate) keep: Vec<String>,
}

/// No list of installed packages is larger, in bytes.
const MAX_SIZE: u64 = 64 << 20;

/// Reads a baseline: a file, the folder or interpreter of an environment, or `-` for standard input.
pub(super) fn baseline(name: &str, folder: &Path) -> Result<Baseline, Problem> {
    if name == "-" {
        return read_baseline(&standard_input()?);
    }
    let path = folder.join(name);
    if path.is_dir() || is_interpreter(&path) {
        return Ok(of_environment(&read_environment(&path, folder)?));
    }
    let Some(file) = read_list(&path, name)? else {
        let message = format!("there is no file `{name}`, which is to say what is installed");
        let help = "Write it: `pip freeze > installed.txt`, or name the folder of an environment.";
        return Err(Problem::anywhere(message).with_help(help));
    };
    let format = Format::of_path(name);
    match format.layout {
        Layout::Lines => read_baseline(&file),
        Layout::Keys | Layout::Tables(_) => of_lock(&(format.read)(&file)?, &file),
    }
}

/// Tells which lines of a baseline say nothing of what is installed.
pub(super) fn passed_over(baseline: &Baseline) -> Option<Problem> {
    let first = baseline.unread.first()?;
    let message = match baseline.unread.len() {
        1 => "this line pins nothing, and is passed over".to_owned(),
        lines => format!(
            "this line and {} pin nothing, and are passed over",
            count(lines - 1, "other")
        ),
    };
    let help = "What is installed is `name==version`, as `pip freeze` writes it.";
    let problem = Problem::at(first.clone(), message).with_help(help);
    Some(problem.as_warning())
}

fn is_interpreter(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name.starts_with("python") && !name.contains(".txt")) && path.is_file()
}

/// Reads standard input, in whatever encoding a file may have: PowerShell writes UTF-16.
pub(super) fn standard_input() -> Result<Arc<SourceFile>, Problem> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(MAX_SIZE).read_to_end(&mut bytes);
    read.map_err(|error| Problem::anywhere(format!("cannot read standard input: {error}")))?;
    let (file, problem) = decode("<stdin>", &bytes);
    match problem.filter(Problem::is_error) {
        Some(problem) => Err(problem),
        None => Ok(file),
    }
}

/// Takes what is imported in an environment.
pub(super) fn of_environment(environment: &Environment) -> Baseline {
    let installed = &environment.installed;
    let mut baseline = Baseline::new(installed.root.as_str());
    baseline.python = environment.python.as_ref().map(ToString::to_string);
    baseline.platform = Some(environment.platform.tag());
    for distribution in installed.active().values() {
        let (name, version) = (distribution.name.clone(), distribution.version.clone());
        let mut present = Present::new(name, version, distribution.place());
        present.told = told(distribution);
        baseline.put(present);
    }
    baseline
}

fn told(distribution: &Distribution) -> Told {
    let Some(version) = &distribution.version else {
        return Told::Unknown("nothing says which version it has".to_owned());
    };
    if let Some(why) = &distribution.unread {
        return Told::Unknown(why.clone());
    }
    let text = distribution.text.as_ref();
    let read = text.and_then(|file| {
        let text = file.text().as_bytes();
        Metadata::parse(text, MetadataSource::Wheel, &mut MarkerTexts::default()).ok()
    });
    Told::Metadata(Arc::new(Metadata {
        name: distribution.name.clone(),
        version: version.clone(),
        requires_python: distribution.requires_python.clone(),
        requires: distribution.needs.clone().into(),
        extras: read.map(|it| it.extras).unwrap_or_default(),
        license: None,
        source: MetadataSource::Wheel,
        warnings: Vec::new(),
    }))
}

/// Takes what a lock has where it was made for.
fn of_lock(lock: &Lock, file: &Arc<SourceFile>) -> Result<Baseline, Problem> {
    let target = recorded_target(lock);
    let mut baseline = Baseline::new(file.label());
    let recorded = lock.tool.iter().flat_map(|tool| &tool.targets).next();
    baseline.python = recorded.map(|target| target.python.clone());
    let platform = recorded.and_then(|target| recorded_platform(&target.platform));
    baseline.platform = platform.map(|platform| platform.tag());
    for package in Graph::new(lock, target.as_ref()).packages() {
        baseline.put(present_in(lock, package, file));
    }
    match baseline.is_empty() {
        true => {
            let message = format!("`{}` pins no package", file.label());
            Err(Problem::anywhere(message))
        }
        false => Ok(baseline),
    }
}

/// Takes a package of a lock as installed.
pub(super) fn present_in(lock: &Lock, package: &LockedPackage, file: &Arc<SourceFile>) -> Present {
    let origin = place_in_lock(file, package, None);
    let origin = origin.unwrap_or_else(|| Origin::whole(file));
    let (name, version) = (package.name.clone(), package.version.clone());
    let mut present = Present::new(name, version, origin);
    present.extras.clone_from(&package.extras);
    present.index = package.index.as_deref().map(Arc::from);
    if let Some(metadata) = metadata(lock, package) {
        present.told = Told::Metadata(Arc::new(metadata));
    }
    present
}

/// Returns what a lock says that a package requires, where it says that in full.
fn metadata(lock: &Lock, package: &LockedPackage) -> Option<Metadata> {
    let requires = package.edges.iter().map(|edge| edge.requirement.clone());
    (lock.edge_detail == EdgeDetail::Ranges).then_some(())?;
    Some(Metadata {
        name: package.name.clone(),
        version: package.version.clone()?,
        requires_python: None,
        requires: requires.collect::<Vec<_>>().into(),
        extras: package.extras.clone(),
        license: None,
        source: MetadataSource::Wheel,
        warnings: Vec::new(),
    })
}
