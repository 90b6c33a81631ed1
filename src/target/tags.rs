//! The wheel tags that a target accepts, and how good each is (PEP 425, in the order of
//! `packaging.tags`).
//!
//! The accepted tags are rows of `interpreter-abi`, each with the same list of platforms, and after
//! them a few for `any` platform. So the rank of a tag is arithmetic, and judging a compressed set
//! walks the rows once, whatever the product of its parts.

use std::sync::Arc;

use foldhash::HashMap;

use super::platform_tags::platform_tags;
use super::{Implementation, Platform, PythonVersion};

/// The oldest Python that the stable ABI can name.
const FIRST_ABI3: u64 = 2;

/// The accepted tags of a target, ranked.
#[derive(Clone, Debug)]
pub struct TagSet {
    /// Interpreter and ABI of the rows that go with each platform, best first.
    rows: Vec<Row>,
    /// The same by interpreter: most wheels of a page are for Pythons that are not here at all.
    interpreters: HashMap<Box<str>, Interpreter>,
    platforms: Platforms,
}

/// What is accepted for an interpreter.
#[derive(Clone, Debug, Default)]
struct Interpreter {
    /// ABIs with the place of their row.
    abis: Vec<(Box<str>, usize)>,
    /// The place among those that go with no ABI and any platform.
    portable: Option<usize>,
}

/// An interpreter and an ABI.
pub(super) type Row = (Box<str>, Box<str>);

/// Platform tags by name, with their place; shared between sets for several Pythons.
pub(super) type Platforms = Arc<HashMap<Box<str>, u32>>;

/// The first axis on which a wheel does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Misfit {
    /// It is for another Python.
    Python,
    /// It is for this Python, with another ABI.
    Abi,
    /// It is for this Python, elsewhere.
    Platform,
}

impl TagSet {
    /// Works out the tags that a Python on a platform accepts.
    pub fn new(python: &PythonVersion, platform: &Platform) -> Self {
        Self::on(python, &platforms(platform))
    }

    /// Works out the tags of a Python on a platform whose tags are there already.
    pub(super) fn on(python: &PythonVersion, platforms: &Platforms) -> Self {
        let (rows, portable) = Self::rows_of(python);
        let mut interpreters: HashMap<Box<str>, Interpreter> = HashMap::default();
        for (at, (interpreter, abi)) in rows.iter().enumerate() {
            let accepted = interpreters.entry(interpreter.clone()).or_default();
            accepted.abis.push((abi.clone(), at));
        }
        for (at, interpreter) in portable.into_iter().enumerate() {
            interpreters.entry(interpreter).or_default().portable = Some(at);
        }
        Self {
            rows,
            interpreters,
            platforms: Arc::clone(platforms),
        }
    }

    /// Returns the interpreters and ABIs that go with platforms, and the interpreters that go with
    /// any, best first.
    pub(super) fn rows_of(python: &PythonVersion) -> (Vec<Row>, Vec<Box<str>>) {
        let mut rows = match python.implementation() {
            Implementation::CPython => cpython_rows(python),
            Implementation::PyPy => pypy_rows(python),
        };
        let general: Vec<Box<str>> = general_interpreters(python.minor()).collect();
        rows.extend(general.iter().map(|py| (py.clone(), "none".into())));
        let own: Box<str> = match python.implementation() {
            Implementation::CPython => format!("cp3{}", python.minor()).into(),
            Implementation::PyPy => "pp3".into(),
        };
        (rows, std::iter::once(own).chain(general).collect())
    }

