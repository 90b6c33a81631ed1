//! What a file needs to be loaded, out of the tables of ELF, PE and Mach-O. Whoever made the file is
//! a stranger: so much is read of it and no more, and what makes no sense is left out.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use object::read::elf::FileHeader;
use object::read::macho::{FatArch, LoadCommandVariant, MachHeader, MachOFatFile};
use object::read::pe::{ImageNtHeaders, PeFile};
use object::read::{ReadCache, ReadRef};
use object::{FileKind, LittleEndian, elf, macho, pe};
use serde::{Deserialize, Serialize};

use super::parts::passed_over;
use super::torch::torch_abi;
use super::{MajorMinor, TorchAbi, is_of_torch};

/// So much is read of a file's tables, in so many pieces.
const MOST_READ: u64 = 256 << 20;
const MOST_READS: usize = 100_000;
/// So many libraries are taken note of, and so many folders.
const MOST_NEEDED: usize = 256;
const MOST_FOLDERS: usize = 64;
const MOST_ENTRIES: usize = 100_000;
const LONGEST_NAME: usize = 512;

/// The form of a compiled file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// Linux and its relatives.
    Elf,
    /// Windows.
    Pe,
    /// macOS.
    MachO,
}

/// What a file needs to be loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linkage {
    /// Its form; none where it is no compiled file.
    pub format: Option<Format>,
    /// The libraries it needs, in its order.
    pub needed: Vec<String>,
    /// The name others know it by.
    pub soname: Option<String>,
    /// The folders in which its libraries are looked for first.
    pub rpath: Vec<String>,
    /// The newest glibc of which it needs something.
    pub glibc: Option<MajorMinor>,
    /// What it takes of torch or gives; none where it has nothing to do with it.
    pub torch: Option<TorchAbi>,
}

/// What the tables of a file tell.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) linkage: Linkage,
    /// The parts of it that have nothing to look for.
    pub(super) passed_over: Vec<Range<u64>>,
}

/// Reads the tables of a file.
pub(super) fn tables(file: &mut (impl Read + Seek)) -> Tables {
    let cache = ReadCache::new(Bounded {
        inner: file,
        bytes: MOST_READ,
        reads: MOST_READS,
    });
    let data = &cache;
    let Ok(kind) = FileKind::parse(data) else {
        return Tables::default();
    };
    let mut tables = Tables::default();
    let linkage = &mut tables.linkage;
    // What was read before something made no sense counts.
    let _ = match kind {
        FileKind::Elf32 => of_elf::<elf::FileHeader32<object::Endianness>, _>(data, &mut tables),
        FileKind::Elf64 => of_elf::<elf::FileHeader64<object::Endianness>, _>(data, &mut tables),
        FileKind::Pe32 => of_pe::<pe::ImageNtHeaders32, _>(data, linkage),
        FileKind::Pe64 => of_pe::<pe::ImageNtHeaders64, _>(data, linkage),
        FileKind::MachO32 => {
            of_macho::<macho::MachHeader32<object::Endianness>, _>(data, 0, linkage)
        }
        FileKind::MachO64 => {
            of_macho::<macho::MachHeader64<object::Endianness>, _>(data, 0, linkage)
        }
        FileKind::MachOFat32 => of_fat::<macho::FatArch32, _>(data, linkage),
        FileKind::MachOFat64 => of_fat::<macho::FatArch64, _>(data, linkage),
        _ => None,
    };
    tables
}

impl Linkage {
    fn needs(&mut self, name: &[u8]) {
        let name = plain(name);
        let is_new = !name.is_empty() && !self.needed.contains(&name);
        if is_new && self.needed.len() < MOST_NEEDED {
            self.needed.push(name);
        }
    }

    fn looks_in(&mut self, folders: &[u8]) {
        let folders = plain(folders);
        let folders = folders.split(':').filter(|it| !it.is_empty());
        let room = MOST_FOLDERS.saturating_sub(self.rpath.len());
        self.rpath.extend(folders.take(room).map(str::to_owned));
    }
}

