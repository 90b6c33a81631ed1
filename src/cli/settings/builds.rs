//! Which packages may run their code to tell their metadata, and by which Python.

use std::collections::BTreeSet;

use super::{Heard, names};
use crate::cli::args::ChoiceArgs;
use crate::fetch::{BuildOptions, BuildPython};
use crate::host::{Surroundings, interpreter_for_builds};
use crate::input::AllowBuild;
use crate::lock::LockOptions;
use crate::package::PackageName;
use crate::source::Problem;
use crate::target::PythonVersion;

/// What `--allow-build` means without a name.
const ALL: &str = ":all:";

/// Settles the builds, and notes in the words of a lock what was allowed. An interpreter is looked
/// for only where something may be built.
pub(super) fn settle_builds(
    args: &ChoiceArgs,
    heard: Heard<'_>,
    target: Option<&PythonVersion>,
    options: &mut LockOptions,
    problems: &mut Vec<Problem>,
) -> BuildOptions {
    let allowed = allowed(args, heard, problems);
    options.allow_build = match &allowed {
        AllowBuild::All(true) => vec![ALL.to_owned()],
        AllowBuild::All(false) => Vec::new(),
        AllowBuild::Packages(names) => names.iter().map(ToString::to_string).collect(),
    };
    let (false, Some(target)) = (options.allow_build.is_empty(), target) else {
        return BuildOptions::default();
    };
    let surroundings = Surroundings::of_this_process();
    BuildOptions {
        allowed,
        python: python(&surroundings, target),
        search_path: surroundings.path,
        ..BuildOptions::default()
    }
}

fn allowed(args: &ChoiceArgs, heard: Heard<'_>, problems: &mut Vec<Problem>) -> AllowBuild {
    let typed: Vec<String> = args
        .allow_build
        .iter()
        .map(|name| name.trim().to_owned())
        .collect();
    if typed.iter().any(|name| name == ALL) {
        return AllowBuild::All(true);
    }
    let in_file = heard.manifest.tool.allow_build.as_ref();
    match (typed.is_empty(), in_file) {
        (true, Some((allowed, _))) => allowed.clone(),
        _ => {
            let named: BTreeSet<PackageName> = names(&typed, "--allow-build", problems)
                .into_iter()
                .collect();
            AllowBuild::Packages(named)
        }
    }
}

fn python(surroundings: &Surroundings, target: &PythonVersion) -> Result<BuildPython, String> {
    let (found, is_same) = interpreter_for_builds(surroundings, target)
        .ok_or("no `python3` answers, neither in an active environment nor on the `PATH`")?;
    let minor = |python: &PythonVersion| format!("{}.{}", python.major(), python.minor());
    let built = minor(&found.python);
    let remark = (!is_same).then(|| {
        let wanted = minor(target);
        format!("built with Python {built}, as no Python {wanted} is at hand to build with")
    });
    Ok(BuildPython {
        path: found.path,
        minor: built,
        remark,
    })
}
