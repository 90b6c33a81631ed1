//! One comparison of an environment marker, made into a decision diagram of pep508_rs.
//!
//! The forms that pep508_rs gets wrong, panics on or passes over in silence are rewritten into
//! ones it decides well, or refused.

use pep440_rs::{Version, VersionSpecifier};
use pep508_rs::{
    ExtraName, ExtraOperator, MarkerExpression, MarkerOperator, MarkerTree, MarkerValue,
    MarkerValueExtra, MarkerValueString, MarkerValueVersion,
};

use super::leniency::mended;

/// Whether forms that old metadata holds are forgiven.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// As a user writes it.
    Strict,
    /// As metadata holds it.
    Lenient,
}

/// One side of a comparison.
pub(super) enum Operand<'a> {
    /// A text in quotes.
    Text(&'a str),
    /// A version, such as `python_version`.
    Version(MarkerValueVersion),
    /// A text of the environment, such as `sys_platform`.
    String(MarkerValueString),
    /// `extra`.
    Extra,
}

/// Names from before PEP 508 for the same variables.
const OLD_NAMES: &[(&str, &str)] = &[
    ("os.name", "os_name"),
    ("platform.machine", "platform_machine"),
    (
        "platform.python_implementation",
        "platform_python_implementation",
    ),
    ("platform.version", "platform_version"),
    ("python_implementation", "platform_python_implementation"),
    ("sys.platform", "sys_platform"),
];

/// The largest number in a version that a marker may compare with: pep508_rs adds one to it.
const MAX_NUMBER: u64 = u32::MAX as u64;

impl Operand<'_> {
    /// Returns the variable of a name, also an old one.
    pub(super) fn variable(name: &str) -> Option<Self> {
        let name = OLD_NAMES
            .iter()
            .find(|(old, _)| *old == name)
            .map_or(name, |(_, new)| new);
        match name.parse::<MarkerValue>().ok()? {
            MarkerValue::MarkerEnvVersion(variable) => Some(Self::Version(variable)),
            MarkerValue::MarkerEnvString(variable) => Some(Self::String(variable)),
            MarkerValue::Extra => Some(Self::Extra),
            MarkerValue::QuotedString(_) => None,
        }
    }

    /// How many comparisons it stands for as the list after an `in`.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Text(text) => words(text).count().max(1),
            Self::Version(_) | Self::String(_) | Self::Extra => 1,
        }
    }
}

/// Returns the diagram of `left operator right`, or why the comparison means nothing.
pub(super) fn comparison(
    left: Operand<'_>,
    operator: &str,
    right: Operand<'_>,
    reading: Reading,
) -> Result<MarkerTree, String> {
    let (variable, operator, text) = match (left, right) {
        (Operand::Text(_), Operand::Text(_)) => {
            return Err("it compares two texts with each other".into());
        }
        (variable, Operand::Text(text)) => (variable, operator, text),
        (Operand::Text(text), variable) => (variable, turned(operator)?, text),
        _ => return Err("it compares two variables with each other".into()),
    };
    match variable {
        Operand::Version(key) => version_comparison(&key, operator, text, reading),
        Operand::String(key) => string_comparison(key, operator, text),
        Operand::Extra => extra_comparison(operator, text, reading),
        Operand::Text(_) => Err("it compares two texts with each other".into()),
    }
}

/// The operator with its sides exchanged; `contains` is ours, for `'x' in variable`.
fn turned(operator: &str) -> Result<&str, String> {
    Ok(match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        "in" => "contains",
        "not in" => "not contains",
        "==" | "===" | "!=" => operator,
        _ => return Err(format!("`{operator}` needs the variable on its left")),
    })
}

fn string_comparison(
    key: MarkerValueString,
    operator: &str,
    text: &str,
) -> Result<MarkerTree, String> {
    if text.contains('\'') {
        // pep508_rs writes every text between single quotes.
        return Err(format!("no `{key}` has a quote in it"));
    }
    let operator = match operator {
        "==" | "===" => MarkerOperator::Equal,
        "!=" => MarkerOperator::NotEqual,
        "<" => MarkerOperator::LessThan,
        "<=" => MarkerOperator::LessEqual,
        ">" => MarkerOperator::GreaterThan,
        ">=" => MarkerOperator::GreaterEqual,
        "in" => MarkerOperator::In,
        "not in" => MarkerOperator::NotIn,
        "contains" => MarkerOperator::Contains,
        "not contains" => MarkerOperator::NotContains,
        _ => {
            return Err(format!(
                "`{operator}` compares versions, and `{key}` is a text"
            ));
        }
    };
    let value = text.to_owned();
    Ok(MarkerTree::expression(MarkerExpression::String {
        key,
        operator,
        value,
    }))
}

