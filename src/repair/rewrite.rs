//! Writes a declaration so that it admits a version: in its own style, and no looser than that
//! takes.

use crate::package::{Declaration, Requirement, Specifiers, Version};

/// The operators, those first that begin with another.
const OPERATORS: &[&str] = &["===", "==", "!=", "~=", "<=", ">=", "<", ">"];

/// Returns a declaration's text with specifiers that admit a version, or nothing where there are
/// none in its style.
pub(crate) fn rewritten(declaration: &Declaration, version: &Version) -> Option<String> {
    let specifiers = loosened(&declaration.requirement.specifiers, version)?;
    let text = with_specifiers(declaration, &specifiers);
    Requirement::parse(&text)
        .is_ok_and(|requirement| requirement.specifiers.contains(version))
        .then_some(text)
}

/// Returns clauses that admit a version: those that do stay, the others give way.
fn loosened(specifiers: &Specifiers, version: &Version) -> Option<Vec<String>> {
    let mut clauses: Vec<String> = Vec::new();
    for clause in specifiers.text().split(',').filter(|text| !text.is_empty()) {
        let admits = Specifiers::parse(clause).ok()?.contains(version);
        let clause = match admits {
            true => Some(clause.to_owned()),
            false => loosened_clause(clause, version),
        };
        clauses.extend(clause.filter(|clause| !clauses.contains(clause)));
    }
    let text = clauses.join(",");
    let admits = Specifiers::parse(&text).ok()?.contains(version);
    admits.then_some(clauses)
}

/// Returns the nearest clause with the same operator that admits a version; nothing for `!=`, which
/// goes.
fn loosened_clause(clause: &str, version: &Version) -> Option<String> {
    let operator = OPERATORS.iter().find(|it| clause.starts_with(**it))?;
    let operand = clause[operator.len()..].trim();
    let public = match operand.contains('+') {
        true => version.clone(),
        false => version.clone().without_local(),
    };
    let segments = operand.trim_end_matches(".*").split('.').count();
    let text = match *operator {
        "==" if operand.ends_with(".*") => format!("=={}.*", first_segments(version, segments)),
        "==" | "===" => format!("=={public}"),
        "~=" => compatible(version, segments),
        ">=" | ">" => format!(">={}", version.clone().without_local()),
        "<=" => format!("<={}", version.clone().without_local()),
        "<" => format!("<{}", next_after(version, segments)?),
        _ => return None,
    };
    Some(text)
}

/// Returns the first release numbers of a version, filled up with zeros.
fn first_segments(version: &Version, count: usize) -> String {
    let numbers = version
        .release()
        .iter()
        .copied()
        .chain(std::iter::repeat(0));
    let numbers: Vec<String> = numbers.take(count).map(|it| it.to_string()).collect();
    with_epoch(version, numbers.join("."))
}

fn with_epoch(version: &Version, numbers: String) -> String {
    match version.epoch() {
        0 => numbers,
        epoch => format!("{epoch}!{numbers}"),
    }
}

/// As many numbers as before, unless the version has none of that length, being a pre-release.
fn compatible(version: &Version, segments: usize) -> String {
    let short = format!("~={}", first_segments(version, segments.max(2)));
    let admits = Specifiers::parse(&short).is_ok_and(|it| it.contains(version));
    match admits {
        true => short,
        false => format!("~={}", version.clone().without_local()),
    }
}

/// The next version after the series that a version is of: `2.1` for 2.0.2. A bound of one number
/// still gives way by two: whoever refused 2 takes no more of it than is needed. Nothing where the
/// last number is the largest that there is: then the bound goes.
fn next_after(version: &Version, segments: usize) -> Option<String> {
    let count = segments.max(2);
    let numbers = version
        .release()
        .iter()
        .copied()
        .chain(std::iter::repeat(0));
    let mut numbers: Vec<u64> = numbers.take(count).collect();
    if let Some(last) = numbers.last_mut() {
        *last = last.checked_add(1)?;
    }
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    Some(with_epoch(version, numbers.join(".")))
}

