//! Asks a catalog what installed packages require, where what is installed does not say it itself.

use std::sync::Arc;

use super::baseline::{Baseline, Present, Told};
use crate::index::{Metadata, Project};
use crate::package::{Version, VersionKey};
use crate::solve::{Catalog, FileAt, Refusal};

/// After so many failures of the outside world no more is asked.
const ENOUGH_FAILURES: usize = 8;

/// Learns the requirements of every package of which they are not known. What cannot be learned is
/// noted with its reason: a package of which nothing is known is not judged.
pub fn learn(baseline: &mut Baseline, catalog: &dyn Catalog) {
    let unasked = baseline.iter().filter(|it| it.metadata().is_none());
    let names: Vec<_> = unasked.map(|it| it.name.clone()).collect();
    catalog.soon_projects(&names);
    let mut failures = 0;
    let mut found = Vec::new();
    for name in names {
        let Some(present) = baseline.get(&name) else {
            continue;
        };
        let place = match failures < ENOUGH_FAILURES {
            true => place(present, catalog),
            false => Err("the indexes did not answer".to_owned()),
        };
        failures += usize::from(matches!(&place, Err(why) if why == UNANSWERED));
        found.push((name, place));
    }
    let wanted = found.iter().filter_map(|(_, place)| place.clone().ok());
    catalog.soon(&wanted.collect::<Vec<_>>());
    let told: Vec<_> = found
        .into_iter()
        .map(|(name, place)| {
            let told = place.and_then(|(project, at)| metadata(&project, at, catalog));
            (name, told)
        })
        .collect();
    for present in baseline.iter_mut() {
        let answer = told.iter().find(|(name, _)| *name == present.name);
        if let Some((_, answer)) = answer {
            present.told = match answer {
                Ok(metadata) => Told::Metadata(Arc::clone(metadata)),
                Err(why) => Told::Unknown(why.clone()),
            };
        }
    }
}

/// Why nothing is known where the outside world failed.
const UNANSWERED: &str = "its index did not answer";

type Place = (Arc<Project>, FileAt);

/// Finds a file that speaks for the installed version: a wheel, else the source archive.
fn place(present: &Present, catalog: &dyn Catalog) -> Result<Place, String> {
    let Some(version) = &present.version else {
        return Err("nothing says which version it has".to_owned());
    };
    let project = catalog.project(&present.name).map_err(|why| match why {
        Refusal::Missing(_) => "no index has it".to_owned(),
        Refusal::Unusable(why) => why,
        Refusal::Failed(_) => UNANSWERED.to_owned(),
    })?;
    // Builds of one release may differ in what they require: another one does not speak for it.
    match file_of(&project, version) {
        Some(at) => Ok((project, at)),
        None => Err(format!("no index has {}", present.label())),
    }
}

fn file_of(project: &Project, version: &Version) -> Option<FileAt> {
    let key = VersionKey::of(version);
    project.pages.iter().enumerate().find_map(|(at, on)| {
        let found = on.page.find(key.as_bytes())?;
        let mut files = on.page.files(found);
        let first = files.start;
        let wheel = files.find(|file| on.page.file(*file).is_wheel());
        Some(FileAt {
            page: at,
            file: wheel.unwrap_or(first),
        })
    })
}

fn metadata(project: &Project, at: FileAt, catalog: &dyn Catalog) -> Result<Arc<Metadata>, String> {
    catalog.metadata(project, at).map_err(|why| match why {
        Refusal::Missing(why) | Refusal::Unusable(why) => why,
        Refusal::Failed(_) => UNANSWERED.to_owned(),
    })
}
