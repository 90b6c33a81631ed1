//! Whether a lock is for one target, for several, or for all environments that the project admits.

use std::sync::Arc;

use super::{Heard, problem};
use crate::cli::args::{ForkStrategyArg, ScopeArgs, TargetArgs};
use crate::facts::Facts;
use crate::input::ToolEnvironments;
use crate::lock::Realm;
use crate::package::{Choice, Marker, MarkerTree, Specifiers, both};
use crate::solve::ForkStrategy;
use crate::source::Problem;
use crate::target::{Accelerators, Flavour, Os, Platform, PythonVersion, Region, Target};

/// For which environments a lock is made.
#[derive(Clone, Debug)]
pub(in crate::cli) enum Scope {
    /// For the target alone.
    Target,
    /// For each of these.
    Targets(Vec<Target>),
    /// For a whole region.
    Region(Box<Universal>),
}

/// A region to lock for.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Universal {
    /// The environments.
    pub(in crate::cli) region: Arc<Region>,
    /// How a lock writes them down.
    pub(in crate::cli) realm: Realm,
    /// What forking aims at.
    pub(in crate::cli) strategy: ForkStrategy,
    /// The extras and groups that are an installer's to choose.
    pub(in crate::cli) choices: Vec<Choice>,
}

/// Returns the first of the targets that were typed, if it is one; what is wrong with it is told
/// by [`settle_scope`].
pub(super) fn first_target(scope: &ScopeArgs) -> Option<Target> {
    let mut parts = scope.targets.first()?.split('/').map(str::trim);
    let (platform, python) = (parts.next()?, parts.next()?);
    Some(Target::new(python.parse().ok()?, platform.parse().ok()?))
}

/// Settles it, given the one target that would count otherwise.
pub(super) fn settle_scope(
    (scope, args): (&ScopeArgs, &TargetArgs),
    heard: Heard<'_>,
    facts: &Facts,
    target: Option<&Target>,
    problems: &mut Vec<Problem>,
) -> Scope {
    let said = &heard.manifest.tool.environments;
    if !scope.targets.is_empty() {
        return Scope::Targets(targets((scope, args), facts, problems));
    }
    let is_project_wide = said.is_universal && args.platform.is_none();
    if !scope.universal && !is_project_wide {
        return Scope::Target;
    }
    if scope.universal && args.platform.is_some() {
        let message = "a universal lock is for all platforms";
        let help = "Leave out `--platform`, or leave out `--universal`.";
        problems.push(problem("--platform", None, message.into()).with_help(help));
        return Scope::Target;
    }
    let Some(target) = target else {
        return Scope::Target;
    };
    match universal((scope, args), heard, target) {
        Ok(universal) => Scope::Region(Box::new(universal)),
        Err(message) => {
            problems.push(problem("--universal", None, message));
            Scope::Target
        }
    }
}

fn universal(
    (scope, args): (&ScopeArgs, &TargetArgs),
    heard: Heard<'_>,
    target: &Target,
) -> Result<Universal, String> {
    let tool = &heard.manifest.tool;
    let said = &tool.environments;
    let is_python_said = args.python.is_some() || tool.python.is_some();
    let declared = heard.manifest.requires_python.as_ref().map(|(it, _)| it);
    let pythons = match (declared, is_python_said) {
        (Some(declared), false) => declared.clone(),
        (declared, _) => from_python(target.python(), declared)?,
    };
    let python_marker = python_marker(&pythons)?;
    let mut environments = MarkerTree::FALSE;
    for (marker, _) in &said.only {
        environments.or(marker.clone());
    }
    if said.only.is_empty() {
        environments = MarkerTree::TRUE;
    }
    let environments = both(&environments, &python_marker);
    let (choices, exclusive) = exclusive(said);
    let region = Region::new(both(&environments, &exclusive));
    let required: Vec<MarkerTree> = said.required.iter().map(|(it, _)| it.clone()).collect();
    let region = region.map(|region| region.requiring(&required));
    let Some(region) = region else {
        return Err(format!("no environment is left by Python {pythons}"));
    };
    let texts = said
        .only
        .iter()
        .filter_map(|(marker, _)| marker.try_to_string());
    Ok(Universal {
        realm: Realm {
            requires_python: (!pythons.is_any()).then(|| pythons.to_string()),
            environments: texts.collect(),
            targets: sample_targets(&region, target.accelerators()),
        },
        strategy: strategy(scope, said),
        region: Arc::new(region),
        choices,
    })
}

