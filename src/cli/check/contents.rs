//! What the files of packages say, for `pyaudit check`: those of an environment are read where they
//! lie, those in locked wheels by parts of the wheels. What was found out is kept in the cache.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::Trouble;
use super::advisories::outside;
use super::args::CheckArgs;
use super::index::Chosen;
use super::inputs::Around;
use super::wheels::wheels;
use crate::audit::{Contents, ContentsEvidence, Fingerprint, Look, OwnedFile, plain};
use crate::cli::progress::Progress;
use crate::cli::terminal::Terminal;
use crate::fetch::{Depth, Kept, LiveCatalog, WheelContents};
use crate::host::{Environment, Keep, libraries_here, this_machine};
use crate::lock::{Lock, LockedPackage};
use crate::package::{Digest, WheelName};
use crate::report::{bytes, count};
use crate::solve::Refusal;
use crate::target::Target;

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
    let mut found = Vec::new();
    let one = lock.packages.iter().map(|it| {
        found.push(look(&it.name)?);
        Some(found.len() - 1)
    });
    let one = one.collect();
    // Another platform than this machine's was typed, or the packages are for one.
    let is_here = args.target.platform.is_none() && environment.platform == this_machine();
    let told = on_disk(&found);
    Some(ContentsEvidence {
        by_target: vec![one],
        looks: found,
        libraries: is_here
            .then(|| libraries_here(Path::new(&installed.root)))
            .flatten(),
        told,
    })
}

/// Says how much what is installed takes on the disk.
fn on_disk(looks: &[Look]) -> Option<String> {
    let sizes = looks.iter().filter_map(|it| match it {
        Look::Seen(contents) => Some(contents.files.iter().filter_map(|file| file.size)),
        Look::Unknown(_) => None,
    });
    let sizes: Vec<u64> = sizes.map(Iterator::sum).collect();
    let text = || {
        let packages = count(sizes.len(), "package");
        format!(
            "the files of {packages}: {} on the disk",
            bytes(sizes.iter().sum())
        )
    };
    (!sizes.is_empty()).then(text)
}

/// Returns how deep to look for the sake of targets.
pub(super) fn depth_for(targets: &[Target]) -> Depth {
    let has_gpu = |it: &Target| !it.accelerators().gpus.is_empty();
    match targets.iter().any(has_gpu) {
        true => Depth::Gpus,
        false => Depth::Extensions,
    }
}

/// Reads the wheels of a lock, those that each target would install, each once; without a target one
/// of each package.
pub(super) fn of_wheels(
    (lock, files): (&Lock, &[Option<Chosen>]),
    targets: &[Target],
    catalog: &LiveCatalog,
    depth: Depth,
    terminal: &Terminal,
) -> ContentsEvidence {
    let mut wanted = Wheels::default();
    match targets {
        [] => wanted.want(lock, wheels(lock, files, None)),
        targets => targets
            .iter()
            .for_each(|target| wanted.want(lock, wheels(lock, files, Some(target)))),
    }
    let progress = Progress::new(terminal);
    let read = catalog.contents(&wanted.distinct, depth, &|done, total| {
        progress.count("Looking into wheels", done, total);
    });
    progress.finish();
    let read = wanted.distinct.iter().zip(read);
    let mut looks: Vec<Look> = read.map(|(file, read)| look(file, read)).collect();
    let told = wanted.told(&looks);
    let mut row = |row: Vec<Option<Result<usize, &str>>>| {
        let of = |it: Option<Result<usize, &str>>| match it? {
            Ok(at) => Some(at),
            Err(why) => {
                looks.push(Look::Unknown(why.to_owned()));
                Some(looks.len() - 1)
            }
        };
        row.into_iter().map(of).collect()
    };
    let by_target = wanted.by_target.into_iter().map(&mut row).collect();
    ContentsEvidence {
        told,
        by_target,
        looks,
        libraries: None,
    }
}

/// The wheels that are looked into.
#[derive(Default)]
struct Wheels {
    distinct: Vec<Chosen>,
    /// For each target and package of the lock which one, or why there is none.
    by_target: Vec<Vec<Option<Result<usize, &'static str>>>>,
}

