//! The requirements of a record that count only with an extra: by their markers, each group with
//! the extras that it needs. Only a group that somebody asks for is made into requirements.

use std::sync::OnceLock;

use bytes::Bytes;
use foldhash::HashMap;
use serde::{Deserialize, Serialize};

use super::requirement_record::{Elements, RequirementRecord, append, extra_names, joined};
use crate::package::{ExtraName, Marker, Requirement};

/// Groups of requirements, one after the other.
#[derive(Clone)]
pub(super) struct Optional {
    record: Bytes,
    groups: OnceLock<Vec<Group>>,
}

/// The requirements with one marker.
#[derive(Clone)]
struct Group {
    /// One of them has to be asked for.
    extras: Vec<ExtraName>,
    marker: Bytes,
    record: Bytes,
    requires: OnceLock<Vec<Placed>>,
}

/// A requirement with its place among all of its distribution.
#[derive(Clone)]
pub(super) struct Placed {
    pub(super) requirement: Requirement,
    /// Its position.
    at: u32,
    /// How many of those that need no extra stand before it.
    pub(super) after: u32,
}

#[derive(Serialize, Deserialize)]
struct GroupRecord<'a> {
    /// With commas between them.
    extras: &'a str,
    marker: &'a str,
    requires: &'a [u8],
}

#[derive(Serialize, Deserialize)]
struct PlacedRecord<'a> {
    at: u32,
    after: u32,
    #[serde(borrow)]
    requirement: RequirementRecord<'a>,
}

impl Optional {
    /// Takes what [`split`] wrote; `None` where it is damaged.
    pub(super) fn read(record: Bytes) -> Option<Self> {
        let is_sound = |group: Option<GroupRecord<'_>>| {
            let mut placed = Elements::<PlacedRecord<'_>>::new(group?.requires);
            let is_sound = placed.all(|it| it.is_some_and(|it| it.requirement.is_sound()));
            is_sound.then_some(())
        };
        Elements::new(&record).try_for_each(is_sound)?;
        Some(Self {
            record,
            groups: OnceLock::new(),
        })
    }

    /// Returns the requirements that one of these extras may add, or all, in their order.
    pub(super) fn placed(&self, asked: Option<&[ExtraName]>) -> Vec<&Placed> {
        let groups = self.groups.get_or_init(|| {
            let records = Elements::<GroupRecord<'_>>::new(&self.record);
            records.flatten().map(|it| self.group(&it)).collect()
        });
        let is_asked = |group: &&Group| {
            asked.is_none_or(|asked| group.extras.iter().any(|it| asked.contains(it)))
        };
        let groups = groups.iter().filter(is_asked);
        let mut placed: Vec<&Placed> = groups.flat_map(Group::requires).collect();
        placed.sort_by_key(|it| it.at);
        placed
    }

    fn group(&self, group: &GroupRecord<'_>) -> Group {
        Group {
            extras: extra_names(group.extras).unwrap_or_default(),
            marker: self.record.slice_ref(group.marker.as_bytes()),
            record: self.record.slice_ref(group.requires),
            requires: OnceLock::new(),
        }
    }
}

impl Group {
    fn requires(&self) -> &[Placed] {
        self.requires.get_or_init(|| {
            let marker = self.marker();
            let records = Elements::<PlacedRecord<'_>>::new(&self.record).flatten();
            let placed = records.filter_map(|it| {
                Some(Placed {
                    requirement: it.requirement.into_requirement(marker.clone())?,
                    at: it.at,
                    after: it.after,
                })
            });
            placed.collect()
        })
    }

    /// A marker is written as it was read. Should it be none all the same, it says what the group
    /// is for.
    fn marker(&self) -> Marker {
        let text = str::from_utf8(&self.marker).unwrap_or_default();
        match Marker::parse_lenient(text) {
            Ok((marker, _)) => marker,
            Err(_) => Marker::of_extras(&self.extras),
        }
    }
}

/// Parts requirements: returns those that may count with no extra, and a record of the others.
pub(super) fn split(requires: &[Requirement]) -> (Vec<&Requirement>, Vec<u8>) {
    let mut plain = Vec::new();
    let mut groups: Vec<(&str, Vec<ExtraName>, Vec<u8>)> = Vec::new();
    // By the text of the marker: the group that it makes, if it makes one.
    let mut known: HashMap<&str, Option<usize>> = HashMap::default();
    for (at, requirement) in requires.iter().enumerate() {
        let text = requirement.marker.text();
        let group = *known.entry(text).or_insert_with(|| {
            let extras = requirement.marker.extras_needed()?;
            groups.push((text, extras, Vec::new()));
            Some(groups.len() - 1)
        });
        let Some(group) = group else {
            plain.push(requirement);
            continue;
        };
        let placed = PlacedRecord {
            at: u32::try_from(at).unwrap_or(u32::MAX),
            after: u32::try_from(plain.len()).unwrap_or(u32::MAX),
            requirement: RequirementRecord::of(requirement),
        };
        append(&placed, &mut groups[group].2);
    }
    let mut record = Vec::new();
    for (marker, extras, requires) in &groups {
        let group = GroupRecord {
            extras: &joined(extras),
            marker,
            requires,
        };
        append(&group, &mut record);
    }
    (plain, record)
}
