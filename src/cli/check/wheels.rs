//! Which wheel of each package of a lock a target would install.

use std::cmp::Reverse;
use std::sync::Arc;

use super::index::Chosen;
use crate::graph::Graph;
use crate::index::Project;
use crate::lock::{Lock, LockedPackage};
use crate::package::{VersionKey, WheelName};
use crate::solve::FileAt;
use crate::target::Target;

/// Returns the file of each package that a target would install, of the projects of which `known`
/// names any file, or why there is none; nothing for packages that do not count there. Without a
/// target it is that file.
pub(super) fn wheels(
    lock: &Lock,
    known: &[Option<Chosen>],
    target: Option<&Target>,
) -> Vec<Option<Result<Chosen, &'static str>>> {
    const UNKNOWN: &str = "no wheel of theirs is known";
    let Some(target) = target else {
        let known = known.iter().cloned();
        return known.map(|it| Some(it.ok_or(UNKNOWN))).collect();
    };
    let graph = Graph::new(lock, Some(target));
    let counts = |package: &LockedPackage| {
        let mut here = graph.packages().iter();
        here.any(|it| std::ptr::eq(*it, package))
    };
    let packages = lock.packages.iter().zip(known);
    let wheel = |(package, known): (&LockedPackage, &Option<Chosen>)| {
        counts(package).then(|| {
            let (project, any) = known.as_ref().ok_or(UNKNOWN)?;
            match best(package, project, target) {
                Some(at) => Ok((Arc::clone(project), at)),
                None if misfits(package, project, *any) => Err("they have no wheel that fits"),
                None => Ok((Arc::clone(project), *any)),
            }
        })
    };
    packages.map(wheel).collect()
}

/// Whether a file that does not fit is one that could be installed elsewhere.
fn misfits(package: &LockedPackage, project: &Project, at: FileAt) -> bool {
    let name = project.pages[at.page].page.file(at.file).filename();
    let mut locked = package.artifacts().peekable();
    locked.peek().is_none() || locked.any(|file| file.name == name)
}

/// Returns the wheel that fits best, of those that are locked, if any are; else a source archive.
fn best(package: &LockedPackage, project: &Project, target: &Target) -> Option<FileAt> {
    let key = VersionKey::of(package.version.as_ref()?);
    let has_files = package.artifacts().next().is_some();
    let is_locked = |name: &str| package.artifacts().any(|file| file.name == name);
    let mut fitting = Vec::new();
    let mut archive = None;
    for (page, on) in project.pages.iter().enumerate() {
        let found = on.page.find(key.as_bytes());
        for file in found.into_iter().flat_map(|version| on.page.files(version)) {
            let name = on.page.file(file).filename();
            if has_files && !is_locked(name) {
                continue;
            }
            let at = FileAt { page, file };
            match WheelName::parse(name) {
                Ok(wheel) => {
                    let rank = target.tags().rank(&wheel.tags).ok();
                    fitting.extend(rank.map(|rank| ((rank, Reverse(wheel.build), page), at)));
                }
                Err(_) => archive = archive.or(Some(at)),
            }
        }
    }
    let best = fitting
        .into_iter()
        .min_by(|(one, _), (other, _)| one.cmp(other));
    best.map(|(_, at)| at).or(archive)
}
