//! One clause of a specifier set, `>=1.0`, and its meaning as a set of versions.
//!
//! pep440_rs parses versions well, but its conversion of specifiers into ranges ignores local
//! versions, loses `<1.0.post2`, and takes `===` for `==`; so the meaning of each operator stands
//! here, as intervals of version keys, and is tested against Python's `packaging`.

use std::fmt;

use pep440_rs::Version;

use super::version_key::{before, past_locals, past_posts, past_prefix};
use super::{VersionKey, VersionSet};

/// What stands before the version.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Identical,
    Equal,
    NotEqual,
    Compatible,
    AtMost,
    AtLeast,
    Less,
    Greater,
}

/// Longer spellings first, so that `==` is not read as the start of `===`.
const OPERATORS: &[(&str, Operator)] = &[
    ("===", Operator::Identical),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("~=", Operator::Compatible),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// What stands after the operator.
enum Operand {
    Version(Version),
    Prefix(Version),
    Text(String),
}

/// One operator with its operand.
pub(super) struct Clause {
    operator: Operator,
    operand: Operand,
    operand_text: String,
}

impl Clause {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let Some((symbol, operator)) = OPERATORS
            .iter()
            .find(|(symbol, _)| text.starts_with(symbol))
        else {
            return Err(format!(
                "expected an operator (`==`, `!=`, `~=`, `<`, `<=`, `>`, `>=` or `===`) before `{text}`"
            ));
        };
        let operand_text = text[symbol.len()..].trim();
        Ok(Self {
            operator: *operator,
            operand: parse_operand(*operator, symbol, operand_text)?,
            operand_text: operand_text.to_owned(),
        })
    }

    pub(super) fn is_pin(&self) -> bool {
        match self.operator {
            Operator::Identical => true,
            Operator::Equal => matches!(self.operand, Operand::Version(_)),
            _ => false,
        }
    }

    pub(super) fn names_prerelease(&self) -> bool {
        self.operator != Operator::NotEqual
            && match &self.operand {
                Operand::Version(version) | Operand::Prefix(version) => version.any_prerelease(),
                Operand::Text(text) => text
                    .parse::<Version>()
                    .is_ok_and(|version| version.any_prerelease()),
            }
    }

    pub(super) fn to_set(&self) -> VersionSet {
        match &self.operand {
            Operand::Text(text) => identical_set(text),
            Operand::Prefix(prefix) => {
                let set = prefix_set(prefix.epoch(), prefix.release());
                match self.operator {
                    Operator::NotEqual => set.complement(),
                    _ => set,
                }
            }
            Operand::Version(version) => version_set(self.operator, version),
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let symbol = OPERATORS
            .iter()
            .find(|(_, operator)| *operator == self.operator)
            .map_or("", |(symbol, _)| symbol);
        write!(f, "{symbol}{}", self.operand_text)
    }
}

fn parse_operand(operator: Operator, symbol: &str, text: &str) -> Result<Operand, String> {
    if text.is_empty() {
        return Err(format!("expected a version after `{symbol}`"));
    }
    if operator == Operator::Identical {
        let foreign = text.find(|c: char| c.is_whitespace() || ";)".contains(c));
        return match foreign {
            Some(at) => Err(format!(
                "unexpected text after the version in `{symbol}{text}`: `{}`",
                &text[at..]
            )),
            None => Ok(Operand::Text(text.to_owned())),
        };
    }
    let version = |text: &str| match text.parse::<Version>() {
        Ok(version) if !text.contains(char::is_whitespace) => Ok(version),
        _ => Err(format!("`{text}` is not a version (PEP 440)")),
    };
    if let Some(prefix) = text.strip_suffix(".*") {
        if !matches!(operator, Operator::Equal | Operator::NotEqual) {
            return Err(format!(
                "`{symbol}` cannot be used with `{text}`: only `==` and `!=` take a `.*`"
            ));
        }
        let prefix = version(prefix)?;
        if prefix.any_prerelease() || prefix.is_post() || prefix.is_local() {
            return Err(format!("`{text}`: a `.*` can only follow release numbers"));
        }
        return Ok(Operand::Prefix(prefix));
    }
    let version = version(text)?;
    let takes_local = matches!(operator, Operator::Equal | Operator::NotEqual);
    if version.is_local() && !takes_local {
        return Err(format!(
            "`{symbol}` cannot be used with the local version `{text}`: only `==` and `!=` can"
        ));
    }
    if operator == Operator::Compatible && version.release().len() < 2 {
        return Err(format!(
            "`~={text}` needs at least two release numbers, such as `~={text}.0`"
        ));
    }
    Ok(Operand::Version(version))
}

/// The meaning of each operator, PEP 440 "Version specifiers".
fn version_set(operator: Operator, version: &Version) -> VersionSet {
    let from_here = || VersionSet::from(before(version));
    match operator {
        Operator::Identical => identical_set(&version.to_string()),
        Operator::Equal if version.is_local() => exact_set(version),
        Operator::Equal => VersionSet::interval(before(version), past_locals(version)),
        Operator::NotEqual => version_set(Operator::Equal, version).complement(),
        Operator::AtLeast => from_here(),
        Operator::AtMost => VersionSet::until(past_locals(version)),
        // The pre-releases of the version itself stay out, unless it is one.
        Operator::Less if version.any_prerelease() => VersionSet::until(before(version)),
        Operator::Less => VersionSet::until(before(&version.clone().with_dev(Some(0)))),
        // Its post-releases stay out, unless it is one, and its local versions.
        Operator::Greater if version.is_post() || version.is_dev() => {
            VersionSet::from(past_locals(version))
        }
        Operator::Greater => VersionSet::from(past_posts(version)),
        Operator::Compatible => {
            let kept = version.release().len() - 1;
            prefix_set(version.epoch(), &version.release()[..kept]).intersection(&from_here())
        }
    }
}

/// Only a version spelled like the text, whose place in the order the text tells; none if it is
/// no version.
fn identical_set(text: &str) -> VersionSet {
    match text.parse::<Version>() {
        Ok(version) => exact_set(&version).with_literal(text),
        Err(_) => VersionSet::empty(),
    }
}

/// The version with exactly this local segment, or with none.
fn exact_set(version: &Version) -> VersionSet {
    let from = match version.is_local() {
        true => VersionKey::of(version).as_bytes().to_vec(),
        false => before(version),
    };
    let mut to = VersionKey::of(version).as_bytes().to_vec();
    to.push(0);
    VersionSet::interval(from, to)
}

/// Every version whose release starts with these numbers, pre-releases of the first included.
fn prefix_set(epoch: u64, prefix: &[u64]) -> VersionSet {
    let first = Version::new(prefix).with_epoch(epoch).with_dev(Some(0));
    VersionSet::interval(before(&first), past_prefix(epoch, prefix))
}