/// Returns the Pythons from one on that the project admits too; a Python that it does not admit was
/// said in spite of that.
fn from_python(
    python: &PythonVersion,
    declared: Option<&Specifiers>,
) -> Result<Specifiers, String> {
    let least = match python.is_full() {
        true => format!(">={}", python.version()),
        false => format!(">={}.{}", python.major(), python.minor()),
    };
    let declared = declared.filter(|declared| declared.contains(python.version()));
    let upper = declared.map(|declared| {
        let clauses = declared.text().split(',');
        let clauses = clauses.filter(|clause| !clause.starts_with('>') && !clause.is_empty());
        clauses
            .map(|clause| format!(",{clause}"))
            .collect::<String>()
    });
    let text = format!("{least}{}", upper.unwrap_or_default());
    Specifiers::parse(&text).map_err(|error| error.message)
}

/// Returns a `requires-python` as a marker.
fn python_marker(pythons: &Specifiers) -> Result<MarkerTree, String> {
    let mut marker = MarkerTree::TRUE;
    for clause in pythons
        .text()
        .split(',')
        .filter(|clause| !clause.is_empty())
    {
        let at = clause.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
        let (operator, version) = clause.split_at(at);
        let text = format!("python_full_version {operator} '{version}'");
        marker.and(Marker::parse(&text)?.tree().clone());
    }
    Ok(marker)
}

/// Returns the choices of which no two of one set may be made, and the marker that says so.
fn exclusive(said: &ToolEnvironments) -> (Vec<Choice>, MarkerTree) {
    let mut all = Vec::new();
    let mut marker = MarkerTree::TRUE;
    for set in &said.conflicts {
        for (at, one) in set.iter().enumerate() {
            for other in &set[at + 1..] {
                let never = both(&one.marker(), &other.marker()).negate();
                marker.and(never);
            }
        }
        all.extend(set.iter().cloned());
    }
    all.sort();
    all.dedup();
    (all, marker)
}

fn strategy(scope: &ScopeArgs, said: &ToolEnvironments) -> ForkStrategy {
    let in_file = said.fork_strategy.as_ref().map(|(text, _)| text.as_str());
    match (scope.fork_strategy, in_file) {
        (Some(ForkStrategyArg::Fewest), _) => ForkStrategy::Fewest,
        (Some(ForkStrategyArg::RequiresPython), _) | (None, Some("requires-python")) => {
            ForkStrategy::RequiresPython
        }
        (None, _) => ForkStrategy::Fewest,
    }
}

/// Returns the word for what forking aims at, where it is not the usual.
pub(super) fn unusual(strategy: ForkStrategy) -> Option<String> {
    match strategy {
        ForkStrategy::Fewest => None,
        ForkStrategy::RequiresPython => Some("requires-python".to_owned()),
    }
}

/// Returns the usual platforms of a region with its least and its newest Python.
fn sample_targets(region: &Region, accelerators: &Accelerators) -> Vec<Target> {
    let minors = region.minors();
    let mut pythons: Vec<PythonVersion> = region.least_python().into_iter().collect();
    let newest = minors.last().filter(|_| minors.len() > 1);
    pythons.extend(newest.and_then(|minor| format!("3.{minor}").parse().ok()));
    let usual = region.platforms().iter().filter(|known| known.is_usual());
    let platforms: Vec<Platform> = usual.map(|known| known.platform()).collect();
    let targets = platforms.iter().flat_map(|platform| {
        let accelerators = accelerators.clone();
        pythons.iter().map(move |python| {
            let target = Target::new(python.clone(), *platform);
            match platform.os {
                Os::MacOs(..) => target,
                _ => target.with_accelerators(accelerators.clone()),
            }
        })
    });
    targets.collect()
}

