//! What the commands of a Dockerfile, notebook, script or Python source install, as an input: the
//! sum of all commands, whatever their order, with where each of them looks for its packages.

use std::sync::Arc;

use super::commands::{
    Action, Argument, FileRole, InstallCommand, InstallOption, Installer, Recipe, Step,
    command_reader_of, left_out,
};
use super::formats::{FormatList, FormatName};
use super::manifest::{
    IndexTable, Located, Machine, PinnedIndex, ProjectFile, Setting, Statement, Unnamed,
};
use super::reference::{Reference, is_url, read_address, read_reference};
use super::{Manifest, ReadContext, Reading};
use crate::package::{Declaration, DeclarationKind, IndexUrl, Marker, PackageName};
use crate::source::{Origin, Problem, SourceFile, Span};
use crate::target::{Flavour, PythonVersion};

/// The option that keeps what a package requires from being installed.
const NO_DEPS: &str = "--no-deps";

/// Reads what the commands of a file install.
pub(super) fn read_installs(file: &Arc<SourceFile>, context: &ReadContext<'_>) -> Reading {
    of_recipe(&recipe_of(file, context), file, context)
}

/// Reads the commands of a file, or nothing of one that has none.
pub(super) fn recipe_of(file: &Arc<SourceFile>, context: &ReadContext<'_>) -> Recipe {
    let recipe = command_reader_of(file.label()).map(|it| (it.read)(file, context.calls));
    recipe.unwrap_or_default()
}

/// Makes one reading of the stage that is asked for; of calls, each a stage without a start, of all.
pub(super) fn of_recipe(
    recipe: &Recipe,
    file: &Arc<SourceFile>,
    context: &ReadContext<'_>,
) -> Reading {
    let mut installs = Installs {
        context,
        reading: Reading::default(),
        looked: Vec::new(),
        takes_folders: false,
        named_python: None,
    };
    installs.reading.manifest.problems = recipe.problems.clone();
    let wanted = context.selection.stage.as_deref();
    let steps: Vec<&Step> = match recipe.build(wanted) {
        None if wanted.is_some() => {
            installs.say(no_such_stage(recipe, file, wanted.unwrap_or_default()));
            Vec::new()
        }
        None => Vec::new(),
        Some(build) => {
            installs.reading.manifest.machine.image = build.base.cloned();
            installs.takes_folders = build.takes_folders;
            build.steps
        }
    };
    for step in steps {
        installs.read(step);
    }
    let machine = &mut installs.reading.manifest.machine;
    machine.python = machine.python.take().or(installs.named_python.take());
    installs.settle_indexes();
    installs.reading
}

/// Where one command looks for the packages that it names.
struct Looked {
    index: Option<Located<IndexUrl>>,
    names: Vec<PackageName>,
    /// Whether it installs what files name as well.
    has_files: bool,
}

struct Installs<'a> {
    context: &'a ReadContext<'a>,
    reading: Reading,
    looked: Vec<Looked>,
    takes_folders: bool,
    /// The Python in the name of the last program that installs.
    named_python: Option<Located<String>>,
}

