//! Where the result has to run: what was said, else what is found here.

use super::{Heard, problem, said};
use crate::cli::args::TargetArgs;
use crate::host::{Surroundings, active_interpreter, this_machine};
use crate::input::Said;
use crate::package::Specifiers;
use crate::source::{Origin, Problem};
use crate::target::{Platform, PythonVersion, Target};

/// Settles the target; problems are told and there is none.
pub(super) fn settle_target(
    args: &TargetArgs,
    heard: Heard<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Target> {
    let tool = &heard.manifest.tool;
    let ambient = heard.ambient;
    let python = said(
        args.python.as_deref(),
        tool.python.as_ref(),
        ambient.python.as_ref(),
    );
    let platform = said(
        args.platform.as_deref(),
        tool.platform.as_ref(),
        ambient.platform.as_ref(),
    );
    let python = python.map(|(text, origin)| {
        let read = text.parse::<PythonVersion>();
        let name = name_of("--python", args.python.as_ref(), ambient.python.as_ref());
        read.map_err(|error| problem(name, origin, error.message).with_help(error.help))
    });
    let platform = platform.map(|(text, origin)| {
        let read = text.parse::<Platform>();
        let name = name_of(
            "--platform",
            args.platform.as_ref(),
            ambient.platform.as_ref(),
        );
        read.map_err(|error| problem(name, origin, error.message).with_help(error.help))
    });
    let (python, platform) = match (python.transpose(), platform.transpose()) {
        (Ok(python), Ok(platform)) => (python, platform),
        (python, platform) => {
            problems.extend(python.err());
            problems.extend(platform.err());
            return None;
        }
    };
    let (python, found_platform) = match python {
        Some(python) => (python, None),
        None => match find_python(heard) {
            Ok(found) => found,
            Err(problem) => {
                problems.push(*problem);
                return None;
            }
        },
    };
    let platform = platform.or(found_platform).unwrap_or_else(this_machine);
    Some(Target::new(python, platform))
}

/// Returns the option that was typed, else the variable that speaks in its place.
fn name_of<'a>(
    option: &'a str,
    typed: Option<&String>,
    around: Option<&'a Said<String>>,
) -> &'a str {
    match (typed, around) {
        (None, Some(said)) => &said.by,
        _ => option,
    }
}

/// The active environment's interpreter, else the least Python that the project admits, else the
/// newest. An interpreter that merely is on the `PATH` is nobody's choice.
fn find_python(heard: Heard<'_>) -> Result<(PythonVersion, Option<Platform>), Box<Problem>> {
    let mut surroundings = Surroundings::of_this_process();
    surroundings.path.clear();
    let found = active_interpreter(&surroundings).map_err(|error| {
        let message = format!(
            "the Python of the active environment, `{}`, could not be asked: {}",
            error.path.display(),
            error.reason
        );
        Problem::anywhere(message).with_help("Say which Python to lock for: `--python 3.12`.")
    })?;
    if let Some(found) = found {
        return Ok((found.python, Some(found.platform)));
    }
    match &heard.manifest.requires_python {
        None => Ok((PythonVersion::newest_stable(), None)),
        Some((wanted, origin)) => match least_admitted(wanted) {
            Some(python) => Ok((python, None)),
            None => Err(Box::new(none_admitted(wanted, origin))),
        },
    }
}

/// No minor version of Python had more patch releases.
const MOST_PATCHES: u32 = 30;

fn least_admitted(wanted: &Specifiers) -> Option<PythonVersion> {
    (6..=PythonVersion::newest_stable().minor()).find_map(|minor| {
        let minor: PythonVersion = format!("3.{minor}").parse().ok()?;
        if wanted.contains(minor.version()) {
            return Some(minor);
        }
        // A bound such as `>=3.10.2` admits no 3.10.0.
        (1..=MOST_PATCHES).find_map(|patch| {
            let python: PythonVersion = format!("{minor}.{patch}").parse().ok()?;
            wanted.contains(python.version()).then_some(python)
        })
    })
}

fn none_admitted(wanted: &Specifiers, origin: &Origin) -> Problem {
    let message = format!("no Python that pyaudit knows is admitted by `{wanted}`");
    Problem::at(origin.clone(), message).with_help("Say which Python to lock for: `--python 3.12`.")
}