    /// Returns the place of the best tag of a compressed set such as `py2.py3-none-any`, lower for
    /// better wheels, or the first axis on which none of them fits.
    pub fn rank(&self, tags: &str) -> Result<u32, Misfit> {
        if tags.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return self.rank(&tags.to_ascii_lowercase());
        }
        let Some(set) = CompressedSet::split(tags) else {
            return Err(Misfit::Python);
        };
        // Most wheels are for another Python: that is found out first.
        let row = self.row(&set);
        if let Some(row) = row {
            let known = set.platforms().filter_map(|it| self.platforms.get(it));
            if let Some(platform) = known.min() {
                return Ok((row * self.platforms.len()) as u32 + platform);
            }
        }
        let is_portable = || set.platforms().any(|platform| platform == "any");
        match self.portable(&set).filter(|_| is_portable()) {
            Some(at) => Ok((self.rows.len() * self.platforms.len() + at) as u32),
            None if row.is_some() => Err(Misfit::Platform),
            None => Err(self.misfit(&set)),
        }
    }

    /// Whether a set of tags is seen at a glance to be [`Misfit::Python`], as most are: it is for one
    /// interpreter that is not this one, and for an ABI of that one alone.
    pub fn is_of_another_python(&self, tags: &[u8]) -> bool {
        let own = self.rows[0].0.as_bytes();
        // A search that is made for long texts would take longer.
        let one = |text: &[u8]| {
            let end = text.iter().position(|byte| matches!(byte, b'-' | b'.'));
            end.filter(|end| text[*end] == b'-')
        };
        if !matches!(tags, [b'c' | b'p', b'p', ..]) {
            return false;
        }
        let Some((interpreter, rest)) = one(tags).map(|end| (&tags[..end], &tags[end + 1..]))
        else {
            return false;
        };
        matches!(rest, [b'c', b'p', ..] | [b'p', b'y', b'p', b'y', ..])
            && one(rest).is_some()
            && interpreter != own
    }

    /// Whether the interpreter and ABI of a compressed set are right, wherever it runs.
    pub(super) fn fits_python(&self, tags: &str) -> bool {
        CompressedSet::split(tags)
            .is_some_and(|set| self.row(&set).is_some() || self.portable(&set).is_some())
    }

    fn accepted<'a>(&'a self, set: &CompressedSet<'a>) -> impl Iterator<Item = &'a Interpreter> {
        set.interpreters()
            .filter_map(|py| self.interpreters.get(py))
    }

    /// Returns the place of the best row that is in a set.
    fn row(&self, set: &CompressedSet<'_>) -> Option<usize> {
        let rows = self.accepted(set).flat_map(|accepted| &accepted.abis);
        let own = |(abi, at): &(Box<str>, usize)| set.abis().any(|it| it == &**abi).then_some(*at);
        rows.filter_map(own).min()
    }

    fn portable(&self, set: &CompressedSet<'_>) -> Option<usize> {
        if !set.abis().any(|abi| abi == "none") {
            return None;
        }
        let at = self.accepted(set).filter_map(|accepted| accepted.portable);
        at.min()
    }

    /// Tells a wheel for another Python from one of another ABI: an older CPython's stable ABI is a
    /// matter of the ABI, anything else of an older CPython one of the Python.
    fn misfit(&self, set: &CompressedSet<'_>) -> Misfit {
        let own = &*self.rows[0].0;
        let is_stable = set.abis().any(|abi| abi.starts_with("abi3"));
        let is_abi = set.interpreters().any(|py| {
            let has_rows = |accepted: &Interpreter| !accepted.abis.is_empty();
            self.interpreters.get(py).is_some_and(has_rows)
                && (py == own || is_stable || py.starts_with("py"))
        });
        if is_abi { Misfit::Abi } else { Misfit::Python }
    }

    /// Returns every accepted tag, best first.
    #[cfg(test)]
    fn all(&self) -> Vec<String> {
        let mut platforms: Vec<_> = self.platforms.iter().collect();
        platforms.sort_by_key(|(_, at)| **at);
        let rows = self.rows.iter().flat_map(|(py, abi)| {
            platforms
                .iter()
                .map(move |(platform, _)| format!("{py}-{abi}-{platform}"))
        });
        let mut portable: Vec<_> = self
            .interpreters
            .iter()
            .filter_map(|(py, accepted)| Some((accepted.portable?, format!("{py}-none-any"))))
            .collect();
        portable.sort();
        let portable = portable.into_iter().map(|(_, tag)| tag);
        rows.chain(portable).collect()
    }
}

/// Returns the platform tags of a platform with their places.
pub(super) fn platforms(platform: &Platform) -> Platforms {
    let tags = platform_tags(platform).into_iter().zip(0..);
    Arc::new(tags.map(|(tag, at)| (tag.into(), at)).collect())
}

