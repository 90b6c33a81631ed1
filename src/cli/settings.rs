//! Settings: command line, environment and files, settled once. Nothing after this asks where a
//! value came from.
//!
//! The command line wins over the input files, those over the environment, that over defaults.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::args::{
    ChoiceArgs, IndexArgs, IndexStrategyArg, LockArgs, PrereleaseArg, ResolutionArg,
};
use crate::fetch::{CachePolicy, FetchOptions, Index, IndexStrategy, Indexes, Outside, Roots};
use crate::host::{Surroundings, active_interpreter, this_machine};
use crate::input::{FormatControl, FormatList, FormatName, Manifest, read_address};
use crate::lock::LockOptions;
use crate::package::{IndexUrl, PackageName, Specifiers, Timestamp};
use crate::solve::{Policy, Prereleases, ResolutionMode};
use crate::source::{Origin, Problem};
use crate::target::{Platform, PythonVersion, Target};

/// The default index: the one place that names it.
const DEFAULT_INDEX: &str = "https://pypi.org/simple";

/// What a lock is made under.
pub(super) struct Settings {
    /// Where it has to run.
    pub(super) target: Target,
    /// How versions are chosen.
    pub(super) policy: Policy,
    /// Where packages come from.
    pub(super) outside: Outside,
    /// The same in the words that a lock keeps.
    pub(super) options: LockOptions,
}

/// Settles everything; what makes no sense goes to the problems, and then there are no settings.
pub(super) fn settle(
    args: &LockArgs,
    manifest: &Manifest,
    folder: &Path,
    problems: &mut Vec<Problem>,
) -> Option<Settings> {
    let now = Timestamp::from_seconds(jiff::Timestamp::now().as_second());
    let target = settle_target(args, manifest, problems);
    let mut options = LockOptions::default();
    let policy = settle_policy(&args.choice, manifest, now, &mut options, problems);
    let indexes = settle_indexes(&args.index, manifest, folder, &mut options, problems);
    let mut cache = CachePolicy::new(cache_folder(args), now);
    cache.offline = args.index.offline;
    cache.refresh = args.cache.refresh;
    cache.refresh_packages = names(&args.cache.refresh_package, "--refresh-package", problems);
    if problems.iter().any(Problem::is_error) {
        return None;
    }
    Some(Settings {
        target: target?,
        policy: policy?,
        outside: Outside {
            options: fetch_options(&args.index, manifest),
            indexes: indexes?,
            cache,
            listener: None,
        },
        options,
    })
}

fn settle_target(
    args: &LockArgs,
    manifest: &Manifest,
    problems: &mut Vec<Problem>,
) -> Option<Target> {
    let python_said = said(args.target.python.as_deref(), manifest.tool.python.as_ref());
    let platform_said = said(
        args.target.platform.as_deref(),
        manifest.tool.platform.as_ref(),
    );
    let python = python_said.map(|(text, origin)| {
        text.parse::<PythonVersion>()
            .map_err(|error| problem("--python", origin, error.message).with_help(error.help))
    });
    let platform = platform_said.map(|(text, origin)| {
        text.parse::<Platform>()
            .map_err(|error| problem("--platform", origin, error.message).with_help(error.help))
    });
    let mut settled = |answer: Option<Result<PythonVersion, Problem>>| match answer {
        Some(Err(problem)) => {
            problems.push(problem);
            Err(())
        }
        Some(Ok(python)) => Ok(Some(python)),
        None => Ok(None),
    };
    let python = settled(python).ok()?;
    let platform = match platform {
        Some(Err(problem)) => {
            problems.push(problem);
            return None;
        }
        Some(Ok(platform)) => Some(platform),
        None => None,
    };
    let (python, found_platform) = match python {
        Some(python) => (python, None),
        None => found_python(manifest, problems)?,
    };
    let platform = platform.or(found_platform).unwrap_or_else(this_machine);
    Some(Target::new(python, platform))
}

/// The active environment's interpreter, else the least Python that the project admits, else the
/// newest.
fn found_python(
    manifest: &Manifest,
    problems: &mut Vec<Problem>,
) -> Option<(PythonVersion, Option<Platform>)> {
    let mut surroundings = Surroundings::of_this_process();
    surroundings.path = std::ffi::OsString::new();
    match active_interpreter(&surroundings) {
        Ok(Some(found)) => return Some((found.python, Some(found.platform))),
        Ok(None) => {}
        Err(error) => {
            problems.push(
                Problem::anywhere(format!(
                    "the Python of the active environment, `{}`, could not be asked: {}",
                    error.path.display(),
                    error.reason
                ))
                .with_help("Say which Python to lock for: `--python 3.12`."),
            );
            return None;
        }
    }
    let Some((wanted, origin)) = &manifest.requires_python else {
        return Some((PythonVersion::newest_stable(), None));
    };
    let least = least_admitted(wanted);
    if least.is_none() {
        problems.push(problem(
            "requires-python",
            Some(origin),
            format!("no Python that pyaudit knows is admitted by `{wanted}`"),
        ));
    }
    Some((least?, None))
}

