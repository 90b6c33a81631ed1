//! Where the results of a run go and in which form: as typed, and checked before the work begins.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::args::{FormatArg, OutputArgs, QuestionArgs};
use crate::host::{WriteError, check_place, read_former};
use crate::input::Manifest;
use crate::lock::{
    Annotations, Format, FormerPin, Pins, RequirementsStyle, former_pins, is_pylock_name,
};
use crate::source::{Problem, SourceFile};

/// Where annotations stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnnotationArg {
    /// On lines of their own
    Split,
    /// Behind the requirement
    Line,
}

/// The options of the output, understood.
#[derive(Clone, Copy)]
pub(super) struct Output<'a>(pub(super) &'a OutputArgs);

impl<'a> Output<'a> {
    /// Returns the file to write; none for standard output.
    pub(super) fn path(self) -> Option<&'a Path> {
        self.0
            .output
            .as_deref()
            .filter(|path| *path != Path::new("-"))
    }

    /// Returns the form of the lock.
    pub(super) fn format(self) -> &'static Format {
        let named = self.0.format.and_then(|format| {
            Format::named(match format {
                FormatArg::Pylock => "pylock",
                FormatArg::Requirements => "requirements",
                FormatArg::Pdm => "pdm",
                FormatArg::Poetry => "poetry",
                FormatArg::Uv => "uv",
            })
        });
        let path = self.path().unwrap_or(Path::new("-"));
        named.unwrap_or_else(|| Format::of_path(&path.to_string_lossy()))
    }

    /// Looks whether the files can be written at all.
    pub(super) fn check(self) -> Result<(), WriteError> {
        let files = self.path().into_iter().chain(self.0.report.as_deref());
        files.into_iter().try_for_each(check_place)
    }

    /// Tells of files that are inputs and would be overwritten, and of a name under which no
    /// installer finds the lock.
    pub(super) fn problems(
        self,
        manifest: &Manifest,
        args: &QuestionArgs,
        folder: &Path,
    ) -> Vec<Problem> {
        let declared = manifest.declarations.iter();
        let declared = declared.map(|declaration| declaration.origin.label());
        let (constraints, overrides) = (&args.declared.constraints, &args.declared.overrides);
        let typed = [&args.sources, constraints, overrides].into_iter();
        let typed = typed.flatten().map(String::as_str);
        let same = |path: &Path| canonical(&folder.join(path));
        let names: BTreeSet<&str> = typed.chain(declared).collect();
        let inputs: Vec<PathBuf> = names.iter().map(|name| same(name.as_ref())).collect();
        let mut problems = Vec::new();
        for (option, path) in [
            ("--output", self.path()),
            ("--report", self.0.report.as_deref()),
        ] {
            if let Some(path) = path.filter(|path| inputs.contains(&same(path))) {
                let message = format!("`{option}` would overwrite the input `{}`", path.display());
                problems.push(Problem::anywhere(message).with_help("Name another file."));
            }
        }
        let format = self.format();
        if format.write.is_none() {
            let message = format!("`{}` is read and not written", format.name);
            let help = "Locks of other tools are theirs to write. pyaudit writes `pylock.toml` and \
                        `requirements.txt`, which they can install.";
            problems.push(Problem::anywhere(message).with_help(help));
        }
        let name = self.path().and_then(Path::file_name);
        if let Some(name) = name.map(|name| name.to_string_lossy())
            && self.format().name == "pylock.toml"
            && !is_pylock_name(&name)
        {
            let message = format!("installers do not take a file named `{name}` for a lock");
            let help = "Name it `pylock.toml` or `pylock.NAME.toml`.";
            problems.push(Problem::anywhere(message).with_help(help).as_warning());
        }
        problems
    }

    /// Reads the pins of the output file, if there is one already.
    pub(super) fn former(self, problems: &mut Vec<Problem>) -> Option<Pins> {
        // A pipe or a terminal has no former contents, and a folder is told by `check`.
        let path = self.path().filter(|path| path.is_file())?;
        let text = match read_former(path) {
            Ok(text) => text?,
            Err(problem) => {
                problems.push(problem);
                return None;
            }
        };
        let pins = (self.format().read_pins)(&SourceFile::new(path.to_string_lossy(), text));
        pins.map_err(|problem| {
            let message = format!("the former lock is not used: {}", problem.message);
            problems.push(Problem { message, ..problem }.as_warning());
        })
        .ok()
    }

    /// Returns what the output file has where, as far as it can be read: what is wrong with it is told
    /// by [`Self::former`].
    pub(super) fn former_pins(self) -> Vec<FormerPin> {
        let path = self.path().filter(|path| path.is_file());
        let text = path.and_then(|path| Some((path, read_former(path).ok()??)));
        let pins = text.map(|(path, text)| {
            let file = SourceFile::new(path.to_string_lossy(), text);
            former_pins(self.format(), &file)
        });
        pins.unwrap_or_default()
    }

    /// Returns how a requirements file is to look; `command` is the command line.
    pub(super) fn style(
        self,
        command: impl FnOnce() -> String,
        wants_hashes: bool,
    ) -> RequirementsStyle {
        let output = self.0;
        RequirementsStyle {
            command: (!output.no_header).then(command),
            hashes: output.generate_hashes || wants_hashes,
            annotations: match (output.no_annotations, output.annotation_style) {
                (true, _) => Annotations::Off,
                (false, AnnotationArg::Split) => Annotations::Split,
                (false, AnnotationArg::Line) => Annotations::Line,
            },
            extras: output.no_strip_extras,
            index_urls: output.emit_index_url,
            find_links: output.emit_find_links,
        }
    }
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
