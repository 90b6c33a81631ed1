//! What base images bring, by their names and tags.

use super::tables::{ImageRow, SystemRow, Tables};
use crate::package::Version;
use crate::target::{CudaVersion, Os, PythonVersion};

/// What is known of an image before anything is installed in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Its Python.
    pub python: Option<PythonVersion>,
    /// The Python that the packages of its operating system bring, once they are installed.
    pub system_python: Option<PythonVersion>,
    /// The release of its operating system: `Ubuntu 22.04`.
    pub release: Option<String>,
    /// Its operating system, with the C library.
    pub os: Option<Os>,
    /// Its CUDA toolkit.
    pub cuda: Option<CudaVersion>,
    /// The torch that is installed in it.
    pub torch: Option<Version>,
}

impl Image {
    /// Reads the name of an image, such as `nvidia/cuda:12.1.1-runtime-ubuntu22.04`, by tables of
    /// which the first that knows it counts; nothing of one of which nothing is known.
    pub(super) fn of(reference: &str, tables: &[&Tables]) -> Option<Self> {
        let (name, tag) = name_and_tag(reference);
        let mut rows = tables.iter().flat_map(|it| &it.images);
        let row = rows.find(|row| row.names.iter().any(|it| it == name) && row.admits(tag))?;
        let mut image = Self::default();
        let mut parts = tag.split('-');
        if let Some(first) = parts.clone().next() {
            image.lead(&row.leads, first, tables);
        }
        parts.by_ref().for_each(|part| image.part(part, tables));
        if let (None, Some((usual, _))) = (&image.release, &row.release) {
            let mut systems = tables.iter().flat_map(|it| &it.systems);
            image.set_system(systems.find(|it| it.name == *usual));
        }
        image.python = image.python.or_else(|| row.python.clone());
        image.cuda = image.cuda.or(row.cuda);
        image.torch = image.torch.or_else(|| row.torch.clone());
        Some(image).filter(|it| *it != Self::default())
    }

    /// Takes the number that a tag begins with for what it is.
    fn lead(&mut self, leads: &str, number: &str, tables: &[&Tables]) {
        match leads {
            "" => {}
            "CUDA" => self.cuda = cuda(number),
            "Python" => self.python = python(number),
            "torch" => self.torch = number.parse().ok(),
            system => self.part(&format!("{system}{number}"), tables),
        }
    }

    /// Takes in a part of a tag: `cu121`, `py3.10`, `torch280`, `ubuntu22.04`.
    fn part(&mut self, part: &str, tables: &[&Tables]) {
        let mut systems = tables.iter().flat_map(|it| &it.systems);
        let said = systems.find(|it| it.words.iter().any(|word| word == part));
        if said.is_some() {
            return self.set_system(said);
        }
        let behind = |leads: &[&str]| leads.iter().find_map(|lead| part.strip_prefix(lead));
        let is_number = |text: &&str| text.starts_with(|c: char| c.is_ascii_digit());
        if let Some(number) = behind(&["cuda", "cu"]).filter(is_number) {
            self.cuda = cuda(number).or(self.cuda);
        } else if let Some(number) = behind(&["python", "py"]).filter(is_number) {
            self.python = python(number).or(self.python.take());
        } else if let Some(number) = behind(&["torch"]).filter(is_number) {
            let number = dotted(number, 1);
            self.torch = number.parse().ok().or(self.torch.take());
        }
    }

    fn set_system(&mut self, system: Option<&SystemRow>) {
        let Some(system) = system else { return };
        self.release = Some(system.name.clone());
        self.os = Some(system.os);
        self.system_python.clone_from(&system.python);
    }
}

impl ImageRow {
    /// Whether the row is for a tag, by the number that it begins with.
    fn admits(&self, tag: &str) -> bool {
        let Some(bound) = &self.versions else {
            return true;
        };
        let version = tag.split('-').next().and_then(|it| it.parse().ok());
        version.is_some_and(|version| bound.contains(&version))
    }
}

/// Splits a reference, without the registry that is meant anyway and without a digest.
fn name_and_tag(reference: &str) -> (&str, &str) {
    let reference = reference.split('@').next().unwrap_or_default();
    let mut name = reference;
    for registry in ["index.docker.io/", "docker.io/", "library/"] {
        name = name.strip_prefix(registry).unwrap_or(name);
    }
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (name, ""),
    }
}

/// Reads `12.1.1`, `12.1`, `121` and `1281`.
fn cuda(number: &str) -> Option<CudaVersion> {
    let dotted = dotted(number, 2);
    let mut parts = dotted.split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    format!("{major}.{minor}").parse().ok()
}