/// `py2.py3-none-any`, split at the dashes.
pub(super) struct CompressedSet<'a> {
    interpreters: &'a str,
    abis: &'a str,
    platforms: &'a str,
}

impl<'a> CompressedSet<'a> {
    pub(super) fn split(tags: &'a str) -> Option<Self> {
        let (interpreters, rest) = tags.split_once('-')?;
        let (abis, platforms) = rest.split_once('-')?;
        Some(Self {
            interpreters,
            abis,
            platforms,
        })
    }

    pub(super) fn interpreters(&self) -> impl Iterator<Item = &'a str> {
        self.interpreters.split('.')
    }

    pub(super) fn abis(&self) -> impl Iterator<Item = &'a str> {
        self.abis.split('.')
    }

    pub(super) fn platforms(&self) -> impl Iterator<Item = &'a str> {
        self.platforms.split('.')
    }
}

/// The own ABI, the stable one (PEP 384; PEP 803 for free-threaded builds), none, and the stable
/// ABI of older versions.
fn cpython_rows(python: &PythonVersion) -> Vec<(Box<str>, Box<str>)> {
    let minor = python.minor();
    let (own, stable) = match python.is_free_threaded() {
        true => (format!("cp3{minor}t"), "abi3t"),
        // Until 3.7 the ABI's name told the memory allocator.
        false if minor < 8 => (format!("cp3{minor}m"), "abi3"),
        false => (format!("cp3{minor}"), "abi3"),
    };
    let py = |minor: u64| format!("cp3{minor}").into_boxed_str();
    let mut rows = vec![(py(minor), own.into())];
    if minor >= FIRST_ABI3 {
        rows.push((py(minor), stable.into()));
    }
    rows.push((py(minor), "none".into()));
    let older = (FIRST_ABI3..minor).rev();
    rows.extend(older.map(|minor| (py(minor), stable.into())));
    rows
}

/// PyPy 7.3 has kept its ABI, pp73, since Python 3.6.
fn pypy_rows(python: &PythonVersion) -> Vec<(Box<str>, Box<str>)> {
    let minor = python.minor();
    let py = format!("pp3{minor}").into_boxed_str();
    vec![
        (py.clone(), format!("pypy3{minor}_pp73").into()),
        (py, "none".into()),
    ]
}

