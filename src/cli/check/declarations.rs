//! The audit of declarations that no lock stands for: what they bring today is audited as a lock
//! would be.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::args::CheckArgs;
use super::contents::{depth_for, of_wheels};
use super::cooldown::cooldown;
use super::index::{Asked, ask};
use super::inputs::Around;
use super::loose::loose;
use super::sources::Whom;
use super::texts::texts;
use super::trials::{conflicts, counterfactuals, plain};
use super::ways_out::Trial;
use super::{Checked, Scales, Trouble, advisories, checked};
use crate::audit::{Declared, Evidence, Kind, Known, Subject, Trials, Wanted};
use crate::cli::args::QuestionArgs;
use crate::cli::prepare::{Inputs, Prepared};
use crate::cli::recorded::question_args;
use crate::cli::terminal::Terminal;
use crate::fetch::LiveCatalog;
use crate::graph::Graph;
use crate::input::{Doubled, Manifest};
use crate::lock::{Circumstances, Lock, LockedPackage, WhichFiles, build};
use crate::package::{Declaration, Version};
use crate::solve::{Failure, Outcome, Question, solve};
use crate::source::SourceFile;

/// What was found out by solving.
struct Solved {
    lock: Lock,
    trials: Trials,
    question: Arc<Question>,
    manifest: Manifest,
}

