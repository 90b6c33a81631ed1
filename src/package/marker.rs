//! Environment markers: a decision diagram of pep508_rs with the text it was read from.

use std::fmt;
use std::sync::{Arc, LazyLock};

use foldhash::HashMap;
use pep440_rs::{Version, VersionSpecifier};
use pep508_rs::{
    ExtraName, ExtraOperator, MarkerEnvironment, MarkerExpression, MarkerTree, MarkerValueExtra,
    MarkerValueVersion,
};

use super::comparison::Reading;
use super::marker_algebra::{extras_needed, under_extras};
use super::marker_grammar::read_marker;

/// An environment marker with the text it was read from (pep508_rs prints `python_version` back as
/// `python_full_version`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Marker {
    tree: MarkerTree,
    text: Arc<str>,
}

impl Marker {
    /// Returns the marker that always holds.
    pub fn always() -> Self {
        static ALWAYS: LazyLock<Marker> = LazyLock::new(|| Marker {
            tree: MarkerTree::TRUE,
            text: "".into(),
        });
        ALWAYS.clone()
    }

    /// Returns the marker that holds where one of these extras is asked for.
    pub fn of_extras(extras: &[ExtraName]) -> Self {
        let mut tree = MarkerTree::FALSE;
        for extra in extras {
            tree.or(MarkerTree::expression(MarkerExpression::Extra {
                operator: ExtraOperator::Equal,
                name: MarkerValueExtra::Extra(extra.clone()),
            }));
        }
        Self::from_tree(tree)
    }

    /// Wraps a tree that was built and not read.
    pub fn from_tree(tree: MarkerTree) -> Self {
        let text = tree.try_to_string().unwrap_or_default();
        Self {
            tree,
            text: text.into(),
        }
    }

    /// Returns the marker with its text, for where a choice of an installer's is made too. No extras
    /// of the marker's own are left in it: a declaration has none.
    pub fn under_choice(&self, choice: &MarkerTree) -> Self {
        let mut tree = under_extras(&self.tree, &[]);
        tree.and(choice.clone());
        Self {
            tree,
            text: Arc::clone(&self.text),
        }
    }

    /// Reads a marker; comparisons that mean nothing (`python_version >= 'abc'`) are an error.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (marker, dropped) = Self::read(text, Reading::Strict)?;
        match dropped.into_iter().next() {
            Some(reason) => Err(reason),
            None => Ok(marker),
        }
    }

    /// Reads a marker as metadata holds it, and tells the comparisons that mean nothing and were
    /// passed over: where nothing else is left, the marker always holds.
    pub fn parse_lenient(text: &str) -> Result<(Self, Vec<String>), String> {
        Self::read(text, Reading::Lenient)
    }

    fn read(text: &str, reading: Reading) -> Result<(Self, Vec<String>), String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok((Self::always(), Vec::new()));
        }
        let (tree, dropped) = read_marker(text, reading)?;
        let text = text.into();
        Ok((Self { tree, text }, dropped))
    }

    /// Returns the marker that holds where both do.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        if self.is_always() {
            return other.clone();
        }
        if other.is_always() {
            return self.clone();
        }
        let text = format!("({}) and ({})", self.text(), other.text());
        Self::parse(&text).unwrap_or_else(|_| {
            let mut tree = self.tree.clone();
            tree.and(other.tree.clone());
            Self::from_tree(tree)
        })
    }

    /// Returns the tree, for algebra.
    pub fn tree(&self) -> &MarkerTree {
        &self.tree
    }

    /// Returns the tree for sums with sets of environments. A bound at a pre-release of Python counts
    /// between releases there: the algebra takes `<= '3.11.0a6'` for `<= '3.11'`.
    pub fn exact_tree(&self) -> MarkerTree {
        match between_releases(&self.text) {
            Some(text) => Self::parse(&text).map_or_else(|_| self.tree.clone(), |it| it.tree),
            None => self.tree.clone(),
        }
    }

    /// Returns the extras of which one has to be asked for where it is to hold; `None` where it may
    /// hold with no extra asked for.
    pub fn extras_needed(&self) -> Option<Vec<ExtraName>> {
        let mut needed = extras_needed(&self.tree)?;
        let exact = self.exact_tree();
        if exact != self.tree {
            needed.extend(extras_needed(&exact)?);
            needed.sort();
            needed.dedup();
        }
        Some(needed)
    }

    /// Returns the text it was read from; empty for the marker that always holds.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is the marker that always holds.
    pub fn is_always(&self) -> bool {
        self.tree.is_true()
    }

    /// Whether it holds in an environment with these extras asked for.
    pub fn holds(&self, environment: &MarkerEnvironment, extras: &[ExtraName]) -> bool {
        self.tree.is_true() || self.tree.evaluate(environment, extras)
    }
}

impl fmt::Debug for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Marker({:?})", self.text)
    }
}

/// Returns the text with every bound at a pre-release of Python put at the release, where that says
/// something else.
fn between_releases(text: &str) -> Option<String> {
    if !text.contains("python_full_version") {
        return None;
    }
    let mut mended = String::new();
    let mut is_mended = false;
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '"']) {
        let (before, quoted) = rest.split_at(at);
        let end = quoted[1..].find(&quoted[..1])? + 1;
        let (word, after) = (&quoted[1..end], &quoted[end + 1..]);
        let version = word.parse::<Version>().ok();
        let release = version
            .filter(Version::any_prerelease)
            .map(|it| it.only_release());
        let operator = before.trim_end();
        match release {
            Some(release) if operator.ends_with("<=") => {
                mended.push_str(&format!("{}< '{release}'", &operator[..operator.len() - 2]));
                is_mended = true;
            }
            Some(release) if operator.ends_with('>') => {
                mended.push_str(&format!("{operator}= '{release}'"));
                is_mended = true;
            }
            _ => {
                mended.push_str(before);
                mended.push_str(&quoted[..=end]);
            }
        }
        rest = after;
    }
    mended.push_str(rest);
    is_mended.then_some(mended)
}

/// Returns the marker that holds for one release of Python.
pub fn exactly_python(python: &Version) -> MarkerTree {
    MarkerTree::expression(MarkerExpression::Version {
        key: MarkerValueVersion::PythonFullVersion,
        specifier: VersionSpecifier::equals_version(python.clone()),
    })
}

/// Markers by their text, so that each is parsed once.
#[derive(Debug, Default)]
pub struct MarkerTexts(HashMap<Box<str>, Marker>);

impl MarkerTexts {
    /// Returns the marker for a text; comparisons that mean nothing count as true.
    pub fn parse(&mut self, text: &str) -> Result<Marker, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Marker::always());
        }
        if let Some(marker) = self.0.get(text) {
            return Ok(marker.clone());
        }
        let (marker, _) = Marker::parse_lenient(text)?;
        self.0.insert(text.into(), marker.clone());
        Ok(marker)
    }
}