fn of_elf<'d, Elf, R>(data: R, tables: &mut Tables) -> Option<()>
where
    Elf: FileHeader<Endian = object::Endianness>,
    R: ReadRef<'d>,
{
    let header = Elf::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let linkage = &mut tables.linkage;
    linkage.format = Some(Format::Elf);
    let sections = header.sections(endian, data).ok()?;
    tables.passed_over = passed_over(&sections, endian);
    if let Ok(dynamic) = sections.dynamic_table(endian, data) {
        for entry in dynamic.iter().take(MOST_ENTRIES) {
            let text = || dynamic.string(entry).unwrap_or_default();
            match entry.tag {
                elf::DT_NEEDED => linkage.needs(text()),
                elf::DT_SONAME => linkage.soname = Some(plain(text())),
                elf::DT_RPATH | elf::DT_RUNPATH => linkage.looks_in(text()),
                _ => {}
            }
        }
    }
    let mut names = linkage.needed.iter().chain(&linkage.soname);
    if names.any(|name| is_of_torch(name)) {
        linkage.torch = torch_abi(&sections, (endian, data));
    }
    let (libraries, strings) = sections.gnu_verneed(endian, data).ok()??;
    let strings = sections.strings(endian, data, strings).ok()?;
    let mut left = MOST_ENTRIES;
    for library in libraries.take(MOST_NEEDED) {
        let (_, versions) = library.ok()?;
        for version in versions.take(left) {
            left = left.saturating_sub(1);
            let name = version.ok()?.name(endian, strings).ok()?;
            let version = std::str::from_utf8(name).ok();
            let version = version.and_then(|name| glibc(name.strip_prefix("GLIBC_")?));
            linkage.glibc = linkage.glibc.max(version);
        }
    }
    Some(())
}

/// Reads `2.34`, and of `2.2.5` the first two parts; `PRIVATE` is none.
fn glibc(text: &str) -> Option<MajorMinor> {
    let mut parts = text.splitn(3, '.');
    let (major, minor) = (parts.next()?, parts.next()?);
    Some(MajorMinor::new(major.parse().ok()?, minor.parse().ok()?))
}

fn of_pe<'d, Pe, R>(data: R, linkage: &mut Linkage) -> Option<()>
where
    Pe: ImageNtHeaders,
    R: ReadRef<'d>,
{
    let file = PeFile::<Pe, R>::parse(data).ok()?;
    linkage.format = Some(Format::Pe);
    let imports = file.import_table().ok()??;
    let mut descriptors = imports.descriptors().ok()?;
    for _ in 0..MOST_ENTRIES {
        let descriptor = descriptors.next().ok()??;
        let name = imports.name(descriptor.name.get(LittleEndian)).ok()?;
        linkage.needs(&name.to_ascii_lowercase());
    }
    Some(())
}

fn of_fat<'d, Fat, R>(data: R, linkage: &mut Linkage) -> Option<()>
where
    Fat: FatArch,
    R: ReadRef<'d>,
{
    let file = MachOFatFile::<Fat>::parse(data).ok()?;
    // The parts for different machines need the same.
    let (offset, _) = file.arches().first()?.file_range();
    match FileKind::parse_at(data, offset).ok()? {
        FileKind::MachO32 => {
            of_macho::<macho::MachHeader32<object::Endianness>, _>(data, offset, linkage)
        }
        FileKind::MachO64 => {
            of_macho::<macho::MachHeader64<object::Endianness>, _>(data, offset, linkage)
        }
        _ => None,
    }
}

fn of_macho<'d, Mach, R>(data: R, offset: u64, linkage: &mut Linkage) -> Option<()>
where
    Mach: MachHeader<Endian = object::Endianness>,
    R: ReadRef<'d>,
{
    let header = Mach::parse(data, offset).ok()?;
    let endian = header.endian().ok()?;
    linkage.format = Some(Format::MachO);
    let mut commands = header.load_commands(endian, data, offset).ok()?;
    for _ in 0..MOST_ENTRIES {
        let command = commands.next().ok()??;
        let is_weak = command.cmd() == macho::LC_LOAD_WEAK_DYLIB;
        match command.variant().ok()? {
            LoadCommandVariant::Dylib(dylib) if !is_weak => {
                linkage.needs(command.string(endian, dylib.dylib.name).ok()?);
            }
            LoadCommandVariant::IdDylib(dylib) => {
                let name = command.string(endian, dylib.dylib.name).ok()?;
                linkage.soname = Some(plain(name));
            }
            LoadCommandVariant::Rpath(rpath) => {
                linkage.looks_in(command.string(endian, rpath.path).ok()?);
            }
            _ => {}
        }
    }
    Some(())
}

/// Makes a name out of bytes: one line, not too long, nothing that a terminal obeys.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let shown = text.chars().filter(|c| !c.is_control());
    shown.take(LONGEST_NAME).collect()
}

/// A file of which only so much is read.
struct Bounded<'f, R> {
    inner: &'f mut R,
    bytes: u64,
    reads: usize,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.bytes).unwrap_or(usize::MAX);
        if left < buffer.len() || self.reads == 0 {
            return Err(io::Error::other("its tables are larger than any real ones"));
        }
        let read = self.inner.read(buffer)?;
        self.bytes -= read as u64;
        self.reads -= 1;
        Ok(read)
    }
}

impl<R: Seek> Seek for Bounded<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
