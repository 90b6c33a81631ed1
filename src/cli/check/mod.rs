//! `pyaudit check`: what is wrong with a lock, or with declarations that have none, and what could not
//! be found out.

mod advisories;
mod args;
mod contents;
mod cooldown;
mod declarations;
mod environment;
mod index;
mod inputs;
mod loose;
mod mend;
mod pages;
mod played;
mod sources;
mod targets;
mod tell;
mod texts;
mod trials;
mod ways_out;
mod what;
mod wheels;

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use advisories::Gathered;
pub(super) use args::CheckArgs;
use cooldown::cooldown;
use declarations::audit_declarations;
use environment::audit_environment;
use index::{Asked, ask_indexes};
use inputs::{Around, declared, loose};
use mend::mend;
use sources::flavours;
use targets::targets;
use tell::tell;
use texts::texts;
use what::{What, what_to_check};

use super::Exit;
use super::baseline::baseline;
use super::reading::{Reading, is_input, recorded_target};
use super::recorded::says_where;
use super::terminal::Terminal;
use crate::audit::{
    Audit, AuditTable, Evidence, IndexEvidence, Level, Levels, Overview, Subject, audit,
    claimed_targets, claims_in_words, overview, read_audit_table, rule_named,
};
use crate::facts::Facts;
use crate::host::{load_text, read_ambient, read_if_there};
use crate::input::read_own_calls;
use crate::lock::{Format, Layout, Lock};
use crate::package::Timestamp;
use crate::report::Audited;
use crate::solve::Failure;
use crate::source::{Origin, Problem, SourceFile};
use crate::target::Target;

/// The file that levels and waivers stand in.
const PROJECT: &str = "pyproject.toml";

/// One lock, audited.
struct Checked {
    file: String,
    sha256: String,
    targets: Vec<String>,
    audit: Audit,
    overview: Option<Overview>,
    /// What failed outside, so that not everything was judged.
    failures: Vec<Failure>,
    /// Whether all that was asked for is there.
    is_whole: bool,
}

/// How findings are weighed.
struct Scales {
    levels: Levels,
    table: AuditTable,
    today: String,
    now: Timestamp,
    /// Whether the whole is shown at a glance.
    is_summary: bool,
}

/// Why there is no audit.
enum Trouble {
    /// Something makes no sense.
    Problems(Vec<Problem>),
    /// The outside world failed.
    Failure(Failure),
    /// Somebody has told it already.
    Told(Exit),
}

/// Runs the command.
pub(super) fn run(args: &CheckArgs, terminal: &Terminal) -> Exit {
    check(args, terminal).unwrap_or_else(|trouble| match trouble {
        Trouble::Problems(problems) => {
            terminal.say_problems(&problems);
            Exit::Usage
        }
        Trouble::Failure(failure) => {
            terminal.say_failure(&failure);
            Exit::Outside
        }
        Trouble::Told(exit) => exit,
    })
}

fn check(args: &CheckArgs, terminal: &Terminal) -> Result<Exit, Trouble> {
    let folder = std::env::current_dir().map_err(|error| {
        Problem::anywhere(format!("the current folder cannot be read: {error}"))
    })?;
    let now = Timestamp::from_seconds(jiff::Timestamp::now().as_second());
    let ambient = read_ambient(&folder, now);
    let machine = args.baseline.as_ref();
    let machine = machine.map(|name| baseline(name, &folder)).transpose()?;
    let around = Around {
        folder: &folder,
        ambient: &ambient,
        now,
        machine: machine.as_ref(),
    };
    let mut scales = scales(args, now)?;
    let ignored = advisories::ignored(&args.advisories)?;
    scales.table.waivers.extend(ignored);
    let mut found = find(args, around, &scales, terminal)?;
    if args.fix
        && let Some(mended) = mend(args, &folder, &found, terminal)
    {
        mended?;
        found = find(args, around, &scales, terminal)?;
    }
    if found.is_empty() {
        terminal.say(match &args.env {
            Some(_) => "there is nothing to audit: no package is installed",
            None => "there is nothing to audit: no package is pinned or required",
        });
        return Ok(Exit::Nothing);
    }
    Ok(tell(args, &found, terminal))
}

