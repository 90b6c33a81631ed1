//! What the files of packages say, for `pyaudit check`: those of an environment are read where they
//! lie. What was found out is kept in the cache.

use std::path::Path;

use super::Trouble;
use super::advisories::outside;
use super::args::CheckArgs;
use super::inputs::Around;
use crate::audit::{ContentsEvidence, Look};
use crate::cli::progress::Progress;
use crate::cli::terminal::Terminal;
use crate::fetch::Kept;
use crate::host::{Environment, Keep, libraries_here, this_machine};
use crate::lock::Lock;

/// The cache, if there is one.
struct Keeper(Option<Kept>);

impl Keep for Keeper {
    fn kept(&self, stamp: &[u8; 32]) -> Option<Vec<u8>> {
        self.0.as_ref()?.get(stamp)
    }

    fn keep(&self, stamp: &[u8; 32], value: &[u8]) {
        if let Some(kept) = &self.0 {
            kept.put(stamp, value);
        }
    }
}

/// Reads the files of an environment, and returns what is known of those of each distribution.
pub(super) fn read_files(
    args: &CheckArgs,
    environment: &mut Environment,
    around: Around<'_>,
    terminal: &Terminal,
) -> Result<Vec<Option<Look>>, Trouble> {
    let (_, policy) = outside(args, around)?;
    let folder = policy.folder.as_deref();
    let keeper = Keeper(folder.and_then(Kept::open));
    let progress = Progress::new(terminal);
    let looks = environment.read_files(&keeper, &|done, total| {
        progress.count("Reading files", done, total);
    });
    progress.finish();
    Ok(looks)
}

/// Puts together what is known of the packages of an environment.
pub(super) fn contents(
    args: &CheckArgs,
    environment: &Environment,
    lock: &Lock,
    mut looks: Vec<Option<Look>>,
) -> Option<ContentsEvidence> {
    if looks.is_empty() {
        return None;
    }
    let installed = &environment.installed;
    let mut look = |name| {
        let active = installed.named(name)?;
        let mut all = installed.distributions.iter();
        let at = all.position(|it| std::ptr::eq(it, active))?;
        looks.get_mut(at)?.take()
    };
    let packages = lock.packages.iter().map(|it| look(&it.name)).collect();
    // Another platform than this machine's was typed, or the packages are for one.
    let is_here = args.target.platform.is_none() && environment.platform == this_machine();
    Some(ContentsEvidence {
        packages,
        libraries: is_here
            .then(|| libraries_here(Path::new(&installed.root)))
            .flatten(),
    })
}
