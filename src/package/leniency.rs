//! Repairs to specifiers that indexes and old metadata hold, as pip and setuptools once let them
//! through. Only texts that cannot be read as they are come here.

use pep440_rs::Version;

/// Rewrites what pip and setuptools once let through.
pub(super) fn mended(text: &str) -> String {
    let text = text
        .replace(['"', '\'', '(', ')'], "")
        .replace("=>", ">=")
        .replace("=<", "<=");
    let mut clauses = Vec::new();
    for part in text.split(',') {
        let mut rest = part.trim();
        while !rest.is_empty() {
            let symbol_len = rest.find(|c| !"<>=!~".contains(c)).unwrap_or(rest.len());
            let operand_at = rest[symbol_len..]
                .find(|c: char| !c.is_whitespace())
                .map_or(rest.len(), |at| symbol_len + at);
            let end = rest[operand_at..]
                .find(|c: char| c.is_whitespace() || "<>=!~".contains(c))
                .map_or(rest.len(), |at| operand_at + at);
            clauses.extend(mended_clause(&rest[..symbol_len], &rest[operand_at..end]));
            rest = rest[end..].trim_start();
        }
    }
    clauses.join(",")
}

/// Returns nothing for `>dev`, which celery 3 and 4 ask of pytz: to setuptools each version came
/// after the word alone.
fn mended_clause(symbol: &str, operand: &str) -> Option<String> {
    if operand == "dev" && matches!(symbol, ">" | ">=") {
        return None;
    }
    let operand = match operand.strip_suffix('*') {
        Some(stem) if !stem.is_empty() && !stem.ends_with('.') => format!("{stem}.*"),
        _ => without_zeros_behind(operand).to_owned(),
    };
    let stem = operand.strip_suffix(".*").unwrap_or(&operand);
    Some(match symbol {
        "" | "=" => format!("=={operand}"),
        "<=" | ">" if stem != operand => past_wildcard(symbol, stem),
        ">=" | "<" | ">" | "<=" => format!("{symbol}{stem}"),
        "~=" if !stem.contains('.') => format!(">={stem}"),
        "~=" => format!("~={stem}"),
        "!=~" => format!("!={stem}.*"),
        _ => format!("{symbol}{operand}"),
    })
}

/// Takes what stands behind the number of a pre-release, as in `9.0.0a1.0`.
fn without_zeros_behind(operand: &str) -> &str {
    let is_version = |text: &str| text.parse::<Version>().is_ok();
    let stem = operand.trim_end_matches(".0");
    match !is_version(operand) && is_version(stem) {
        true => stem,
        false => operand,
    }
}

/// `<=3.7.*` means below 3.8, and `>3.7.*` from 3.8 on.
fn past_wildcard(symbol: &str, stem: &str) -> String {
    let next = stem.parse::<Version>().ok().and_then(|version| {
        let mut release = version.release().to_vec();
        let last = release.last_mut()?;
        *last = last.checked_add(1)?;
        Some(Version::new(release).with_epoch(version.epoch()))
    });
    match (symbol, next) {
        ("<=", Some(next)) => format!("<{next}"),
        (_, Some(next)) => format!(">={next}"),
        (_, None) => format!("{symbol}{stem}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Specifiers;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let specifiers = Specifiers::parse_lenient(text).map(|specifiers| specifiers.to_string());

        assert_eq!(specifiers.as_deref(), Ok(expected), "{text}");
    }

    #[test]
    fn what_metadata_holds_in_the_wild_is_understood() {
        for (text, expected) in [
            ("(>=1.0.*)", ">=1.0"),
            (">=1.0,", ">=1.0"),
            (">=1.0.post1<2", ">=1.0.post1,<2"),
            (">=2.7 !=3.0.*", ">=2.7,!=3.0.*"),
            ("'>=1.0'", ">=1.0"),
            ("\">=1.0\",<2", ">=1.0,<2"),
            ("=>1.0", ">=1.0"),
            ("=1.0", "==1.0"),
            ("1.0", "==1.0"),
            ("~=1", ">=1"),
            ("~=1.2.*", "~=1.2"),
            (">=2.7,!=3.0*", ">=2.7,!=3.0.*"),
            ("!=~5.0", "!=5.0.*"),
            ("<=3.7.*", "<3.8"),
            (">3.7.*", ">=3.8"),
            ("<4.*", "<4"),
            ("(>=1", ">=1"),
            ("(>=1),(<2)", ">=1,<2"),
            (">dev", ""),
            ("(>=dev)", ""),
            (">dev,<2024", "<2024"),
            (">=9.0.0a1.0", ">=9.0.0a1"),
            ("==1.0rc2.0.0", "==1.0rc2"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn what_has_no_sense_stays_an_error() {
        for text in [
            ">=abc",
            "*",
            "> =1",
            "^1.0",
            ">=1.0 or <2",
            "<dev",
            "==dev",
            "<1.0.x.0",
        ] {
            assert!(Specifiers::parse_lenient(text).is_err(), "{text}");
        }
    }
}
