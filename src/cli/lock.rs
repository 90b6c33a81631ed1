//! `pyaudit lock`: reads, solves, writes, and says what came of it.

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Exit;
use super::args::{LockArgs, OutputFormatArg};
use super::command::command_line;
use super::conflict::{Unsolved, tell_conflicts};
use super::in_vain::named_in_vain;
use super::lock_over::{Over, as_installed, ground, keep, over, prefer};
use super::many::{kept_pins, parts_in_words};
use super::misgivings::{mixed_cuda, unknown_extras};
use super::output::Output;
use super::prepare::{Inputs, Prepared, preferences};
use super::receipt::{Receipt, Recognised, Shape};
use super::settings::Scope;
use super::terminal::Terminal;
use super::unserved::tell_unserved;
use crate::explain::flavour_reasons;
use crate::fetch::Counts;
use crate::host::{WriteError, read_former, write_whole};
use crate::lock::{
    Circumstances, Layout, Lock, Pins, RequirementsStyle, WhichFiles, build, changes,
};
use crate::report::{
    LockOutcome, LockReport, LockedReport, Style, Summary, baseline_text, count, headline, remarks,
    summary,
};
use crate::solve::{FlavourTried, Outcome, Question, Resolution, Step};
use crate::source::Problem;

/// Runs the command.
pub(super) fn run(mut args: LockArgs, terminal: &Terminal) -> Exit {
    lock(&mut args, terminal).unwrap_or_else(|exit| exit)
}

fn lock(args: &mut LockArgs, terminal: &Terminal) -> Result<Exit, Exit> {
    let started = Instant::now();
    let baseline = ground(&args.baseline, &mut args.question, terminal)?;
    let args = &*args;
    let mut inputs = Inputs::read(&args.question, terminal)?;
    let output = Output(&args.output);
    let of_output = output.problems(&inputs.manifest, &args.question, &inputs.folder);
    inputs.problems.extend(of_output);
    inputs.preferences(&args.question.choice, None);
    if let Some(baseline) = &baseline {
        keep(&args.baseline, baseline, &mut inputs);
    }
    let settled = inputs.settled(terminal)?;
    if let Err(error) = output.check() {
        terminal.say_problems(&[Problem::anywhere(error.to_string())]);
        return Err(Exit::Outside);
    }
    let mut prepared = settled.prepare(BTreeMap::new(), terminal)?;
    prepared.baseline = baseline;
    // The process ends after this: taking apart what it has learned would take a tenth of the run.
    let mut run = ManuallyDrop::new(Run {
        args,
        output,
        terminal,
        prepared,
        former: None,
        started,
    });
    let exit = match run.recognised() {
        Some(lock) => run.tell_recognised(&lock),
        None => run.lock(),
    };
    run.prepared.catalog.close();
    Ok(exit)
}

/// One run, once its question stands.
struct Run<'a> {
    args: &'a LockArgs,
    output: Output<'a>,
    terminal: &'a Terminal,
    prepared: Prepared,
    former: Option<Pins>,
    started: Instant,
}

