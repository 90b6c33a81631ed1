//! `pyaudit init`: a `requirements.in` out of what is installed, locked or typed in commands: what
//! was wanted, without all that came with it.

mod args;
mod freeze;
mod inspect;
mod limits;
mod members;
mod text;

use std::path::Path;
use std::sync::Arc;

pub(super) use args::InitArgs;
use freeze::{is_freeze, read_freeze};
use members::{Present, learn, of_environment, of_lock};

use super::Exit;
use super::baseline::standard_input;
use super::prepare::read_manifest;
use super::recorded::question_args;
use super::settings::{Heard, Settings, settle};
use super::terminal::Terminal;
use crate::explain::list;
use crate::fetch::LiveCatalog;
use crate::graph::intents;
use crate::host::{check_place, read_ambient, read_environment, read_list, write_whole};
use crate::input::{Ambient, Manifest, reader_of};
use crate::lock::{Format, Layout, is_requirements_lock};
use crate::package::{DeclarationKind, PackageName, Timestamp};
use crate::report::count;
use crate::source::{Problem, SourceFile};

/// Runs the command.
pub(super) fn run(args: &InitArgs, terminal: &Terminal) -> Exit {
    match init(args, terminal) {
        Ok(exit) => exit,
        Err(problems) => {
            terminal.say_problems(&problems);
            Exit::Usage
        }
    }
}

/// What there is to write.
struct Written {
    text: String,
    problems: Vec<Problem>,
}

fn init(args: &InitArgs, terminal: &Terminal) -> Result<Exit, Vec<Problem>> {
    let is_shown = args.output.as_os_str() == "-";
    if !is_shown && !args.force && args.output.exists() {
        let message = format!("`{}` is there already", args.output.display());
        let help = "To write over it, add `--force`; to see what would be written, `-o -`.";
        return Err(vec![Problem::anywhere(message).with_help(help)]);
    }
    if !is_shown && let Err(error) = check_place(&args.output) {
        terminal.say_problems(&[Problem::anywhere(error.to_string())]);
        return Ok(Exit::Outside);
    }
    let written = written(args, terminal)?;
    if written.problems.iter().any(Problem::is_error) {
        return Err(written.problems);
    }
    terminal.say_problems(&written.problems);
    let done = match is_shown {
        true => terminal.put_out(&written.text).map_err(|it| it.to_string()),
        false => {
            let bytes = written.text.as_bytes();
            write_whole(&args.output, bytes).map_err(|error| error.to_string())
        }
    };
    if let Err(message) = done {
        terminal.say_problems(&[Problem::anywhere(message)]);
        return Ok(Exit::Outside);
    }
    if !is_shown {
        let lines = written
            .text
            .lines()
            .filter(|it| !it.starts_with(['#', '-']));
        let (path, lines) = (args.output.display(), count(lines.count(), "requirement"));
        terminal.mention(&format!(
            "Wrote {lines} → {path}\nTo lock them: pyaudit lock {path}"
        ));
    }
    Ok(Exit::Fine)
}

fn written(args: &InitArgs, terminal: &Terminal) -> Result<Written, Vec<Problem>> {
    let folder = std::env::current_dir().map_err(|error| {
        let message = format!("the current folder cannot be read: {error}");
        vec![Problem::anywhere(message)]
    })?;
    let now = Timestamp::from_seconds(jiff::Timestamp::now().as_second());
    let ambient = read_ambient(&folder, now);
    if let Some(path) = &args.env {
        let read = read_environment(path, &folder);
        let environment = read.map_err(|error| vec![Problem::from(error)])?;
        let python = environment.python.map(|it| it.to_string());
        let present = of_environment(&environment.installed);
        let world = World::new(args, python, &ambient, &folder)?;
        return Ok(world.intended(present, &environment.installed.root, terminal));
    }
    if let [name] = args.sources.as_slice()
        && let Some(file) = listed(name).map_err(|problem| vec![problem])?
    {
        return of_list(&file, args, (&ambient, &folder), terminal);
    }
    let mut question = question_args(&[]).map_err(|problem| vec![*problem])?;
    question.sources.clone_from(&args.sources);
    question.declared.stage.clone_from(&args.stage);
    let mut manifest = read_manifest(&question, &ambient, &folder);
    let mut problems = std::mem::take(&mut manifest.problems);
    let declared = manifest.declarations.iter();
    problems.extend(left_out(declared.clone().map(|it| {
        let shown = format!("`{}` ({})", it.requirement, it.origin);
        (it.kind, it.origin.label(), shown)
    })));
    let named = declared.filter_map(|it| limits::file_of(it.kind, it.origin.label()));
    let limits = limits::lines(named, &folder, &args.output);
    Ok(Written {
        text: text::of_manifest(&manifest, &args.sources.join(", "), &limits),
        problems,
    })
}

/// Tells what only constrains or overrides and stands in no file of constraints, such as the packages
/// that conda installs: nothing of it is written.
fn left_out<'l>(
    declared: impl Iterator<Item = (DeclarationKind, &'l str, String)>,
) -> Option<Problem> {
    let others = declared.filter(|(kind, label, _)| {
        *kind != DeclarationKind::Requirement && limits::file_of(*kind, label).is_none()
    });
    let shown: Vec<String> = others.map(|(_, _, shown)| shown).collect();
    if shown.is_empty() {
        return None;
    }
    let message = format!("left out, as nothing asks pip for it: {}", list(&shown));
    let help = "Add what pip is to install as well.";
    Some(Problem::anywhere(message).with_help(help).as_warning())
}