impl Installs<'_> {
    fn say(&mut self, problem: Problem) {
        self.reading.manifest.problems.push(problem);
    }

    fn state(&mut self, statement: Statement) {
        self.reading.statements.push(statement);
    }

    fn read(&mut self, step: &Step) {
        let literal = |names: &[Argument]| -> Vec<Located<String>> {
            let literal = names.iter().filter(|it| it.is_literal);
            literal
                .map(|it| (it.text.clone(), it.origin.clone()))
                .collect()
        };
        match &step.action {
            // What pipx installs is by itself.
            Action::Install(command) if command.installer == Installer::Pipx => {}
            Action::Install(command) => {
                if let Some(version) = &command.python {
                    let version = (version.text.clone(), version.origin.clone());
                    self.tell_other_python(Some(&version), self.named_python.clone());
                    self.named_python = Some(version);
                }
                self.install(step, command);
            }
            Action::Uninstall(names) => {
                let names = literal(names).into_iter();
                let names = names.filter_map(|(name, _)| PackageName::new(name).ok());
                let names = names.collect();
                self.state(Statement::Remove(names));
            }
            Action::SystemPackages(names) => {
                let machine = &mut self.reading.manifest.machine;
                machine.system_packages.extend(literal(names));
            }
            Action::Python(version) => {
                let version = literal(std::slice::from_ref(version)).pop();
                self.tell_other_python(
                    version.as_ref(),
                    self.reading.manifest.machine.python.clone(),
                );
                self.reading.manifest.machine.python = version;
            }
            Action::Sync(_) => self.files(step, DeclarationKind::Requirement),
            Action::Take(_) => {}
        }
    }

    /// Tells that commands are for two Pythons; the later one counts, as it does for what is installed.
    fn tell_other_python(
        &mut self,
        later: Option<&Located<String>>,
        earlier: Option<Located<String>>,
    ) {
        let release = |text: &str| {
            let version = text.strip_prefix("python").unwrap_or(text);
            let version: PythonVersion = version.parse().ok()?;
            Some(version.minor())
        };
        let Some(((later, origin), (earlier, place))) = later.zip(earlier) else {
            return;
        };
        let releases = release(later).zip(release(&earlier));
        if releases.is_some_and(|(later, earlier)| later != earlier) {
            let message = format!("this is for Python {later}, and {place} for {earlier}");
            let help = "Take one of them with `--stage`, or say for which Python: `--python 3.12`.";
            let problem = Problem::at(origin.clone(), message).with_help(help);
            self.say(problem.as_warning());
        }
    }

    fn install(&mut self, step: &Step, command: &InstallCommand) {
        if command.options.iter().any(|it| it.name == NO_DEPS) {
            let message = "what this installs is left out: it comes without what it requires";
            self.say(Problem::at(command.origin.clone(), message).as_warning());
            return;
        }
        if let Some(place) = command.elsewhere().filter(|_| !self.takes_folders) {
            let message = format!(
                "what this installs is left out: it goes outside of the environment (`{place}`)"
            );
            self.say(Problem::at(command.origin.clone(), message).as_warning());
            return;
        }
        for swallowed in &command.swallowed {
            let message = format!(
                "the shell reads `{}` as a redirection: what is installed is `{}`",
                swallowed.meant, swallowed.left
            );
            let help = "Put it into quotes.";
            let problem = Problem::at(swallowed.origin.clone(), message).with_help(help);
            self.say(problem.as_warning());
        }
        let mut names = Vec::new();
        for argument in &command.requirements {
            let is_file = step.files.iter().any(|it| it.argument == *argument);
            if !is_file {
                names.extend(self.requirement(argument));
            }
        }
        self.files(step, DeclarationKind::Requirement);
        let index = command.options.iter().rev();
        let mut index = index.filter(|it| matches!(&*it.name, "--index-url" | "--default-index"));
        let index = index.find_map(|it| self.address(it));
        for option in &command.options {
            self.option(option);
        }
        if let Some((url, origin)) = &index
            && self.take_flavour(url, origin)
        {
            return;
        }
        self.looked.push(Looked {
            index,
            names,
            has_files: !command.requirement_files.is_empty(),
        });
    }

    /// Reads one word that names a package; nothing of those that install others.
    fn requirement(&mut self, argument: &Argument) -> Option<PackageName> {
        if !argument.is_literal {
            self.say(left_out(argument.origin.clone()));
            return None;
        }
        let reference = match read_reference(&argument.text, self.context.folder) {
            Ok(reference) => reference,
            Err(error) => {
                let message = IndexUrl::redacted(&error.message);
                self.say(Problem::at(argument.origin.clone(), message));
                return None;
            }
        };
        let origin = argument.origin.clone();
        match reference {
            Reference::Named(requirement) if requirement.name.as_ref() as &str == "pip" => None,
            Reference::Named(requirement) => {
                let name = requirement.name.clone();
                self.state(Statement::Declaration(Declaration {
                    requirement,
                    kind: self.context.kind,
                    origin,
                    section: None,
                    digests: Vec::new(),
                }));
                Some(name)
            }
            Reference::Unnamed(url, extras, marker) => {
                self.state(Statement::Unnamed(Unnamed {
                    url,
                    extras,
                    marker,
                    digests: Vec::new(),
                    origin,
                }));
                None
            }
        }
    }

    fn files(&mut self, step: &Step, kind: DeclarationKind) {
        let read = step.files.iter().filter(|it| it.role != FileRole::Lock);
        for file in read {
            let text = &file.argument.text;
            if file.paths.is_empty() {
                let message = format!(
                    "`{text}` does not come from this project's folder, and what it asks for is left out"
                );
                self.say(Problem::at(file.argument.origin.clone(), message).as_warning());
                continue;
            }
            self.state(Statement::File(ProjectFile {
                paths: file.paths.clone(),
                role: file.role,
                synced: match &step.action {
                    Action::Sync(command) => Some(command.selection.clone()),
                    _ => None,
                },
                text: text.clone(),
                kind,
                origin: file.argument.origin.clone(),
            }));
        }
    }

    fn option(&mut self, option: &InstallOption) {
        let setting = match option.name.as_str() {
            "--pre" => Some(Setting::Pre),
            "--no-index" => Some(Setting::NoIndex),
            "--extra-index-url" | "--index" => match self.address(option) {
                Some((url, origin)) if self.take_flavour(&url, &origin) => None,
                address => address.map(Setting::ExtraIndexUrl),
            },
            "--find-links" => match option.value.as_ref().filter(|it| it.is_literal) {
                Some(value) if !is_url(&value.text) => {
                    let place = (value.text.clone(), value.origin.clone());
                    self.state(Statement::FindLinksPath(place));
                    None
                }
                _ => match self.address(option) {
                    Some((url, origin)) if self.take_flavour(&url, &origin) => None,
                    address => address.map(Setting::FindLinks),
                },
            },
            "--no-binary" => formats(option, FormatList::NoBinary),
            "--only-binary" => formats(option, FormatList::OnlyBinary),
            "--torch-backend" => {
                let value = option.value.as_ref().filter(|it| it.is_literal);
                let value = value.map(|it| (it.text.clone(), it.origin.clone()));
                self.reading.manifest.tool.torch = value;
                None
            }
            _ => None,
        };
        if let Some(setting) = setting {
            self.state(Statement::Setting(setting));
        }
    }

    fn address(&mut self, option: &InstallOption) -> Option<Located<IndexUrl>> {
        let value = option.value.as_ref()?;
        // uv takes `name=address`.
        let text = match value.text.split_once('=') {
            Some((name, address)) if !name.contains(':') => address,
            _ => &value.text,
        };
        if !value.is_literal {
            let message = "where this looks is known only when it runs";
            self.say(Problem::at(value.origin.clone(), message).as_warning());
            return None;
        }
        match read_address(text, self.context.folder) {
            Ok(url) => Some((url, value.origin.clone())),
            Err(message) => {
                self.say(Problem::at(value.origin.clone(), message));
                None
            }
        }
    }

    /// Takes the address of a flavour's index for a wish of that flavour. Later commands win, as
    /// theirs is what stays installed; a change is told.
    fn take_flavour(&mut self, url: &IndexUrl, origin: &Origin) -> bool {
        let Some(flavour) = Flavour::of_index(url.public().as_str()) else {
            return false;
        };
        let wish = (flavour.to_string(), origin.clone());
        let tool = &mut self.reading.manifest.tool;
        let former = tool.torch.replace(wish);
        tool.torch_index = base_of(url).map(|base| (base, origin.clone()));
        if let Some((former, place)) = former.filter(|(former, _)| *former != flavour.to_string()) {
            let message =
                format!("this takes builds for {flavour}, and {place} those for {former}");
            let help = "Name one of the two in all commands.";
            self.say(
                Problem::at(origin.clone(), message)
                    .with_help(help)
                    .as_warning(),
            );
        }
        true
    }

    /// An index that all commands name takes the default one's place; those of single commands are
    /// for the packages that these name.
    fn settle_indexes(&mut self) {
        let looked = std::mem::take(&mut self.looked);
        let asking = looked
            .iter()
            .filter(|it| it.has_files || !it.names.is_empty());
        let mut addresses = asking.map(|it| it.index.as_ref().map(|(url, _)| url));
        let first = addresses.next().flatten();
        let is_common = first.is_some() && addresses.all(|it| it == first);
        for Looked {
            index,
            names,
            has_files,
        } in looked
        {
            let Some((url, origin)) = index else { continue };
            if is_common {
                self.state(Statement::Setting(Setting::IndexUrl((url, origin))));
                // All of them are the same.
                return;
            }
            if has_files {
                let setting = Setting::ExtraIndexUrl((url, origin));
                self.state(Statement::Setting(setting));
                continue;
            }
            let indexes = &mut self.reading.manifest.indexes;
            let known = indexes.tables.iter().find(|it| it.url == url);
            let known = known.and_then(|it| it.name.clone());
            let is_new = known.is_none();
            let name = known.unwrap_or_else(|| origin.to_string());
            let pinned = names.into_iter().map(|package| PinnedIndex {
                package,
                index: name.clone(),
                marker: Marker::always(),
                section: None,
                origin: origin.clone(),
            });
            indexes.pinned.extend(pinned);
            if is_new {
                let table = IndexTable::explicit(Some(name), url, origin);
                indexes.tables.push(table);
            }
        }
    }
}

