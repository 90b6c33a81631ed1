//! Tables of strings as a page's buffer has them: where each ends, and all bytes in a row.

use foldhash::HashMap;

use super::page_layout::{NO_STRING, range_at};

/// A table of strings being written.
#[derive(Default)]
pub(super) struct Table {
    /// Where each string ends, four bytes each.
    pub(super) ends: Vec<u8>,
    pub(super) bytes: Vec<u8>,
}

impl Table {
    /// Adds a string; one that no offset could reach becomes empty.
    pub(super) fn push(&mut self, string: &[u8]) {
        if self.bytes.len() + string.len() < NO_STRING as usize {
            self.bytes.extend_from_slice(string);
        }
        self.ends
            .extend_from_slice(&to_u32(self.bytes.len()).to_le_bytes());
    }

    /// Returns the number of strings.
    pub(super) fn count(&self) -> u32 {
        to_u32(self.ends.len() / 4)
    }

    fn get(&self, at: u32) -> &[u8] {
        self.bytes
            .get(range_at(&self.ends, 0, at as usize))
            .unwrap_or_default()
    }

    /// Returns how many bytes all strings have.
    pub(super) fn size(&self) -> u32 {
        to_u32(self.bytes.len())
    }
}

/// A table in which each string stands once.
#[derive(Default)]
pub(super) struct Interned {
    pub(super) table: Table,
    places: HashMap<Box<str>, u32>,
    /// The place of the string that was asked for last: the next one is often the same.
    last: Option<u32>,
}

impl Interned {
    /// Returns the place of a string, which is added where it is new.
    pub(super) fn place(&mut self, text: &str) -> u32 {
        if let Some(last) = self
            .last
            .filter(|last| self.table.get(*last) == text.as_bytes())
        {
            return last;
        }
        let place = self.places.get(text).copied().unwrap_or_else(|| {
            self.table.push(text.as_bytes());
            let place = self.table.count() - 1;
            self.places.insert(text.into(), place);
            place
        });
        self.last = Some(place);
        place
    }
}

/// Returns a number as pages store it.
pub(super) fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
