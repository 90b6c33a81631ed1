//! The platform of the machine we run on, told without an interpreter.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use memchr::memmem;

use super::ask::{PATIENCE, ask};
use crate::target::{Arch, Os, Platform};

/// Folders in which distributions keep the C library, below which Debian has one per machine.
const LIBRARY_FOLDERS: &[&str] = &["/lib64", "/lib", "/usr/lib64", "/usr/lib"];

/// Returns this machine's platform; where a version cannot be found out, the one that the bare
/// name of the system stands for.
pub fn this_machine() -> Platform {
    let arch = arch(std::env::consts::ARCH);
    match std::env::consts::OS {
        "windows" => Platform::new(Os::Windows, arch),
        "macos" => mac_os_version()
            .map(|(major, minor)| Platform::new(Os::MacOs(major, minor), arch))
            .unwrap_or_else(|| Platform::default_mac_os(arch)),
        "android" => Platform::new(Os::Android(24), arch),
        _ => linux_libc(arch)
            .map(|libc| Platform::new(libc, arch))
            .unwrap_or_else(|| Platform::default_linux(arch)),
    }
}

/// Rust's names of processor families; anything rare counts as the most usual one.
fn arch(name: &str) -> Arch {
    match name {
        "x86" => Arch::X86,
        "aarch64" => Arch::Aarch64,
        "arm" => Arch::Armv7l,
        "powerpc64" if cfg!(target_endian = "little") => Arch::Ppc64le,
        "powerpc64" => Arch::Ppc64,
        "s390x" => Arch::S390x,
        "riscv64" => Arch::Riscv64,
        "loongarch64" => Arch::Loongarch64,
        "wasm32" => Arch::Wasm32,
        _ => Arch::X86_64,
    }
}

/// Returns the C library of a Linux machine, glibc before musl: both may be installed, and then
/// musl is the guest.
fn linux_libc(arch: Arch) -> Option<Os> {
    let name = arch.linux_name();
    let below = [format!("{name}-linux-gnu"), String::new()];
    let glibc = LIBRARY_FOLDERS
        .iter()
        .flat_map(|folder| below.iter().map(move |below| Path::new(folder).join(below)))
        .find_map(|folder| glibc_version(File::open(folder.join("libc.so.6")).ok()?));
    glibc
        .map(|(major, minor)| Os::Glibc(major, minor))
        .or_else(|| musl(arch))
}

/// Returns musl's version, where its loader is installed.
pub(super) fn musl(arch: Arch) -> Option<Os> {
    let name = match arch {
        Arch::X86 => "i386",
        Arch::Armv7l => "armhf",
        Arch::Ppc64le => "powerpc64le",
        other => other.linux_name(),
    };
    let loader = PathBuf::from(format!("/lib/ld-musl-{name}.so.1"));
    // Called without arguments, the loader fails and tells its version.
    let answer = ask(&loader, &[], PATIENCE).ok()?;
    let version = answer.errors.split("Version ").nth(1)?;
    let (major, minor) = two_numbers(version)?;
    Some(Os::Musl(major, minor))
}

/// Finds `stable release version 2.36` in the bytes of the GNU C library, which has megabytes and
/// is read no further than to there.
fn glibc_version(mut library: impl Read) -> Option<(u16, u16)> {
    const MARK: &[u8] = b"release version ";
    const PART: usize = 64 << 10;
    /// Enough for the numbers behind the mark.
    const NUMBERS: usize = 16;
    let mut part = Vec::with_capacity(PART + MARK.len() + NUMBERS);
    loop {
        let read = (&mut library)
            .take(PART as u64)
            .read_to_end(&mut part)
            .ok()?;
        for at in memmem::find_iter(&part, MARK) {
            let version = &part[at + MARK.len()..];
            if version.len() < NUMBERS && read == PART {
                break;
            }
            let text = String::from_utf8_lossy(&version[..version.len().min(NUMBERS)]);
            if let Some(version) = two_numbers(&text) {
                return Some(version);
            }
        }
        if read < PART {
            return None;
        }
        // What goes on in the next part is looked at again with it.
        part.drain(..part.len() - (MARK.len() + NUMBERS));
    }
}

fn mac_os_version() -> Option<(u16, u16)> {
    let answer = ask(
        Path::new("/usr/bin/sw_vers"),
        &["-productVersion"],
        PATIENCE,
    )
    .ok()?;
    two_numbers(&answer.output)
}

/// Reads the first two numbers of `14.5.1`; a single number has 0 for the second.
pub(super) fn two_numbers(text: &str) -> Option<(u16, u16)> {
    let mut numbers = text.split('.').map(|part| {
        part.trim_start()
            .split(|c: char| !c.is_ascii_digit())
            .next()
    });
    let major = numbers.next()??.parse().ok()?;
    let minor = numbers
        .next()
        .flatten()
        .and_then(|minor| minor.parse().ok());
    Some((major, minor.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_glibc_stands_in_its_bytes() {
        let library = b"\x7fELF...rrelease version of\0GNU C Library (GNU libc) stable release version 2.28.\nrest";

        assert_eq!(glibc_version(&library[..]), Some((2, 28)));
        assert_eq!(glibc_version(&b"release version "[..]), None);
    }

    #[test]
    fn the_version_of_glibc_is_found_where_two_parts_meet() {
        for before in (64 << 10) - 40..(64 << 10) + 10 {
            let library = [&vec![b'x'; before], &b"release version 2.36.\n"[..]].concat();

            assert_eq!(glibc_version(&library[..]), Some((2, 36)), "{before}");
        }
    }

    #[test]
    fn versions_are_read_leniently() {
        assert_eq!(two_numbers("14.5.1\n"), Some((14, 5)));
        assert_eq!(two_numbers("26\n"), Some((26, 0)));
        assert_eq!(two_numbers("1.2_git"), Some((1, 2)));
        assert_eq!(two_numbers("x"), None);
    }

    #[test]
    fn this_machine_has_a_platform_that_its_tag_gives_back() {
        let here = this_machine();

        assert_eq!(here.tag().parse(), Ok(here));
    }
}