/// Puts specifiers in place of a declaration's own, and keeps how the rest was written.
fn with_specifiers(declaration: &Declaration, clauses: &[String]) -> String {
    let written = Written::of(declaration);
    let specifiers = match written.has_spaced_commas {
        true => clauses.join(", "),
        false => clauses.join(","),
    };
    let gap = if written.has_gap && !specifiers.is_empty() {
        " "
    } else {
        ""
    };
    format!("{}{gap}{specifiers}{}", written.head, written.tail)
}

/// How a declaration is written around its specifiers.
struct Written {
    head: String,
    tail: String,
    has_gap: bool,
    has_spaced_commas: bool,
}

impl Written {
    fn of(declaration: &Declaration) -> Self {
        let requirement = &declaration.requirement;
        let text = declaration.origin.text();
        let (body, marker) = match text.find(';') {
            Some(at) => text.split_at(at),
            None => (text, ""),
        };
        let name_end = body.find(['=', '<', '>', '!', '~', '(']);
        let (head, specifiers) = body.split_at(name_end.unwrap_or(body.len()));
        let is_same = Requirement::parse(head.trim())
            .is_ok_and(|it| it.name == requirement.name && it.extras == requirement.extras);
        if is_same {
            let gap = &body[body.trim_end().len()..];
            return Self {
                head: head.trim().to_owned(),
                tail: match marker {
                    "" => String::new(),
                    marker => format!("{gap}{}", marker.trim_end()),
                },
                has_gap: head.ends_with(' '),
                has_spaced_commas: specifiers.contains(", "),
            };
        }
        let bare = Requirement {
            specifiers: Specifiers::any(),
            marker: crate::package::Marker::always(),
            ..requirement.clone()
        };
        let marker = requirement.marker.text();
        Self {
            head: bare.to_string(),
            tail: match marker {
                "" => String::new(),
                marker => format!(" ; {marker}"),
            },
            has_gap: false,
            has_spaced_commas: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::DeclarationKind;
    use crate::source::{Origin, SourceFile};

    #[track_caller]
    fn check(text: &str, version: &str, expected: &str) {
        let declaration = Declaration {
            requirement: Requirement::parse(text).unwrap(),
            kind: DeclarationKind::Requirement,
            origin: Origin::whole(&SourceFile::new("a.in", text)),
            section: None,
            digests: Vec::new(),
        };

        let becomes = rewritten(&declaration, &version.parse().unwrap());

        assert_eq!(becomes.as_deref(), Some(expected), "{text} for {version}");
    }

    #[test]
    fn a_pin_moves_and_a_bound_gives_way_no_further_than_needed() {
        check("torch==2.1.1", "2.5.0", "torch==2.5.0");
        check("torch==2.1.1+cu121", "2.5.0+cu124", "torch==2.5.0+cu124");
        check("torch==2.1.1", "2.5.0+cu124", "torch==2.5.0");
        check("a===1.0", "1.1", "a==1.1");
        check("a==1.2.*", "1.3.5", "a==1.3.*");
        check("numpy<2", "2.0.0", "numpy<2.1");
        check("numpy<1.26.5", "1.27.0", "numpy<1.27.1");
        check("numpy<=1.26", "2.0.0", "numpy<=2.0.0");
        check(
            "opencv-python>=4.12",
            "4.11.0.86",
            "opencv-python>=4.11.0.86",
        );
        check("a>4", "3.9", "a>=3.9");
        check("a~=1.4.2", "2.3.1", "a~=2.3.1");
        check("a~=1.4", "2.3.1", "a~=2.3");
        check("a!=1.5", "1.5", "a");
    }

    #[test]
    fn a_bound_goes_that_would_stand_after_the_largest_number() {
        check("a<2.0", &format!("2.{}", u64::MAX), "a");
    }

    #[test]
    fn clauses_that_admit_it_stay() {
        check("a>=1,<2", "2.3.4", "a>=1,<2.4");
        check("a>=1,!=1.5,<2", "1.5", "a>=1,<2");
        check("a>=2,<3", "1.9", "a>=1.9,<3");
    }

    #[test]
    fn name_extras_spaces_and_marker_stay_as_they_are_written() {
        check(
            "Foo.Bar[x, Y] >= 2, < 3 ; python_version < '4'",
            "1.9",
            "Foo.Bar[x, Y] >=1.9, <3 ; python_version < '4'",
        );
        check("foo==1;os_name=='posix'", "2", "foo==2;os_name=='posix'");
    }
}
