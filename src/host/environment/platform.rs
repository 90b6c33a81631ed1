//! Where an environment runs, as far as its packages' tags tell it.

use std::path::{Path, PathBuf};

use super::bounded::text_of;
use crate::host::machine::this_machine;
use crate::target::{Os, Platform, PythonVersion};

/// So many packages are asked, and none says more than this of its wheel.
const MOST_ASKED: usize = 500;
const MAX_WHEEL: u64 = 64 << 10;

/// Returns where an environment runs: on this machine, unless all of its packages that are built
/// for a machine are built for another.
pub(super) fn platform_of(infos: &[PathBuf], root: &Path) -> Platform {
    let here = this_machine();
    let tags = tags(infos);
    let built = tags.iter().filter_map(|tag| {
        let (_, platform) = tag.rsplit_once('-')?;
        platform
            .split('.')
            .find_map(|one| one.parse::<Platform>().ok())
    });
    let mut built: Vec<Platform> = built.collect();
    let is_here = |it: &Platform| family(it.os) == family(here.os) && it.arch == here.arch;
    built.sort();
    match built.last() {
        Some(other) if !built.iter().any(is_here) => *other,
        Some(_) => here,
        // Windows alone has this folder.
        None if root.join("Scripts").is_dir() && here.os != Os::Windows => {
            Platform::new(Os::Windows, here.arch)
        }
        None => here,
    }
}

/// Returns the Python that the packages are built for.
pub(super) fn python_of(infos: &[PathBuf]) -> Option<PythonVersion> {
    let tags = tags(infos);
    let mut pythons = tags.iter().filter_map(|tag| {
        let mut parts = tag.split('-');
        let (python, abi) = (parts.next()?, parts.next()?);
        // One of the stable ABI runs on later Pythons too.
        (python == abi).then(|| python.parse().ok())?
    });
    pythons.next()
}

fn tags(infos: &[PathBuf]) -> Vec<String> {
    let wheels = infos.iter().take(MOST_ASKED);
    let wheels = wheels.filter_map(|info| text_of(&info.join("WHEEL"), MAX_WHEEL));
    let tags = wheels.flat_map(|text| {
        let tags = text.lines().filter_map(|line| line.strip_prefix("Tag:"));
        tags.map(|tag| tag.trim().to_owned()).collect::<Vec<_>>()
    });
    tags.collect()
}

/// What tells one operating system from another, whatever its version.
fn family(os: Os) -> u8 {
    match os {
        Os::Glibc(..) | Os::Musl(..) => 0,
        Os::MacOs(..) => 1,
        Os::Windows => 2,
        Os::Android(_) => 3,
        Os::Ios(..) | Os::IosSimulator(..) => 4,
        Os::Pyodide(_) => 5,
    }
}