/// Solves and audits what some files declare; nothing where they require nothing.
pub(super) fn audit_declarations(
    args: &CheckArgs,
    sources: &[String],
    (around, scales): (Around<'_>, &Scales),
    terminal: &Terminal,
) -> Result<Option<Checked>, Trouble> {
    let mut inputs = Inputs::read_of_others(&question(args, sources)?, terminal)?;
    // What the audit tells is told once.
    let doubled: Vec<_> = inputs
        .manifest
        .doubled
        .iter()
        .map(Doubled::warning)
        .collect();
    inputs.problems.retain(|it| !doubled.contains(it));
    let folder = inputs.folder.clone();
    let mut prepared = inputs
        .settled(terminal)?
        .prepare(Default::default(), terminal)?;
    let solved = solved(&mut prepared, &folder);
    let asked = match &solved {
        Ok(solved) => asked(args, solved, &prepared, (scales, terminal))?,
        Err(_) => None,
    };
    prepared.progress.finish();
    prepared.take_warnings();
    terminal.say_problems(&prepared.problems);
    let solved = solved?;
    let wanted = solved
        .manifest
        .declarations
        .iter()
        .map(|declaration| Wanted {
            declaration: declaration.clone(),
            is_in_file: true,
        });
    let declared = Declared {
        wanted: wanted.collect(),
        doubled: solved.manifest.doubled.clone(),
        is_all: true,
        ..Declared::default()
    };
    let loose = loose(&solved.manifest, &folder);
    let targets = [solved.question.target.clone()];
    let file = first_file(&solved.manifest, sources);
    let subject = Subject::new(
        (&solved.lock, &file),
        &targets,
        Some(&declared),
        &solved.question.facts,
        &loose,
    );
    let mut gathered = advisories::gather(args, scales, &solved.lock, around)?;
    if let Some(gathered) = &mut gathered {
        let trial = Trial {
            graph: &Graph::new(&solved.lock, targets.first()),
            advisories: &gathered.evidence.advisories,
            relock: None,
        };
        gathered.evidence.fixes = trial.fixes(&solved.question, &prepared.catalog)?;
    }
    let names = solved.lock.packages.iter().map(|it| it.name.clone());
    let texts = texts(args, file.label(), names, around);
    let evidence = Evidence {
        texts: Some(&texts),
        trials: Some(&solved.trials),
        advisories: gathered.as_ref().map(|it| &it.evidence),
        index: asked.as_ref().map(|asked| &asked.evidence),
        contents: asked.as_ref().and_then(|asked| asked.contents.as_ref()),
        ..Evidence::default()
    };
    let subject = subject.of_kind(Kind::Declarations).with_evidence(evidence);
    let checked = checked(&subject, sources.join(", "), scales);
    let is_nothing = solved.lock.packages.is_empty() && checked.audit.findings.is_empty();
    let checked = checked.after(gathered.as_ref(), asked.as_ref());
    Ok((!is_nothing).then_some(checked))
}

/// Asks the indexes of the declarations about what they bring today.
fn asked(
    args: &CheckArgs,
    solved: &Solved,
    prepared: &Prepared,
    (scales, terminal): (&Scales, &Terminal),
) -> Result<Option<Asked>, Trouble> {
    if prepared.catalog.is_offline() {
        return Ok(None);
    }
    let question = &solved.question;
    let flavour = question.target.accelerators().flavour;
    let whom = Whom::of_user(&prepared.options, flavour, &question.facts);
    let catalog = (&whom, &prepared.catalog);
    let mut asked = ask(
        &solved.lock,
        catalog,
        Some(Arc::clone(question)),
        scales.now,
    );
    if args.deep {
        let targets = std::slice::from_ref(&question.target);
        let depth = depth_for(targets);
        let files = (&solved.lock, asked.files.as_slice());
        asked.contents = Some(of_wheels(
            files,
            targets,
            &prepared.catalog,
            depth,
            terminal,
        ));
    }
    asked.evidence.builds = builds(solved, catalog, scales);
    asked.evidence.cooldown = cooldown(args, &scales.table, &solved.lock, scales.now)?;
    Ok(Some(asked))
}

/// Looks for the declared versions with a local part, such as `==2.1.0+cu121`: where none is found,
/// there is no lock that would tell of it.
fn builds(
    solved: &Solved,
    catalog: (&Whom, &LiveCatalog),
    scales: &Scales,
) -> Vec<(Declaration, LockedPackage, Known)> {
    let declared = solved.question.declarations.iter();
    let pinned = declared.filter(|it| it.requirement.specifiers.is_pin());
    let pinned = pinned.filter_map(|declaration| {
        let requirement = &declaration.requirement;
        let version = requirement.specifiers.text().trim_start_matches('=').trim();
        let version = version.parse().ok()?;
        let package = LockedPackage::new(requirement.name.clone(), Some(version));
        Some((declaration.clone(), package))
    });
    let is_build = |(_, package): &(_, LockedPackage)| {
        let version = package.version.as_ref();
        version.is_some_and(Version::is_local)
    };
    let (declarations, packages): (Vec<_>, Vec<_>) = pinned.filter(is_build).unzip();
    if packages.is_empty() {
        return Vec::new();
    }
    let lock = Lock {
        packages,
        ..Lock::empty()
    };
    let asked = ask(&lock, catalog, None, scales.now);
    let known = lock.packages.into_iter().zip(asked.evidence.packages);
    let all = declarations.into_iter().zip(known);
    all.map(|(declaration, (package, known))| (declaration, package, known))
        .collect()
}

fn question(args: &CheckArgs, sources: &[String]) -> Result<QuestionArgs, Trouble> {
    let mut question = question_args(&[])?;
    question.sources = sources.to_vec();
    question.target = args.target.clone();
    question.index = args.index.clone();
    question.cache = args.cache.clone();
    Ok(question)
}

fn solved(prepared: &mut Prepared, folder: &Path) -> Result<Solved, Failure> {
    let full = Arc::clone(&prepared.question);
    let question = Arc::new(plain(&full));
    prepared.question = Arc::clone(&question);
    prepared.flavours.clear();
    prepared.catalog.expect(Arc::clone(&question));
    let solving = Instant::now();
    let outcome = solve(&question, &prepared.catalog)?.outcome;
    let (lock, trials) = match outcome {
        Outcome::Solved(resolution) => {
            let given = Circumstances {
                project: prepared.manifest.name.clone(),
                options: prepared.options.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                folder: Some(folder.to_path_buf()),
                files: WhichFiles::Fitting,
            };
            let lock = build(&question, &resolution, &given);
            let trials = counterfactuals(&full, &question, &resolution, &prepared.catalog)?;
            (lock, trials)
        }
        Outcome::Unsolvable(first) => {
            let trials = conflicts(prepared, &question, (&first, solving.elapsed()))?;
            (Lock::empty(), trials)
        }
    };
    Ok(Solved {
        lock,
        trials,
        question: full,
        manifest: prepared.manifest.clone(),
    })
}

/// What has no other place stands in the first file.
fn first_file(manifest: &Manifest, sources: &[String]) -> Arc<SourceFile> {
    let declared = manifest.declarations.first();
    let file = declared.map(|it| Arc::clone(&it.origin.file));
    let name = sources.first().map_or("", String::as_str);
    file.unwrap_or_else(|| SourceFile::new(name, ""))
}