/// Reads a source that lists what is there; nothing of one that declares.
fn listed(name: &str) -> Result<Option<Arc<SourceFile>>, Problem> {
    if name == "-" {
        return standard_input().map(Some);
    }
    let path = Path::new(name);
    let lower = name.to_ascii_lowercase();
    let is_lock = match Format::of_path(name).layout {
        Layout::Keys => true,
        Layout::Tables(_) => reader_of(name).name != "pyproject.toml",
        Layout::Lines => false,
    };
    let may_list = lower.ends_with(".txt") || lower.ends_with(".freeze") || !lower.contains('.');
    let is_json = lower.ends_with(".json");
    let is_other = reader_of(name).name != "requirements file";
    if !is_lock && !is_json && (!may_list || is_other) {
        return Ok(None);
    }
    let file = read_list(path, name)?;
    let file = file.ok_or_else(|| Problem::anywhere(format!("there is no file `{name}`")))?;
    let is_list = is_lock || is_json || is_requirements_lock(&file) || is_freeze(&file);
    Ok(is_list.then_some(file))
}

/// Reads a lock, what `pip inspect` writes, or what `pip freeze` does.
fn of_list(
    file: &Arc<SourceFile>,
    args: &InitArgs,
    (ambient, folder): (&Ambient, &Path),
    terminal: &Terminal,
) -> Result<Written, Vec<Problem>> {
    let mut python = None;
    let mut problems = Vec::new();
    let label = file.label();
    let present = match Format::of_path(label).layout {
        _ if file.text().trim_start().starts_with("{\"version\"") || is_inspect(file) => {
            let (present, told) = inspect::read_inspect(file).map_err(|problem| vec![problem])?;
            python = told;
            present
        }
        Layout::Lines if !crate::lock::is_compiled(file) => {
            let (present, told) = read_freeze(file);
            problems = told;
            present
        }
        Layout::Lines | Layout::Keys | Layout::Tables(_) => {
            let lock = (Format::of_path(label).read)(file).map_err(|problem| vec![problem])?;
            if let Some(record) = lock.tool.as_ref().filter(|it| !it.declarations.is_empty()) {
                let declared = record.declarations.iter();
                let left_out = left_out(declared.clone().map(|it| {
                    let shown = format!("`{}` ({}:{})", it.text, it.file, it.line);
                    (it.kind, it.file.as_str(), shown)
                }));
                let named = declared.filter_map(|it| limits::file_of(it.kind, &it.file));
                let limits = limits::lines(named, folder, &args.output);
                return Ok(Written {
                    text: text::of_record(&record.declarations, label, &limits),
                    problems: left_out.into_iter().collect(),
                });
            }
            of_lock(&lock)
        }
    };
    if present.is_empty() {
        let message = format!("`{label}` names no package that is installed");
        let help = "Give the output of `pip freeze` or `pip inspect`, a lock, or what declares.";
        return Err(vec![Problem::anywhere(message).with_help(help)]);
    }
    let world = World::new(args, python, ambient, folder)?;
    let mut written = world.intended(present, label, terminal);
    problems.append(&mut written.problems);
    written.problems = problems;
    Ok(written)
}

/// Says of which packages it is not known what they require.
fn not_learned(unknown: &[(PackageName, String)]) -> Option<Problem> {
    let (first, why) = unknown.first()?;
    let others = match unknown.len() - 1 {
        0 => "requires".to_owned(),
        more => format!("and {} require", count(more, "other package")),
    };
    let message = format!("what `{first}` {others} is not known: {why}");
    let help = "What only they need is taken for wanted.";
    Some(Problem::anywhere(message).with_help(help).as_warning())
}

/// Whether a text is what `pip inspect` writes, and no lock in JSON.
fn is_inspect(file: &SourceFile) -> bool {
    let is_json = file.text().trim_start().starts_with('{');
    is_json && file.text().contains("\"installed\"") && !file.label().ends_with(".lock")
}

/// Where packages run, and where it is asked what they require.
struct World {
    settings: Settings,
}

impl World {
    fn new(
        args: &InitArgs,
        python: Option<String>,
        ambient: &Ambient,
        folder: &Path,
    ) -> Result<Self, Vec<Problem>> {
        let mut question = question_args(&[]).map_err(|problem| vec![*problem])?;
        question.target = args.target.clone();
        question.target.python = question.target.python.or(python);
        question.index = args.index.clone();
        question.cache = args.cache.clone();
        let manifest = Manifest::default();
        let heard = Heard {
            manifest: &manifest,
            ambient,
        };
        let now = Timestamp::from_seconds(jiff::Timestamp::now().as_second());
        let mut problems = Vec::new();
        match settle(&question, heard, folder, now, &mut problems) {
            Some(settings) if !problems.iter().any(Problem::is_error) => Ok(Self { settings }),
            _ => Err(problems),
        }
    }

    /// Finds out what was wanted of what is there.
    fn intended(self, mut present: Vec<Present>, source: &str, terminal: &Terminal) -> Written {
        present.sort_by(|one, other| one.name.cmp(&other.name));
        present.dedup_by(|next, one| next.name == one.name);
        let target = self.settings.target.clone();
        let mut problems = Vec::new();
        if present.iter().any(|it| it.needs.is_none()) {
            terminal.mention("asking the indexes what the packages require");
            let catalog = LiveCatalog::open(self.settings.outside, None);
            problems.extend(not_learned(&learn(&mut present, &catalog)));
        }
        let members: Vec<_> = present.iter().map(Present::to_member).collect();
        let intents = intents(&members, &target);
        Written {
            text: text::of_intents(&intents, &present, source),
            problems,
        }
    }
}