fn least_admitted(wanted: &Specifiers) -> Option<PythonVersion> {
    let newest = PythonVersion::newest_stable();
    (6..=newest.minor()).find_map(|minor| {
        let python: PythonVersion = format!("3.{minor}").parse().ok()?;
        wanted.contains(python.version()).then_some(python)
    })
}

fn settle_policy(
    args: &ChoiceArgs,
    manifest: &Manifest,
    now: Timestamp,
    options: &mut LockOptions,
    problems: &mut Vec<Problem>,
) -> Option<Policy> {
    let tool = &manifest.tool;
    let mut policy = Policy {
        prereleases: settle_prereleases(args, manifest),
        resolution: settle_resolution(args, manifest),
        formats: settle_formats(args, manifest, problems),
        ..Policy::default()
    };
    if let Some((text, origin)) = said(args.exclude_newer.as_deref(), tool.exclude_newer.as_ref()) {
        policy.exclude_newer = cutoff(text, origin, now, problems);
        options.exclude_newer = Some(text.to_owned());
    }
    for (name, (text, origin)) in &tool.exclude_newer_package {
        let when = text
            .as_deref()
            .map(|text| cutoff(text, Some(origin), now, problems));
        policy
            .exclude_newer_package
            .insert(name.clone(), when.flatten());
        let shown = text.clone().unwrap_or_else(|| "false".to_owned());
        options
            .exclude_newer_package
            .insert(name.to_string(), shown);
    }
    for text in &args.exclude_newer_package {
        let Some((name, when)) = text.split_once('=') else {
            problems.push(Problem::anywhere(format!(
                "`--exclude-newer-package {text}`: expected NAME=WHEN"
            )));
            continue;
        };
        for name in names(&[name.to_owned()], "--exclude-newer-package", problems) {
            let cutoff = match when {
                "false" => None,
                when => cutoff(when, None, now, problems),
            };
            options
                .exclude_newer_package
                .insert(name.to_string(), when.to_owned());
            policy.exclude_newer_package.insert(name, cutoff);
        }
    }
    options.no_binary = policy.formats.listed(FormatList::NoBinary);
    options.only_binary = policy.formats.listed(FormatList::OnlyBinary);
    options.prerelease = Some(prerelease_name(policy.prereleases).to_owned());
    options.resolution = Some(resolution_name(policy.resolution).to_owned());
    Some(policy)
}

fn settle_prereleases(args: &ChoiceArgs, manifest: &Manifest) -> Prereleases {
    let typed = args.prerelease.map(|mode| match mode {
        PrereleaseArg::Disallow => Prereleases::Disallow,
        PrereleaseArg::Allow => Prereleases::Allow,
        PrereleaseArg::IfNecessary => Prereleases::IfNecessary,
        PrereleaseArg::Explicit => Prereleases::Explicit,
        PrereleaseArg::IfNecessaryOrExplicit => Prereleases::IfNecessaryOrExplicit,
    });
    if args.pre {
        return Prereleases::Allow;
    }
    let in_file = manifest.tool.prerelease.as_ref().and_then(|(text, _)| {
        PRERELEASES
            .iter()
            .find(|(_, name)| name == text)
            .map(|(mode, _)| *mode)
    });
    let by_option = manifest.allow_prereleases.then_some(Prereleases::Allow);
    typed.or(by_option).or(in_file).unwrap_or_default()
}

const PRERELEASES: &[(Prereleases, &str)] = &[
    (Prereleases::Disallow, "disallow"),
    (Prereleases::Allow, "allow"),
    (Prereleases::IfNecessary, "if-necessary"),
    (Prereleases::Explicit, "explicit"),
    (
        Prereleases::IfNecessaryOrExplicit,
        "if-necessary-or-explicit",
    ),
];

const RESOLUTIONS: &[(ResolutionMode, &str)] = &[
    (ResolutionMode::Highest, "highest"),
    (ResolutionMode::Lowest, "lowest"),
    (ResolutionMode::LowestDirect, "lowest-direct"),
];

fn prerelease_name(mode: Prereleases) -> &'static str {
    PRERELEASES
        .iter()
        .find(|(known, _)| *known == mode)
        .map_or("", |(_, name)| name)
}

fn resolution_name(mode: ResolutionMode) -> &'static str {
    RESOLUTIONS
        .iter()
        .find(|(known, _)| *known == mode)
        .map_or("", |(_, name)| name)
}

