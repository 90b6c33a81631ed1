//! Gathers what advisories say of a lock: out of folders and archives of this machine, and from an
//! API where the user names one.

use std::collections::BTreeMap;
use std::path::Path;

use super::Scales;
use super::args::{AdvisoryArgs, CheckArgs, RatingArg};
use super::inputs::Around;
use crate::advisory::{Rating, is_advisory_id, is_malware_id};
use crate::audit::{AdvisoryEvidence, AdvisorySource, Waiver};
use crate::cli::recorded::question_args;
use crate::cli::settings::{Heard, settle};
use crate::fetch::{CachePolicy, FetchError, FetchOptions, ask_advisories};
use crate::host::read_advisories;
use crate::input::Manifest;
use crate::lock::Lock;
use crate::package::{IndexUrl, PackageName, Version};
use crate::solve::Failure;
use crate::source::{Origin, Problem, SourceFile};

/// OSV's API: asked only where the user says `osv`.
const OSV: &str = "https://api.osv.dev";

/// The word for it.
const OSV_WORD: &str = "osv";

/// What was gathered.
pub(super) struct Gathered {
    /// What rules see.
    pub(super) evidence: AdvisoryEvidence,
    /// What failed outside, so that the audit is not whole.
    pub(super) failures: Vec<Failure>,
}

impl Gathered {
    /// Whether all that was asked for is there.
    pub(super) fn is_whole(&self) -> bool {
        let mut sources = self.evidence.sources.iter();
        self.failures.is_empty() && sources.all(|source| source.faults.is_empty())
    }
}

/// Gathers from all places that are named; nothing where none is.
pub(super) fn gather(
    args: &CheckArgs,
    scales: &Scales,
    lock: &Lock,
    around: Around<'_>,
) -> Result<Option<Gathered>, Box<Problem>> {
    let typed = &args.advisories;
    let places = match typed.advisories.as_slice() {
        [] => &scales.table.advisories,
        typed => typed,
    };
    if places.is_empty() {
        return Ok(None);
    }
    let mut gathered = Gathered {
        evidence: AdvisoryEvidence {
            least: typed.min_severity.map(rating),
            most_days: typed.max_advisory_age,
            ..AdvisoryEvidence::default()
        },
        failures: Vec::new(),
    };
    let packages = lock.packages.iter();
    let pins: Vec<(PackageName, Version)> = packages
        .filter_map(|it| Some((it.name.clone(), it.version.clone()?)))
        .collect();
    for place in places {
        match api(place)? {
            Some(base) => ask(args, (place, &base), &pins, around, &mut gathered)?,
            None => read(place, &pins, &mut gathered)?,
        }
    }
    Ok(Some(gathered))
}

/// Makes waivers of what is to be ignored: one that meets nothing is told as any other.
pub(super) fn ignored(args: &AdvisoryArgs) -> Result<Vec<Waiver>, Box<Problem>> {
    let waivers = args.ignore_vuln.iter().map(|id| {
        if !is_advisory_id(id) {
            let message = format!("`--ignore-vuln`: `{id}` is no identifier of an advisory");
            return Err(Box::new(Problem::anywhere(message)));
        }
        let rule = match is_malware_id(id) {
            true => "malware-or-quarantine",
            false => "vulnerability",
        };
        let option = SourceFile::new("--ignore-vuln", id.as_str());
        Ok(Waiver {
            rule: rule.to_owned(),
            package: None,
            version: None,
            id: Some(id.clone()),
            reason: "ignored with `--ignore-vuln`".to_owned(),
            expires: None,
            until_fixed: false,
            owner: None,
            line: None,
            origin: Origin::whole(&option),
        })
    });
    waivers.collect()
}

fn rating(arg: RatingArg) -> Rating {
    match arg {
        RatingArg::Low => Rating::Low,
        RatingArg::Medium => Rating::Medium,
        RatingArg::High => Rating::High,
        RatingArg::Critical => Rating::Critical,
    }
}

/// Returns the address of an API; nothing for a place on this machine.
fn api(place: &str) -> Result<Option<IndexUrl>, Box<Problem>> {
    let address = match place {
        OSV_WORD => OSV,
        _ if place.starts_with("https://") || place.starts_with("http://") => place,
        _ => return Ok(None),
    };
    let parsed = IndexUrl::parse(address).map_err(|error| {
        let shown = IndexUrl::redacted(address);
        let message = format!("`--advisories`: `{shown}` is no address: {error}");
        Box::new(Problem::anywhere(message))
    });
    parsed.map(Some)
}

fn read(
    place: &str,
    pins: &[(PackageName, Version)],
    gathered: &mut Gathered,
) -> Result<(), Box<Problem>> {
    let is_wanted = |name: &PackageName| pins.iter().any(|(wanted, _)| wanted == name);
    let mut found = read_advisories(Path::new(place), &is_wanted).map_err(|problem| {
        let help = "Name a folder of OSV's records, its export `all.zip`, or `osv` for its API.";
        Box::new(problem.with_help(help))
    })?;
    if found.advisories.read() == 0 {
        found.faults.push("there is no record in it".to_owned());
    }
    gathered.evidence.sources.push(AdvisorySource {
        name: format!("`{place}`"),
        records: found.advisories.read(),
        as_of: found.advisories.newest(),
        faults: found.faults,
    });
    gathered.evidence.advisories.extend(found.advisories);
    Ok(())
}

fn ask(
    args: &CheckArgs,
    (place, base): (&str, &IndexUrl),
    pins: &[(PackageName, Version)],
    around: Around<'_>,
    gathered: &mut Gathered,
) -> Result<(), Box<Problem>> {
    let told = ask_advisories(base, outside(args, around)?, pins);
    let name = match place {
        OSV_WORD => "OSV".to_owned(),
        _ => format!("`{}`", base.public()),
    };
    let mut by_cause: BTreeMap<String, FetchError> = BTreeMap::new();
    for (package, error) in told.unanswered {
        let why = format!("{name} could not be asked: {}", error.met);
        gathered.evidence.unasked.push((package, why));
        by_cause.entry(error.to_string()).or_insert(error);
    }
    gathered
        .failures
        .extend(by_cause.into_values().map(failure));
    gathered.evidence.sources.push(AdvisorySource {
        name,
        records: told.advisories.read(),
        as_of: told.as_of,
        faults: told.faults,
    });
    gathered.evidence.advisories.extend(told.advisories);
    Ok(())
}

fn failure(error: FetchError) -> Failure {
    Failure {
        doing: format!("could not get {}", error.asking.what),
        causes: vec![error.met.clone()],
        help: error.help().map(str::to_owned),
    }
}

/// Returns how to talk to servers, and how far the cache counts.
pub(super) fn outside(
    args: &CheckArgs,
    around: Around<'_>,
) -> Result<(FetchOptions, CachePolicy), Box<Problem>> {
    // Of no account here, and not to be looked for on this machine.
    let target = ["--python=3.12", "--platform=linux"].map(str::to_owned);
    let mut question = question_args(&target)?;
    question.index = args.index.clone();
    question.cache = args.cache.clone();
    let manifest = Manifest::default();
    let heard = Heard {
        manifest: &manifest,
        ambient: around.ambient,
    };
    let mut problems = Vec::new();
    let settings = settle(&question, heard, around.folder, around.now, &mut problems);
    settings
        .map(|settings| (settings.outside.options, settings.outside.cache))
        .ok_or_else(|| {
            let wrong = problems.into_iter().find(Problem::is_error);
            let none = || Problem::anywhere("the options make no sense");
            Box::new(wrong.unwrap_or_else(none))
        })
}
