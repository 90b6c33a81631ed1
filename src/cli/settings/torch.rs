//! Which builds of torch are wanted, and for which GPUs, driver and toolkit: what was said, else,
//! where `auto` is to choose, what this machine has.

use std::str::FromStr;

use super::Heard;
use crate::cli::args::TargetArgs;
use crate::facts::Facts;
use crate::fetch::Indexes;
use crate::host::{FoundAccelerators, FoundGpu, probe_accelerators};
use crate::input::{Located, Said};
use crate::source::{Origin, Problem, SourceFile, Span};
use crate::target::{AcceleratorError, Accelerators, Flavour, Gpu, Os, Target};

/// Which builds of torch, and of what is released with it, are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum TorchChoice {
    /// Nobody said; the indexes decide.
    Unsaid,
    /// Those of the default index.
    Pypi,
    /// The newest that fit the target.
    Auto,
    /// Those of one flavour.
    Only(Flavour),
}

/// The words that are no flavours.
const AUTO: &str = "auto";
const PYPI: &str = "pypi";

/// What was settled.
pub(super) struct Torch {
    pub(super) choice: TorchChoice,
    pub(super) accelerators: Accelerators,
    /// What was found on this machine, where it was looked at.
    pub(super) found: Option<String>,
}

/// What it is settled from.
pub(super) struct Settling<'a> {
    args: &'a TargetArgs,
    heard: Heard<'a>,
    facts: &'a Facts,
    problems: &'a mut Vec<Problem>,
}

impl TorchChoice {
    /// Returns the word for it in a lock; none where nobody said.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Unsaid => None,
            Self::Pypi => Some(PYPI.to_owned()),
            Self::Auto => Some(AUTO.to_owned()),
            Self::Only(flavour) => Some(flavour.to_string()),
        }
    }
}

impl<'a> Settling<'a> {
    pub(super) fn new(
        args: &'a TargetArgs,
        heard: Heard<'a>,
        facts: &'a Facts,
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        Self {
            args,
            heard,
            facts,
            problems,
        }
    }

    /// Settles it. A GPU, driver or toolkit asks for builds that fit it, unless the flavour is said
    /// by an option or by the address of an index.
    pub(super) fn settle(mut self, target: Option<&Target>, indexes: Option<&Indexes>) -> Torch {
        let mut torch = Torch {
            choice: self.choice(),
            accelerators: self.accelerators(),
            found: None,
        };
        let is_of_flavour = |indexes: &Indexes| {
            let mut addresses = indexes.all().map(|index| index.public());
            addresses.any(|address| Flavour::of_index(address.as_str()).is_some())
        };
        let is_nothing_said = torch.accelerators.is_empty();
        let is_open = torch.choice == TorchChoice::Unsaid && !indexes.is_some_and(is_of_flavour);
        if is_open && !is_nothing_said {
            torch.choice = TorchChoice::Auto;
        }
        let is_sound = !self.problems.iter().any(Problem::is_error);
        if torch.choice == TorchChoice::Auto && is_nothing_said && is_sound {
            self.probe(target, &mut torch);
        }
        if let TorchChoice::Only(flavour) = &torch.choice {
            torch.accelerators.flavour = Some(*flavour);
        }
        torch
    }

    fn choice(&mut self) -> TorchChoice {
        let tool = &self.heard.manifest.tool;
        let around = self.heard.ambient.torch.as_ref();
        let said = said(
            "--torch",
            self.args.torch.as_ref(),
            tool.torch.as_ref(),
            around,
        );
        let Some((text, origin)) = said else {
            return TorchChoice::Unsaid;
        };
        match text.to_ascii_lowercase().as_str() {
            AUTO => return TorchChoice::Auto,
            PYPI => return TorchChoice::Pypi,
            _ => {}
        }
        let known = self.facts.flavours();
        match text.parse::<Flavour>() {
            Ok(flavour) if known.is_empty() || known.contains(&flavour) => {
                TorchChoice::Only(flavour)
            }
            Ok(_) | Err(_) => {
                self.problems.push(unknown_flavour(&text, origin, &known));
                TorchChoice::Unsaid
            }
        }
    }

    fn accelerators(&mut self) -> Accelerators {
        let (tool, ambient) = (&self.heard.manifest.tool, self.heard.ambient);
        let args = self.args;
        let cuda = said(
            "--cuda",
            args.cuda.as_ref(),
            tool.cuda.as_ref(),
            ambient.cuda.as_ref(),
        );
        let driver = said(
            "--driver",
            args.driver.as_ref(),
            tool.driver.as_ref(),
            ambient.driver.as_ref(),
        );
        Accelerators {
            flavour: None,
            cuda: self.read(cuda),
            driver: self.read(driver),
            gpus: self.gpus(),
        }
    }

