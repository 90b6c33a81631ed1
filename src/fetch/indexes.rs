//! Which index is asked for which name, and in which order: the rules that keep a private name from
//! being answered by a public index.

use std::sync::Arc;

use url::Url;

use super::flavours::{FlavourIndexes, MISSING, is_beside, is_of_flavour};
use crate::package::{IndexUrl, PackageName};
use crate::target::Flavour;

/// One index, as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name, for `sources`, variables and messages.
    pub name: Option<String>,
    /// Its address; a `file:` address is a local folder.
    pub url: IndexUrl,
    /// The shape of what is there.
    pub shape: IndexShape,
    /// Whether it is asked only for packages whose `sources` name it.
    pub explicit: bool,
    /// Statuses that mean "I do not have it" here, besides 404: some hosts say 403.
    pub statuses_for_missing: Vec<u16>,
}

/// The shape of an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndexShape {
    /// One page for each project (PEP 503).
    #[default]
    Simple,
    /// One page or folder for everything (`--find-links`).
    Flat,
}

/// Which index wins when several have a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndexStrategy {
    /// The first that has the name at all.
    #[default]
    First,
    /// The first with a version that serves.
    UnsafeFirstMatch,
    /// The best version of all.
    UnsafeBestMatch,
}

/// All indexes of a run.
#[derive(Clone, Debug, Default)]
pub struct Indexes {
    /// Those to ask for any name, in order: extra and named ones first, the default one last.
    indexes: Vec<Arc<Index>>,
    strategy: IndexStrategy,
    /// Packages that come from one index and from no other.
    sources: Vec<(PackageName, String)>,
    /// Where builds for accelerators are.
    builds: Option<FlavourIndexes>,
}

/// Whom to ask for a name.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Flat places, whose files always count beside the indexes'.
    pub(super) flat: Vec<Arc<Index>>,
    /// Indexes in order.
    pub(super) simple: Vec<Arc<Index>>,
    /// Which of them wins.
    pub(super) strategy: IndexStrategy,
}

impl Index {
    /// Describes an index of the usual shape.
    pub fn simple(url: IndexUrl) -> Self {
        Self {
            name: None,
            statuses_for_missing: Vec::new(),
            url,
            shape: IndexShape::Simple,
            explicit: false,
        }
    }

    /// Describes a flat page or folder.
    pub fn flat(url: IndexUrl) -> Self {
        Self {
            shape: IndexShape::Flat,
            ..Self::simple(url)
        }
    }

    /// Returns what messages call it.
    pub fn label(&self) -> Arc<str> {
        match &self.name {
            Some(name) => name.as_str().into(),
            None => self.public().as_str().trim_end_matches('/').into(),
        }
    }

    /// Returns its address without credentials, as text: what identifies it in pages and locks.
    pub fn public(&self) -> &Url {
        self.url.public()
    }

    /// Whether its pages are kept although it forbids that: those of flavours do, by a setting of
    /// their storage, and yet are public. They are confirmed each time.
    pub(super) fn is_kept_anyway(&self) -> bool {
        let address = self.url.secret();
        let is_public = address.password().is_none() && address.username().is_empty();
        is_of_flavour(&self.url) && is_public
    }

    /// Returns the address of a project's page.
    pub(super) fn page_url(&self, name: &PackageName) -> Option<Url> {
        let mut url = self.public().clone();
        url.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend([name.as_ref(), ""]);
        Some(url)
    }

    /// Returns the same as text: names need no escapes.
    pub(super) fn page_address(&self, name: &PackageName) -> String {
        let base = self.public();
        if base.query().is_some() || base.fragment().is_some() {
            return self.page_url(name).map(String::from).unwrap_or_default();
        }
        let base = base.as_str();
        let base = base.strip_suffix('/').unwrap_or(base);
        [base, "/", name.as_ref(), "/"].concat()
    }
}

impl Indexes {
    /// Takes the indexes in the order in which they are asked.
    pub fn new(
        indexes: Vec<Index>,
        strategy: IndexStrategy,
        sources: Vec<(PackageName, String)>,
    ) -> Self {
        Self {
            indexes: indexes.into_iter().map(Arc::new).collect(),
            strategy,
            sources,
            builds: None,
        }
    }

    /// Adds where builds for accelerators are: below `base`, an index for each flavour. Where a
    /// flavour is set, the packages of `family` come from its index and from nowhere else, unless
    /// a package has a source of its own; no other package is ever asked for there. Indexes of
    /// flavours that are configured on the same host answer for what they lack as it does. Not to
    /// be called where no index may be asked at all.
    #[must_use]
    pub fn with_builds(
        mut self,
        base: IndexUrl,
        family: impl IntoIterator<Item = PackageName>,
    ) -> Self {
        for index in &mut self.indexes {
            if index.statuses_for_missing.is_empty() && is_beside(&index.url, &base) {
                Arc::make_mut(index).statuses_for_missing = vec![MISSING];
            }
        }
        self.builds = Some(FlavourIndexes::new(base, family));
        self
    }

    /// Returns all of them, those of flavours aside.
    pub fn all(&self) -> impl Iterator<Item = &Index> {
        self.indexes.iter().map(Arc::as_ref)
    }

