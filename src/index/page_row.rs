//! The rows of a page: what is looked at of chosen files only.

use serde::{Deserialize, Serialize};

use super::page_tables::to_u32;

/// What a row takes besides its texts and digests, mostly or a little less: six numbers.
pub(super) const USUAL_HEAD: usize = 24;
/// What it takes of that at most: seven bits of a number are in a byte.
const MOST_HEAD: usize = 10 + 5 * 5;

/// What a solve reads of a chosen file only. What is text stands as bytes, so that nothing is looked
/// through that nobody reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Row<'a> {
    pub(super) size: u64,
    pub(super) name: &'a [u8],
    /// What stands in the URL between the common prefix and the name, or all behind the prefix.
    pub(super) url: &'a [u8],
    /// Why it was yanked.
    pub(super) reason: &'a [u8],
    pub(super) digests: &'a [u8],
    pub(super) metadata: &'a [u8],
}

/// What a row begins with: the file's size, and how long the parts are that follow.
#[derive(Serialize, Deserialize)]
struct Lengths {
    size: u64,
    parts: [u32; 5],
}

impl<'a> Row<'a> {
    /// Writes the row behind others, of which no more than so many bytes may come to be; it is left out
    /// where it does not fit.
    pub(super) fn write(&self, bytes: &mut Vec<u8>, most: usize) {
        let parts = [
            self.name,
            self.url,
            self.reason,
            self.digests,
            self.metadata,
        ];
        let length = parts.iter().map(|part| part.len()).sum::<usize>() + MOST_HEAD;
        let lengths = Lengths {
            size: self.size,
            parts: parts.map(|part| to_u32(part.len())),
        };
        let mut head = [0; MOST_HEAD];
        let Ok(head) = postcard::to_slice(&lengths, &mut head) else {
            return;
        };
        if bytes.len().saturating_add(length) <= most {
            bytes.extend_from_slice(head);
            parts.iter().for_each(|part| bytes.extend_from_slice(part));
        }
    }

    /// Reads a row; `None` where it is damaged.
    pub(super) fn read(row: &'a [u8]) -> Option<Self> {
        let (lengths, mut rest) = postcard::take_from_bytes::<Lengths>(row).ok()?;
        let mut parts = [&[][..]; 5];
        for (part, length) in parts.iter_mut().zip(lengths.parts) {
            (*part, rest) = rest.split_at_checked(length as usize)?;
        }
        let [name, url, reason, digests, metadata] = parts;
        Some(Self {
            size: lengths.size,
            name,
            url,
            reason,
            digests,
            metadata,
        })
    }
}