/// `py310`, `py3`, then `py39` and older.
fn general_interpreters(minor: u64) -> impl Iterator<Item = Box<str>> {
    let exact = format!("py3{minor}").into();
    let older = (0..minor).rev().map(|minor| format!("py3{minor}").into());
    [exact, "py3".into()].into_iter().chain(older)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(python: &str, platform: &str) -> TagSet {
        TagSet::new(&python.parse().unwrap(), &platform.parse().unwrap())
    }

    /// Every accepted tag has the place that `packaging` gives it; the fixture is written by
    /// tests/tools/tags_oracle.py.
    #[test]
    fn tags_have_the_order_of_packaging() {
        let fixture = include_str!("../../fixtures/target/tags.txt");
        let of_kind = |kind: &'static str| {
            fixture.lines().filter_map(move |line| {
                let (name, list) = line.strip_prefix(kind)?.split_once(": ")?;
                Some((name, list.split(' ').collect::<Vec<_>>()))
            })
        };
        let mut pairs = 0;

        for (platform, platform_tags) in of_kind("platform ") {
            for (python, rows) in of_kind("python ") {
                let accepted = tags(python, platform);
                let expected: Vec<String> = rows
                    .iter()
                    .flat_map(|row| match row.strip_suffix('*') {
                        Some(row) => platform_tags
                            .iter()
                            .map(|tag| format!("{row}{tag}"))
                            .collect(),
                        None => vec![(*row).to_owned()],
                    })
                    .collect();
                assert_eq!(accepted.all(), expected, "{python} on {platform}");
                for (at, tag) in expected.iter().enumerate() {
                    assert_eq!(accepted.rank(tag), Ok(at as u32), "{tag} for {python}");
                }
                pairs += 1;
            }
        }
        assert!(pairs > 50, "the fixture is read");
    }

    #[test]
    fn a_compressed_set_ranks_as_its_best_tag() {
        let accepted = tags("3.10", "manylinux_2_28_x86_64");
        let rank = |set: &str| accepted.rank(set).unwrap();

        assert_eq!(rank("py2.py3-none-any"), rank("py3-none-any"));
        assert_eq!(
            rank("cp39.cp310-abi3-manylinux1_x86_64.manylinux2014_x86_64"),
            rank("cp310-abi3-manylinux2014_x86_64")
        );
        assert!(rank("cp310-cp310-linux_x86_64") < rank("cp310-abi3-linux_x86_64"));
        assert!(rank("cp36-abi3-manylinux1_x86_64") < rank("py3-none-any"));
        assert_eq!(rank("PY3-none-ANY"), rank("py3-none-any"));
        assert!(rank("py3-none-any.manylinux1_x86_64") < rank("py3-none-any"));
    }

    #[test]
    fn a_misfit_is_the_first_axis_that_fails() {
        let cases = [
            ("3.10", "cp39-cp39-manylinux_2_17_x86_64", Misfit::Python),
            ("3.10", "cp311-cp311-win_amd64", Misfit::Python),
            ("3.10", "cp311-abi3-manylinux_2_17_x86_64", Misfit::Python),
            ("3.10", "cp39-none-any", Misfit::Python),
            ("3.10", "py2-none-any", Misfit::Python),
            ("3.10", "py311-none-any", Misfit::Python),
            (
                "3.10",
                "pp310-pypy310_pp73-manylinux_2_17_x86_64",
                Misfit::Python,
            ),
            ("3.10", "cp310-cp310d-manylinux_2_17_x86_64", Misfit::Abi),
            ("3.13", "cp313-cp313t-win_amd64", Misfit::Abi),
            ("3.13t", "cp313-cp313-manylinux_2_17_x86_64", Misfit::Abi),
            ("3.13t", "cp38-abi3-manylinux_2_17_x86_64", Misfit::Abi),
            ("3.10", "py3-abi3-manylinux_2_17_x86_64", Misfit::Abi),
            ("3.10", "cp310-cp310-win_amd64", Misfit::Platform),
            (
                "3.10",
                "cp310-cp310-manylinux_2_29_x86_64",
                Misfit::Platform,
            ),
            ("3.10", "cp310-cp310-any", Misfit::Platform),
            ("3.10", "py3-none-macosx_11_0_arm64", Misfit::Platform),
            ("3.10", "nonsense", Misfit::Python),
            ("3.10", "", Misfit::Python),
        ];

        for (python, set, misfit) in cases {
            assert_eq!(tags(python, "linux").rank(set), Err(misfit), "{set}");
        }
    }

    #[test]
    fn what_is_seen_at_a_glance_to_be_of_another_python_is() {
        let sets = [
            ("cp39-cp39-manylinux_2_17_x86_64", true),
            ("cp311-cp311-win_amd64", true),
            ("cp37-cp37m-any", true),
            ("pp310-pypy310_pp73-win_amd64", true),
            ("cp310-cp310-win_amd64", false),
            ("cp39-abi3-win_amd64", false),
            ("cp39-none-any", false),
            ("cp39.cp310-cp39.cp310-win_amd64", false),
            ("py3-none-any", false),
            ("cp39-cp39", false),
            ("cp39", false),
            ("", false),
        ];

        for (set, is_seen) in sets {
            let own = tags("3.10", "linux");
            assert_eq!(own.is_of_another_python(set.as_bytes()), is_seen, "{set}");
            for python in ["3.10", "3.9", "3.13t", "pp310"] {
                let accepted = tags(python, "linux");
                let is_other = accepted.rank(set) == Err(Misfit::Python);
                assert!(is_other || !accepted.is_of_another_python(set.as_bytes()));
            }
        }
    }

    #[test]
    fn a_hostile_compressed_set_takes_no_product() {
        let many = vec!["x"; 20_000].join(".");
        let set = format!("{many}-{many}-{many}");

        assert_eq!(tags("3.10", "linux").rank(&set), Err(Misfit::Python));
    }
}