impl Run<'_> {
    /// Returns what is known of the lock that stands there, if it is the answer to the question.
    fn recognised(&self) -> Option<Recognised> {
        let path = self.output.path().filter(|path| path.is_file())?;
        let receipt = self.receipt()?;
        let text = read_former(path).ok()??;
        receipt.recognises(&self.prepared, &text)
    }

    /// What is installed may have changed since: over a baseline nothing is recognised.
    fn receipt(&self) -> Option<Receipt> {
        if self.prepared.baseline.is_some() {
            return None;
        }
        let shape = Shape {
            args: self.args,
            circumstances: &self.circumstances(),
            written: &self.style(),
            told: self.terminal.style,
        };
        Receipt::of(&self.prepared, &shape)
    }

    fn tell_recognised(&mut self, lock: &Recognised) -> Exit {
        self.prepared.progress.finish();
        let place = self.prepared.question.place();
        let path = self.output.path().map(Path::to_string_lossy);
        let place = (place.as_str(), path.as_deref());
        let style = self.terminal.style;
        let first = headline(
            lock.packages,
            place,
            &elapsed(self.started.elapsed()),
            style,
        );
        self.terminal.mention(&(first + &lock.remarks));
        Exit::Fine
    }

    /// Solves it, with the versions that the former lock has where they fit.
    fn lock(&mut self) -> Exit {
        let choice = &self.args.question.choice;
        self.former = self.output.former(&mut self.prepared.problems);
        if self.prepared.problems.iter().any(Problem::is_error) {
            self.prepared.progress.finish();
            self.terminal.say_problems(&self.prepared.problems);
            return Exit::Usage;
        }
        let question = Arc::make_mut(&mut self.prepared.question);
        // What is no name was told already.
        question.preferences = preferences(choice, self.former.as_ref(), &mut Vec::new());
        self.prepared.former = kept_pins(choice, self.output.former_pins());
        if let Some(baseline) = self.prepared.baseline.clone() {
            prefer(&baseline, choice, &mut self.prepared);
        }
        match self.prepared.scope {
            Scope::Target => self.solve(),
            Scope::Targets(_) | Scope::Region(_) => self.solve_many(),
        }
    }

    fn style(&self) -> RequirementsStyle {
        let wants_hashes = self.prepared.manifest.require_hashes;
        self.output.style(command_line, wants_hashes)
    }

    fn solve(&mut self) -> Exit {
        let solving = Instant::now();
        let solved = self.prepared.solve();
        let took = solving.elapsed();
        self.prepared.progress.finish();
        if let Ok(solved) = &solved {
            self.tell_trail(&solved.answer.trail);
        }
        self.tell_counts(&self.prepared.catalog.counts());
        self.prepared.take_warnings();
        let solved = match solved {
            Ok(solved) => ManuallyDrop::new(solved),
            Err(failure) => {
                self.terminal.say_problems(&self.prepared.problems);
                self.terminal.say_failure(&failure);
                return Exit::Outside;
            }
        };
        let question = &solved.question;
        match &solved.answer.outcome {
            Outcome::Unsolvable(first) => {
                let unsolved = Unsolved {
                    prepared: &self.prepared,
                    question,
                    first,
                    tried: &solved.tried,
                    took,
                };
                tell_conflicts(&unsolved, self.output.0, self.terminal)
            }
            Outcome::Solved(resolution) => {
                self.tell_tried(question, &solved.tried);
                let unknown = unknown_extras(question, resolution);
                self.prepared.problems.extend(unknown);
                let mixed = mixed_cuda(question, resolution);
                self.prepared.problems.extend(mixed);
                self.prepared.problems.extend(self.in_vain(&[resolution]));
                let over = match over(&self.prepared, (question, resolution)) {
                    Ok(over) => over,
                    Err(failure) => {
                        self.terminal.say_failure(&failure);
                        return Exit::Outside;
                    }
                };
                let circumstances = self.circumstances();
                let lock = build(question, resolution, &circumstances);
                let mut lock = ManuallyDrop::new(lock);
                let names_files = self.output.format().layout != Layout::Lines;
                let installed = as_installed(&mut lock, names_files);
                self.prepared.problems.extend(installed);
                let broken = over.iter().flat_map(Over::warnings);
                self.prepared.problems.extend(broken);
                self.write(&question.place(), &lock, over.as_ref())
            }
        }
    }

    /// The same for several environments.
    fn solve_many(&mut self) -> Exit {
        let solving = Instant::now();
        let solved = self.prepared.solve_many();
        let took = solving.elapsed();
        self.prepared.progress.finish();
        if let Ok(many) = &solved {
            self.tell_trail(&many.trail);
            if self.terminal.verbosity > 0 {
                self.terminal.say(&parts_in_words(many));
            }
        }
        self.tell_counts(&self.prepared.catalog.counts());
        self.prepared.take_warnings();
        let many = match solved {
            Ok(many) => many,
            Err(failure) => {
                self.terminal.say_problems(&self.prepared.problems);
                self.terminal.say_failure(&failure);
                return Exit::Outside;
            }
        };
        if !many.unserved.is_empty() {
            return tell_unserved(&self.prepared, &many, took, self.output.0, self.terminal);
        }
        self.prepared.problems.extend(many.misgivings());
        let answers: Vec<&Resolution> = many.forks.iter().map(|it| &it.resolution).collect();
        self.prepared.problems.extend(self.in_vain(&answers));
        let lock = many.lock(&self.circumstances());
        self.write(&many.place(), &lock, None)
    }

    /// Tells of options that name packages which none of the answers has to do with.
    fn in_vain(&self, answers: &[&Resolution]) -> Vec<Problem> {
        let former = self.former.as_ref();
        named_in_vain(&self.args.question, &self.prepared, former, answers)
    }

    fn circumstances(&self) -> Circumstances {
        Circumstances {
            project: self.prepared.manifest.name.clone(),
            options: self.prepared.options.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            folder: self.lock_folder(),
            files: match self.output.format().name {
                "pylock.toml" => WhichFiles::Fitting,
                _ => WhichFiles::All,
            },
        }
    }

    /// Says what the solver did: why it began again, and with `-vv` every version it tried.
    fn tell_trail(&self, trail: &[Step]) {
        for step in trail {
            let is_told = match step {
                Step::Tried(..) => self.terminal.verbosity > 1,
                Step::Refused(..)
                | Step::Restarted(_)
                | Step::PassedOver(..)
                | Step::Divided(..)
                | Step::AllowedPrereleases(_) => self.terminal.verbosity > 0,
            };
            if is_told {
                self.terminal.say(&step.to_string());
            }
        }
        if self.terminal.verbosity > 0 {
            let tried = trail.iter().filter(|step| matches!(step, Step::Tried(..)));
            self.terminal
                .say(&format!("tried {}", count(tried.count(), "version")));
        }
    }

    /// Says what was asked of the network.
    fn tell_counts(&self, counts: &Counts) {
        if self.terminal.verbosity > 0 {
            self.terminal.say(&format!(
                "sent {} ({} of them again), received {}, took {} from the cache",
                count(counts.requests as usize, "request"),
                counts.retries,
                count(counts.bytes as usize, "byte"),
                count(counts.hits as usize, "answer"),
            ));
        }
    }

    /// Paths in a `pylock.toml` start from its own folder; those in a requirements file, for pip,
    /// from the current one.
    fn lock_folder(&self) -> Option<PathBuf> {
        let current = std::env::current_dir().ok()?;
        let parent = self
            .output
            .path()
            .and_then(Path::parent)
            .filter(|_| self.output.format().name == "pylock.toml");
        Some(parent.map_or_else(|| current.clone(), |parent| current.join(parent)))
    }

    fn write(&self, target: &str, lock: &Lock, over: Option<&Over>) -> Exit {
        let style = self.style();
        // A form that cannot be written was refused before the work began.
        let Some(write) = self.output.format().write else {
            return Exit::Usage;
        };
        let text = write(lock, &style);
        let is_json = self.output.0.output_format == OutputFormatArg::Json;
        let path = self.output.path();
        let written = match path {
            Some(path) => write_whole(path, text.as_bytes()).map_err(|error| error.to_string()),
            None if is_json => Ok(()),
            None => self
                .terminal
                .put_out(&text)
                .map_err(|error| format!("the lock could not be written: {error}")),
        };
        if let Err(message) = written {
            self.terminal.say_problems(&[Problem::anywhere(message)]);
            return Exit::Outside;
        }
        let former = self.former.as_ref();
        let moved = former.map(|former| changes(former, &Pins::from(lock)));
        let path = path.map(Path::to_string_lossy);
        let (path, moved) = (path.as_deref(), moved.as_deref());
        let report = || {
            let report = LockedReport::new(lock, path, moved, &self.prepared.problems);
            match over {
                Some(over) => report.over(&over.before, &over.effect, &over.broken, &over.keep),
                None => report,
            }
        };
        let elapsed = elapsed(self.started.elapsed());
        let told = Summary {
            lock,
            target,
            elapsed: &elapsed,
            written: path,
            changes: moved,
            warnings: &self.prepared.problems,
        };
        if let Some(to) = &self.output.0.report
            && let Err(error) = report_success(to, &told, report)
        {
            self.terminal
                .say_problems(&[Problem::anywhere(error.to_string())]);
            return Exit::Outside;
        }
        if is_json {
            return self.put_json(LockOutcome::Locked(report()), Exit::Fine);
        }
        let style = self.terminal.style;
        self.terminal.mention(&summary(&told, style));
        if let Some(over) = over {
            let moved = baseline_text(&over.before, &over.effect, &over.keep, style);
            self.terminal.mention(&moved);
        }
        if let Some(receipt) = self.receipt() {
            let changes = Some(&[][..]);
            let recognised = Recognised {
                packages: lock.packages.len(),
                remarks: remarks(&Summary { changes, ..told }, style),
            };
            receipt.keep(&self.prepared, &text, &recognised);
        }
        Exit::Fine
    }

    /// Says why a better flavour of torch was not taken.
    fn tell_tried(&self, question: &Question, tried: &[FlavourTried]) {
        if self.terminal.verbosity > 0 {
            for row in flavour_reasons(question, tried) {
                self.terminal
                    .say(&format!("{}: {}", row.label(), row.reason));
            }
        }
    }

    fn put_json(&self, outcome: LockOutcome, exit: Exit) -> Exit {
        match self.terminal.put_out(&LockReport::new(outcome).to_json()) {
            Ok(()) => exit,
            Err(error) => {
                let message = format!("the outcome could not be written: {error}");
                self.terminal.say_problems(&[Problem::anywhere(message)]);
                Exit::Outside
            }
        }
    }
}

/// Writes a report that says that there is a lock, so that none of an earlier conflict stays.
fn report_success(
    path: &Path,
    told: &Summary<'_>,
    report: impl Fn() -> LockedReport,
) -> Result<(), WriteError> {
    let is_json = path.extension().is_some_and(|ending| ending == "json");
    let text = match is_json {
        true => LockReport::new(LockOutcome::Locked(report())).to_json(),
        false => format!("# Locked\n\n{}\n", summary(told, Style::plain())),
    };
    write_whole(path, text.as_bytes())
}

/// Says how long something took: `340 ms`, `1.9 s`.
fn elapsed(time: Duration) -> String {
    match time.as_millis() {
        millis @ 0..1000 => format!("{millis} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}
