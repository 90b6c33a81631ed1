//! What a distribution requires. Most requirements count only with an extra, and nobody asks for
//! most extras: those of a record are read when somebody does.

use std::fmt;
use std::sync::OnceLock;

use super::optional::{Optional, Placed};
use crate::package::{ExtraName, Requirement};

/// The requirements of a distribution, in its order.
#[derive(Clone, Default)]
pub struct Requires {
    /// Those that may count with no extra asked for, and those of which nobody knows.
    plain: Vec<Requirement>,
    /// The others.
    optional: Option<Optional>,
    all: OnceLock<Vec<Requirement>>,
}

impl Requires {
    pub(super) fn new(plain: Vec<Requirement>, optional: Option<Optional>) -> Self {
        Self {
            plain,
            optional,
            all: OnceLock::new(),
        }
    }

    /// Returns all of them.
    pub fn all(&self) -> &[Requirement] {
        match &self.optional {
            None => &self.plain,
            Some(optional) => self.all.get_or_init(|| {
                let placed = optional.placed(None);
                merged(&self.plain, placed).cloned().collect()
            }),
        }
    }

    /// Returns at least those that can count where these extras, and no others, are asked for:
    /// whether they do, their markers tell.
    pub fn asked(&self, extras: &[ExtraName]) -> impl Iterator<Item = &Requirement> {
        let placed = match &self.optional {
            Some(optional) if !extras.is_empty() => optional.placed(Some(extras)),
            _ => Vec::new(),
        };
        merged(&self.plain, placed)
    }

    /// Whether nothing is required, with any extra.
    pub fn is_empty(&self) -> bool {
        self.plain.is_empty() && self.optional.is_none()
    }
}

impl From<Vec<Requirement>> for Requires {
    fn from(all: Vec<Requirement>) -> Self {
        Self::new(all, None)
    }
}

impl PartialEq for Requires {
    fn eq(&self, other: &Self) -> bool {
        self.all() == other.all()
    }
}

impl Eq for Requires {}

impl fmt::Debug for Requires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all()).finish()
    }
}

/// Puts requirements between those that they stand between.
fn merged<'r>(
    plain: &'r [Requirement],
    placed: Vec<&'r Placed>,
) -> impl Iterator<Item = &'r Requirement> {
    let mut taken = 0;
    let ends = placed.into_iter().map(Some).chain([None]);
    ends.flat_map(move |next| {
        let end = next.map_or(plain.len(), |it| it.after as usize);
        let before = &plain[taken..end.clamp(taken, plain.len())];
        taken += before.len();
        before.iter().chain(next.map(|it| &it.requirement))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::index::{Metadata, MetadataError, MetadataSource};
    use crate::package::{ExtraName, MarkerTexts, Requirement};
    use crate::target::{Platform, PythonVersion, Target};

    /// Reads metadata that requires these, and again from its record.
    fn both(requires: &[String]) -> (Metadata, Metadata, Vec<u8>) {
        let lines: String = requires
            .iter()
            .map(|line| format!("Requires-Dist: {line}\n"))
            .collect();
        let text = format!("Metadata-Version: 2.1\nName: a\nVersion: 1\n{lines}");
        let markers = &mut MarkerTexts::default();
        let told = Metadata::parse(text.as_bytes(), MetadataSource::Wheel, markers).unwrap();
        let record = told.encode();
        let again = Metadata::decode(&record.clone().into(), markers).unwrap();
        (told, again, record)
    }

    fn extra(name: &str) -> ExtraName {
        name.parse().unwrap()
    }

    fn shown<'r>(requires: impl Iterator<Item = &'r Requirement>) -> Vec<String> {
        requires.map(ToString::to_string).collect()
    }

    #[test]
    fn what_needs_an_extra_is_read_when_it_is_asked_for() {
        let (_, metadata, _) = both(&[
            "b ; extra == 'x'".into(),
            "c".into(),
            "d>=1 ; extra == 'y' or extra == 'x'".into(),
            "e ; os_name == 'nt' or extra == 'x'".into(),
            "f ; extra == 'y' and os_name == 'nt'".into(),
            "g ; extra == '_z'".into(),
        ]);
        let asked = |extras: &[ExtraName]| -> Vec<String> {
            let asked = metadata.requires.asked(extras);
            asked.map(|it| it.name.to_string()).collect()
        };

        assert_eq!(asked(&[]), ["c", "e"]);
        assert_eq!(asked(&[extra("x")]), ["b", "c", "d", "e"]);
        assert_eq!(asked(&[extra("y")]), ["c", "d", "e", "f"]);
        assert_eq!(asked(&[extra("y"), extra("x")]), ["b", "c", "d", "e", "f"]);
        assert_eq!(asked(&[extra("z")]), ["c", "e"]);
        assert_eq!(metadata.requires.all().len(), 6);
    }

    /// Changes a text in a record to another of its length.
    fn changed(record: &[u8], from: &str, to: &str) -> Vec<u8> {
        let at = record
            .windows(from.len())
            .rposition(|it| it == from.as_bytes());
        let at = at.unwrap();
        let mut bytes = record.to_vec();
        bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
        bytes
    }

    #[test]
    fn what_nobody_asks_for_is_checked_all_the_same() {
        let (_, _, record) = both(&[
            "b[five]>=1 ; extra == 'x'".into(),
            "name @ https://h.example/n.zip ; extra == 'y'".into(),
        ]);
        for (from, to) in [
            ("five", "fi_e"),
            ("five", "-ive"),
            ("name", "NAME"),
            ("https://h", "//////// "),
        ] {
            let damaged = changed(&record, from, to);
            let read = Metadata::decode(&damaged.into(), &mut MarkerTexts::default());

            assert_eq!(read, Err(MetadataError::Damaged), "{from} {to}");
        }
    }

    #[test]
    fn a_group_whose_marker_is_none_counts_with_its_extra() {
        let (_, _, record) = both(&["b ; extra == 'x'".into(), "c".into()]);
        let damaged = changed(&record, "extra == 'x'", "extra =! 'x'");
        let metadata = Metadata::decode(&damaged.into(), &mut MarkerTexts::default()).unwrap();

        assert_eq!(shown(metadata.requires.asked(&[])), ["c"]);
        let with = shown(metadata.requires.asked(&[extra("x")]));
        assert_eq!(with, ["b ; extra == 'x'", "c"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whoever_asks_learns_all_that_counts(
            requires in prop::collection::vec("[b-e] ; ((extra (==|!=) '[x-z_]'|os_name == '(posix|nt)'|python_version < '3\\.[8-9]'|python_full_version > '3\\.11\\.0a1') (and|or) ){0,3}extra (==|!=) '[x-z]'", 0..12),
            asked in prop::collection::vec("[x-z]", 0..3),
        ) {
            let (told, again, _) = both(&requires);
            let python: PythonVersion = "3.11".parse().unwrap();
            let platform: Platform = "linux".parse().unwrap();
            let target = Target::new(python, platform);
            let environment = target.environment();
            let extras: Vec<ExtraName> = asked.iter().map(|name| extra(name)).collect();
            let holds = |it: &&Requirement| it.marker.holds(environment, &extras);

            let expected = shown(told.requires.all().iter().filter(holds));
            prop_assert_eq!(shown(again.requires.asked(&extras).filter(holds)), expected);
            prop_assert_eq!(again, told);
        }
    }
}
