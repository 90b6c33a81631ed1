//! Poetry's own way to write versions: `^1.2`, `~1.2`, `1.*`, `>=1 <2`, and `||` between ranges.

use super::{Marker, SpecifierError, Specifiers, VersionSet};
use crate::source::Span;

/// No constraint has more alternatives.
const MOST_ALTERNATIVES: usize = 100;

impl Specifiers {
    /// Reads a constraint of Poetry's. Its text is that of PEP 440 where PEP 440 can say it, and
    /// Poetry's where ranges apart from each other are admitted.
    pub fn parse_poetry(text: &str) -> Result<Self, SpecifierError> {
        let alternatives = alternatives(text)?;
        let mut all = alternatives.iter();
        if let Some(whole) = all.find(|it| it.is_any() || alternatives.len() == 1) {
            return Ok(whole.clone());
        }
        let none = VersionSet::empty().complement();
        let outside = alternatives.iter().fold(none, |outside, one| {
            outside.intersection(&one.set().complement())
        });
        let set = outside.complement();
        let texts: Vec<&str> = alternatives.iter().map(Self::text).collect();
        let names_prerelease = alternatives.iter().any(Self::names_prerelease);
        Ok(Self::from_parts(
            &texts.join(" || "),
            set,
            false,
            names_prerelease,
        ))
    }
}

impl Marker {
    /// Makes a marker of the Pythons that a constraint of Poetry's admits.
    pub fn of_poetry_python(text: &str) -> Result<Self, SpecifierError> {
        let of_clause = |clause: &str| {
            let at = clause.find(|c: char| !"<>=!~".contains(c));
            let (operator, version) = clause.split_at(at.unwrap_or(clause.len()));
            format!("python_full_version {operator} '{version}'")
        };
        let mut ranges = Vec::new();
        for range in alternatives(text)? {
            if range.is_any() {
                return Ok(Self::always());
            }
            let clauses: Vec<String> = range.text().split(',').map(of_clause).collect();
            ranges.push(clauses.join(" and "));
        }
        Self::parse(&ranges.join(" or ")).map_err(|message| whole(text, message))
    }
}

fn whole(text: &str, message: impl Into<String>) -> SpecifierError {
    SpecifierError {
        message: message.into(),
        span: Span::new(0, text.len()),
    }
}

fn alternatives(text: &str) -> Result<Vec<Specifiers>, SpecifierError> {
    let parts: Vec<&str> = text
        .split('|')
        .filter(|part| !part.trim().is_empty())
        .collect();
    if parts.len() > MOST_ALTERNATIVES {
        return Err(whole(text, "this constraint has too many alternatives"));
    }
    let parts = match parts.as_slice() {
        [] => vec![""],
        parts => parts.to_vec(),
    };
    let read = |part: &str| {
        let clauses: Vec<String> = clauses(part)
            .iter()
            .filter_map(|clause| in_pep_440(clause))
            .collect();
        Specifiers::parse(&clauses.join(",")).map_err(|error| whole(text, error.message))
    };
    parts.into_iter().map(read).collect()
}

/// Splits at commas and at spaces, but not between an operator and its version.
fn clauses(text: &str) -> Vec<String> {
    let mut clauses: Vec<String> = Vec::new();
    for word in text.split([',', ' ', '\t']).filter(|it| !it.is_empty()) {
        let is_open = |clause: &&mut String| clause.ends_with(['<', '>', '=', '!', '~', '^']);
        match clauses.last_mut().filter(is_open) {
            Some(open) => open.push_str(word),
            None => clauses.push(word.to_owned()),
        }
    }
    clauses
}

/// Writes a clause as PEP 440 has it; nothing for one that admits everything.
fn in_pep_440(clause: &str) -> Option<String> {
    let wild = |text: &str| text.trim_start_matches(['=', 'v']) == "*";
    if wild(clause) {
        return None;
    }
    if let Some(version) = clause.strip_prefix('^') {
        return Some(up_to(version, caret));
    }
    if let Some(version) = clause.strip_prefix('~').filter(|it| !it.starts_with('=')) {
        return Some(up_to(version, tilde));
    }
    if clause.starts_with(['<', '>', '!', '~']) || clause.starts_with("==") {
        return Some(clause.to_owned());
    }
    Some(format!("=={}", clause.trim_start_matches('=')))
}

