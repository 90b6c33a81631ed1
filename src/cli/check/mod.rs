//! `pyaudit check`: what is wrong with a lock, and what could not be found out. Without network.

mod args;
mod inputs;
mod targets;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

pub(super) use args::CheckArgs;
use args::{ReportFormatArg, SeverityArg, WeightArgs};
use inputs::{Around, declared, loose};
use targets::targets;

use super::Exit;
use super::reading::{is_input, usual_lock};
use super::terminal::Terminal;
use crate::audit::{
    Audit, AuditTable, Level, Levels, Severity, Subject, audit, read_audit_table, rule_named,
};
use crate::facts::Facts;
use crate::host::{load_text, read_ambient, read_former};
use crate::lock::{Format, Lock};
use crate::package::Timestamp;
use crate::report::{Audited, audit_github, audit_json, audit_sarif, audit_text};
use crate::source::{Origin, Problem, SourceFile};

/// The file that levels and waivers stand in.
const PROJECT: &str = "pyproject.toml";

/// One lock, audited.
struct Checked {
    file: String,
    sha256: String,
    targets: Vec<String>,
    audit: Audit,
}

/// How findings are weighed.
struct Scales {
    levels: Levels,
    table: AuditTable,
    today: String,
}

/// Runs the command.
pub(super) fn run(args: &CheckArgs, terminal: &Terminal) -> Exit {
    check(args, terminal).unwrap_or_else(|problems| {
        terminal.say_problems(&problems);
        Exit::Usage
    })
}

fn check(args: &CheckArgs, terminal: &Terminal) -> Result<Exit, Vec<Problem>> {
    let one = |problem: Box<Problem>| vec![*problem];
    let paths: Vec<PathBuf> = match args.locks.as_slice() {
        [] => match usual_lock() {
            Ok(path) => vec![path],
            Err(problem) => {
                let help = "Name the lock, or make one: `pyaudit lock -o pylock.toml`.";
                terminal.say_problems(&[problem.with_help(help)]);
                return Ok(Exit::Nothing);
            }
        },
        locks => locks.to_vec(),
    };
    let folder = std::env::current_dir().map_err(|error| {
        let message = format!("the current folder cannot be read: {error}");
        vec![Problem::anywhere(message)]
    })?;
    let now = jiff::Timestamp::now();
    let ambient = read_ambient(&folder, Timestamp::from_seconds(now.as_second()));
    let around = Around {
        folder: &folder,
        ambient: &ambient,
    };
    let scales = scales(&args.weight, &now.to_string())?;
    let mut checked = Vec::new();
    for path in &paths {
        let file = read_file(path).map_err(one)?;
        let name = Format::of_path(file.label());
        let lock = (name.read)(&file).map_err(|problem| vec![problem])?;
        checked.extend(audited(args, (&lock, &file), around, &scales)?);
    }
    if checked.is_empty() {
        terminal.say("there is nothing to audit: no version is pinned");
        return Ok(Exit::Nothing);
    }
    settle_waivers(&mut checked);
    let told: Vec<Audited<'_>> = checked.iter().map(Checked::told).collect();
    let shown = terminal.show(&match args.output_format {
        ReportFormatArg::Text => audit_text(&told, terminal.style_of_results),
        ReportFormatArg::Json => audit_json(&told),
        ReportFormatArg::Github => audit_github(&told),
        ReportFormatArg::Sarif => audit_sarif(&told),
    });
    let least = match args.weight.fail_on {
        SeverityArg::Error => Severity::Error,
        SeverityArg::Warning => Severity::Warning,
        SeverityArg::Info => Severity::Info,
    };
    let mut findings = checked.iter().flat_map(|it| &it.audit.findings);
    match findings.any(|finding| finding.severity >= least) {
        true if shown == Exit::Fine => Ok(Exit::No),
        _ => Ok(shown),
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
    fn told(&self) -> Audited<'_> {
        Audited {
            file: &self.file,
            sha256: &self.sha256,
            targets: &self.targets,
            audit: &self.audit,
        }
    }
}

fn read_file(path: &Path) -> Result<Arc<SourceFile>, Box<Problem>> {
    let name = path.to_string_lossy();
    match read_former(path).map_err(Box::new)? {
        Some(text) => Ok(SourceFile::new(name.as_ref(), text)),
        None => {
            let message = format!("there is no file `{name}`");
            Err(Box::new(Problem::anywhere(message)))
        }
    }
}

/// Audits one lock; nothing where it pins nothing.
fn audited(
    args: &CheckArgs,
    (lock, file): (&Lock, &Arc<SourceFile>),
    around: Around<'_>,
    scales: &Scales,
) -> Result<Option<Checked>, Vec<Problem>> {
    if lock.packages.is_empty() {
        return Ok(None);
    }
    let mut problems = Vec::new();
    let facts = facts(lock, file, around.folder, &mut problems);
    let targets = targets(args, (lock, file.text()), &facts, &mut problems);
    let declared = declared(args, (lock, file.label()), around, &mut problems);
    let loose = match file.label().to_ascii_lowercase().ends_with(".toml") {
        true => Vec::new(),
        false => loose((lock, file.label()), around, &mut problems),
    };
    if problems.iter().any(Problem::is_error) {
        return Err(problems);
    }
    let subject = Subject::new((lock, file), &targets, declared.as_ref(), &facts, &loose);
    let sha256 = Sha256::digest(file.text().as_bytes());
    Ok(Some(Checked {
        file: file.label().to_owned(),
        sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
        targets: targets
            .iter()
            .map(crate::target::Target::describe)
            .collect(),
        audit: audit(
            &subject,
            &scales.levels,
            &scales.table.waivers,
            &scales.today,
        ),
    }))
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

fn scales(args: &WeightArgs, now: &str) -> Result<Scales, Vec<Problem>> {
    let table = match read_former(Path::new(PROJECT)).map_err(|problem| vec![problem])? {
        Some(text) => read_audit_table(&SourceFile::new(PROJECT, text)),
        None => AuditTable::default(),
    };
    let mut problems = table.problems.clone();
    let mut said = table.levels.clone();
    for (option, names, level) in [
        ("--allow", &args.allow, Level::Allow),
        ("--warn", &args.warn, Level::Warn),
        ("--deny", &args.deny, Level::Deny),
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
        true => Err(problems),
        false => Ok(Scales {
            levels: Levels {
                said,
                is_strict: args.strict,
            },
            table,
            today: now.chars().take(10).collect(),
        }),
    }
}
