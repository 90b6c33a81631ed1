//! Where the result has to run, as inputs tell it by the image that they start from: taken where
//! nobody says it otherwise.

use std::path::Path;

use super::args::QuestionArgs;
use super::settings::own_facts;
use super::terminal::Terminal;
use crate::facts::{Facts, Image};
use crate::host::this_machine;
use crate::input::{Ambient, BaseImage, Located, Machine, Manifest, ToolTable};
use crate::source::{Origin, Problem};
use crate::target::{Arch, Os, Platform, PythonVersion};

/// Packages of operating systems that bring its own Python.
const PYTHON: &[&str] = &[
    "py3-pip",
    "python-is-python3",
    "python3",
    "python3-dev",
    "python3-pip",
    "python3-venv",
];

/// Adds to the settings of the inputs what the image tells, and says so.
pub(super) fn take_machine(
    manifest: &mut Manifest,
    (ambient, folder): (&Ambient, &Path),
    args: &QuestionArgs,
    terminal: &Terminal,
) {
    if !args.scope.targets.is_empty() {
        return;
    }
    let machine = manifest.machine.clone();
    let image = machine.image.as_ref().filter(|it| it.name.is_literal);
    // A mistake in the user's own file is told where all settings are.
    let facts = || own_facts(&manifest.tool, folder).unwrap_or_else(|_| Facts::embedded());
    let known = image.and_then(|it| facts().image(&it.name.text));
    if let (Some(image), None) = (image, &known) {
        manifest.problems.push(unknown(image));
    }
    let known = known.unwrap_or_default();
    let python = python(&machine, &known);
    let offered = [
        offered_python(python, args, ambient, &mut manifest.tool),
        image.and_then(|it| offered_platform((it, &known), args, ambient, &mut manifest.tool)),
        image.and_then(|it| offered_cuda((it, &known), args, ambient, &mut manifest.tool)),
    ];
    let told: Vec<String> = offered.into_iter().flatten().collect();
    if told.is_empty() {
        return;
    }
    let by = match image {
        Some(image) => format!("{} ({})", image.name.text, image.name.origin),
        None => "the commands".to_owned(),
    };
    terminal.mention(&format!("target by {by}: {}", told.join(", ")));
}

fn offered_python(
    python: Option<Located<PythonVersion>>,
    args: &QuestionArgs,
    ambient: &Ambient,
    tool: &mut ToolTable,
) -> Option<String> {
    let (python, origin) = python?;
    let is_said = args.target.python.is_some() || ambient.python.is_some();
    if is_said || tool.python.is_some() {
        return None;
    }
    tool.python = Some((python.to_string(), origin));
    Some(format!("Python {python}"))
}

fn offered_platform(
    (image, known): (&BaseImage, &Image),
    args: &QuestionArgs,
    ambient: &Ambient,
    tool: &mut ToolTable,
) -> Option<String> {
    let platform = Platform::new(known.os?, arch(image));
    let is_said = args.target.platform.is_some() || ambient.platform.is_some();
    if is_said || args.scope.universal || tool.platform.is_some() {
        return None;
    }
    tool.platform = Some((platform.tag(), image.name.origin.clone()));
    Some(match (&known.release, platform.os) {
        (Some(release), Os::Glibc(major, minor)) => format!("{release} (glibc {major}.{minor})"),
        (Some(release), _) => release.clone(),
        (None, _) => platform.to_string(),
    })
}

fn offered_cuda(
    (image, known): (&BaseImage, &Image),
    args: &QuestionArgs,
    ambient: &Ambient,
    tool: &mut ToolTable,
) -> Option<String> {
    let cuda = known.cuda?;
    let is_said = args.target.cuda.is_some() || ambient.cuda.is_some();
    if is_said || tool.cuda.is_some() {
        return None;
    }
    let cuda = format!("{}.{}", cuda.major, cuda.minor);
    tool.cuda = Some((cuda.clone(), image.name.origin.clone()));
    Some(format!("CUDA {cuda}"))
}