fn settle_resolution(args: &ChoiceArgs, manifest: &Manifest) -> ResolutionMode {
    let typed = args.resolution.map(|mode| match mode {
        ResolutionArg::Highest => ResolutionMode::Highest,
        ResolutionArg::Lowest => ResolutionMode::Lowest,
        ResolutionArg::LowestDirect => ResolutionMode::LowestDirect,
    });
    let in_file = manifest.tool.resolution.as_ref().and_then(|(text, _)| {
        RESOLUTIONS
            .iter()
            .find(|(_, name)| name == text)
            .map(|(mode, _)| *mode)
    });
    typed.or(in_file).unwrap_or_default()
}

fn settle_formats(
    args: &ChoiceArgs,
    manifest: &Manifest,
    problems: &mut Vec<Problem>,
) -> FormatControl {
    let mut formats = manifest.formats.clone();
    let lists = [
        (FormatList::NoBinary, "--no-binary", &args.no_binary),
        (FormatList::OnlyBinary, "--only-binary", &args.only_binary),
    ];
    for (list, option, texts) in lists {
        for text in texts.iter().flat_map(|text| text.split(',')) {
            match text.parse::<FormatName>() {
                Ok(value) => formats.apply(list, &[value]),
                Err(_) => problems.push(Problem::anywhere(format!(
                    "`{option} {text}`: expected a package name, `:all:` or `:none:`"
                ))),
            }
        }
    }
    if args.no_build {
        formats.apply(FormatList::OnlyBinary, &[FormatName::All]);
    }
    formats
}

fn cutoff(
    text: &str,
    origin: Option<&Origin>,
    now: Timestamp,
    problems: &mut Vec<Problem>,
) -> Option<Timestamp> {
    let cutoff = Timestamp::parse_cutoff(text, now);
    if cutoff.is_none() {
        let message = format!("`{text}` is neither a date, nor a time, nor a duration");
        problems.push(
            problem("--exclude-newer", origin, message)
                .with_help("Examples: `2026-10-01`, `2026-10-01T12:00:00Z`, `2 weeks`, `P30D`."),
        );
    }
    cutoff
}

fn settle_indexes(
    args: &IndexArgs,
    manifest: &Manifest,
    folder: &Path,
    options: &mut LockOptions,
    problems: &mut Vec<Problem>,
) -> Option<Indexes> {
    let given = &manifest.indexes;
    let mut indexes: Vec<Index> = Vec::new();
    for text in &args.index {
        let (name, address) = named(text);
        let url = address_of(address, "--index", folder, problems)?;
        indexes.push(Index {
            name: name.map(str::to_owned),
            ..Index::simple(url)
        });
    }
    for text in &args.extra_index_url {
        let url = address_of(text, "--extra-index-url", folder, problems)?;
        indexes.push(Index::simple(url));
    }
    let mut default = None;
    for table in &given.tables {
        let index = Index {
            name: table.name.clone(),
            explicit: table.is_explicit,
            ..match table.is_flat {
                true => Index::flat(table.url.clone()),
                false => Index::simple(table.url.clone()),
            }
        };
        match table.is_default {
            true => default = Some(index),
            false => indexes.push(index),
        }
    }
    indexes.extend(
        given
            .extra_index_urls
            .iter()
            .map(|(url, _)| Index::simple(url.clone())),
    );
    let mut flat: Vec<Index> = Vec::new();
    for text in &args.find_links {
        flat.push(Index::flat(address_of(
            text,
            "--find-links",
            folder,
            problems,
        )?));
    }
    flat.extend(
        given
            .find_links
            .iter()
            .map(|(url, _)| Index::flat(url.clone())),
    );
    if let Some((url, _)) = &given.index_url {
        default = Some(Index::simple(url.clone()));
    }
    if let Some(text) = &args.default_index {
        let (name, address) = named(text);
        let url = address_of(address, "--default-index", folder, problems)?;
        default = Some(Index {
            name: name.map(str::to_owned),
            ..Index::simple(url)
        });
    }
    let no_index = args.no_index || given.no_index;
    let default = match default {
        Some(index) => index,
        None => Index::simple(address_of(
            DEFAULT_INDEX,
            "--default-index",
            folder,
            problems,
        )?),
    };
    let strategy = settle_strategy(args, manifest);
    let address = |index: &Index| index.public().to_string().trim_end_matches('/').to_owned();
    options.find_links = flat.iter().map(address).collect();
    options.no_index = no_index;
    options.index_strategy = Some(strategy_name(strategy).to_owned());
    let mut all = flat;
    if !no_index {
        options.index = Some(address(&default));
        options.extra_indexes = indexes.iter().map(address).collect();
        all.append(&mut indexes);
        all.push(default);
    }
    let sources = given
        .pinned
        .iter()
        .map(|pinned| (pinned.package.clone(), pinned.index.clone()))
        .collect();
    Some(Indexes::new(all, strategy, sources))
}

