//! What a file takes of torch's C++ libraries, and what those give: the functions, and the form of
//! the strings in them. C++ promises nothing from one release of torch to the next.

use object::elf;
use object::endian::Endian;
use object::read::ReadRef;
use object::read::elf::{FileHeader, SectionHeader as _, SectionTable, Sym as _};
use serde::{Deserialize, Serialize};

/// So many functions are taken note of; the largest library of torch has 200,000.
const MOST_SYMBOLS: usize = 600_000;
const LONGEST_SYMBOL: usize = 4096;

/// The libraries of torch.
const LIBRARIES: &[&str] = &[
    "libc10.so",
    "libc10_cuda.so",
    "libc10_hip.so",
    "libtorch.so",
    "libtorch_cpu.so",
    "libtorch_cuda.so",
    "libtorch_cuda_linalg.so",
    "libtorch_hip.so",
    "libtorch_python.so",
];

/// The libraries that only a torch for CUDA has.
const OF_CUDA: &[&str] = &[
    "libc10_cuda.so",
    "libtorch_cuda.so",
    "libtorch_cuda_linalg.so",
];

/// What a file takes of torch, or gives as one of its libraries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TorchAbi {
    /// The form of the strings in what it takes.
    pub takes: Option<Strings>,
    /// The form of the strings in what it gives.
    pub gives: Option<Strings>,
    /// The functions that it takes, each as a number, ascending.
    pub taken: Vec<u32>,
    /// The functions that it gives.
    pub given: Vec<u32>,
}

/// The form of C++ strings: GCC has two, and what was compiled for one is not found by the other
/// (libstdc++ manual, "Dual ABI").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strings {
    /// That of before GCC 5.
    Old,
    /// That since GCC 5: `_GLIBCXX_USE_CXX11_ABI=1`.
    New,
}

/// Whether a library is one of torch's.
pub fn is_of_torch(library: &str) -> bool {
    LIBRARIES.contains(&library)
}

/// Whether a library is one that only a torch for CUDA has.
pub fn is_of_cuda_torch(library: &str) -> bool {
    OF_CUDA.contains(&library)
}

/// Reads the names of functions of a file that has to do with torch.
pub(super) fn torch_abi<'d, Elf, R>(
    sections: &SectionTable<'d, Elf, R>,
    (endian, data): (Elf::Endian, R),
) -> Option<TorchAbi>
where
    Elf: FileHeader,
    Elf::Endian: Endian,
    R: ReadRef<'d>,
{
    let mut all = sections.iter();
    let table = all.find(|it| it.sh_type(endian) == elf::SHT_DYNSYM)?;
    let symbols: &[Elf::Sym] = table.data_as_array(endian, data).ok()?;
    let names = sections.section(table.link(endian)).ok()?;
    let names = names.data(endian, data).ok()?;
    let (mut taken, mut given) = (Gathered::default(), Gathered::default());
    for symbol in symbols.iter().take(MOST_SYMBOLS) {
        let at = usize::try_from(symbol.st_name(endian)).unwrap_or(usize::MAX);
        let Some(name) = names.get(at..).and_then(name_of) else {
            continue;
        };
        if !is_in_torch(name) {
            continue;
        }
        match symbol.is_undefined(endian) {
            false => given.add(name),
            // What is weak may be absent.
            true if symbol.st_bind() == elf::STB_WEAK => {}
            true => taken.add(name),
        }
    }
    Some(TorchAbi {
        takes: taken.strings(),
        gives: given.strings(),
        taken: taken.sorted(),
        given: given.sorted(),
    })
}

/// Names that have been met.
#[derive(Default)]
struct Gathered {
    numbers: Vec<u32>,
    has_old: bool,
    has_new: bool,
}

impl Gathered {
    fn add(&mut self, name: &[u8]) {
        self.numbers.push(number_of(name));
        // Itanium C++ ABI, "Compression": `Ss` is the old `std::string`, as the last parameter or
        // behind a reference to what is constant.
        self.has_new |= has(name, b"NSt7__cxx1112basic_string");
        self.has_old |= name.ends_with(b"Ss") || has(name, b"RKSs");
    }

    /// Of a file with both nothing is known.
    fn strings(&self) -> Option<Strings> {
        match (self.has_old, self.has_new) {
            (true, false) => Some(Strings::Old),
            (false, true) => Some(Strings::New),
            (true, true) | (false, false) => None,
        }
    }

    fn sorted(mut self) -> Vec<u32> {
        self.numbers.sort_unstable();
        self.numbers.dedup();
        self.numbers
    }
}

fn has(name: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(name, part).is_some()
}

fn name_of(names: &[u8]) -> Option<&[u8]> {
    let names = &names[..names.len().min(LONGEST_SYMBOL)];
    let end = memchr::memchr(0, names)?;
    Some(&names[..end])
}

/// Whether a name stands in one of torch's namespaces (Itanium C++ ABI, "Mangling").
fn is_in_torch(name: &[u8]) -> bool {
    let Some(rest) = name.strip_prefix(b"_Z") else {
        return false;
    };
    // Of types there are tables and names.
    let kinds: [&[u8]; 4] = [b"TV", b"TI", b"TS", b""];
    let rest = kinds.iter().find_map(|kind| rest.strip_prefix(*kind));
    let nested = rest.and_then(|rest| rest.strip_prefix(b"N"));
    let nested = nested.map(|rest| rest.strip_prefix(b"K").unwrap_or(rest));
    let spaces: [&[u8]; 4] = [b"3c10", b"2at", b"5torch", b"6caffe2"];
    nested.is_some_and(|rest| spaces.iter().any(|it| rest.starts_with(it)))
}

/// Makes a number of a name (FNV-1a, folded); of 200,000 names, two that were taken for one would
/// hide a difference, and never invent one.
fn number_of(name: &[u8]) -> u32 {
    let folded = name.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let [a, b, c, d, e, f, g, h] = folded.to_le_bytes();
    u32::from_le_bytes([a, b, c, d]) ^ u32::from_le_bytes([e, f, g, h])
}