/// Audits all that is to be checked.
fn find(
    args: &CheckArgs,
    around: Around<'_>,
    scales: &Scales,
    terminal: &Terminal,
) -> Result<Vec<Checked>, Trouble> {
    if let Some(path) = &args.env {
        let found = audit_environment((args, path), around, scales, terminal)?;
        return Ok(found.into_iter().collect());
    }
    let mut found = Vec::new();
    for what in what_to_check(&args.files, around.folder, terminal)? {
        match what {
            What::Lock(path) => {
                let file = read_file(&path)?;
                let lock = (Format::of_path(file.label()).read)(&file)?;
                found.extend(audit_lock(
                    args,
                    (&lock, &file),
                    (around, terminal),
                    scales,
                )?);
            }
            What::Declarations(sources) => {
                found.extend(audit_declarations(
                    args,
                    &sources,
                    (around, scales),
                    terminal,
                )?);
            }
        }
    }
    settle_waivers(&mut found);
    Ok(found)
}

impl Trouble {
    /// There is nothing to audit.
    fn nothing(problem: Problem, terminal: &Terminal) -> Self {
        terminal.say_problems(&[problem]);
        Self::Told(Exit::Nothing)
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self::Problems(vec![problem])
    }
}

impl From<Box<Problem>> for Trouble {
    fn from(problem: Box<Problem>) -> Self {
        Self::from(*problem)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Exit> for Trouble {
    fn from(exit: Exit) -> Self {
        Self::Told(exit)
    }
}

/// Of several locks, a waiver does nothing only where it does nothing in all of them.
fn settle_waivers(checked: &mut [Checked]) {
    const RULE: &str = "PYA902";
    let Some((first, others)) = checked.split_first_mut() else {
        return;
    };
    let findings = &mut first.audit.findings;
    findings.retain(|finding| {
        let mut others = others.iter();
        finding.rule != RULE || others.all(|it| it.audit.findings.contains(finding))
    });
    for other in others {
        let findings = &mut other.audit.findings;
        findings.retain(|finding| finding.rule != RULE);
    }
}

impl Checked {
    /// Notes what did not go as it should while advisories were gathered and indexes asked.
    fn after(mut self, gathered: Option<&Gathered>, asked: Option<&Asked>) -> Self {
        if let Some(gathered) = gathered {
            self.is_whole &= gathered.is_whole();
            self.failures.extend(gathered.failures.iter().cloned());
        }
        let failure = asked.and_then(|asked| asked.failure.clone());
        self.is_whole &= failure.is_none();
        self.failures.extend(failure);
        self
    }

    fn told(&self) -> Audited<'_> {
        Audited {
            overview: self.overview.as_ref(),
            file: &self.file,
            sha256: &self.sha256,
            targets: &self.targets,
            audit: &self.audit,
        }
    }
}

fn read_file(path: &Path) -> Result<Arc<SourceFile>, Box<Problem>> {
    let name = path.to_string_lossy();
    match read_if_there(path).map_err(Box::new)? {
        Some(text) => Ok(SourceFile::new(name.as_ref(), text)),
        None => {
            let message = format!("there is no file `{name}`");
            Err(Box::new(Problem::anywhere(message)))
        }
    }
}

/// Audits one lock; nothing where it pins nothing.
fn audit_lock(
    args: &CheckArgs,
    (lock, file): (&Lock, &Arc<SourceFile>),
    (around, terminal): (Around<'_>, &Terminal),
    scales: &Scales,
) -> Result<Option<Checked>, Trouble> {
    if lock.packages.is_empty() {
        return Ok(None);
    }
    let mut problems = Vec::new();
    let facts = facts(lock, file, around.folder, &mut problems);
    let targets = targets(args, (lock, file.text()), &facts, &mut problems);
    let declared = declared(args, (lock, file.label()), around, &mut problems);
    let (loose, flavours) = match Format::of_path(file.label()).layout {
        Layout::Keys | Layout::Tables(_) => (Vec::new(), Vec::new()),
        Layout::Lines => (
            loose((lock, file.label()), around, &mut problems),
            flavours(args, file, around),
        ),
    };
    if problems.iter().any(Problem::is_error) {
        return Err(Trouble::Problems(problems));
    }
    let mut gathered = advisories::gather(args, scales, lock, around)?;
    if let Some(gathered) = &mut gathered {
        let evidence = &mut gathered.evidence;
        let reading = reading(lock, file);
        evidence.fixes =
            ways_out::fixes_of_lock(args, (&reading, declared.as_ref()), &evidence.advisories);
    }
    let names = lock.packages.iter().map(|it| it.name.clone());
    let texts = texts(args, file.label(), names, around);
    let mut asked = ask_indexes(args, (lock, file), &targets, around, terminal)?;
    if let Some(asked) = &mut asked {
        asked.evidence.cooldown = cooldown(args, &scales.table, lock, around.now)?;
    }
    let evidence = Evidence {
        index: index_of(asked.as_ref()),
        contents: asked.as_ref().and_then(|asked| asked.contents.as_ref()),
        texts: Some(&texts),
        advisories: gathered.as_ref().map(|it| &it.evidence),
        ..Evidence::default()
    };
    let claimed = match targets.is_empty() {
        true => claimed_targets(lock),
        false => Vec::new(),
    };
    let subject = |targets| Subject::new((lock, file), targets, declared.as_ref(), &facts, &loose);
    let subject = match claimed.is_empty() {
        true => subject(&targets),
        false => subject(&claimed).as_claimed(),
    };
    let subject = match lock.is_universal() && args.target.platform.is_none() {
        true => subject.for_all_systems(),
        false => subject,
    };
    let subject = subject
        .with_indexes(flavours, says_where(&args.index))
        .with_evidence(evidence);
    let checked = checked(&subject, file.label().to_owned(), scales);
    Ok(Some(checked.after(gathered.as_ref(), asked.as_ref())))
}

/// Returns what the indexes say, where they could be asked.
fn index_of(asked: Option<&Asked>) -> Option<&IndexEvidence> {
    let asked = asked.filter(|asked| asked.is_live)?;
    Some(&asked.evidence)
}

/// Takes a lock as commands do that ask about it.
fn reading(lock: &Lock, file: &Arc<SourceFile>) -> Reading {
    Reading {
        lock: lock.clone(),
        file: file.label().to_owned(),
        target: recorded_target(lock),
        environment: None,
    }
}

/// Audits what was put together.
fn checked(subject: &Subject<'_>, file: String, scales: &Scales) -> Checked {
    let sha256 = Sha256::digest(subject.file.text().as_bytes());
    let mut targets: Vec<&Target> = subject.on().iter().filter_map(|on| on.target).collect();
    targets.dedup_by(|one, other| std::ptr::eq(*one, *other));
    let audit = audit(
        subject,
        &scales.levels,
        &scales.table.waivers,
        &scales.today,
    );
    Checked {
        file,
        sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
        targets: match subject.is_claimed {
            true => vec![claims_in_words(&targets)],
            false => targets.iter().map(|target| target.describe()).collect(),
        },
        overview: scales.is_summary.then(|| overview(subject, &audit)),
        audit,
        failures: Vec::new(),
        is_whole: true,
    }
}

/// Returns the facts that the lock was made with, as far as they are here.
fn facts(
    lock: &Lock,
    file: &Arc<SourceFile>,
    folder: &Path,
    problems: &mut Vec<Problem>,
) -> Arc<Facts> {
    let facts = Facts::embedded();
    let record = lock.tool.as_ref();
    let Some(own) = record.and_then(|record| record.options.facts.as_deref()) else {
        return facts;
    };
    // The lock may come from a stranger.
    if !is_input(own, folder, file.label()) {
        let message = format!("the lock was made with the facts of `{own}`, which are not here");
        problems.push(Problem::anywhere(message));
        return facts;
    }
    let read = load_text(&folder.join(own), folder, &Origin::whole(file));
    let read = read.map_err(|problem| vec![problem]);
    match read.and_then(|file| facts.extended(&file)) {
        Ok(extended) => Arc::new(extended),
        Err(mistakes) => {
            problems.extend(mistakes);
            facts
        }
    }
}

fn scales(args: &CheckArgs, now: Timestamp) -> Result<Scales, Trouble> {
    let file = read_if_there(Path::new(PROJECT))?.map(|text| SourceFile::new(PROJECT, text));
    let table = file.as_ref().map(read_audit_table).unwrap_or_default();
    let mut problems = table.problems.clone();
    // A text that is no TOML is told of already.
    if let Some(file) = file.filter(|_| problems.is_empty()) {
        problems = read_own_calls(&file).problems;
    }
    let mut said = table.levels.clone();
    for (option, names, level) in [
        ("--allow", &args.weight.allow, Level::Allow),
        ("--warn", &args.weight.warn, Level::Warn),
        ("--deny", &args.weight.deny, Level::Deny),
    ] {
        for name in names {
            if rule_named(name).is_none() {
                let message = format!("`{option}`: there is no rule `{name}`");
                problems.push(Problem::anywhere(message));
            }
            said.push((name.clone(), level));
        }
    }
    match problems.iter().any(Problem::is_error) {
        true => Err(Trouble::Problems(problems)),
        false => Ok(Scales {
            levels: Levels {
                said,
                is_strict: args.weight.strict,
            },
            table,
            today: now.to_string().chars().take(10).collect(),
            now,
            is_summary: args.summary,
        }),
    }
}
