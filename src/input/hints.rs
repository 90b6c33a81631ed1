//! What a line that is no requirement was probably meant to be: the message, the exact place, and
//! what to write instead.

use super::nearest::nearest;
use crate::package::{RequirementError, Version};
use crate::source::Span;

/// A mistake as it is told.
pub(super) struct Mistake {
    pub(super) message: String,
    pub(super) span: Span,
    pub(super) help: Option<String>,
}

type Guess = fn(&str, &RequirementError) -> Option<Mistake>;

/// The guesses, the surest first; each looks at the text and at what the parser met.
const GUESSES: &[Guess] = &[
    conflict_marker,
    trailing_backslash,
    quoted_line,
    install_command,
    poetry_line,
    toml_line,
    conda_line,
    file_name,
    glued_comment,
    wrong_operator,
    missing_operator,
    unknown_marker,
    late_extras,
    missing_comma,
    wrong_wildcard,
];

/// Explains why a text is no requirement.
pub(super) fn explain(text: &str, error: RequirementError) -> Mistake {
    GUESSES
        .iter()
        .find_map(|guess| guess(text, &error))
        .unwrap_or(Mistake {
            message: error.message,
            span: error.span,
            help: None,
        })
}

fn whole(text: &str, message: &str, help: impl Into<String>) -> Option<Mistake> {
    Some(Mistake {
        message: message.into(),
        span: Span::new(0, text.len()),
        help: Some(help.into()),
    })
}

fn keep(error: &RequirementError, help: String) -> Option<Mistake> {
    Some(Mistake {
        message: error.message.clone(),
        span: error.span,
        help: Some(help),
    })
}

fn conflict_marker(text: &str, _: &RequirementError) -> Option<Mistake> {
    let marks = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
    if !marks.iter().any(|mark| text.starts_with(mark)) {
        return None;
    }
    whole(
        text,
        "this is left over from a merge",
        "Settle the merge conflict in this file first.",
    )
}

fn trailing_backslash(text: &str, _: &RequirementError) -> Option<Mistake> {
    text.ends_with('\\').then(|| Mistake {
        message: "this `\\` does not continue the line".into(),
        span: Span::new(text.len() - 1, 1),
        help: Some("Remove the white space after the `\\`.".into()),
    })
}

fn quoted_line(text: &str, _: &RequirementError) -> Option<Mistake> {
    let quote = text.chars().next().filter(|c| "\"'".contains(*c))?;
    let inner = text
        .trim_end_matches(',')
        .strip_prefix(quote)?
        .strip_suffix(quote)?;
    whole(
        text,
        "a requirement is written without quotes here",
        format!("Write `{inner}`."),
    )
}

fn install_command(text: &str, _: &RequirementError) -> Option<Mistake> {
    let words = [
        "pip install ",
        "pip3 install ",
        "python -m pip install ",
        "uv pip install ",
        "!pip install ",
        "uv add ",
        "poetry add ",
        "conda install ",
    ];
    let command = words.iter().find(|command| text.starts_with(**command))?;
    let what = text[command.len()..].trim();
    whole(
        text,
        "this is a command and not a requirement",
        format!(
            "Write each package on a line of its own, such as `{}`.",
            what.split(' ').next()?
        ),
    )
}

/// `name = "^1.2"`, from Poetry's table.
fn poetry_line(text: &str, _: &RequirementError) -> Option<Mistake> {
    let (name, value) = toml_pair(text)?;
    let version = value.trim().strip_prefix('"')?.strip_suffix('"')?;
    let suggestion = match version {
        "*" => name.to_owned(),
        caret if caret.starts_with('^') => format!("{name}{}", caret_range(&caret[1..])?),
        plain if plain.starts_with(|c: char| c.is_ascii_digit()) => format!("{name}=={plain}"),
        specifiers => format!("{name}{specifiers}"),
    };
    whole(
        text,
        "this is a line of TOML and not a requirement",
        format!("Write `{suggestion}`."),
    )
}

/// Splits `key = value`.
fn toml_pair(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once('=')?;
    let key = key.trim();
    let is_key = key
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_.\"".contains(c));
    is_key.then_some((key, value))
}

fn toml_line(text: &str, _: &RequirementError) -> Option<Mistake> {
    let is_header = text.starts_with('[') && text.ends_with(']');
    let is_value =
        toml_pair(text).is_some_and(|(_, value)| value.trim_start().starts_with(['[', '{', '"']));
    if !is_header && !is_value {
        return None;
    }
    whole(
        text,
        "this is a line of TOML and not a requirement",
        "Is this a `pyproject.toml`? A file of that name is read as one.",
    )
}