/// Returns the Python that commands make, else the image's own, else the one that packages of its
/// operating system bring.
fn python(machine: &Machine, image: &Image) -> Option<Located<PythonVersion>> {
    let read = |(text, origin): &Located<String>| {
        let version = text.strip_prefix("python").unwrap_or(text);
        Some((version.parse().ok()?, origin.clone()))
    };
    let own = || {
        let origin: Origin = machine.image.as_ref()?.name.origin.clone();
        Some((image.python.clone()?, origin))
    };
    let by_name = || {
        let mut packages = machine.system_packages.iter();
        packages.find_map(|(name, origin)| {
            let version = name.strip_prefix("python")?.split('-').next()?;
            let is_exact = version.contains('.');
            Some((version.parse().ok().filter(|_| is_exact)?, origin.clone()))
        })
    };
    let of_system = || {
        let mut packages = machine.system_packages.iter();
        let (_, origin) = packages.find(|(name, _)| PYTHON.contains(&name.as_str()))?;
        Some((image.system_python.clone()?, origin.clone()))
    };
    let made = machine.python.as_ref().and_then(read);
    made.or_else(own).or_else(by_name).or_else(of_system)
}

/// Returns the machine that an image is for: what `--platform` says, else this one's.
fn arch(image: &BaseImage) -> Arch {
    let said = image.platform.as_ref().filter(|it| it.is_literal);
    match said.and_then(|it| it.text.split('/').nth(1)) {
        Some("amd64" | "x86_64") => Arch::X86_64,
        Some("arm64" | "aarch64") => Arch::Aarch64,
        _ => this_machine().arch,
    }
}

fn unknown(image: &BaseImage) -> Problem {
    let message = format!("what `{}` brings is not known", image.name.text);
    Problem::at(image.name.origin.clone(), message)
        .with_help(
            "Say where the result runs: `--python 3.12 --platform linux`; or for good what it brings, \
             as `[[images]]` of your own facts (`[tool.pyaudit] facts`).",
        )
        .as_warning()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Argument;
    use crate::source::SourceFile;

    fn word(text: &str) -> Argument {
        Argument {
            text: text.to_owned(),
            is_literal: true,
            origin: Origin::whole(&SourceFile::new("Dockerfile", text)),
        }
    }

    fn told(image: &str, made: Option<&str>, packages: &[&str]) -> Option<String> {
        let located = |text: &str| (text.to_owned(), word(text).origin);
        let machine = Machine {
            image: Some(BaseImage {
                name: word(image),
                platform: None,
            }),
            python: made.map(located),
            system_packages: packages.iter().map(|it| located(it)).collect(),
        };
        let image = Facts::embedded().image(image).unwrap_or_default();
        python(&machine, &image).map(|(version, _)| version.to_string())
    }

    #[test]
    fn the_python_is_the_one_that_pip_belongs_to() {
        let cuda = "nvidia/cuda:12.1.1-runtime-ubuntu22.04";
        let some = |text: &str| Some(text.to_owned());

        assert_eq!(told(cuda, None, &["git"]), None);
        assert_eq!(told(cuda, None, &["git", "python3-pip"]), some("3.10"));
        assert_eq!(
            told(cuda, None, &["python3-pip", "python3.11-dev"]),
            some("3.11")
        );
        assert_eq!(told(cuda, Some("3.12"), &["python3.11"]), some("3.12"));
        assert_eq!(told("python:3.9-slim", None, &["python3-dev"]), some("3.9"));
    }

    #[test]
    fn an_image_says_for_which_machine_it_is() {
        let image = |platform: &str| BaseImage {
            name: word("a"),
            platform: Some(word(platform)),
        };

        assert_eq!(arch(&image("linux/arm64")), Arch::Aarch64);
        assert_eq!(arch(&image("linux/amd64")), Arch::X86_64);
    }
}
