//! Brings the inputs' texts to their readers, follows includes, and makes one manifest of all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use url::Url;

use super::find::{default_inputs, unread};
use super::paths::{shown_path, stays_in};
use crate::input::{
    Calls, FileRole, Include, Located, Manifest, ProjectFile, ReadContext, Selection, Setting,
    Statement, decode, read_address, read_own_calls, read_unnamed, reader_of,
};
use crate::package::{DeclarationKind, PackageName, Requirement};
use crate::source::{Origin, Problem, SourceFile, without_detours};

/// No list of requirements is larger, in bytes.
const MAX_SIZE: u64 = 10 << 20;

/// No chain of includes is longer.
const MAX_DEPTH: usize = 50;

/// No more parts of projects are read for commands that install them.
const MOST_SYNCED: usize = 20;

/// What is to be read.
#[derive(Clone, Copy, Debug)]
pub struct LoadRequest<'a> {
    /// Files or folders, or `-` for standard input; where there is none, what the folder has.
    pub inputs: &'a [String],
    /// Files given with `--constraint`.
    pub constraints: &'a [String],
    /// Files given with `--override`.
    pub overrides: &'a [String],
    /// Package names, or files of them, given with `--exclude`.
    pub excludes: &'a [String],
    /// What of a `pyproject.toml` is asked for.
    pub selection: &'a Selection,
    /// The current folder, absolute.
    pub folder: &'a Path,
    /// The environment variables.
    pub variables: &'a BTreeMap<String, String>,
}

/// Reads all of it. What cannot be read is among the manifest's problems.
pub fn load(request: &LoadRequest<'_>, stdin: &mut dyn Read) -> Manifest {
    let mut variables = request.variables.clone();
    // uv's name for the folder that paths start from.
    let root = request.folder.to_string_lossy().into_owned();
    variables.entry("PROJECT_ROOT".to_owned()).or_insert(root);
    let mut loader = Loader {
        request,
        stdin,
        variables: &variables,
        manifest: Manifest::default(),
        seen: BTreeSet::new(),
        open: Vec::new(),
        has_parts: false,
        selection: None,
        synced: Vec::new(),
    };
    loader.load_inputs();
    loader.load_all(request.constraints, DeclarationKind::Constraint);
    loader.load_all(request.overrides, DeclarationKind::Override);
    for exclude in request.excludes {
        loader.load_exclude(exclude);
    }
    loader.check_selection();
    tell_once(&mut loader.manifest.problems);
    loader.manifest
}

/// Keeps the first of problems that say the same of one place: a file may be read more than once.
fn tell_once(problems: &mut Vec<Problem>) {
    let mut told = BTreeSet::new();
    problems.retain(|problem| {
        let place = problem.origin.as_ref();
        let place = place.map(|it| (it.label().to_owned(), it.span));
        told.insert((place, problem.message.clone()))
    });
}

/// Reads one text beside the inputs, named at a place; `folder` is the current one.
pub fn load_text(
    path: &Path,
    folder: &Path,
    named_at: &Origin,
) -> Result<Arc<SourceFile>, Problem> {
    text_of(path, folder).map_err(|mut problem| {
        problem.origin.get_or_insert_with(|| named_at.clone());
        problem
    })
}

/// Reads which calls ask for packages in the Python files of a folder: the `pyproject.toml` there
/// says so, else the one in the current folder.
pub fn project_calls(of: &Path, folder: &Path) -> Calls {
    let places = [of, folder].map(|it| it.join("pyproject.toml"));
    let place = places.iter().find(|path| path.is_file());
    match place.map(|path| text_of(path, folder)) {
        Some(Ok(text)) => read_own_calls(&text),
        Some(Err(problem)) => Calls {
            problems: vec![problem],
            ..Calls::default()
        },
        None => Calls::default(),
    }
}