/// Reads `3.11`, `3.11.4` and `311`.
fn python(number: &str) -> Option<PythonVersion> {
    let dotted = match number.contains('.') {
        true => number.to_owned(),
        false => format!("{}.{}", number.get(..1)?, number.get(1..)?),
    };
    dotted.parse().ok()
}

/// Puts dots into `121` after so many digits of the first number; the others have one.
fn dotted(number: &str, first: usize) -> String {
    if number.contains('.') || !number.is_ascii() || number.len() <= first {
        return number.to_owned();
    }
    let rest = number[first..].chars().map(|digit| format!(".{digit}"));
    format!("{}{}", &number[..first], rest.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::super::embedded::{Part, embedded};
    use super::*;

    /// Tells Python, release, C library, CUDA and torch, `-` for what is not known.
    fn told(reference: &str) -> String {
        let Some(image) = Image::of(reference, &[embedded(Part::Images)]) else {
            return "nothing".to_owned();
        };
        let text = |it: Option<String>| it.unwrap_or_else(|| "-".to_owned());
        let os = image.os.map(|it| match it {
            Os::Glibc(major, minor) => format!("glibc {major}.{minor}"),
            other => format!("{other:?}"),
        });
        let cuda = image.cuda.map(|it| format!("{}.{}", it.major, it.minor));
        [
            text(image.python.map(|it| it.to_string())),
            text(image.release),
            text(os),
            text(cuda),
            text(image.torch.map(|it| it.to_string())),
        ]
        .join(", ")
    }

    #[test]
    fn every_row_names_a_system_that_is_told_of() {
        let table = embedded(Part::Images);

        assert!(table.images.len() > 15 && table.systems.len() > 10);
        for row in &table.images {
            let release = row.release.as_ref().map(|(name, _)| name);
            let is_known = |it: &&String| table.systems.iter().any(|known| known.name == **it);
            assert!(release.as_ref().is_none_or(is_known), "{:?}", row.names);
            assert!(row.names.is_sorted(), "{:?}", row.names);
        }
    }

    #[test]
    fn images_tell_what_they_bring_by_their_names() {
        for (reference, expected) in [
            (
                "nvidia/cuda:12.1.1-cudnn8-runtime-ubuntu22.04",
                "-, Ubuntu 22.04, glibc 2.35, 12.1, -",
            ),
            (
                "docker.io/nvidia/cuda:11.8.0-devel-ubuntu20.04@sha256:00",
                "-, Ubuntu 20.04, glibc 2.31, 11.8, -",
            ),
            (
                "pytorch/pytorch:2.3.1-cuda12.1-cudnn8-runtime",
                "3.10, Ubuntu 22.04, glibc 2.35, 12.1, 2.3.1",
            ),
            (
                "pytorch/pytorch:2.5.1-cuda12.4-cudnn9-devel",
                "3.11, Ubuntu 22.04, glibc 2.35, 12.4, 2.5.1",
            ),
            ("pytorch/pytorch:latest", "nothing"),
            (
                "python:3.11-slim-bookworm",
                "3.11, Debian 12, glibc 2.36, -, -",
            ),
            (
                "library/python:3.12.4",
                "3.12.4, Debian 12, glibc 2.36, -, -",
            ),
            (
                "python:3.13-alpine3.20",
                "3.13, Alpine 3.20, Musl(1, 2), -, -",
            ),
            (
                "ghcr.io/astral-sh/uv:python3.12-bookworm-slim",
                "3.12, Debian 12, glibc 2.36, -, -",
            ),
            (
                "ghcr.io/astral-sh/uv:0.8-python3.13-trixie",
                "3.13, Debian 13, glibc 2.41, -, -",
            ),
            (
                "runpod/pytorch:2.1.0-py3.10-cuda11.8.0-devel-ubuntu22.04",
                "3.10, Ubuntu 22.04, glibc 2.35, 11.8, 2.1.0",
            ),
            (
                "runpod/pytorch:1.0.2-cu1281-torch280-ubuntu2404",
                "-, Ubuntu 24.04, glibc 2.39, 12.8, 2.8.0",
            ),
            ("runpod/base:0.6.2-cuda12.4.1", "-, -, -, 12.4, -"),
            ("ubuntu:22.04", "-, Ubuntu 22.04, glibc 2.35, -, -"),
            ("debian:12-slim", "-, Debian 12, glibc 2.36, -, -"),
            ("alpine:3.19", "-, Alpine 3.19, Musl(1, 2), -, -"),
            (
                "public.ecr.aws/lambda/python:3.12",
                "3.12, Amazon Linux 2023, glibc 2.34, -, -",
            ),
            ("registry.example:5000/team/app", "nothing"),
            ("", "nothing"),
        ] {
            assert_eq!(told(reference), expected, "{reference}");
        }
    }
}
