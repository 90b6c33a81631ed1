//! The licence that a distribution names, in one line.
//!
//! Metadata says it in three ways: as an expression (PEP 639), by classifiers, or in a field where
//! some put a name and others the whole text of a licence. Nothing is cut short, as half an
//! expression would say something else: what is too long or makes no sense is not said at all.

use super::metadata_headers::{Header, is_folded};

/// The longest field, in characters, that is a name and no text.
const LONGEST_NAME: usize = 100;
/// The longest expression, in bytes; those of large projects list what they bundle.
const LONGEST: usize = 500;

/// The ways in which a licence was named.
pub(super) struct Named<'a, C> {
    /// `License-Expression`.
    pub(super) expression: Option<&'a str>,
    /// All classifiers.
    pub(super) classifiers: C,
    /// `License`.
    pub(super) field: Option<&'a str>,
}

/// Returns the licence that core metadata names.
pub(super) fn licence_of_headers(headers: &[Header<'_>]) -> Option<String> {
    let mut named = Named {
        expression: None,
        classifiers: Vec::new(),
        field: None,
    };
    for header in headers {
        let (name, value) = (header.0, &*header.1);
        if name.eq_ignore_ascii_case("Classifier") {
            named.classifiers.push(value);
        } else if name.eq_ignore_ascii_case("License-Expression") {
            named.expression = named.expression.or(Some(value));
        } else if name.eq_ignore_ascii_case("License") && !is_folded(header) {
            named.field = named.field.or(Some(value));
        }
    }
    licence_of(Named {
        expression: named.expression,
        classifiers: named.classifiers.into_iter(),
        field: named.field,
    })
}

/// Returns the licence that is named best.
pub(super) fn licence_of<'a, C: Iterator<Item = &'a str>>(named: Named<'a, C>) -> Option<String> {
    let expression = named.expression.and_then(|text| one_line(text, LONGEST));
    let classified = || one_line(&classified(named.classifiers), LONGEST);
    let field = || {
        let is_text = |text: &&str| text.contains('\n') || text.chars().count() > LONGEST_NAME;
        named.field.filter(|text| !is_text(text))
    };
    expression
        .or_else(classified)
        .or_else(|| one_line(field()?, LONGEST))
}

/// Lists the licences of classifiers: of `License :: OSI Approved :: MIT License` the last part.
fn classified<'a>(classifiers: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for classifier in classifiers {
        let mut parts = classifier.split("::").map(str::trim);
        let is_licence = parts.next() == Some("License");
        let name = parts.last().unwrap_or_default();
        // That somebody approved of it says nothing of the licence.
        if is_licence && !matches!(name, "" | "OSI Approved") && !names.contains(&name) {
            names.push(name);
        }
        if names.len() > LONGEST {
            break;
        }
    }
    names.join(", ")
}

/// Returns a text with single spaces; none if it is no name: nothing, a tool's word for nothing,
/// too long, or with control characters in it.
fn one_line(text: &str, longest: usize) -> Option<String> {
    if text.len() > longest {
        return None;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let is_nothing = ["", "unknown", "none"]
        .iter()
        .any(|nothing| line.eq_ignore_ascii_case(nothing));
    (!is_nothing && !line.chars().any(char::is_control)).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::super::metadata_headers::headers;
    use super::*;

    fn read(text: &str) -> Option<String> {
        licence_of_headers(&headers(text))
    }

    #[test]
    fn an_expression_comes_before_classifiers_and_those_before_the_field() {
        let field = "License: BSD\n";
        let classifier = "Classifier: License :: OSI Approved :: BSD License\n";
        let expression = "License-Expression: BSD-3-Clause\n";

        assert_eq!(read(field).unwrap(), "BSD");
        assert_eq!(read(&[field, classifier].concat()).unwrap(), "BSD License");
        let all = [field, classifier, expression].concat();
        assert_eq!(read(&all).unwrap(), "BSD-3-Clause");
        assert_eq!(read("Summary: a\n"), None);
    }

    #[test]
    fn classifiers_are_listed_each_once_and_without_what_says_nothing() {
        for (classifiers, expected) in [
            (&["License :: OSI Approved"][..], None),
            (&["Programming Language :: Python"], None),
            (&["License"], None),
            (
                &["License :: Other/Proprietary License"],
                Some("Other/Proprietary License"),
            ),
            (
                &[
                    "License :: OSI Approved :: MIT License",
                    "License :: OSI Approved :: Apache Software License",
                    "License :: OSI Approved :: MIT License",
                ],
                Some("MIT License, Apache Software License"),
            ),
        ] {
            let lines = classifiers.iter().map(|it| format!("Classifier: {it}\n"));
            assert_eq!(read(&lines.collect::<String>()).as_deref(), expected);
        }
    }

    #[test]
    fn texts_of_licences_and_words_for_nothing_are_no_names() {
        let long = "a".repeat(101);
        for field in [
            "",
            "UNKNOWN",
            "None",
            "\u{1b}[31mMIT",
            "MIT\u{0}",
            "MIT\n  Copyright",
            "Permission is granted\n\t\n\tto all",
            &long,
        ] {
            assert_eq!(read(&format!("License: {field}\n")), None, "{field:?}");
        }
        assert_eq!(read("License:  MIT\t or\u{85}so \n").unwrap(), "MIT or so");
        assert_eq!(
            read(&format!("License: {}\n", "é".repeat(100))).unwrap(),
            "é".repeat(100)
        );
    }

    #[test]
    fn what_is_too_long_is_left_out_and_not_cut() {
        let long = "MIT OR ".repeat(100);
        let text = format!("License: MIT\nLicense-Expression: {long}MIT\n");

        assert_eq!(read(&text).unwrap(), "MIT");
    }
}
