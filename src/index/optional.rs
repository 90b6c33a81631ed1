//! The requirements of a record that count only with an extra: by their markers, each group with
//! the extras that it needs. Only a group that somebody asks for is made into requirements.

use std::sync::OnceLock;

use bytes::Bytes;
use foldhash::HashMap;

use super::requirement_record::{
    Cursor, RequirementRecord, joined, named, text, write_bytes, write_number,
};
use crate::package::{ExtraName, Marker, Requirement};

/// Groups of requirements, one after the other.
#[derive(Clone)]
pub(super) struct Optional {
    record: Bytes,
    /// What was made of each group so far.
    groups: OnceLock<Box<[OnceLock<Vec<Placed>>]>>,
}

/// The requirements with one marker, as they lie in the record.
#[derive(Clone, Copy)]
struct Group<'a> {
    /// With commas between them. One has to be asked for.
    extras: &'a [u8],
    marker: &'a str,
    requires: Cursor<'a>,
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

impl Optional {
    /// Takes what [`split`] wrote; `None` where it is damaged.
    pub(super) fn read(record: Bytes) -> Option<Self> {
        let mut rest = Cursor(&record);
        while !rest.is_empty() {
            let mut requires = Group::read(&mut rest)?.requires;
            while !requires.is_empty() {
                read_placed(&mut requires)?;
            }
        }
        Some(Self {
            record,
            groups: OnceLock::new(),
        })
    }

    fn records(&self) -> impl Iterator<Item = Group<'_>> {
        let mut rest = Cursor(&self.record);
        std::iter::from_fn(move || Group::read(&mut rest))
    }

    /// Returns the requirements that one of these extras may add, or all, in their order.
    pub(super) fn placed(&self, asked: Option<&[ExtraName]>) -> Vec<&Placed> {
        let groups = self.groups.get_or_init(|| {
            let count = self.records().count();
            std::iter::repeat_with(OnceLock::new).take(count).collect()
        });
        let mut placed = Vec::new();
        for (record, group) in self.records().zip(groups) {
            if asked.is_none_or(|asked| record.adds_to(asked)) {
                placed.extend(group.get_or_init(|| record.into_placed()));
            }
        }
        placed.sort_by_key(|it| it.at);
        placed
    }
}

impl<'a> Group<'a> {
    fn write(&self, to: &mut Vec<u8>) {
        write_bytes(self.extras, to);
        write_bytes(self.marker.as_bytes(), to);
        write_bytes(self.requires.0, to);
    }

    fn read(from: &mut Cursor<'a>) -> Option<Self> {
        Some(Self {
            extras: from.bytes()?,
            marker: text(from.bytes()?)?,
            requires: Cursor(from.bytes()?),
        })
    }

    fn adds_to(&self, asked: &[ExtraName]) -> bool {
        let is_asked = |name: &[u8]| asked.iter().any(|it| it.as_ref().as_bytes() == name);
        named(self.extras).any(is_asked)
    }

    fn into_placed(self) -> Vec<Placed> {
        let marker = self.read_marker();
        let mut rest = self.requires;
        let mut all = Vec::new();
        while let Some((at, after, record)) = read_placed(&mut rest) {
            if let Some(requirement) = record.into_requirement(marker.clone()) {
                all.push(Placed {
                    requirement,
                    at,
                    after,
                });
            }
        }
        all
    }

    /// A marker is written as it was read. Should it be none all the same, it says what the group
    /// is for.
    fn read_marker(&self) -> Marker {
        match Marker::parse_lenient(self.marker) {
            Ok((marker, _)) => marker,
            Err(_) => {
                let names = named(self.extras).filter_map(text);
                let extras: Vec<ExtraName> = names.filter_map(|it| it.parse().ok()).collect();
                Marker::of_extras(&extras)
            }
        }
    }
}

fn read_placed<'a>(from: &mut Cursor<'a>) -> Option<(u32, u32, RequirementRecord<'a>)> {
    Some((
        from.number()?,
        from.number()?,
        RequirementRecord::read(from)?,
    ))
}

/// Parts requirements: returns those that may count with no extra, and a record of the others.
pub(super) fn split(requires: &[Requirement]) -> (Vec<&Requirement>, Vec<u8>) {
    let mut plain = Vec::new();
    let mut groups: Vec<(&str, String, Vec<u8>)> = Vec::new();
    // By the text of the marker: the group that it makes, if it makes one.
    let mut known: HashMap<&str, Option<usize>> = HashMap::default();
    for (at, requirement) in requires.iter().enumerate() {
        let text = requirement.marker.text();
        let group = *known.entry(text).or_insert_with(|| {
            let extras = requirement.marker.extras_needed()?;
            groups.push((text, joined(&extras), Vec::new()));
            Some(groups.len() - 1)
        });
        let Some(group) = group else {
            plain.push(requirement);
            continue;
        };
        let to = &mut groups[group].2;
        write_number(at, to);
        write_number(plain.len(), to);
        RequirementRecord::write(requirement, to);
    }
    let mut record = Vec::new();
    for (marker, extras, requires) in &groups {
        let group = Group {
            extras: extras.as_bytes(),
            marker,
            requires: Cursor(requires),
        };
        group.write(&mut record);
    }
    (plain, record)
}
