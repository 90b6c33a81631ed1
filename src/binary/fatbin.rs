//! The code for GPUs in a file: containers with entries, each compiled for one architecture, as
//! CUDA's compiler puts them into libraries. Headers are plain even where the code is compressed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::MajorMinor;
use crate::target::Capability;

/// How a container begins: its number, version 1, a header of 16 bytes.
pub(super) const MAGIC: [u8; 8] = [0x50, 0xed, 0x55, 0xba, 1, 0, 16, 0];
/// A container's header.
pub(super) const HEADER: usize = 16;
/// The least that an entry's header has.
pub(super) const ENTRY: usize = 64;
/// No header of an entry is longer.
const LONGEST_HEADER: u32 = 4096;
/// So many different sets of architectures are told apart, and so many in one container.
const MOST_SETS: usize = 1024;
const MOST_CODES: usize = 64;

/// The code for GPUs in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fatbins {
    /// How many containers have exactly this code.
    pub sets: BTreeMap<Vec<Code>, u32>,
    /// The newest form of PTX in it, which the driver has to know.
    pub ptx_isa: Option<MajorMinor>,
    /// Whether a container was cut off or makes no sense.
    pub is_partial: bool,
}

/// What one entry of a container is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Code {
    /// The architecture as its number: 90 for `sm_90`, 120 for `sm_120`.
    pub arch: u16,
    /// Whether it runs on this architecture alone: `sm_90a`.
    pub is_exact: bool,
    /// Whether it is PTX, which the driver compiles.
    pub is_ptx: bool,
}

impl Fatbins {
    /// Returns how many containers there are.
    pub fn containers(&self) -> u32 {
        self.sets
            .values()
            .fold(0, |sum, it| sum.saturating_add(*it))
    }

    /// Returns how many of them have code that a GPU runs; `may_jit` says whether the driver may
    /// compile PTX.
    pub fn covering(&self, gpu: Capability, may_jit: bool) -> u32 {
        let fitting = self
            .sets
            .iter()
            .filter(|(codes, _)| codes.iter().any(|code| code.runs_on(gpu, may_jit)));
        fitting.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Returns all code there is, ascending.
    pub fn codes(&self) -> Vec<Code> {
        let mut codes: Vec<Code> = self.sets.keys().flatten().copied().collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    fn add(&mut self, mut codes: Vec<Code>) {
        codes.sort_unstable();
        codes.dedup();
        if self.sets.len() >= MOST_SETS && !self.sets.contains_key(&codes) {
            self.is_partial = true;
            return;
        }
        let count = self.sets.entry(codes).or_default();
        *count = count.saturating_add(1);
    }
}

impl Code {
    /// Returns the compute capability that it is compiled for.
    pub fn capability(self) -> Capability {
        Capability {
            major: self.arch / 10,
            minor: self.arch % 10,
        }
    }

    fn runs_on(self, gpu: Capability, may_jit: bool) -> bool {
        let own = self.capability();
        match (self.is_exact, self.is_ptx) {
            (true, is_ptx) => own == gpu && (may_jit || !is_ptx),
            (false, true) => may_jit && own <= gpu,
            (false, false) => own.major == gpu.major && own.minor <= gpu.minor,
        }
    }
}

/// A container that is being walked through.
#[derive(Debug)]
pub(super) struct Walk {
    /// Where the next entry is.
    pub(super) next: u64,
    end: u64,
    codes: Vec<Code>,
    isa: Option<MajorMinor>,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// There may be another entry.
    On,
    /// The container is at its end.
    Done,
    /// It is none, or a damaged one.
    Broken,
}

impl Walk {
    /// Begins with a container's header, which stands at a place of a file; nothing where it makes
    /// no sense.
    pub(super) fn begin(header: &[u8], at: u64, len: Option<u64>) -> Option<Self> {
        let size = u64::from_le_bytes(header.get(8..16)?.try_into().ok()?);
        let next = at.checked_add(HEADER as u64)?;
        let end = next.checked_add(size)?;
        let fits = len.is_none_or(|len| end <= len);
        (fits && size >= ENTRY as u64).then_some(Self {
            next,
            end,
            codes: Vec::new(),
            isa: None,
        })
    }

    /// Whether no further entry fits.
    pub(super) fn is_over(&self) -> bool {
        self.end.saturating_sub(self.next) < ENTRY as u64
    }

    /// Takes the header of the next entry.
    pub(super) fn step(&mut self, header: &[u8]) -> Step {
        match self.read(header) {
            None => Step::Broken,
            Some(()) if self.is_over() => Step::Done,
            Some(()) => Step::On,
        }
    }

    fn read(&mut self, header: &[u8]) -> Option<()> {
        let two = |at: usize| Some(u16::from_le_bytes(header.get(at..at + 2)?.try_into().ok()?));
        let four = |at: usize| Some(u32::from_le_bytes(header.get(at..at + 4)?.try_into().ok()?));
        let eight = |at: usize| Some(u64::from_le_bytes(header.get(at..at + 8)?.try_into().ok()?));
        let (kind, length) = (two(0)?, four(4)?);
        let is_ptx = match kind {
            1 => true,
            2 => false,
            _ => return None,
        };
        let is_sane = length >= ENTRY as u32 && length <= LONGEST_HEADER;
        let next = self.next.checked_add(u64::from(length))?;
        let next = next.checked_add(eight(8)?)?;
        let arch = u16::try_from(four(28)?).ok()?;
        if !is_sane || next > self.end || !(10..1000).contains(&arch) {
            return None;
        }
        self.next = next;
        if self.codes.len() < MOST_CODES {
            self.codes.push(Code {
                arch,
                is_exact: eight(40)? & 0x10_0000 != 0,
                is_ptx,
            });
        }
        if is_ptx {
            let isa = MajorMinor::new(two(26)?, two(24)?);
            self.isa = self.isa.max(Some(isa));
        }
        Some(())
    }

    /// Notes what the container has.
    pub(super) fn finish(self, is_whole: bool, fatbins: &mut Option<Fatbins>) {
        // Without a single entry it only looked like one.
        if self.codes.is_empty() {
            return;
        }
        let fatbins = fatbins.get_or_insert_default();
        fatbins.is_partial |= !is_whole;
        fatbins.ptx_isa = fatbins.ptx_isa.max(self.isa);
        fatbins.add(self.codes);
    }
}
