//! Which parts of a file can hold texts and code for GPUs: not the processor's code, the names of
//! functions, relocations and what debuggers read, and these are most of it.

use std::ops::Range;

use object::elf;
use object::read::ReadRef;
use object::read::elf::{FileHeader, SectionHeader as _, SectionTable};

/// How sections begin that unwinders and debuggers read.
const OF_TOOLS: &[&[u8]] = &[b".debug", b".eh_frame", b".gcc_except_table", b".zdebug"];

/// Less is not worth a jump.
const LEAST: u64 = 64 << 10;
/// No real file has more sections that can be passed over.
const MOST: usize = 4096;

/// Returns the parts of an ELF file that are passed over, ascending, none touching another.
pub(super) fn passed_over<'d, Elf, R>(
    sections: &SectionTable<'d, Elf, R>,
    endian: Elf::Endian,
) -> Vec<Range<u64>>
where
    Elf: FileHeader,
    R: ReadRef<'d>,
{
    let mut parts: Vec<Range<u64>> = Vec::new();
    for section in sections.iter().take(MOST) {
        let is_code = section.sh_flags(endian).contains(elf::SHF_EXECINSTR);
        let is_of_names = matches!(
            section.sh_type(endian),
            elf::SHT_DYNSYM
                | elf::SHT_GNU_HASH
                | elf::SHT_HASH
                | elf::SHT_REL
                | elf::SHT_RELA
                | elf::SHT_RELR
                | elf::SHT_STRTAB
                | elf::SHT_SYMTAB
        );
        let name = || sections.section_name(endian, section).unwrap_or_default();
        let is_of_tools = || OF_TOOLS.iter().any(|it| name().starts_with(it));
        if (is_code || is_of_names || is_of_tools())
            && let Some((start, size)) = section.file_range(endian)
            && let Some(end) = start.checked_add(size)
        {
            parts.push(start..end);
        }
    }
    joined(parts)
}

fn joined(mut parts: Vec<Range<u64>>) -> Vec<Range<u64>> {
    parts.sort_by_key(|part| part.start);
    let mut joined: Vec<Range<u64>> = Vec::new();
    for part in parts {
        match joined.last_mut() {
            Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
            _ => joined.push(part),
        }
    }
    joined.retain(|part| part.end - part.start >= LEAST);
    joined
}

/// Returns what is left of a file of a length.
pub(super) fn rest(passed_over: &[Range<u64>], len: u64) -> Vec<Range<u64>> {
    let mut rest = Vec::new();
    let mut from = 0;
    for part in passed_over {
        rest.push(from..part.start.min(len));
        from = part.end;
    }
    rest.push(from..len);
    rest.retain(|part| part.start < part.end);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_over_and_the_rest_are_all_of_a_file() {
        let k = |at: u64| at << 10;
        let parts = joined(vec![
            k(200)..k(300),
            k(10)..k(20),
            k(250)..k(400),
            k(500)..k(900),
        ]);

        assert_eq!(parts, [k(200)..k(400), k(500)..k(900)]);
        assert_eq!(rest(&parts, k(600)), [0..k(200), k(400)..k(500)]);
        assert_eq!(
            rest(&parts, k(1000)),
            [0..k(200), k(400)..k(500), k(900)..k(1000)]
        );
        assert!(rest(&[], 7).iter().eq([&(0..7)]));
        assert!(rest(std::slice::from_ref(&(0..k(100))), 7).is_empty());
    }
}