/// Names are compared in normal form; `in` either way takes lists of names and not pieces of them.
fn extra_comparison(operator: &str, text: &str, reading: Reading) -> Result<MarkerTree, String> {
    let equals = |name: &str| match name.parse::<ExtraName>() {
        Ok(name) if !name.as_ref().is_empty() => {
            Ok(MarkerTree::expression(MarkerExpression::Extra {
                operator: ExtraOperator::Equal,
                name: MarkerValueExtra::Extra(name),
            }))
        }
        // Nobody can ask for it, so in metadata (`extra == '_tests'`) it is never asked for.
        _ if reading == Reading::Lenient => Ok(MarkerTree::FALSE),
        _ => Err(format!("`{name}` is not a valid name for an extra")),
    };
    match operator {
        "==" | "===" | "contains" => equals(text),
        "!=" | "not contains" => equals(text).map(|tree| tree.negate()),
        "in" => any_of(words(text).map(equals)),
        "not in" => any_of(words(text).map(equals)).map(|tree| tree.negate()),
        _ => Err(format!("`extra` cannot be compared by `{operator}`")),
    }
}

fn version_comparison(
    key: &MarkerValueVersion,
    operator: &str,
    text: &str,
    reading: Reading,
) -> Result<MarkerTree, String> {
    let equals = |text: &str| specifier(key, "==", text);
    match operator {
        "in" => any_of(words(text).map(equals)),
        "not in" => any_of(words(text).map(equals)).map(|tree| tree.negate()),
        "contains" => equals(text),
        "not contains" => equals(text).map(|tree| tree.negate()),
        "===" => equals(text),
        "~=" => compatible(key, text),
        _ if reading == Reading::Lenient && text.ends_with('*') => {
            let mended = mended(&format!("{operator}{text}"));
            let end = mended.find(|c| !"<>=!".contains(c)).unwrap_or(0);
            specifier(key, &mended[..end], &mended[end..])
        }
        _ => specifier(key, operator, text),
    }
}

/// pep508_rs strips the zero of `~=3.8.0`, and panics on `~=3.0`.
fn compatible(key: &MarkerValueVersion, text: &str) -> Result<MarkerTree, String> {
    let version = version(text)?;
    let Some((_, kept)) = version
        .release()
        .split_last()
        .filter(|(_, kept)| !kept.is_empty())
    else {
        return Err(format!("`~= '{text}'` needs at least two release numbers"));
    };
    let prefix = Version::new(kept).with_epoch(version.epoch());
    let mut tree = specifier(key, ">=", text)?;
    tree.and(specifier(key, "==", &format!("{prefix}.*"))?);
    Ok(tree)
}

fn specifier(key: &MarkerValueVersion, operator: &str, text: &str) -> Result<MarkerTree, String> {
    version(text.strip_suffix(".*").unwrap_or(text))?;
    let specifier = format!("{operator}{text}")
        .parse::<VersionSpecifier>()
        .map_err(|_| format!("`{key} {operator} '{text}'` compares with no version"))?;
    let key = key.clone();
    Ok(MarkerTree::expression(MarkerExpression::Version {
        key,
        specifier,
    }))
}

fn version(text: &str) -> Result<Version, String> {
    match text.parse::<Version>() {
        Ok(version) if version.release().iter().all(|number| *number <= MAX_NUMBER) => Ok(version),
        _ => Err(format!("`{text}` is not a version (PEP 440)")),
    }
}

/// The items of a list as markers hold them: `'2.7 3.5'`, `'2.7, 3.5'`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || ",;|".contains(c))
        .filter(|word| !word.is_empty())
}

fn any_of(trees: impl Iterator<Item = Result<MarkerTree, String>>) -> Result<MarkerTree, String> {
    let mut any = MarkerTree::FALSE;
    for tree in trees {
        any.or(tree?);
    }
    Ok(any)
}