/// Returns the address below which every flavour has its index, of the index of one.
fn base_of(url: &IndexUrl) -> Option<IndexUrl> {
    let address = url.public();
    let text = address.as_str().trim_end_matches('/');
    let flavour = match text.ends_with(".html") {
        true => text.rsplit_once('/')?.0,
        false => text,
    };
    IndexUrl::parse(flavour.rsplit_once('/')?.0).ok()
}

fn formats(option: &InstallOption, list: FormatList) -> Option<Setting> {
    let value = option.value.as_ref()?;
    let names = value.text.split(',').map(str::parse);
    let names: Result<Vec<FormatName>, String> = names.collect();
    Some(Setting::Formats(list, names.ok()?))
}

fn no_such_stage(recipe: &Recipe, file: &Arc<SourceFile>, wanted: &str) -> Problem {
    let message = format!("`{}` has no stage `{wanted}`", file.label());
    let names = recipe.stages.iter().filter_map(|it| it.name.as_ref());
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let problem = Problem::at(Origin::new(file, Span::new(0, 0)), message);
    match names.as_slice() {
        [] => problem.with_help("None of its stages has a name: leave out `--stage`."),
        names => problem.with_help(format!("It has {}.", names.join(", "))),
    }
}

impl Machine {
    /// Adds what another input says; who speaks first is heard.
    pub(super) fn merge(&mut self, other: Self) {
        self.image = self.image.take().or(other.image);
        self.python = self.python.take().or(other.python);
        self.system_packages.extend(other.system_packages);
    }
}

impl Manifest {
    /// Takes packages away that were declared from a position on: a command removes what others
    /// before it have installed.
    pub fn remove(&mut self, names: &[PackageName], from: usize) {
        let kept = self
            .declarations
            .split_off(from.min(self.declarations.len()));
        let is_kept = |it: &Declaration| {
            it.kind != DeclarationKind::Requirement || !names.contains(&it.requirement.name)
        };
        self.declarations.extend(kept.into_iter().filter(is_kept));
    }
}
