//! Reads a platform back from the words that describe it, which is how locks keep it.

use super::platform::{Arch, Os, Platform};

const ARCHITECTURES: &[Arch] = &[
    // Pyodide's description names no machine.
    Arch::Wasm32,
    Arch::X86_64,
    Arch::X86,
    Arch::Aarch64,
    Arch::Armv7l,
    Arch::Ppc64le,
    Arch::Ppc64,
    Arch::S390x,
    Arch::Riscv64,
    Arch::Loongarch64,
];

impl Platform {
    /// Reads `Linux x86_64 (glibc 2.28)`: finds the platform that is described so.
    pub fn described(text: &str) -> Option<Self> {
        let numbers = text.split(|c: char| !c.is_ascii_digit());
        let numbers: Vec<u16> = numbers.filter_map(|it| it.parse().ok()).collect();
        let ones = numbers
            .iter()
            .flat_map(|one| [Os::Android(*one), Os::Pyodide(*one)]);
        let pairs = numbers.windows(2).flat_map(|pair| {
            let (major, minor) = (pair[0], pair[1]);
            [
                Os::Glibc(major, minor),
                Os::Musl(major, minor),
                Os::MacOs(major, minor),
                Os::Ios(major, minor),
                Os::IosSimulator(major, minor),
            ]
        });
        let mut systems = ones.chain(pairs).chain([Os::Windows]);
        systems.find_map(|os| {
            let mut platforms = ARCHITECTURES.iter().map(|arch| Self::new(os, *arch));
            platforms.find(|platform| platform.to_string() == text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_reads_back_from_its_description() {
        for name in Platform::names() {
            let platform: Platform = name.parse().unwrap();

            assert_eq!(
                Platform::described(&platform.to_string()),
                Some(platform),
                "{name}"
            );
        }
        assert_eq!(Platform::described("Linux x86_64"), None);
        assert_eq!(Platform::described(""), None);
    }
}
