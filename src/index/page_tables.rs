//! Tables of strings as a page's buffer has them: where each ends, and all bytes in a row.

use foldhash::HashMap;

use super::page_layout::{NO_STRING, range_at};

/// More bytes than this no table has: an offset is a number of four bytes.
pub(super) const MAX_SIZE: usize = u32::MAX as usize - 1;

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
        if self.bytes.len() + string.len() <= MAX_SIZE {
            self.bytes.extend_from_slice(string);
        }
        self.ends
            .extend_from_slice(&to_u32(self.bytes.len()).to_le_bytes());
    }

    /// Returns the number of strings.
    pub(super) fn count(&self) -> u32 {
        to_u32(self.ends.len() / 4)
    }

    fn get(&self, at: u16) -> &[u8] {
        self.bytes
            .get(range_at(&self.ends, 0, usize::from(at)))
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
    places: HashMap<Box<str>, u16>,
    /// The place of the string that was asked for last: the next one is often the same.
    last: Option<u16>,
}

impl Interned {
    /// Returns the place of a string, which is added where it is new; `None` where the table has no
    /// place left.
    pub(super) fn place(&mut self, text: &str) -> Option<u16> {
        if let Some(last) = self
            .last
            .filter(|last| self.table.get(*last) == text.as_bytes())
        {
            return Some(last);
        }
        let place = match self.places.get(text) {
            Some(place) => *place,
            None => {
                let place = u16::try_from(self.table.count()).ok();
                let place = place.filter(|place| *place != NO_STRING)?;
                self.table.push(text.as_bytes());
                self.places.insert(text.into(), place);
                place
            }
        };
        self.last = Some(place);
        self.last
    }
}

/// Returns a number as pages store it.
pub(super) fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_table_has_the_place_of_what_is_there_and_none_for_more() {
        let mut table = Interned::default();
        for place in 0..NO_STRING {
            assert_eq!(table.place(&place.to_string()), Some(place));
        }

        assert_eq!(table.place("one more"), None);
        assert_eq!(table.place("7"), Some(7));
        assert_eq!(table.table.count(), u32::from(NO_STRING));
    }
}
