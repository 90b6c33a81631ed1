//! Compiled files out of a recipe: as little of ELF, PE and Mach-O as a loader's tables take, with
//! texts and code for GPUs behind them. Nothing in them runs.

use serde::Deserialize;

/// What a compiled file says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Recipe {
    /// `elf`, `elf32`, `pe`, `macho`, `fat`, or anything else for no form at all.
    pub(crate) format: String,
    pub(crate) needed: Vec<String>,
    pub(crate) soname: Option<String>,
    pub(crate) rpath: Vec<String>,
    /// The versions of glibc of which it needs something.
    pub(crate) glibc: Vec<String>,
    /// The functions that it takes of others, and those that it gives; a `?` before one that may be
    /// absent. For ELF alone.
    pub(crate) takes: Vec<String>,
    pub(crate) gives: Vec<String>,
    /// Zeros before what follows.
    pub(crate) padding: usize,
    pub(crate) texts: Vec<String>,
    /// Containers with what each is compiled for: `sm_90`, `sm_90a`, `ptx_120`.
    pub(crate) gpu: Vec<Vec<String>>,
    /// How many bytes of code every entry has.
    pub(crate) payload: usize,
}

impl Recipe {
    /// Makes the file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = match self.format.as_str() {
            "elf" => self.elf(true),
            "elf32" => self.elf(false),
            "pe" => self.pe(),
            "macho" => self.macho(),
            "fat" => self.fat(),
            other => other.as_bytes().to_vec(),
        };
        bytes.resize(bytes.len() + self.padding, 0);
        for text in &self.texts {
            bytes.push(0);
            bytes.extend(text.as_bytes());
            bytes.push(0);
        }
        for container in &self.gpu {
            bytes.extend(self.container(container));
        }
        bytes
    }

    fn container(&self, codes: &[String]) -> Vec<u8> {
        let entries: Vec<u8> = codes.iter().flat_map(|code| self.entry(code)).collect();
        let mut bytes = vec![0x50, 0xed, 0x55, 0xba, 1, 0, 16, 0];
        bytes.extend((entries.len() as u64).to_le_bytes());
        bytes.extend(entries);
        bytes
    }

    fn entry(&self, code: &str) -> Vec<u8> {
        let (kind, arch) = code.split_once('_').unwrap();
        let mut entry = vec![0; 72];
        entry[0] = if kind == "ptx" { 1 } else { 2 };
        entry[4..8].copy_from_slice(&72_u32.to_le_bytes());
        entry[8..16].copy_from_slice(&(self.payload as u64).to_le_bytes());
        // PTX 8.7.
        entry[24] = 7;
        entry[26] = 8;
        let number: u32 = arch.trim_end_matches('a').parse().unwrap();
        entry[28..32].copy_from_slice(&number.to_le_bytes());
        let flags: u64 = if arch.ends_with('a') { 0x10_0000 } else { 0 };
        entry[40..48].copy_from_slice(&flags.to_le_bytes());
        entry.resize(72 + self.payload, 0xaa);
        entry
    }

    /// Returns the table of functions, whose names go to the others.
    fn symbols(&self, is_64: bool, names: &mut Names) -> Vec<u8> {
        let size = if is_64 { 24 } else { 16 };
        let mut symbols = vec![0; size];
        let taken = self.takes.iter().map(|name| (name, 0_u16));
        let given = self.gives.iter().map(|name| (name, 1));
        for (name, section) in taken.chain(given) {
            let (bind, name) = match name.strip_prefix('?') {
                Some(name) => (2, name),
                None => (1, name.as_str()),
            };
            let at = names.add(name) as u32;
            let kind = [(bind << 4) | 2, 0];
            let mut symbol = at.to_le_bytes().to_vec();
            if !is_64 {
                symbol.resize(12, 0);
            }
            symbol.extend(kind);
            symbol.extend(section.to_le_bytes());
            symbol.resize(size, 0);
            symbols.extend(symbol);
        }
        symbols
    }

    /// Sections: none, names, `.dynamic`, `.gnu.version_r`, functions, names of sections.
    fn elf(&self, is_64: bool) -> Vec<u8> {
        let word = |value: u64| -> Vec<u8> {
            match is_64 {
                true => value.to_le_bytes().to_vec(),
                false => (value as u32).to_le_bytes().to_vec(),
            }
        };
        let mut names = Names(vec![0]);
        let mut dynamic = Vec::new();
        let tagged = self.needed.iter().map(|name| (1, name.clone()));
        let tagged = tagged.chain(self.soname.iter().map(|name| (14, name.clone())));
        let rpath = (!self.rpath.is_empty()).then(|| (29, self.rpath.join(":")));
        for (tag, name) in tagged.chain(rpath) {
            dynamic.extend(word(tag));
            dynamic.extend(word(names.add(&name)));
        }
        dynamic.extend(word(0));
        dynamic.extend(word(0));
        let mut versions = Vec::new();
        if !self.glibc.is_empty() {
            let library = names.add("libc.so.6") as u32;
            versions.extend([1, 0]);
            versions.extend((self.glibc.len() as u16).to_le_bytes());
            versions.extend([library, 16, 0].map(u32::to_le_bytes).concat());
            for (at, version) in self.glibc.iter().enumerate() {
                let name = names.add(&format!("GLIBC_{version}")) as u32;
                let next = if at + 1 == self.glibc.len() { 0 } else { 16 };
                versions.extend([0, 0, name, next].map(u32::to_le_bytes).concat());
            }
        }
        let header = if is_64 { 64 } else { 52 };
        let symbols = self.symbols(is_64, &mut names);
        let parts = [names.0, dynamic, versions, symbols, vec![0]];
        let kinds: [(u32, u32); 5] = [(3, 0), (6, 1), (0x6fff_fffe, 1), (11, 1), (3, 0)];
        let mut body: Vec<u8> = Vec::new();
        let mut sections = vec![0; if is_64 { 64 } else { 40 }];
        for (part, (kind, link)) in parts.iter().zip(kinds) {
            let at = (header + body.len()) as u64;
            sections.extend([0, kind].map(u32::to_le_bytes).concat());
            sections.extend([0, 0, at, part.len() as u64].map(word).concat());
            sections.extend([link, 0].map(u32::to_le_bytes).concat());
            sections.extend([1, 0].map(word).concat());
            body.extend(part);
        }
        let mut bytes = vec![0x7f, b'E', b'L', b'F', if is_64 { 2 } else { 1 }, 1, 1];
        bytes.resize(16, 0);
        bytes.extend([3, 0, if is_64 { 62 } else { 3 }, 0, 1, 0, 0, 0]);
        let sections_at = (header + body.len()) as u64;
        bytes.extend([0, 0, sections_at].map(word).concat());
        bytes.extend([0; 4]);
        let entry = if is_64 { 64 } else { 40 };
        let numbers = [header as u16, 0, 0, entry, 6, 5];
        bytes.extend(numbers.map(u16::to_le_bytes).concat());
        bytes.extend(body);
        bytes.extend(sections);
        bytes
    }

    /// One section with the table of imports and the names.
    fn pe(&self) -> Vec<u8> {
        const ADDRESS: u32 = 0x1000;
        const OFFSET: u32 = 0x200;
        let table = 20 * (self.needed.len() + 1);
        let mut names = Vec::new();
        let mut section = Vec::new();
        for library in &self.needed {
            let name = ADDRESS + (table + names.len()) as u32;
            section.extend([0, 0, 0, name, 0].map(u32::to_le_bytes).concat());
            names.extend(library.as_bytes());
            names.push(0);
        }
        section.resize(table, 0);
        section.extend(names);
        let size = section.len() as u32;
        let mut bytes = vec![0; 64];
        bytes[..2].copy_from_slice(b"MZ");
        bytes[60] = 64;
        bytes.extend(b"PE\0\0");
        bytes.extend([0x64, 0x86, 1, 0]);
        bytes.extend([0; 12]);
        bytes.extend([240, 0, 0x22, 0x20]);
        let mut optional = vec![0; 240];
        optional[..2].copy_from_slice(&0x20b_u16.to_le_bytes());
        optional[32..36].copy_from_slice(&0x1000_u32.to_le_bytes());
        optional[36..40].copy_from_slice(&0x200_u32.to_le_bytes());
        optional[108] = 16;
        optional[120..124].copy_from_slice(&ADDRESS.to_le_bytes());
        optional[124..128].copy_from_slice(&(table as u32).to_le_bytes());
        bytes.extend(optional);
        bytes.extend(b".rdata\0\0");
        bytes.extend([size, ADDRESS, size, OFFSET].map(u32::to_le_bytes).concat());
        bytes.extend([0; 12]);
        bytes.extend(0x4000_0040_u32.to_le_bytes());
        bytes.resize(OFFSET as usize, 0);
        bytes.extend(section);
        bytes
    }

    fn macho(&self) -> Vec<u8> {
        const LOAD: u32 = 0xc;
        const OWN: u32 = 0xd;
        const FOLDER: u32 = 0x8000_001c;
        let needed = self.needed.iter().map(|name| (LOAD, name));
        let commands = needed.chain(self.soname.iter().map(|name| (OWN, name)));
        let commands = commands.chain(self.rpath.iter().map(|name| (FOLDER, name)));
        let mut body = Vec::new();
        let mut count = 0_u32;
        for (kind, name) in commands {
            let before: usize = if kind == FOLDER { 12 } else { 24 };
            let size = (before + name.len() + 1).next_multiple_of(8);
            let mut command = Vec::new();
            command.extend(
                [kind, size as u32, before as u32]
                    .map(u32::to_le_bytes)
                    .concat(),
            );
            command.resize(before, 0);
            command.extend(name.as_bytes());
            command.resize(size, 0);
            body.extend(command);
            count += 1;
        }
        let head = [
            0xfeed_facf,
            0x0100_000c,
            0,
            6,
            count,
            body.len() as u32,
            0,
            0,
        ];
        let mut bytes = head.map(u32::to_le_bytes).concat();
        bytes.extend(body);
        bytes
    }

    fn fat(&self) -> Vec<u8> {
        const OFFSET: u32 = 64;
        let part = self.macho();
        let head = [0xcafe_babe, 1, 0x0100_000c, 0, OFFSET, part.len() as u32, 3];
        let mut bytes = head.map(u32::to_be_bytes).concat();
        bytes.resize(OFFSET as usize, 0);
        bytes.extend(part);
        bytes
    }
}

/// Names, each ended by a zero.
struct Names(Vec<u8>);

impl Names {
    fn add(&mut self, name: &str) -> u64 {
        let at = self.0.len() as u64;
        self.0.extend(name.as_bytes());
        self.0.push(0);
        at
    }
}