    /// Returns every address that may have a login, with the name of its index.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (Option<&str>, &Url)> {
        let named = self
            .indexes
            .iter()
            .map(|index| (index.name.as_deref(), index.url.secret()));
        let base = self
            .builds
            .iter()
            .map(|builds| (None, builds.base().secret()));
        named.chain(base)
    }

    /// Whether some index is asked over TLS.
    pub(super) fn need_tls(&self) -> bool {
        let mut indexes = self.indexes.iter();
        indexes.any(|index| index.public().scheme() == "https")
    }

    /// Returns the flavour whose index alone is asked for a name, where `wanted` is set.
    pub(super) fn flavour(&self, name: &PackageName, wanted: Option<&Flavour>) -> Option<Flavour> {
        let is_built = self.builds.as_ref().is_some_and(|builds| builds.have(name));
        wanted
            .filter(|_| is_built && self.source(name).is_none())
            .cloned()
    }

    /// Returns which index wins.
    pub(super) fn strategy(&self) -> IndexStrategy {
        self.strategy
    }

    /// Returns whom to ask for a build of a flavour.
    pub(super) fn plan_of(&self, flavour: &Flavour) -> Plan {
        let index = self.builds.as_ref().and_then(|builds| builds.of(flavour));
        Plan {
            flat: Vec::new(),
            simple: index.into_iter().map(Arc::new).collect(),
            strategy: self.strategy,
        }
    }

    /// Returns the name of the one index that a package comes from, where there is one.
    pub(super) fn source(&self, name: &PackageName) -> Option<&str> {
        let mut sources = self.sources.iter();
        let (_, index) = sources.find(|(package, _)| package == name)?;
        Some(index)
    }

    /// Returns whom to ask for what comes from the index with a name, or from any.
    pub(super) fn plan(&self, source: Option<&str>) -> Plan {
        let asked = |index: &&Arc<Index>| match source {
            Some(source) => index.name.as_deref() == Some(source),
            None => !index.explicit,
        };
        let of_shape = |shape| {
            let indexes = self.indexes.iter().filter(asked);
            indexes
                .filter(|index| index.shape == shape)
                .cloned()
                .collect()
        };
        Plan {
            flat: of_shape(IndexShape::Flat),
            simple: of_shape(IndexShape::Simple),
            strategy: self.strategy,
        }
    }

    /// Returns what messages call the index with a public address.
    pub(super) fn label(&self, public: &str) -> Arc<str> {
        let same = |index: &&Arc<Index>| index.public().as_str() == public;
        match self.indexes.iter().find(same) {
            Some(index) => index.label(),
            None => public.into(),
        }
    }
}

impl Plan {
    /// Says whom it asks, for a message that nobody has the name.
    pub(super) fn describe(&self) -> String {
        let labels: Vec<String> = self
            .simple
            .iter()
            .chain(&self.flat)
            .map(|index| format!("`{}`", index.label()))
            .collect();
        match labels.is_empty() {
            true => "no index may be asked for it".to_owned(),
            false => format!("not on {}", labels.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(name: &str, explicit: bool) -> Index {
        let url = format!("https://{name}.example/simple/");
        Index {
            name: Some(name.to_owned()),
            explicit,
            ..Index::simple(IndexUrl::parse(&url).unwrap())
        }
    }

    fn package(name: &str) -> PackageName {
        PackageName::new(name.to_owned()).unwrap()
    }

    fn asked(indexes: &Indexes, name: &str) -> Vec<String> {
        let plan = indexes.plan(indexes.source(&package(name)));
        plan.simple
            .iter()
            .map(|index| index.label().to_string())
            .collect()
    }

    #[test]
    fn the_address_of_a_page_is_its_url() {
        for base in [
            "https://one.example/simple/",
            "https://one.example/simple",
            "https://one.example",
            "https://one.example/a%20b//",
            "https://one.example/simple/?key=1",
            "http://127.0.0.1:8080/json/0/simple",
        ] {
            let index = Index::simple(IndexUrl::parse(base).unwrap());
            let url = index.page_url(&package("foo-bar2")).unwrap();

            assert_eq!(index.page_address(&package("foo-bar2")), url.as_str());
        }
    }

    #[test]
    fn an_explicit_index_is_asked_only_for_the_packages_that_name_it() {
        let indexes = Indexes::new(
            vec![
                index("extra", false),
                index("torch", true),
                index("main", false),
            ],
            IndexStrategy::First,
            vec![(package("a"), "torch".to_owned())],
        );

        assert_eq!(asked(&indexes, "a"), ["torch"]);
        assert_eq!(asked(&indexes, "b"), ["extra", "main"]);
    }

    #[test]
    fn a_page_stands_below_the_index_with_a_slash_at_the_end() {
        let url = |text: &str| Index::simple(IndexUrl::parse(text).unwrap());
        let page = |text: &str| url(text).page_url(&package("A_b")).unwrap().to_string();

        assert_eq!(
            page("https://u:p@h.example/simple/"),
            "https://h.example/simple/a-b/"
        );
        assert_eq!(page("https://h.example"), "https://h.example/a-b/");
    }
}