const STRATEGIES: &[(IndexStrategy, &str)] = &[
    (IndexStrategy::First, "first-index"),
    (IndexStrategy::UnsafeFirstMatch, "unsafe-first-match"),
    (IndexStrategy::UnsafeBestMatch, "unsafe-best-match"),
];

fn strategy_name(strategy: IndexStrategy) -> &'static str {
    STRATEGIES
        .iter()
        .find(|(known, _)| *known == strategy)
        .map_or("", |(_, name)| name)
}

fn settle_strategy(args: &IndexArgs, manifest: &Manifest) -> IndexStrategy {
    let typed = args.index_strategy.map(|strategy| match strategy {
        IndexStrategyArg::FirstIndex => IndexStrategy::First,
        IndexStrategyArg::UnsafeFirstMatch => IndexStrategy::UnsafeFirstMatch,
        IndexStrategyArg::UnsafeBestMatch => IndexStrategy::UnsafeBestMatch,
    });
    let in_file = manifest.tool.index_strategy.as_ref().and_then(|(text, _)| {
        STRATEGIES
            .iter()
            .find(|(_, name)| name == text)
            .map(|(strategy, _)| *strategy)
    });
    typed.or(in_file).unwrap_or_default()
}

/// Splits `name=url`, where what stands before the `=` can be a name.
fn named(text: &str) -> (Option<&str>, &str) {
    match text.split_once('=') {
        Some((name, address)) if !name.contains([':', '/', '\\']) => (Some(name), address),
        _ => (None, text),
    }
}

fn address_of(
    text: &str,
    option: &str,
    folder: &Path,
    problems: &mut Vec<Problem>,
) -> Option<IndexUrl> {
    match read_address(text, folder) {
        Ok(url) => Some(url),
        Err(message) => {
            problems.push(problem(option, None, message));
            None
        }
    }
}

fn fetch_options(args: &IndexArgs, manifest: &Manifest) -> FetchOptions {
    let mut options = FetchOptions::default();
    let file = args
        .cert
        .clone()
        .or_else(|| std::env::var_os("SSL_CERT_FILE").map(PathBuf::from));
    if let Some(file) = file {
        options.roots = Roots::Only {
            files: vec![file],
            folders: Vec::new(),
        };
    }
    options.insecure_hosts = args.allow_insecure_host.clone();
    options.insecure_hosts.extend(
        manifest
            .indexes
            .trusted_hosts
            .iter()
            .map(|(host, _)| host.clone()),
    );
    if let Some(seconds) = args.timeout {
        options.read_timeout = Duration::from_secs(seconds);
    }
    if let Some(retries) = args.retries {
        options.retries = retries;
    }
    options
}

fn cache_folder(args: &LockArgs) -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    if args.cache.no_cache {
        return None;
    }
    let in_environment = || std::env::var_os("PYAUDIT_CACHE_DIR").map(PathBuf::from);
    let usual = || {
        Some(
            etcetera::choose_base_strategy()
                .ok()?
                .cache_dir()
                .join("pyaudit"),
        )
    };
    args.cache
        .cache_dir
        .clone()
        .or_else(in_environment)
        .or_else(usual)
}

/// Reads package names of an option.
pub(super) fn names(
    texts: &[String],
    option: &str,
    problems: &mut Vec<Problem>,
) -> Vec<PackageName> {
    let mut names = Vec::new();
    for text in texts {
        match PackageName::new(text.clone()) {
            Ok(name) if !text.is_empty() => names.push(name),
            _ => problems.push(Problem::anywhere(format!(
                "`{option} {text}`: that is not a package name"
            ))),
        }
    }
    names
}

/// What was typed, else what a file says, with its place.
fn said<'a>(
    typed: Option<&'a str>,
    in_file: Option<&'a (String, Origin)>,
) -> Option<(&'a str, Option<&'a Origin>)> {
    match (typed, in_file) {
        (Some(typed), _) => Some((typed, None)),
        (None, Some((text, origin))) => Some((text, Some(origin))),
        (None, None) => None,
    }
}

/// A problem in a file, or with an option of the command line.
fn problem(option: &str, origin: Option<&Origin>, message: String) -> Problem {
    match origin {
        Some(origin) => Problem::at(origin.clone(), message),
        None => Problem::anywhere(format!("`{option}`: {message}")),
    }
}

/// The environment variables that requirements files may name.
pub(super) fn variables() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
