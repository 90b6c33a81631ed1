//! A region: a set of environments, as a marker, with the Pythons and platforms in it that are
//! known, and the wheel tags that some of them accept.

use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use foldhash::HashMap;

use super::known_platform::KNOWN;
use super::possible::possible;
use super::{KnownPlatform, PythonVersion, TagTable, region_words};
use crate::package::{
    ExtraName, Marker, MarkerTree, Specifiers, Version, both, covers, either, exactly_python,
    pythons_named, shortest_text, under_extras,
};

/// The first minor version of Python 3 that a region may reach back to.
const OLDEST: u64 = 6;

/// A set of environments.
#[derive(Debug)]
pub struct Region {
    /// What was said of it.
    said: MarkerTree,
    /// The same, where such environments can be.
    marker: MarkerTree,
    /// The Pythons in it by which others are judged, ascending.
    pythons: Vec<Version>,
    platforms: Vec<&'static KnownPlatform>,
    minors: Vec<u64>,
    /// The wheel tags accepted in it, worked out where files are judged; the bits are those of the
    /// minor versions.
    tags: OnceLock<Arc<TagTable>>,
    /// The environments within it of which each has to have a file of every package.
    required: Vec<Required>,
    /// What markers are under an extra, and whether they hold somewhere in it then.
    verdicts: Mutex<HashMap<UnderExtra, (MarkerTree, bool)>>,
    /// Whether the first of two trees holds in it wherever the second does.
    covered: Mutex<HashMap<(MarkerTree, MarkerTree), bool>>,
}

/// A marker of metadata, with the extra that is asked for.
type UnderExtra = (Marker, Option<ExtraName>);

/// An environment that must not be left without a file.
#[derive(Clone, Debug)]
pub struct Required {
    marker: MarkerTree,
    tags: Arc<TagTable>,
}

impl Region {
    /// Returns the region of a marker; none where there is no such environment.
    pub fn new(said: MarkerTree) -> Option<Self> {
        let minors = OLDEST..=PythonVersion::newest_stable().minor();
        let mut pythons: Vec<Version> = minors.map(|minor| Version::new([3, minor, 0])).collect();
        pythons.extend(landmarks(&said));
        let marker = both(&said, possible());
        Self::among(said, marker, pythons, KNOWN.iter().collect())
    }

    /// The same, judged by those of these Pythons and platforms that are in it.
    fn among(
        said: MarkerTree,
        marker: MarkerTree,
        mut pythons: Vec<Version>,
        mut platforms: Vec<&'static KnownPlatform>,
    ) -> Option<Self> {
        if marker.is_false() {
            return None;
        }
        pythons.sort();
        pythons.dedup();
        pythons.retain(|python| !exactly_python(python).is_disjoint(&marker));
        let mut minors: Vec<u64> = pythons.iter().map(|python| python.release()[1]).collect();
        minors.dedup();
        platforms.retain(|platform| !platform.marker().is_disjoint(&marker));
        Some(Self {
            tags: OnceLock::new(),
            minors,
            said,
            marker,
            pythons,
            platforms,
            required: Vec::new(),
            verdicts: Mutex::default(),
            covered: Mutex::default(),
        })
    }

    /// Returns it with environments of which each has to have a file of every package; those
    /// outside do not count.
    pub fn requiring(mut self, environments: &[MarkerTree]) -> Self {
        self.required = environments
            .iter()
            .filter_map(|environment| {
                let inner = Self::new(both(&self.said, environment))?;
                Some(Required {
                    marker: environment.clone(),
                    tags: Arc::clone(inner.table()),
                })
            })
            .collect();
        self
    }

    /// Returns the part of it where a marker holds, if there is one.
    pub fn part(&self, marker: &MarkerTree) -> Option<Self> {
        let mut pythons = self.pythons.clone();
        pythons.extend(landmarks(marker));
        self.part_among(marker, pythons)
    }

    /// The same, judged by no other Pythons than it is itself, whatever bounds the marker speaks of;
    /// none where none of them is there.
    pub fn narrowed(&self, marker: &MarkerTree) -> Option<Self> {
        let part = self.part_among(marker, self.pythons.clone())?;
        (!part.pythons.is_empty()).then_some(part)
    }

    fn part_among(&self, marker: &MarkerTree, pythons: Vec<Version>) -> Option<Self> {
        let said = both(&self.said, marker);
        let required: Vec<MarkerTree> = self.required.iter().map(|it| it.marker.clone()).collect();
        let part = Self::among(
            said,
            both(&self.marker, marker),
            pythons,
            self.platforms.clone(),
        )?;
        Some(part.requiring(&required))
    }

    /// Returns the parts where a marker holds and where it does not; none where that is no
    /// difference within it.
    pub fn split(&self, marker: &MarkerTree) -> Option<(Self, Self)> {
        Some((self.part(marker)?, self.part(&marker.negate())?))
    }