    fn read<T: FromStr<Err = AcceleratorError>>(
        &mut self,
        said: Option<Located<String>>,
    ) -> Option<T> {
        let (text, origin) = said?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let problem = Problem::at(origin, error.message).with_help(error.help);
                self.problems.push(problem);
                None
            }
        }
    }

    /// Each kind of GPU counts once.
    fn gpus(&mut self) -> Vec<Gpu> {
        let in_file = &self.heard.manifest.tool.gpus;
        let typed = self
            .args
            .gpu
            .iter()
            .map(|text| spoken("--gpu", text.trim()));
        let said = match (&self.heard.ambient.gpus, typed.collect::<Vec<_>>()) {
            (_, typed) if !typed.is_empty() => typed,
            (None, _) => in_file.clone(),
            (Some(_), _) if !in_file.is_empty() => in_file.clone(),
            (Some(around), _) => vec![spoken(&around.by, &around.value)],
        };
        let mut gpus = Vec::new();
        for (text, origin) in said.iter().flat_map(parted) {
            match self.facts.gpu(&text) {
                Ok(gpu) if gpus.contains(&gpu) => {}
                Ok(gpu) => gpus.push(gpu),
                Err(unknown) => {
                    let message = format!("`{text}` is not a GPU that pyaudit knows");
                    let help = match unknown.nearest.as_slice() {
                        [] => String::new(),
                        near => format!("Did you mean {}? ", either(near)),
                    };
                    self.problems
                        .push(Problem::at(origin, message).with_help(format!(
                            "{help}A compute capability will do, such as `sm_120` or `12.0`."
                        )));
                }
            }
        }
        gpus
    }

    /// Looks at this machine; torch for macOS knows neither driver nor flavour.
    fn probe(&mut self, target: Option<&Target>, torch: &mut Torch) {
        let is_mac_os = |target: &Target| matches!(target.platform().os, Os::MacOs(..));
        let found = match target.is_some_and(is_mac_os) {
            true => FoundAccelerators::default(),
            false => probe_accelerators(),
        };
        let gpus = found.gpus.iter().filter_map(|gpu| self.found_gpu(gpu));
        torch.accelerators.gpus = gpus.collect();
        torch.accelerators.driver = found.driver;
        torch.found = Some(match torch.accelerators.describe().as_slice() {
            [] => {
                torch.choice = TorchChoice::Only(Flavour::Cpu);
                "found: no NVIDIA GPU; torch for the CPU".to_owned()
            }
            words => format!("found: {}", words.join(", ")),
        });
    }

    fn found_gpu(&mut self, gpu: &FoundGpu) -> Option<Gpu> {
        if let Some(capability) = gpu.capability {
            let name = Some(gpu.name.clone());
            return Some(Gpu { name, capability });
        }
        let known = self.facts.gpu(&gpu.name).ok();
        if known.is_none() {
            let message = format!(
                "what `{}`, a GPU of this machine, can run is not known",
                gpu.name
            );
            let help = "Say its compute capability: `--gpu sm_86`. It is left out of account now.";
            let problem = Problem::anywhere(message).with_help(help);
            self.problems.push(problem.as_warning());
        }
        known
    }
}

/// Returns what was typed, else what a file says, else what a variable says, each with its place.
fn said(
    option: &str,
    typed: Option<&String>,
    in_file: Option<&Located<String>>,
    around: Option<&Said<String>>,
) -> Option<Located<String>> {
    let typed = typed.map(|text| spoken(option, text));
    let around = || around.map(|said| spoken(&said.by, &said.value));
    typed.or_else(|| in_file.cloned()).or_else(around)
}

/// The place of a word on the command line, or of a variable's value.
fn spoken(by: &str, text: &str) -> Located<String> {
    let file = SourceFile::new(by, text);
    (text.to_owned(), Origin::whole(&file))
}

/// Splits a list at its commas; what stands in a string with escapes is marked as a whole.
fn parted((text, origin): &Located<String>) -> Vec<Located<String>> {
    let is_literal = origin.text() == text;
    let mut at = origin.span.start;
    let mut parts = Vec::new();
    for part in text.split(',') {
        let trimmed = part.trim();
        let start = at + part.len() - part.trim_start().len();
        let origin = match is_literal {
            true => Origin::new(&origin.file, Span::new(start, trimmed.len())),
            false => origin.clone(),
        };
        parts.push((trimmed.to_owned(), origin));
        at += part.len() + 1;
    }
    parts
}