/// Writes `>=version,<end`, the end being what a rule makes of the release's numbers.
fn up_to(version: &str, end: fn(&[u64]) -> Vec<u64>) -> String {
    let Ok(read) = version.parse::<super::Version>() else {
        // The error is told by who reads the clause.
        return format!(">={version}");
    };
    let end = end(read.release());
    let end: Vec<String> = end.iter().map(u64::to_string).collect();
    let epoch = match read.epoch() {
        0 => String::new(),
        epoch => format!("{epoch}!"),
    };
    format!(">={version},<{epoch}{}", end.join("."))
}

/// Up to the next number at the first place that is not zero.
fn caret(release: &[u64]) -> Vec<u64> {
    let at = release.iter().position(|number| *number > 0);
    next(release, at.unwrap_or(release.len().saturating_sub(1)))
}

/// Up to the next minor version, or the next major one where only that is said.
fn tilde(release: &[u64]) -> Vec<u64> {
    next(release, usize::from(release.len() > 1))
}

fn next(release: &[u64], at: usize) -> Vec<u64> {
    let mut end: Vec<u64> = release.iter().take(at + 1).copied().collect();
    if let Some(last) = end.last_mut() {
        *last = last.saturating_add(1);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_poetry_writes_is_said_in_pep_440() {
        for (text, expected) in [
            ("*", ""),
            ("", ""),
            ("^1.2.3", ">=1.2.3,<2"),
            ("^0.2.3", ">=0.2.3,<0.3"),
            ("^0.0.3", ">=0.0.3,<0.0.4"),
            ("^0.0", ">=0.0,<0.1"),
            ("^0", ">=0,<1"),
            ("^1!2.3", ">=1!2.3,<1!3"),
            ("~1.2.3", ">=1.2.3,<1.3"),
            ("~1.2", ">=1.2,<1.3"),
            ("~1", ">=1,<2"),
            ("~=1.2", "~=1.2"),
            ("1.*", "==1.*"),
            ("==1.*", "==1.*"),
            ("1.2.3", "==1.2.3"),
            ("=1.2.3", "==1.2.3"),
            (">= 1.2, <2", ">=1.2,<2"),
            (">=1.2 <2", ">=1.2,<2"),
            ("!=1.5,>1", "!=1.5,>1"),
        ] {
            let read = Specifiers::parse_poetry(text).unwrap();
            assert_eq!(read.text(), expected, "{text}");
        }
        assert!(Specifiers::parse_poetry("^one").is_err());
        assert!(Specifiers::parse_poetry("nothing || 1").is_err());
    }

    #[test]
    fn ranges_apart_from_each_other_are_one_set() {
        let read = Specifiers::parse_poetry("<3.1 || >3.1,<4 || ^5").unwrap();
        let admits = |version: &str| read.contains(&version.parse().unwrap());

        assert_eq!(read.text(), "<3.1 || >3.1,<4 || >=5,<6");
        assert!(admits("3.0") && admits("3.2") && admits("5.9"));
        assert!(!admits("3.1") && !admits("4") && !admits("6"));
        assert!(Specifiers::parse_poetry("<2 || *").unwrap().is_any());
    }

    #[test]
    fn a_range_of_pythons_is_a_marker() {
        let marker = |text| Marker::of_poetry_python(text).unwrap().text().to_owned();

        assert_eq!(
            marker("^3.10"),
            "python_full_version >= '3.10' and python_full_version < '4'"
        );
        assert_eq!(
            marker("<3.9 || 3.11.*"),
            "python_full_version < '3.9' or python_full_version == '3.11.*'"
        );
        assert_eq!(marker("*"), "");
    }
}