    /// Returns it together with another one.
    pub fn joined(&self, other: &Self) -> Option<Self> {
        Self::new(either(&self.said, &other.said))
    }

    /// Returns the marker that was said, environments that cannot be included.
    pub fn said(&self) -> &MarkerTree {
        &self.said
    }

    /// Returns the marker of the environments that there can be.
    pub fn marker(&self) -> &MarkerTree {
        &self.marker
    }

    /// Returns the Pythons by which it is judged, ascending.
    pub fn pythons(&self) -> &[Version] {
        &self.pythons
    }

    /// Whether it has no last Python.
    pub fn is_open(&self) -> bool {
        // Far beyond the Pythons there are: who does not shut it out says nothing of an end.
        static FAR: LazyLock<MarkerTree> =
            LazyLock::new(|| exactly_python(&Version::new([3, 99, 0])));
        self.meets(&FAR)
    }

    /// Whether it has no last Python, and none before the two newest stable ones.
    pub fn is_of_newest(&self) -> bool {
        let last_but_one = PythonVersion::newest_stable().minor().saturating_sub(1);
        let first = Version::new([3, last_but_one, 0]);
        self.pythons.first() >= Some(&first) && self.is_open()
    }

    /// Returns the least Python in it that can be named.
    pub fn least_python(&self) -> Option<PythonVersion> {
        self.pythons.iter().find_map(named)
    }

    /// Returns the platforms in it that wheels are made for, the usual ones first.
    pub fn platforms(&self) -> &[&'static KnownPlatform] {
        &self.platforms
    }

    /// Returns the wheel tags that some environment in it accepts; the first bits of a verdict are
    /// those of [`Self::minors`] with the usual build of CPython.
    pub fn tags(&self) -> &TagTable {
        self.table()
    }

    fn table(&self) -> &Arc<TagTable> {
        let anew = || tags(&self.minors, &self.platforms);
        self.tags.get_or_init(anew)
    }

    /// Returns how good a wheel is to tell what its version needs, lower for better ones: the same
    /// for all regions, so that their parts ask for the metadata of one wheel only.
    pub fn speaking_rank(tags: &str) -> Option<u32> {
        static EVERYWHERE: LazyLock<Arc<TagTable>> = LazyLock::new(|| {
            let minors: Vec<u64> = (OLDEST..=PythonVersion::newest_stable().minor())
                .rev()
                .collect();
            let all: Vec<&KnownPlatform> = KNOWN.iter().collect();
            self::tags(&minors, &all)
        });
        EVERYWHERE.judge(tags).ok().map(|accepted| accepted.rank)
    }

    /// Returns the environments that must not be left without a file.
    pub fn required(&self) -> &[Required] {
        &self.required
    }

    /// Returns the minor versions of Python 3 in it, ascending.
    pub fn minors(&self) -> &[u64] {
        &self.minors
    }

    /// Returns for each minor version whether its bit is among these.
    pub fn minors_of(&self, bits: u64) -> Vec<bool> {
        let places = 0..self.minors.len() as u32;
        let bit = |at| bits & 1_u64.checked_shl(at).unwrap_or(0) != 0;
        places.map(bit).collect()
    }

    /// Returns the bits of all minor versions.
    pub fn every_minor(&self) -> u64 {
        1_u64
            .checked_shl(self.minors.len() as u32)
            .map_or(u64::MAX, |next| next - 1)
    }

    /// Whether files are judged alike in both: by the same Pythons, tags and requirements.
    pub fn judges_like(&self, other: &Self) -> bool {
        let mut required = self.required.iter().zip(&other.required);
        self.pythons == other.pythons
            && Arc::ptr_eq(self.table(), other.table())
            && self.required.len() == other.required.len()
            && required.all(|(one, other)| Arc::ptr_eq(&one.tags, &other.tags))
    }

    /// Whether a marker holds somewhere in it with these extras asked for.
    pub fn may_hold(&self, marker: &Marker, extras: &[ExtraName]) -> bool {
        if marker.is_always() {
            return true;
        }
        match extras {
            [] => self.under(marker, None).1,
            [extra] => self.under(marker, Some(extra)).1,
            _ => self.meets(&under_extras(&marker.exact_tree(), extras)),
        }
    }

    /// Returns where a marker of metadata holds with an extra asked for, or with none, and whether
    /// that is somewhere in it.
    pub fn under(&self, marker: &Marker, extra: Option<&ExtraName>) -> (MarkerTree, bool) {
        if marker.is_always() {
            return (MarkerTree::TRUE, true);
        }
        let key = (marker.clone(), extra.cloned());
        let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        let verdict = verdicts.entry(key).or_insert_with(|| {
            let extras: Vec<ExtraName> = extra.cloned().into_iter().collect();
            let tree = under_extras(&marker.exact_tree(), &extras);
            let is_met = self.meets(&tree);
            (tree, is_met)
        });
        verdict.clone()
    }