impl Wheels {
    /// Adds those of a target.
    fn want(&mut self, lock: &Lock, files: Vec<Option<Result<Chosen, &'static str>>>) {
        let packages = lock.packages.iter().zip(files);
        let mut row = Vec::new();
        for (package, file) in packages {
            row.push(file.map(|file| {
                let chosen = wheel_of(package, file?)?;
                let mut known = self.distinct.iter();
                let is_same = |it: &Chosen| Arc::ptr_eq(&it.0, &chosen.0) && it.1 == chosen.1;
                Ok(known.position(is_same).unwrap_or_else(|| {
                    self.distinct.push(chosen);
                    self.distinct.len() - 1
                }))
            }));
        }
        self.by_target.push(row);
    }

    /// Says how much is downloaded and how much is installed, as far as both are known; of several
    /// targets that of the largest.
    fn told(&self, looks: &[Look]) -> Option<String> {
        let seen = looks
            .iter()
            .filter(|it| matches!(it, Look::Seen(_)))
            .count();
        let totals = self.by_target.iter().map(|row| {
            let wheels: Vec<usize> = row.iter().flatten().flatten().copied().collect();
            let download = wheels.iter().map(|at| {
                let (project, at) = &self.distinct[*at];
                project.pages[at.page].page.file(at.file).size()
            });
            let installed = wheels.iter().filter_map(|at| match &looks[*at] {
                Look::Seen(contents) => contents.size(),
                Look::Unknown(_) => None,
            });
            (installed.sum::<u64>(), download.sum::<Option<u64>>())
        });
        let totals: BTreeSet<(u64, Option<u64>)> = totals.collect();
        let (installed, download) = totals.last()?;
        let most = match totals.len() {
            1 => "",
            _ => "up to ",
        };
        let download = download.map(|size| format!("{most}{} to download, ", bytes(size)));
        (seen > 0).then(|| {
            format!(
                "the files in {}: {}{most}{} installed",
                count(seen, "wheel"),
                download.unwrap_or_default(),
                bytes(*installed)
            )
        })
    }
}

/// Returns the wheel that is looked into, or why there is none.
fn wheel_of(package: &LockedPackage, (project, at): Chosen) -> Result<Chosen, &'static str> {
    let found = project.pages[at.page].page.file(at.file);
    if !found.filename().ends_with(".whl") {
        return Err("they have no wheel that fits, and source archives tell nothing");
    }
    let mut locked = package.artifacts().peekable();
    if locked.peek().is_none() {
        return Ok((project, at));
    }
    let Some(locked) = locked.find(|it| it.name == found.filename()) else {
        return Err("no wheel that is locked is on an index");
    };
    let other: Vec<Digest> = found.digests().collect();
    let differs = |digest: &Digest| {
        let mut same = other
            .iter()
            .filter(|it| it.algorithm() == digest.algorithm());
        same.any(|it| it != digest)
    };
    match locked.digests.iter().any(differs) {
        true => Err("the index has another file than the one that is locked"),
        false => Ok((project, at)),
    }
}

fn look((project, at): &Chosen, read: Result<WheelContents, Refusal>) -> Look {
    let name = project.pages[at.page]
        .page
        .file(at.file)
        .filename()
        .to_owned();
    match read {
        Ok(contents) => Look::Seen(of_wheel(&name, contents)),
        Err(Refusal::Missing(why) | Refusal::Unusable(why)) => Look::Unknown(plain(&why)),
        Err(Refusal::Failed(failure)) => {
            let why = failure
                .causes
                .first()
                .map_or("an index did not answer", String::as_str);
            Look::Unknown(plain(why))
        }
    }
}

fn of_wheel(name: &str, contents: WheelContents) -> Contents {
    let tags = WheelName::parse(name).map(|it| it.tags).unwrap_or_default();
    let platforms = tags.rsplit('-').next().unwrap_or_default();
    let files = contents
        .files
        .into_iter()
        .map(|(path, crc32, size)| OwnedFile {
            path: installed_at(&path),
            bytes: Some(Fingerprint::Crc32(crc32, size)),
            size: Some(size),
        });
    Contents {
        files: files.collect(),
        binaries: contents.binaries,
        unread: contents.unread,
        tags: platforms
            .split('.')
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
            .collect(),
    }
}

/// Returns where a file of a wheel is installed (binary distribution format, "The .data directory").
fn installed_at(path: &str) -> String {
    let data = path
        .split_once(".data/")
        .filter(|(before, _)| !before.contains('/'));
    match data.and_then(|(_, rest)| rest.split_once('/')) {
        Some(("purelib" | "platlib", inside)) => inside.to_owned(),
        Some((other, inside)) => format!("../{other}/{inside}"),
        None => path.to_owned(),
    }
}