fn conda_line(text: &str, error: &RequirementError) -> Option<Mistake> {
    let is_heading = ["channels:", "dependencies:", "name:", "prefix:"]
        .iter()
        .any(|heading| text.starts_with(heading));
    if is_heading {
        return whole(
            text,
            "this is a line of a conda environment file",
            "Conda's files are not read; list the packages in a `requirements.in`.",
        );
    }
    // `conda list --export` writes name=version=build.
    let parts: Vec<&str> = text.split('=').collect();
    match parts[..] {
        [name, version, build]
            if !build.is_empty()
                && is_version(version)
                && !name.ends_with(['<', '>', '!', '~']) =>
        {
            whole(
                text,
                "this is conda's way to write a version and build",
                format!("Write `{name}=={version}`."),
            )
        }
        _ => None,
    }
    .filter(|_| error.span.start <= text.len())
}

fn file_name(text: &str, _: &RequirementError) -> Option<Mistake> {
    let word = text.split_whitespace().last()?;
    let is_file = [".txt", ".in"].iter().any(|ending| word.ends_with(ending));
    if !is_file {
        return None;
    }
    whole(
        text,
        "expected a requirement, but this looks like a file",
        format!("To read that file too, write `-r {word}`."),
    )
}

fn glued_comment(text: &str, error: &RequirementError) -> Option<Mistake> {
    let at = text.find('#')?;
    let is_near = error.span.start <= at && at <= error.span.end;
    is_near.then(|| Mistake {
        message: "expected white space before a comment".into(),
        span: Span::new(at, 1),
        help: Some(format!("Write `{}  {}`.", &text[..at], &text[at..])),
    })
}

/// Operators of other languages, and slips of the finger.
const OPERATORS: &[(&str, &str)] = &[
    ("=", "=="),
    ("====", "=="),
    ("=>", ">="),
    ("=>=", ">="),
    (">==", ">="),
    (">>", ">"),
    ("=<", "<="),
    ("<==", "<="),
    ("=~", "~="),
    ("~==", "~="),
    ("~", "~="),
    ("~>", "~="),
    ("<>", "!="),
    ("!==", "!="),
    ("=!", "!="),
    ("!", "!="),
];

fn wrong_operator(text: &str, error: &RequirementError) -> Option<Mistake> {
    let clause = text.get(error.span.start..error.span.end)?;
    let len = clause
        .find(|c: char| !"<>=!~^".contains(c))
        .unwrap_or(clause.len());
    let written = &clause[..len];
    let operand = clause[len..].trim();
    let help = match OPERATORS.iter().find(|(wrong, _)| *wrong == written) {
        Some((_, meant)) => format!("Did you mean `{meant}{operand}`?"),
        None if written == "^" => format!("Write `{}`.", caret_range(operand)?),
        None => return None,
    };
    Some(Mistake {
        message: format!("`{written}` is not an operator"),
        span: Span::new(error.span.start, len),
        help: Some(help),
    })
}

fn missing_operator(text: &str, error: &RequirementError) -> Option<Mistake> {
    let clause = text.get(error.span.start..error.span.end)?;
    let before = text[..error.span.start].trim_end();
    is_version(clause).then_some(())?;
    match before.strip_suffix('@') {
        Some(name) => keep(
            error,
            format!("For that version, write `{}=={clause}`.", name.trim_end()),
        ),
        None => keep(error, format!("For that version, write `=={clause}`.")),
    }
}

/// The variables of markers (PEP 508).
const MARKER_VARIABLES: &[&str] = &[
    "extra",
    "implementation_name",
    "implementation_version",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_full_version",
    "python_version",
    "sys_platform",
];

fn unknown_marker(text: &str, error: &RequirementError) -> Option<Mistake> {
    let marker = text.get(error.span.start..error.span.end)?;
    let is_marker = error.message.contains("marker");
    let word = marker
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|_| is_marker)
        .find(|word| error.message.contains(&format!("`{word}` is neither")))?;
    let near = nearest(word, MARKER_VARIABLES.iter().copied())?;
    Some(Mistake {
        message: format!("a marker cannot ask for `{word}`"),
        span: Span::new(error.span.start + marker.find(word)?, word.len()),
        help: Some(format!("Did you mean `{near}`?")),
    })
}