    /// Whether a tree holds somewhere in it.
    pub fn meets(&self, tree: &MarkerTree) -> bool {
        tree.is_true() || !self.covers(&MarkerTree::FALSE, tree)
    }

    /// Whether a tree holds in it wherever another one does.
    pub fn covers(&self, wide: &MarkerTree, narrow: &MarkerTree) -> bool {
        if wide.is_true() || narrow.is_false() || wide == narrow {
            return true;
        }
        let mut covered = self.covered.lock().unwrap_or_else(PoisonError::into_inner);
        let verdict = covered.entry((wide.clone(), narrow.clone()));
        *verdict.or_insert_with(|| match wide.is_false() {
            true => narrow.is_disjoint(&self.marker),
            false => covers(wide, &both(narrow, &self.marker)),
        })
    }

    /// Whether a tree holds everywhere in it.
    pub fn is_within(&self, tree: &MarkerTree) -> bool {
        self.covers(tree, &MarkerTree::TRUE)
    }

    /// Whether a `requires-python` admits every Python in it.
    pub fn admits_python(&self, requires_python: &Specifiers) -> bool {
        let mut pythons = self.pythons.iter();
        pythons.all(|python| requires_python.contains(python))
    }

    /// Returns the newest Python in it that a `requires-python` admits.
    pub fn newest_admitted(&self, requires_python: &Specifiers) -> Option<&Version> {
        let mut pythons = self.pythons.iter().rev();
        pythons.find(|python| requires_python.contains(python))
    }

    /// Returns a marker's shortest text within it; none where it holds everywhere there.
    pub fn shortest_text(&self, tree: &MarkerTree) -> Option<String> {
        shortest_text(tree, &self.marker)
    }

    /// Returns words for a message: `Python 3.10 and newer on Linux`.
    pub fn describe(&self) -> String {
        region_words::describe(&self.pythons, &self.said)
    }
}

impl Required {
    /// Returns its marker.
    pub fn marker(&self) -> &MarkerTree {
        &self.marker
    }

    /// Returns the wheel tags that it accepts.
    pub fn tags(&self) -> &TagTable {
        &self.tags
    }
}

/// Two regions are the same where their markers and what they require are.
impl PartialEq for Region {
    fn eq(&self, other: &Self) -> bool {
        let markers = |region: &Self| -> Vec<MarkerTree> {
            region.required.iter().map(|it| it.marker.clone()).collect()
        };
        self.said == other.said && self.pythons == other.pythons && markers(self) == markers(other)
    }
}

impl Eq for Region {}

/// Returns the Pythons at the bounds that a marker speaks of.
fn landmarks(marker: &MarkerTree) -> Vec<Version> {
    let mut pythons = Vec::new();
    for bound in pythons_named(marker) {
        if let [3, minor, rest @ ..] = bound.release() {
            let patch = rest.first().copied().unwrap_or_default();
            pythons.push(Version::new([3, *minor, patch]));
            if patch > 0 {
                pythons.push(Version::new([3, *minor, patch + 1]));
            }
        }
    }
    pythons
}

/// Returns a Python by its minor version, or by its patch where that is not its first.
fn named(python: &Version) -> Option<PythonVersion> {
    let text = match python.release() {
        [major, minor, 0] => format!("{major}.{minor}"),
        _ => python.to_string(),
    };
    text.parse().ok()
}

/// Works out the tags that some of the Pythons accept on some of the platforms; the usual builds
/// of CPython come first.
pub(super) fn tags(minors: &[u64], platforms: &[&'static KnownPlatform]) -> Arc<TagTable> {
    /// Many regions differ in their markers and not in this.
    type Tables = HashMap<(Vec<u64>, Vec<(&'static str, &'static str)>), Arc<TagTable>>;
    static TABLES: LazyLock<Mutex<Tables>> = LazyLock::new(Mutex::default);
    let names = platforms.iter().map(|it| it.name());
    let key = (minors.to_vec(), names.collect());
    let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
    let table = tables.entry(key);
    Arc::clone(table.or_insert_with(|| Arc::new(tags_anew(minors, platforms))))
}

fn tags_anew(minors: &[u64], platforms: &[&KnownPlatform]) -> TagTable {
    let mut interpreters: Vec<PythonVersion> = Vec::new();
    for kind in ["", "t", "pypy"] {
        let texts = minors.iter().map(|minor| match kind {
            "pypy" => format!("pypy3.{minor}"),
            kind => format!("3.{minor}{kind}"),
        });
        interpreters.extend(texts.filter_map(|text| text.parse().ok()));
    }
    let platforms = platforms.iter().flat_map(|known| known.platforms());
    TagTable::new(&interpreters, platforms)
}