fn targets(
    (scope, args): (&ScopeArgs, &TargetArgs),
    facts: &Facts,
    problems: &mut Vec<Problem>,
) -> Vec<Target> {
    for (option, is_given) in [
        ("--universal", scope.universal),
        ("--python", args.python.is_some()),
        ("--platform", args.platform.is_some()),
        ("--torch", args.torch.is_some()),
    ] {
        if is_given {
            let message = "a `--target` says that already".to_owned();
            let help = "Say all of it in each `--target`: `--target linux/3.10/cu128`.";
            problems.push(problem(option, None, message).with_help(help));
        }
    }
    let mut targets: Vec<Target> = Vec::new();
    for text in &scope.targets {
        match target(text, facts) {
            Ok(target) if targets.iter().any(|it| it.marker() == target.marker()) => {
                let message = format!("`{text}` is the same environment as another target");
                problems.push(problem("--target", None, message));
            }
            Ok(target) => targets.push(target),
            Err((message, help)) => {
                problems.push(problem("--target", None, message).with_help(help));
            }
        }
    }
    targets
}

/// Reads `linux/3.10/cu128`: a platform, a Python, and perhaps a flavour of torch.
fn target(text: &str, facts: &Facts) -> Result<Target, (String, String)> {
    let parts: Vec<&str> = text.split('/').map(str::trim).collect();
    let (platform, python, flavour) = match parts[..] {
        [platform, python] => (platform, python, None),
        [platform, python, flavour] => (platform, python, Some(flavour)),
        _ => {
            let message = format!("`{text}` is not a platform and a Python");
            return Err((
                message,
                "Write it as `linux/3.10` or `linux/3.10/cu128`.".into(),
            ));
        }
    };
    let platform: Platform = platform
        .parse()
        .map_err(|error: crate::target::PlatformError| (error.message, error.help))?;
    let python: PythonVersion = python
        .parse()
        .map_err(|error: crate::target::PythonError| (error.message, error.help))?;
    let target = Target::new(python, platform);
    let Some(flavour) = flavour.filter(|it| *it != "pypi") else {
        return Ok(target);
    };
    let known = facts.flavours();
    let read = flavour.parse::<Flavour>().ok();
    let read = read.filter(|flavour| known.is_empty() || known.contains(flavour));
    let Some(flavour) = read else {
        let names: Vec<String> = known.iter().map(ToString::to_string).collect();
        let help = format!("There are {}; or give `pypi`.", names.join(", "));
        return Err((format!("`{flavour}` is not a flavour of torch"), help));
    };
    match (platform.os, flavour) {
        // The builds of the default index are the ones for the CPU there.
        (Os::MacOs(..), Flavour::Cpu) => Ok(target),
        (Os::MacOs(..), _) => Err((
            format!("there are no builds of torch for {flavour} on macOS"),
            "Write `macos/3.12` for those that there are.".into(),
        )),
        _ => Ok(target.with_flavour(Some(flavour))),
    }
}

impl Universal {
    /// Returns it without the Pythons from one on.
    pub(in crate::cli) fn before(&self, python: &crate::package::Version) -> Option<Self> {
        let [major, minor, patch] = *python.release() else {
            return None;
        };
        let bound = match patch {
            0 => format!("{major}.{minor}"),
            _ => python.to_string(),
        };
        let before = Marker::parse(&format!("python_full_version < '{bound}'")).ok()?;
        let region = self.region.part(before.tree())?;
        let said = self.realm.requires_python.as_deref().unwrap_or_default();
        let comma = if said.is_empty() { "" } else { "," };
        let accelerators = self.realm.targets.iter().map(Target::accelerators);
        let accelerators = accelerators.max_by_key(|it| !it.is_empty()).cloned();
        Some(Self {
            realm: Realm {
                requires_python: Some(format!("{said}{comma}<{bound}")),
                environments: self.realm.environments.clone(),
                targets: sample_targets(&region, &accelerators.unwrap_or_default()),
            },
            region: Arc::new(region),
            ..self.clone()
        })
    }

    /// Returns where an extra or a group of the project is asked for; none where it always is.
    pub(in crate::cli) fn marker_of(&self, section: &str) -> Option<MarkerTree> {
        let choice = Choice::of_section(section)?;
        self.choices.contains(&choice).then(|| choice.marker())
    }
}