fn late_extras(text: &str, error: &RequirementError) -> Option<Mistake> {
    let requirement = text.split(';').next().unwrap_or_default().trim_end();
    let at = requirement.rfind('[').filter(|at| *at > error.span.start)?;
    let extras = requirement
        .get(at..)
        .filter(|extras| extras.ends_with(']'))?;
    let name_end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))?;
    let specifiers = text.get(name_end..at)?.trim();
    Some(Mistake {
        message: "extras stand right after the name".into(),
        span: Span::new(at, extras.len()),
        help: Some(format!(
            "Write `{}{extras}{specifiers}`.",
            &text[..name_end]
        )),
    })
}

fn missing_comma(text: &str, error: &RequirementError) -> Option<Mistake> {
    let clause = text.get(error.span.start..error.span.end)?;
    let (first, second) = clause.split_once(char::is_whitespace)?;
    let second = second.trim_start();
    let is_clause = |text: &str| text.starts_with(['<', '>', '=', '!', '~']);
    let is_second = is_clause(first) && is_clause(second);
    if !is_second || first.is_empty() || !first.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    Some(Mistake {
        message: "expected a comma between two specifiers".into(),
        span: error.span,
        help: Some(format!("Write `{first},{second}`.")),
    })
}

/// `>=1.*`, `~=1.2.*`, and `==1.2.x`.
fn wrong_wildcard(text: &str, error: &RequirementError) -> Option<Mistake> {
    let clause = text.get(error.span.start..error.span.end)?;
    if let Some(prefix) = clause.strip_suffix(".x") {
        return keep(error, format!("Write `{prefix}.*`."));
    }
    let prefix = clause.strip_suffix(".*")?;
    match prefix {
        compatible if compatible.starts_with("~=") => keep(
            error,
            format!("Write `{}.*`.", compatible.replacen("~=", "==", 1)),
        ),
        plain => keep(error, format!("Write `{plain}`.")),
    }
}

/// What `^1.2` means: up to the next change of the first number that is not zero.
fn caret_range(version: &str) -> Option<String> {
    let parsed: Version = version.trim().parse().ok()?;
    let release = parsed.release();
    let at = release
        .iter()
        .position(|number| *number != 0)
        .unwrap_or(release.len() - 1);
    let mut next: Vec<String> = release[..at].iter().map(u64::to_string).collect();
    next.push(release[at].checked_add(1)?.to_string());
    Some(format!(">={},<{}", version.trim(), next.join(".")))
}

fn is_version(text: &str) -> bool {
    text.parse::<Version>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Requirement;

    #[track_caller]
    fn check(text: &str, place: &str, help: &str) {
        let mistake = explain(text, Requirement::parse(text).unwrap_err());

        assert_eq!(&text[mistake.span.start..mistake.span.end], place);
        assert_eq!(
            mistake.help.as_deref().unwrap_or_default(),
            help,
            "{}",
            mistake.message
        );
    }

    #[test]
    fn an_operator_of_another_language_is_translated() {
        check("diffusers>==0.5.0", ">==", "Did you mean `>=0.5.0`?");
        check("a=1", "=", "Did you mean `==1`?");
        check("a => 1", "=>", "Did you mean `>=1`?");
        check("a^0.2.3", "^", "Write `>=0.2.3,<0.3`.");
        check("a 1.0", "1.0", "For that version, write `==1.0`.");
        check("a>=1 <2", ">=1 <2", "Write `>=1,<2`.");
        check("a>=1.*", ">=1.*", "Write `>=1`.");
        check("a==1.x", "==1.x", "Write `==1.*`.");
        check("a>=1[x,y]", "[x,y]", "Write `a[x,y]>=1`.");
    }

    #[test]
    fn a_line_of_another_format_is_recognised() {
        check("'a>=1',", "'a>=1',", "Write `a>=1`.");
        check(
            "requests = \"^2.31\"",
            "requests = \"^2.31\"",
            "Write `requests>=2.31,<3`.",
        );
        check(
            "[project]",
            "[project]",
            "Is this a `pyproject.toml`? A file of that name is read as one.",
        );
        check(
            "numpy=1.21.0=py39h1_0",
            "numpy=1.21.0=py39h1_0",
            "Write `numpy==1.21.0`.",
        );
        check(
            "pip install flask",
            "pip install flask",
            "Write each package on a line of its own, such as `flask`.",
        );
        check("a==1#b", "#", "Write `a==1  #b`.");
        check(
            "<<<<<<< HEAD",
            "<<<<<<< HEAD",
            "Settle the merge conflict in this file first.",
        );
    }
}