fn text_of(path: &Path, folder: &Path) -> Result<Arc<SourceFile>, Problem> {
    let label = shown_path(path, folder);
    let bytes = File::open(path)
        .map_err(reason)
        .and_then(|mut file| read_bounded(&mut file));
    let cannot = |why| Problem::anywhere(format!("cannot read `{label}`: {why}"));
    let (file, problem) = decode(&label, &bytes.map_err(cannot)?);
    match problem.filter(Problem::is_error) {
        Some(problem) => Err(problem),
        None => Ok(file),
    }
}

struct Loader<'a> {
    request: &'a LoadRequest<'a>,
    stdin: &'a mut dyn Read,
    variables: &'a BTreeMap<String, String>,
    manifest: Manifest,
    /// A file counts once for each kind, however often it is included.
    seen: BTreeSet<(PathBuf, DeclarationKind)>,
    /// The files that are being read, each included by the one before.
    open: Vec<PathBuf>,
    has_parts: bool,
    /// What is asked for of the project that a command installs; none outside of such.
    selection: Option<Selection>,
    /// The parts of projects that commands install and that were read.
    synced: Vec<(PathBuf, Selection)>,
}

impl Loader<'_> {
    fn load_inputs(&mut self) {
        if !self.request.inputs.is_empty() {
            return self.load_all(self.request.inputs, DeclarationKind::Requirement);
        }
        match default_inputs(self.request.folder) {
            Ok(name) => self.load_all(&[name.to_owned()], DeclarationKind::Requirement),
            Err(problem) => self.manifest.problems.push(problem),
        }
    }

    fn load_all(&mut self, names: &[String], kind: DeclarationKind) {
        for name in names {
            if name == "-" {
                self.load_stdin(kind);
                continue;
            }
            if is_remote(name) {
                self.refuse_remote(None);
                continue;
            }
            let mut path = self.request.folder.join(name);
            if path.is_dir() {
                match default_inputs(&path) {
                    Ok(inner) => path.push(inner),
                    Err(_) => {
                        let message = format!(
                            "there is no `pyproject.toml` and no `requirements.in` in `{name}`"
                        );
                        self.fail(None, message);
                        continue;
                    }
                }
            }
            self.load_file(&path, kind, None);
        }
    }

    fn load_stdin(&mut self, kind: DeclarationKind) {
        match read_bounded(self.stdin) {
            Ok(bytes) => {
                let folder = self.request.folder.to_owned();
                self.read("<stdin>", &bytes, &folder.join("-"), kind);
            }
            Err(why) => self.fail(None, format!("cannot read standard input: {why}")),
        }
    }

    fn load_file(&mut self, path: &Path, kind: DeclarationKind, named_at: Option<&Origin>) {
        let label = shown_path(path, self.request.folder);
        let key = without_detours(path);
        if self.open.contains(&key) {
            return self.fail(named_at, format!("`{label}` includes itself"));
        }
        if self.open.len() >= MAX_DEPTH {
            let message = format!("`{label}` is included by way of {MAX_DEPTH} other files");
            return self.fail(named_at, message);
        }
        if !self.seen.insert((key.clone(), kind)) {
            return;
        }
        let name = path.file_name().map(|name| name.to_string_lossy());
        if let Some(mut problem) = unread(&name.unwrap_or_default()) {
            problem.origin = named_at.cloned();
            return self.manifest.problems.push(problem);
        }
        match File::open(path)
            .map_err(reason)
            .and_then(|mut file| read_bounded(&mut file))
        {
            Ok(bytes) => {
                self.open.push(key);
                self.read(&label, &bytes, path, kind);
                self.open.pop();
            }
            Err(why) => {
                let mut problem = Problem::anywhere(format!("cannot read `{label}`: {why}"));
                let looks_like_file = label.split(['<', '>', '=', '~', '!']).next();
                let looks_like_file = looks_like_file.is_some_and(|name| name.contains('.'));
                let is_package =
                    named_at.is_none() && !looks_like_file && Requirement::parse(&label).is_ok();
                problem.origin = named_at.cloned();
                problem.help = is_package.then(|| {
                    format!("To lock a package by its name: `echo '{label}' | pyaudit lock -`.")
                });
                self.manifest.problems.push(problem);
            }
        }
    }

    /// Reads a text by the name of its file, and follows what it includes.
    fn read(&mut self, label: &str, bytes: &[u8], path: &Path, kind: DeclarationKind) {
        let (file, problem) = decode(label, bytes);
        // What cannot be decoded would only be misunderstood.
        let is_text = !problem.as_ref().is_some_and(Problem::is_error);
        self.manifest.problems.extend(problem);
        if !is_text {
            return;
        }
        let reader = reader_of(label);
        self.has_parts |= reader.has_parts;
        let own_folder = path.parent().unwrap_or(self.request.folder);
        let calls = match reader.name {
            "script" => project_calls(own_folder, self.request.folder),
            _ => Calls::default(),
        };
        let context = ReadContext {
            kind,
            folder: match reader.has_own_paths {
                true => own_folder,
                false => self.request.folder,
            },
            variables: self.variables,
            selection: self.selection.as_ref().unwrap_or(self.request.selection),
            calls: &calls,
        };
        let reading = (reader.read)(&file, &context);
        self.manifest.merge(reading.manifest);
        let own = self.manifest.declarations.len();
        for statement in reading.statements {
            match statement {
                Statement::Declaration(declaration) => self.manifest.declarations.push(declaration),
                Statement::Unnamed(unnamed) => self.manifest.unnamed.push(unnamed),
                Statement::Setting(setting) => self.manifest.set(setting),
                Statement::FindLinksPath(path) => self.add_find_links(path, own_folder),
                Statement::Include(include) => self.follow(&include, own_folder),
                Statement::File(file) => self.find(&file, own_folder),
                Statement::Remove(names) => self.manifest.remove(&names, own),
            }
        }
    }

    fn follow(&mut self, include: &Include, own_folder: &Path) {
        if is_remote(&include.path) {
            let list = (include.path.clone(), include.origin.clone());
            self.manifest.remote_lists.push(list);
            return self.refuse_remote(Some(&include.origin));
        }
        let path = match Url::parse(&include.path).map(|url| url.to_file_path()) {
            Ok(Ok(path)) => path,
            _ => own_folder.join(&include.path),
        };
        self.load_file(&path, include.kind, Some(&include.origin));
    }

    fn refuse_remote(&mut self, named_at: Option<&Origin>) {
        let message = "requirements files are not fetched from the network";
        let problem = Problem {
            origin: named_at.cloned(),
            ..Problem::anywhere(message).with_help("Download the file and name your copy here.")
        };
        self.manifest.problems.push(problem);
    }

    /// Reads the file of the project that a command means: beside the file with the command, else in
    /// the current folder, as Dockerfiles stand in folders of their own.
    fn find(&mut self, file: &ProjectFile, own_folder: &Path) {
        let folders = [own_folder, self.request.folder].into_iter();
        let mut places = folders.flat_map(|folder| {
            let paths = file.paths.iter();
            paths.map(move |path| (folder.join(path), folder))
        });
        // The project may be a stranger's, whose links lead anywhere.
        let found = places.find(|(path, folder)| stays_in(path, folder));
        let Some((path, _)) = found else {
            let message = format!("cannot find `{}` in this project's folder", file.text);
            let help = "What it asks for is left out.";
            let problem = Problem::at(file.origin.clone(), message).with_help(help);
            return self.manifest.problems.push(problem.as_warning());
        };
        let kind = match file.role {
            FileRole::Constraints => DeclarationKind::Constraint,
            FileRole::Requirements | FileRole::Project | FileRole::Lock => file.kind,
        };
        if file.role != FileRole::Project {
            return self.load_file(&path, kind, Some(&file.origin));
        }
        if let Some(selection) = &file.synced {
            return self.load_synced(&path, selection, file);
        }
        let extras = file.text.find('[').map_or("", |at| &file.text[at..]);
        let text = format!("{}{extras}", path.to_string_lossy());
        match read_unnamed(&text, self.request.folder, &file.origin) {
            Ok(unnamed) => self.manifest.unnamed.push(unnamed),
            Err(problem) => self.manifest.problems.push(problem),
        }
    }

    /// Reads what a command installs of a project; another command may have asked for other parts.
    fn load_synced(&mut self, path: &Path, selection: &Selection, file: &ProjectFile) {
        let parts = (path.to_owned(), selection.clone());
        if self.synced.contains(&parts) || self.synced.len() >= MOST_SYNCED {
            return;
        }
        self.synced.push(parts);
        let own = self.manifest.declarations.len();
        self.seen.remove(&(without_detours(path), file.kind));
        let former = self.selection.replace(selection.clone());
        self.load_file(path, file.kind, Some(&file.origin));
        self.selection = former;
        let added = self.manifest.declarations.split_off(own);
        let known = &mut self.manifest.declarations;
        for declaration in added {
            if !known.iter().any(|it| it.origin == declaration.origin) {
                known.push(declaration);
            }
        }
    }

    /// pip looks beside the requirements file first, then in the current folder.
    fn add_find_links(&mut self, (path, origin): Located<String>, own_folder: &Path) {
        let base = match own_folder.join(&path).exists() {
            true => own_folder,
            false => self.request.folder,
        };
        match read_address(&path, base) {
            Ok(url) => self.manifest.set(Setting::FindLinks((url, origin))),
            Err(message) => self.manifest.problems.push(Problem::at(origin, message)),
        }
    }

    fn load_exclude(&mut self, exclude: &str) {
        let path = self.request.folder.join(exclude);
        if !path.is_file() {
            let file = SourceFile::new("--exclude", exclude);
            let origin = Origin::whole(&file);
            match PackageName::from_str(exclude) {
                Ok(name) => self.manifest.excludes.push((name, origin)),
                Err(_) => {
                    let message = format!("`{exclude}` is neither a file nor a package name");
                    self.manifest.problems.push(Problem::at(origin, message));
                }
            }
            return;
        }
        // What a file of names declares is excluded and not declared.
        let declared = self.manifest.declarations.len();
        self.load_file(&path, DeclarationKind::Constraint, None);
        let names = self.manifest.declarations.split_off(declared);
        let names = names
            .into_iter()
            .map(|named| (named.requirement.name, named.origin));
        self.manifest.excludes.extend(names);
    }

    fn check_selection(&mut self) {
        if self.has_parts || self.request.selection.is_empty() {
            return;
        }
        let message = "none of the inputs has extras or groups to choose from";
        let help = "A `pyproject.toml`, `Pipfile`, `setup.cfg` or `setup.py` has: name it among the \
                    inputs, or leave out `--extra` and `--group`.";
        let problem = Problem::anywhere(message).with_help(help);
        self.manifest.problems.push(problem);
    }

    fn fail(&mut self, named_at: Option<&Origin>, message: String) {
        let mut problem = Problem::anywhere(message);
        problem.origin = named_at.cloned();
        self.manifest.problems.push(problem);
    }
}

fn read_bounded(from: &mut dyn Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    from.take(MAX_SIZE + 1)
        .read_to_end(&mut bytes)
        .map_err(reason)?;
    match bytes.len() as u64 > MAX_SIZE {
        true => Err(format!("it is larger than {} MiB", MAX_SIZE >> 20)),
        false => Ok(bytes),
    }
}

fn reason(error: io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}

/// Whether what stands for a file is an address of the network.
fn is_remote(name: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        let start = name.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

#[cfg(test)]
mod tests;
