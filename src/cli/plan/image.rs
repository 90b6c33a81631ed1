//! Which Python an image has, as far as its name tells it.

use crate::input::{Action, BaseImage, Step};

/// Systems by a part of an image's name, with the Python that they come with.
const SYSTEMS: &[(&str, &str)] = &[
    ("bookworm", "3.11"),
    ("bullseye", "3.9"),
    ("focal", "3.8"),
    ("jammy", "3.10"),
    ("noble", "3.12"),
    ("trixie", "3.13"),
    ("ubuntu20.04", "3.8"),
    ("ubuntu22.04", "3.10"),
    ("ubuntu24.04", "3.12"),
    ("ubuntu:20.04", "3.8"),
    ("ubuntu:22.04", "3.10"),
    ("ubuntu:24.04", "3.12"),
];

/// Returns the Python of commands: that which a step makes, else that of the image.
pub(super) fn python_of(image: Option<&BaseImage>, steps: &[Step]) -> Option<String> {
    let made = steps.iter().find_map(|step| match &step.action {
        Action::Python(version) if version.is_literal => Some(version.text.clone()),
        _ => None,
    });
    made.or_else(|| python_of_image(&image.filter(|it| it.name.is_literal)?.name.text))
}

fn python_of_image(name: &str) -> Option<String> {
    let last = name.rsplit('/').next()?;
    if let Some(tag) = last.strip_prefix("python:") {
        let digits = tag
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .next()?;
        return (digits.contains('.') && !digits.ends_with('.')).then(|| digits.to_owned());
    }
    let found = SYSTEMS.iter().find(|(part, _)| name.contains(part));
    found.map(|(_, python)| (*python).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_image_tells_its_python() {
        let read = |name: &str| python_of_image(name).unwrap_or_default();

        assert_eq!(read("python:3.11-slim"), "3.11");
        assert_eq!(read("docker.example/library/python:3.12.4"), "3.12.4");
        assert_eq!(read("nvidia/cuda:12.1.1-devel-ubuntu22.04"), "3.10");
        assert_eq!(read("python:latest"), "");
        assert_eq!(read("scratch"), "");
        assert!(SYSTEMS.is_sorted());
    }
}