fn unknown_flavour(text: &str, origin: Origin, known: &[Flavour]) -> Problem {
    let names: Vec<String> = known.iter().map(ToString::to_string).collect();
    let words = names.iter().map(String::as_str).chain([AUTO, PYPI]);
    let near = words
        .map(|word| (strsim::jaro_winkler(text, word), word))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let near = near.map(|(_, word)| format!("Did you mean `{word}`? "));
    Problem::at(origin, format!("`{text}` is not a flavour of torch")).with_help(format!(
        "{}There are {}; or give `{AUTO}` or `{PYPI}`.",
        near.unwrap_or_default(),
        names.join(", "),
    ))
}

/// Writes `` `a`, `b` or `c` ``.
fn either(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        names => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::input::{Ambient, Manifest};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        target: TargetArgs,
    }

    fn settled(line: &str, manifest: &Manifest, ambient: &Ambient) -> (Torch, Vec<Problem>) {
        let words = line.split_whitespace().map(|word| word.replace('~', " "));
        let line = Line::parse_from(["pyaudit".to_owned()].into_iter().chain(words));
        let mut problems = Vec::new();
        let heard = Heard { manifest, ambient };
        let facts = Facts::embedded();
        let settling = Settling::new(&line.target, heard, &facts, &mut problems);
        let torch = settling.settle(None, None);
        (torch, problems)
    }

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let (torch, problems) = settled(line, &Manifest::default(), &Ambient::default());

        assert_eq!(problems, []);
        assert_eq!(told(&torch), expected, "{line}");
    }

    fn told(torch: &Torch) -> String {
        let choice = torch.choice.name().unwrap_or_default();
        [vec![choice], torch.accelerators.describe()]
            .concat()
            .join(", ")
    }

    #[test]
    fn the_flavour_is_what_was_said() {
        check("", "");
        check("--torch cu128", "cu128, CUDA 12.8 (cu128)");
        check("--torch-backend CU128", "cu128, CUDA 12.8 (cu128)");
        check("--pytorch-computation-backend cpu", "cpu, CPU only");
        check("--torch pypi", "pypi");
        check("--torch Auto --driver 550.54", "auto, driver 550.54");
    }

    #[test]
    fn a_gpu_a_driver_or_a_toolkit_asks_for_builds_that_fit() {
        check("--gpu rtx5090", "auto, RTX 5090 (sm_120)");
        check(
            "--gpu RTX~4090 --gpu sm_86,12.0,sm_86 --driver 535.54.03",
            "auto, RTX 4090 (sm_89), sm_86, sm_120, driver 535.54.03",
        );
        check("--cuda 12.4", "auto, CUDA toolkit 12.4");
        check("--torch pypi --cuda 12.4", "pypi, CUDA toolkit 12.4");
    }

    #[test]
    fn what_is_typed_wins_over_files_and_those_over_variables() {
        let said = |text: &str| Said {
            value: text.to_owned(),
            by: "PYAUDIT_GPU".to_owned(),
        };
        let mut manifest = Manifest::default();
        let ambient = Ambient {
            gpus: Some(said("sm_70, sm_75")),
            torch: Some(said("cu118")),
            ..Ambient::default()
        };

        let (torch, _) = settled("--driver 550.54", &manifest, &ambient);
        assert_eq!(
            told(&torch),
            "cu118, CUDA 11.8 (cu118), sm_70, sm_75, driver 550.54"
        );
        manifest.tool.gpus = vec![spoken("pyproject.toml", "sm_86")];
        manifest.tool.torch = Some(spoken("pyproject.toml", "cu121"));
        let (torch, _) = settled("", &manifest, &ambient);
        assert_eq!(told(&torch), "cu121, CUDA 12.1 (cu121), sm_86");
        let (torch, _) = settled("--gpu sm_89 --torch pypi", &manifest, &ambient);
        assert_eq!(told(&torch), "pypi, sm_89");
    }

    #[test]
    fn a_mistake_is_shown_in_the_users_own_words() {
        let line = "--gpu RTX~5090,RTX~509 --torch cu182 --driver new --cuda 12";
        let (_, problems) = settled(line, &Manifest::default(), &Ambient::default());

        let shown: Vec<String> = problems
            .iter()
            .map(|problem| {
                let origin = problem.origin.as_ref().unwrap();
                format!("{} {}: {}", origin.label(), origin.text(), problem.message)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "--torch cu182: `cu182` is not a flavour of torch",
                "--cuda 12: `12` is not a version of the CUDA toolkit",
                "--driver new: `new` is not a version of NVIDIA's driver",
                "--gpu RTX 509: `RTX 509` is not a GPU that pyaudit knows",
            ]
        );
        let helps = problems
            .iter()
            .filter_map(|problem| problem.help.as_deref());
        let helps: Vec<&str> = helps.collect();
        assert!(
            helps[0].contains("cu128, ") && helps[0].contains("rocm6.3"),
            "{}",
            helps[0]
        );
        assert!(helps[3].contains("RTX 5090"), "{}", helps[3]);
    }
}
