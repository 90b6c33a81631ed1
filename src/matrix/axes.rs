//! What varies from cell to cell, and how it is written on a command line.

use std::fmt;

use crate::package::{PackageName, Requirement};
use crate::target::{Flavour, Gpu, Platform, PythonVersion};

/// No range of Pythons is longer.
const MOST_PYTHONS: u64 = 40;

/// What varies; each list has at least one value.
#[derive(Clone, Debug)]
pub struct Axes {
    /// The Pythons.
    pub pythons: Vec<PythonVersion>,
    /// The platforms.
    pub platforms: Vec<Platform>,
    /// The flavours of torch.
    pub flavours: Vec<Choice>,
    /// The GPUs; none for a target of which no GPU is said.
    pub gpus: Vec<Option<Gpu>>,
    /// What is asked for beside the declarations, together.
    pub with: Vec<Vec<Requirement>>,
}

/// Which builds of torch are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Those of the indexes.
    Unsaid,
    /// The best that fit.
    Auto,
    /// Those of one flavour.
    Only(Flavour),
}

/// The position of a cell on each axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coordinates {
    /// Its Python.
    pub python: usize,
    /// Its platform.
    pub platform: usize,
    /// Its flavour.
    pub flavour: usize,
    /// What is asked for beside.
    pub with: usize,
    /// Its GPU.
    pub gpu: usize,
}

/// A value of an axis that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AxisError {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to type instead, as a sentence.
    pub help: String,
}

impl Axes {
    /// Returns the cells: Python by Python, in each platform by platform, and so on.
    pub fn coordinates(&self) -> Vec<Coordinates> {
        let mut found = Vec::new();
        for python in 0..self.pythons.len() {
            for platform in 0..self.platforms.len() {
                for flavour in 0..self.flavours.len() {
                    for with in 0..self.with.len() {
                        found.extend((0..self.gpus.len()).map(|gpu| Coordinates {
                            python,
                            platform,
                            flavour,
                            with,
                            gpu,
                        }));
                    }
                }
            }
        }
        found
    }

    /// Returns the axes by name, each with the words for its values, in the order of the coordinates.
    pub fn labels(&self) -> [(&'static str, Vec<String>); 5] {
        let gpu = |gpu: &Option<Gpu>| match gpu {
            Some(gpu) => gpu.name.clone().unwrap_or_else(|| gpu.describe()),
            None => "no GPU".to_owned(),
        };
        [
            (
                "Python",
                self.pythons.iter().map(ToString::to_string).collect(),
            ),
            (
                "platform",
                self.platforms.iter().map(ToString::to_string).collect(),
            ),
            (
                "torch",
                self.flavours.iter().map(ToString::to_string).collect(),
            ),
            ("with", self.with.iter().map(|it| with_label(it)).collect()),
            ("GPU", self.gpus.iter().map(gpu).collect()),
        ]
    }
}

impl Coordinates {
    /// Returns the positions in the order of the axes' labels.
    pub fn positions(&self) -> [usize; 5] {
        [
            self.python,
            self.platform,
            self.flavour,
            self.with,
            self.gpu,
        ]
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsaid => f.write_str("pypi"),
            Self::Auto => f.write_str("auto"),
            Self::Only(flavour) => flavour.fmt(f),
        }
    }
}

fn with_label(demands: &[Requirement]) -> String {
    let told = demands
        .iter()
        .map(|it| format!("{}{}", it.name, it.specifiers));
    match demands.is_empty() {
        true => "as declared".to_owned(),
        false => told.collect::<Vec<String>>().join(", "),
    }
}

/// Reads Pythons: `3.10`, or `3.9..3.13` with both ends.
pub fn pythons(text: &str) -> Result<Vec<PythonVersion>, AxisError> {
    let read = |text: &str| {
        text.trim()
            .parse::<PythonVersion>()
            .map_err(|error| AxisError {
                message: error.message,
                help: error.help,
            })
    };
    let Some((first, last)) = text.split_once("..") else {
        return Ok(vec![read(text)?]);
    };
    let (first, last) = (read(first)?, read(last)?);
    let count = (last.minor() + 1).saturating_sub(first.minor());
    let is_range = first.major() == last.major() && (1..=MOST_PYTHONS).contains(&count);
    if !is_range || first.is_full() || last.is_full() {
        return Err(AxisError {
            message: format!("`{text}` is not a range of Pythons"),
            help: "Say the first and the last: `3.9..3.13`.".to_owned(),
        });
    }
    let minors = first.minor()..=last.minor();
    minors
        .map(|minor| read(&format!("{}.{minor}", first.major())))
        .collect()
}

/// Reads a further axis, `numpy=1,2`: each value is a beginning of versions, or a specifier.
pub fn with(text: &str) -> Result<Vec<Requirement>, AxisError> {
    let fail = |message: String| AxisError {
        message,
        help: "Examples: `numpy=1,2`, `numpy=1.26,>=2.1`.".to_owned(),
    };
    let (name, values) = text
        .split_once('=')
        .ok_or_else(|| fail(format!("`{text}` names no versions")))?;
    let name: PackageName = name
        .trim()
        .parse()
        .map_err(|_| fail(format!("`{name}` is not a package name")))?;
    let read = |value: &str| {
        let value = value.trim();
        let specifier = match value.chars().next() {
            Some('0'..='9') => format!("=={value}.*"),
            Some('<' | '>' | '=' | '!' | '~') => value.to_owned(),
            _ => return Err(fail(format!("`{value}` is no version"))),
        };
        let wanted = Requirement::parse(&format!("{name}{specifier}"));
        wanted.map_err(|error| fail(format!("`{value}`: {}", error.message)))
    };
    values.split(',').map(read).collect()
}
