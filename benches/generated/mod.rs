//! Inputs of the benchmarks, made at start and the same every time: nothing is recorded from an
//! index.

mod page;
mod universe;

pub(crate) use page::{LargePage, metadata_texts, specifiers, tags};
pub(crate) use universe::{Universe, package, question};

/// Numbers that look random and are the same every time (SplitMix64).
pub(crate) struct Numbers(u64);

impl Numbers {
    /// Starts at a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next number below a limit.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Returns as many hexadecimal digits.
    pub(crate) fn hex(&mut self, len: usize) -> String {
        let mut digits = String::new();
        while digits.len() < len {
            digits.push_str(&format!("{:016x}", self.next()));
        }
        digits.truncate(len);
        digits
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
