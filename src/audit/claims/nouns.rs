//! What claims are about: packages with versions, versions of Python, GPUs and flavours.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::Packages;
use super::words::{Kind, Token};
use crate::package::{PackageName, Specifiers, Version};
use crate::target::{Capability, Flavour};

/// Words for packages, in normal form.
pub(super) type Names = BTreeMap<String, PackageName>;

/// What people call packages that have another name.
pub(super) const ALIASES: &[(&str, &str)] = &[("pytorch", "torch"), ("sklearn", "scikit-learn")];

/// A line with a place to read from.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t> {
    pub(super) tokens: &'t [Token<'t>],
    pub(super) names: &'t Names,
    pub(super) at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn peek(&self) -> Option<&'t Token<'t>> {
        self.tokens.get(self.at)
    }

    /// Takes one of some words.
    pub(super) fn take(&mut self, words: &[&str]) -> Option<()> {
        let is_it = self.peek()?.is_word(words);
        self.at += usize::from(is_it);
        is_it.then_some(())
    }

    /// Takes words in a row: `works with`.
    pub(super) fn take_all(&mut self, words: &str) -> Option<()> {
        let mut ahead = *self;
        for word in words.split(' ') {
            ahead.take(&[word])?;
        }
        *self = ahead;
        Some(())
    }

    pub(super) fn take_sign(&mut self, signs: &str) -> Option<()> {
        let is_it = self.peek()?.is_sign(signs);
        self.at += usize::from(is_it);
        is_it.then_some(())
    }

    /// Takes a word that can be read as something.
    pub(super) fn read<T>(&mut self, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let found = read(self.peek()?.word()?)?;
        self.at += 1;
        Some(found)
    }

    /// Takes the name of a package.
    pub(super) fn name(&mut self) -> Option<PackageName> {
        let word = self.peek()?.word()?;
        let name = PackageName::from_str(word).ok()?;
        let known = self.names.get(name.as_ref())?.clone();
        self.at += 1;
        Some(known)
    }

    /// Takes a package with the versions that follow it, if any do.
    pub(super) fn packages(&mut self) -> Option<Packages> {
        let name = self.name()?;
        self.take(&["version", "versions"]);
        let packages = self.versions(name.clone());
        Some(packages.unwrap_or(Packages {
            name,
            range: Specifiers::any(),
            named: None,
            text: String::new(),
        }))
    }

    /// Takes a package that has versions.
    pub(super) fn versioned(&mut self) -> Option<Packages> {
        let mut ahead = *self;
        let packages = ahead.packages().filter(|it| !it.range.is_any())?;
        *self = ahead;
        Some(packages)
    }

    /// Takes versions of a package: `1.0.0+`, `2.x`, `>=1,<2`, `1.11-1.13`, `2.3 or newer`.
    pub(super) fn versions(&mut self, name: PackageName) -> Option<Packages> {
        let mut ahead = *self;
        let (specifiers, named) = match ahead.peek()?.kind {
            Kind::Operator(_) => ahead.clauses()?,
            Kind::Word(word) => {
                ahead.at += 1;
                ahead.range(word)?
            }
            Kind::Sign(_) => return None,
        };
        let range = Specifiers::parse(&specifiers).ok()?;
        *self = ahead;
        Some(Packages {
            text: specifiers,
            name,
            range,
            named: Some(named),
        })
    }

    fn clauses(&mut self) -> Option<(String, Version)> {
        let mut clauses = Vec::new();
        let mut named = None;
        loop {
            let mut ahead = *self;
            let Some(Kind::Operator(operator)) = ahead.peek().map(|it| it.kind) else {
                break;
            };
            ahead.at += 1;
            let Some((word, version)) = ahead.read(|word| {
                let bare = word.strip_suffix(".x").unwrap_or(word);
                Some((bare.to_owned(), version(bare)?))
            }) else {
                break;
            };
            clauses.push(format!("{operator}{word}"));
            named.get_or_insert(version);
            *self = ahead;
            let mut comma = *self;
            let goes_on = comma.take_sign(",").is_some()
                && matches!(comma.peek().map(|it| it.kind), Some(Kind::Operator(_)));
            if !goes_on {
                break;
            }
            *self = comma;
        }
        Some((clauses.join(","), named?))
    }

    /// Reads what a word and those behind it say of versions.
    fn range(&mut self, word: &str) -> Option<(String, Version)> {
        let word = match word.strip_prefix(['v', 'V']) {
            Some(bare) if bare.starts_with(|c: char| c.is_ascii_digit()) => bare,
            _ => word,
        };
        if let Some((from, to)) = word.split_once('-') {
            let (first, last) = (version(from)?, version(to)?);
            return (first < last).then(|| (format!(">={from},<={to}"), first));
        }
        let is_open = word.ends_with('+');
        let bare = word.trim_end_matches('+').trim_end_matches(".x");
        let named = version(bare)?;
        let is_open = is_open || self.is_or_newer();
        let is_family = word.ends_with(".x") || named.release().len() < 3;
        let text = match (is_open, is_family) {
            (true, _) => format!(">={bare}"),
            (false, true) if !named.is_local() => format!("=={bare}.*"),
            (false, _) => format!("=={bare}"),
        };
        Some((text, named))
    }

    fn is_or_newer(&mut self) -> bool {
        let words = ["newer", "later", "higher", "above", "up", "greater"];
        let mut ahead = *self;
        let is_it = ahead.take(&["or", "and"]).and_then(|()| ahead.take(&words));
        if is_it.is_some() {
            *self = ahead;
        }
        is_it.is_some()
    }

    /// Takes `Python 3.13`, and tells the 13.
    pub(super) fn python(&mut self) -> Option<u8> {
        let mut ahead = *self;
        ahead.take(&["python", "cpython"])?;
        let minor = ahead.read(minor)?;
        *self = ahead;
        Some(minor)
    }

    /// Takes `Python 3.8-3.11`, `py3.8–3.11`.
    pub(super) fn pythons(&mut self) -> Option<(u8, u8)> {
        let mut ahead = *self;
        let is_named = ahead.take(&["python", "cpython"]).is_some();
        let (first, last) = ahead.read(|word| {
            let bare = word.strip_prefix("py").or(is_named.then_some(word))?;
            match bare.split_once('-') {
                Some((first, last)) => Some((minor(first)?, Some(minor(last)?))),
                None => Some((minor(bare)?, None)),
            }
        })?;
        let last = match last {
            Some(last) => last,
            None => {
                ahead
                    .take_sign("-")
                    .or_else(|| ahead.take(&["to", "through"]))?;
                ahead.read(|word| minor(word.strip_prefix("py").unwrap_or(word)))?
            }
        };
        *self = ahead;
        (first < last).then_some((first, last))
    }

    /// Takes the name of a GPU: `RTX 5090`, `GTX 1080 Ti`, `H100`.
    pub(super) fn gpu(&mut self) -> Option<String> {
        let mut ahead = *self;
        ahead.take(&["nvidia"]);
        ahead.take(&["geforce"]);
        let name = match ahead.take(&["rtx", "gtx"]) {
            Some(()) => {
                let series = self.tokens.get(ahead.at - 1)?.word()?.to_uppercase();
                let number = ahead.read(|word| {
                    let is_number = word.len() == 4 && word.bytes().all(|it| it.is_ascii_digit());
                    is_number.then(|| word.to_owned())
                })?;
                match ahead
                    .take(&["ti"])
                    .map(|()| " Ti")
                    .or_else(|| ahead.take(&["super"]).map(|()| " SUPER"))
                {
                    Some(kind) => format!("{series} {number}{kind}"),
                    None => format!("{series} {number}"),
                }
            }
            None => ahead.read(|word| DATA_CENTRE.contains(&word).then(|| word.to_owned()))?,
        };
        *self = ahead;
        Some(name)
    }

    /// Takes `compute capability 9.0`, `CC 9.0`, `sm_90`.
    pub(super) fn capability(&mut self) -> Option<Capability> {
        let mut ahead = *self;
        let is_named = ahead
            .take_all("compute capability")
            .or_else(|| ahead.take(&["cc", "capability"]))
            .is_some();
        let found = ahead.read(|word| {
            let is_whole = is_named || word.starts_with("sm_");
            word.parse().ok().filter(|_| is_whole)
        })?;
        *self = ahead;
        Some(found)
    }

    /// Takes `/cu121`, `(cu121)`, `with cu121 wheels`.
    pub(super) fn flavour(&mut self) -> Option<Flavour> {
        let mut ahead = *self;
        let is_open = ahead.take_sign("(").is_some();
        if !is_open {
            ahead.take_sign("/").or_else(|| ahead.take(&["with"]))?;
        }
        let flavour = ahead.read(|word| {
            let is_it = word.starts_with("cu") && word.len() > 4 && !word.contains('-');
            word.parse().ok().filter(|_| is_it)
        })?;
        if is_open {
            ahead.take_sign(")")?;
        }
        ahead.take(&["wheels", "build", "builds"]);
        *self = ahead;
        Some(flavour)
    }
}

/// GPUs whose name is one word that is nothing else.
const DATA_CENTRE: &[&str] = &[
    "A10", "A100", "A40", "B200", "H100", "H200", "L4", "L40", "L40S", "T4", "V100",
];

/// Reads a version that begins with a digit.
pub(super) fn version(text: &str) -> Option<Version> {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| is_number && !text.contains('-'))
}

/// Reads the 13 of `3.13`.
fn minor(text: &str) -> Option<u8> {
    text.strip_prefix("3.")?.parse().ok()
}
