//! What the indexes say of the packages of a lock, for `pyaudit check`: every page is sent for at
//! once, then the metadata of one file of each package. What the cache has, and what is still fresh
//! of it, costs no request.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::args::CheckArgs;
use super::contents::{depth_for, of_wheels};
use super::inputs::Around;
use super::pages::{on_page, uploaded, versions_of};
use super::sources::{Sources, Wanted, Whom, bare, sources};
use crate::audit::{ContentsEvidence, IndexEvidence, Known, Learned, OnIndex, Release, plain};
use crate::cli::progress::Progress;
use crate::cli::terminal::Terminal;
use crate::fetch::{Depth, LiveCatalog};
use crate::index::{IndexPage, MetadataSource, Project};
use crate::lock::{Lock, LockedPackage};
use crate::package::{Timestamp, VersionKey};
use crate::solve::{Candidates, Catalog as _, Failure, FileAt, Judge, Question, Refusal};
use crate::source::{Problem, SourceFile};
use crate::target::Target;

/// More projects than any lock has: what is beyond is not asked for.
const MOST_PROJECTS: usize = 2_000;

/// After so many failures without an answer no more is waited for.
const ENOUGH_FAILURES: usize = 8;

/// What was found out.
pub(super) struct Asked {
    /// What the indexes say.
    pub(super) evidence: IndexEvidence,
    /// The first thing that failed outside.
    pub(super) failure: Option<Failure>,
    /// The file of each package that was looked at: one that is locked and fits, where there is one.
    pub(super) files: Vec<Option<Chosen>>,
    /// What the files in wheels say, where that was asked for.
    pub(super) contents: Option<ContentsEvidence>,
    /// Whether the indexes could be asked, and not only the cache.
    pub(super) is_live: bool,
}

/// A file of a project.
pub(super) type Chosen = (Arc<Project>, FileAt);

/// Asks about the packages of a lock, as far as the network may be used.
pub(super) fn ask_indexes(
    args: &CheckArgs,
    (lock, file): (&Lock, &Arc<SourceFile>),
    targets: &[Target],
    around: Around<'_>,
    terminal: &Terminal,
) -> Result<Option<Asked>, Box<Problem>> {
    let is_offline = around.ambient.offline.as_ref().is_some_and(|it| it.value);
    let is_offline = args.index.offline || is_offline;
    if is_offline && !args.deep {
        return Ok(None);
    }
    let sources = sources(args, (lock, file), targets, around)?;
    let question = targets.first().map(|target| {
        Arc::new(Question {
            declarations: Vec::new(),
            excludes: BTreeSet::new(),
            target: target.clone(),
            region: None,
            policy: sources.settings.policy.clone(),
            preferences: BTreeMap::new(),
            facts: Arc::clone(&sources.settings.facts),
            sources: Arc::clone(&sources.settings.sources),
        })
    });
    let depth = args.deep.then(|| depth_for(targets));
    let mut asked = ask_live(lock, sources, (question, depth, targets), terminal);
    asked.is_live = !is_offline;
    if is_offline {
        asked.failure = None;
    }
    Ok(Some(asked))
}

fn ask_live(
    lock: &Lock,
    sources: Sources,
    (question, depth, targets): (Option<Arc<Question>>, Option<Depth>, &[Target]),
    terminal: &Terminal,
) -> Asked {
    let progress = Progress::saying("Asking", terminal);
    let mut outside = sources.settings.outside;
    outside.listener = progress.listener();
    let asked_at = outside.cache.now;
    let catalog = LiveCatalog::open(outside, None);
    let mut asked = ask(lock, (&sources.whom, &catalog), question, asked_at);
    progress.finish();
    if let Some(depth) = depth {
        let files = (lock, asked.files.as_slice());
        asked.contents = Some(of_wheels(files, targets, &catalog, depth, terminal));
    }
    for warning in catalog.warnings() {
        terminal.say(warning);
    }
    if terminal.verbosity > 0 {
        let counts = catalog.counts();
        terminal.say(&format!(
            "{} requests, {} answers from the cache",
            counts.requests, counts.hits
        ));
    }
    asked
}

/// Asks about the packages of a lock with a catalog that is open.
pub(super) fn ask(
    lock: &Lock,
    (whom, catalog): (&Whom, &LiveCatalog),
    question: Option<Arc<Question>>,
    asked_at: Timestamp,
) -> Asked {
    let mut asking = Asking {
        lock,
        whom,
        catalog,
        judge: question.map(Judge::new),
        found: HashMap::new(),
        failure: None,
    };
    let wanted = wanted(lock, whom);
    asking.projects(&wanted);
    let made = asking.made(&wanted);
    let (packages, files) = asking.packages(wanted, made);
    Asked {
        evidence: IndexEvidence {
            packages,
            builds: Vec::new(),
            asked_at: Some(asked_at),
            made_at: made,
            cooldown: None,
        },
        failure: asking.failure,
        files,
        contents: None,
        is_live: true,
    }
}

/// Returns what to ask for each package, or what is known of it without.
fn wanted(lock: &Lock, whom: &Whom) -> Vec<Result<Wanted, Known>> {
    let mut projects = 0;
    let mut one = |package: &LockedPackage| {
        if !package.is_from_registry() {
            return Err(Known::Direct);
        }
        if package.version.is_none() {
            let why = "the lock does not say their version";
            return Err(Known::NotAsked(why.to_owned()));
        }
        if let Some(why) = whom.refusal(package) {
            return Err(Known::NotAsked(why));
        }
        projects += 1;
        match projects > MOST_PROJECTS {
            true => Err(Known::NotAsked(format!(
                "no more than {MOST_PROJECTS} packages are asked for"
            ))),
            false => Ok((package.name.clone(), whom.flavour(package))),
        }
    };
    lock.packages.iter().map(&mut one).collect()
}

/// A project as the target sees it.
struct Judged {
    project: Arc<Project>,
    /// What can be used of it; none where no target is known.
    candidates: Option<Candidates>,
}

struct Asking<'a> {
    lock: &'a Lock,
    whom: &'a Whom,
    catalog: &'a LiveCatalog,
    judge: Option<Judge>,
    found: HashMap<Wanted, Result<Judged, Refusal>>,
    failure: Option<Failure>,
}

impl Asking<'_> {
    /// Asks for all projects.
    fn projects(&mut self, wanted: &[Result<Wanted, Known>]) {
        let mut wanted: Vec<Wanted> = wanted.iter().flatten().cloned().collect();
        wanted.dedup();
        self.catalog.soon_projects(&wanted);
        let mut failures = 0;
        for one in wanted {
            if failures >= ENOUGH_FAILURES && failures == self.found.len() {
                return;
            }
            let found = match &one.1 {
                Some(flavour) => self.catalog.build(&one.0, flavour),
                None => self.catalog.project(&one.0),
            };
            if let Err(Refusal::Failed(failure)) = &found {
                failures += 1;
                self.failure.get_or_insert_with(|| failure.clone());
            }
            let judged = found.map(|project| Judged {
                candidates: self.judge.as_mut().map(|it| it.judge(Arc::clone(&project))),
                project,
            });
            self.found.insert(one, judged);
        }
    }

    /// Says what is known of each package.
    fn packages(
        &mut self,
        wanted: Vec<Result<Wanted, Known>>,
        made: Option<Timestamp>,
    ) -> (Vec<Known>, Vec<Option<Chosen>>) {
        let chosen: Vec<Option<FileAt>> = (self.lock.packages.iter().zip(&wanted))
            .map(|(package, wanted)| self.file_of(package, self.judged(wanted)?))
            .collect();
        let files = wanted.iter().zip(&chosen).map(|(wanted, at)| {
            let judged = self.judged(wanted)?;
            Some((Arc::clone(&judged.project), (*at)?))
        });
        let files: Vec<Option<Chosen>> = files.collect();
        let known: Vec<Chosen> = files.iter().flatten().cloned().collect();
        self.catalog.soon_files(&known);
        let each = self.lock.packages.iter().zip(wanted).zip(chosen);
        let known = each.map(|((package, wanted), at)| match wanted {
            Err(known) => known,
            Ok(wanted) => self.known(package, &wanted, at, made),
        });
        (known.collect(), files)
    }

    fn judged(&self, wanted: &Result<Wanted, Known>) -> Option<&Judged> {
        self.found.get(wanted.as_ref().ok()?)?.as_ref().ok()
    }

    /// Returns when the lock was made: not before its newest file was there.
    fn made(&self, wanted: &[Result<Wanted, Known>]) -> Option<Timestamp> {
        let each = self.lock.packages.iter().zip(wanted);
        let times = each.filter_map(|(package, wanted)| {
            let project = &self.judged(wanted)?.project;
            let key = VersionKey::of(package.version.as_ref()?);
            let pages = project.pages.iter();
            let times = pages.filter_map(|on| uploaded(&on.page, on.page.find(key.as_bytes())?));
            times.min()
        });
        times.max()
    }

    fn known(
        &mut self,
        package: &LockedPackage,
        wanted: &Wanted,
        at: Option<FileAt>,
        made: Option<Timestamp>,
    ) -> Known {
        let silent = || Known::Failed("an index did not answer".to_owned());
        let judged = match self.found.get(wanted) {
            None | Some(Err(Refusal::Failed(_))) => return silent(),
            Some(Err(Refusal::Missing(_) | Refusal::Unusable(_))) => {
                return Known::Absent {
                    asked: self.whom.asked(),
                    has_others: false,
                };
            }
            Some(Ok(judged)) => judged,
        };
        let project = Arc::clone(&judged.project);
        let Some(version) = &package.version else {
            return silent();
        };
        let (newest_then, behind_since) = match made {
            Some(made) => ahead(judged, &VersionKey::of(version), made),
            None => (None, None),
        };
        let page = |on: &IndexPage| {
            let versions = versions_of(&on.page, version, self.whom.is_of_pins);
            on_page(on, &versions, self.whom.is_flat(&on.index))
        };
        let pages: Vec<_> = project.pages.iter().map(page).collect();
        if pages.iter().all(|page| page.files.is_empty()) {
            return Known::Absent {
                asked: pages.into_iter().map(|page| page.index).collect(),
                has_others: true,
            };
        }
        let from = package.index.as_deref().map(bare);
        let is_here = |from: &String| pages.iter().any(|page| page.index == *from);
        let elsewhere = from.filter(|from| self.whom.is_known(from) && !is_here(from));
        let learned = match at {
            Some(at) => self.learned(&project, at),
            None => Learned::Unknown("none of their files can be read".to_owned()),
        };
        Known::Seen(Box::new(OnIndex {
            pages,
            elsewhere,
            learned,
            newest_then,
            behind_since,
        }))
    }

    /// Chooses the file whose metadata is read: of those that are locked, one that fits the target;
    /// else a wheel, of which a version has rarely two that say different things.
    fn file_of(&self, package: &LockedPackage, judged: &Judged) -> Option<FileAt> {
        let version = package.version.as_ref()?;
        let project = &judged.project;
        let pages = project.pages.iter();
        let versions: Vec<Vec<usize>> = pages
            .map(|on| versions_of(&on.page, version, self.whom.is_of_pins))
            .collect();
        let name = |at: FileAt| project.pages[at.page].page.file(at.file).filename();
        let is_locked = |at: &FileAt| package.artifacts().any(|file| file.name == name(*at));
        let has_files = package.artifacts().next().is_some();
        let mut usable = judged.candidates.iter().flat_map(Candidates::usable);
        let fitting = usable
            .find(|it| versions[it.page()].contains(&it.version()))
            .map(crate::solve::Candidate::at);
        if let Some(at) = fitting.filter(|at| !has_files || is_locked(at)) {
            return Some(at);
        }
        let mut all = Vec::new();
        for (page, on) in project.pages.iter().enumerate() {
            let found = versions[page].iter();
            let files = found.flat_map(|version| on.page.files(*version));
            all.extend(files.map(|file| FileAt { page, file }));
        }
        let is_wheel = |at: &FileAt| name(*at).ends_with(".whl");
        let locked = || all.iter().filter(|at| is_locked(at));
        let best = locked().find(|at| is_wheel(at));
        let best = best.or_else(|| all.iter().find(|at| is_wheel(at)));
        best.or_else(|| locked().next()).or(all.first()).copied()
    }

    fn learned(&mut self, project: &Project, at: FileAt) -> Learned {
        match self.catalog.peek(project, at) {
            Ok(metadata) => match metadata.source {
                MetadataSource::Wheel | MetadataSource::SdistStatic => {
                    let name = project.pages[at.page].page.file(at.file).filename();
                    Learned::Of(metadata, name.to_owned())
                }
                MetadataSource::SdistUnverified
                | MetadataSource::SetupScript
                | MetadataSource::Built
                | MetadataSource::Project => {
                    let why = "only a build of their source archives tells what they require";
                    Learned::Unknown(why.to_owned())
                }
            },
            Err(Refusal::Missing(why) | Refusal::Unusable(why)) => Learned::Unknown(plain(&why)),
            Err(Refusal::Failed(failure)) => {
                self.failure.get_or_insert(failure);
                Learned::Unknown("an index did not give their metadata".to_owned())
            }
        }
    }
}

/// Returns the newest stable version that could be used at a time, and when the first came that is
/// newer than the one with this key.
fn ahead(
    judged: &Judged,
    than: &VersionKey,
    made: Timestamp,
) -> (Option<Release>, Option<Timestamp>) {
    let pages = &judged.project.pages;
    let usable: Vec<(usize, usize)> = match &judged.candidates {
        Some(candidates) => candidates
            .usable()
            .iter()
            .filter(|it| !it.is_prerelease)
            .map(|it| (it.page(), it.version()))
            .collect(),
        None => pages
            .iter()
            .enumerate()
            .flat_map(|(at, on)| (0..on.page.len()).map(move |version| (at, version, &on.page)))
            .filter(|(_, version, page)| {
                let mut files = page.files(*version);
                !page.is_prerelease(*version) && files.any(|it| !page.file(it).is_yanked())
            })
            .map(|(at, version, _)| (at, version))
            .collect(),
    };
    let known = usable.into_iter().filter_map(|(at, version)| {
        let page = &pages[at].page;
        let uploaded = uploaded(page, version).filter(|uploaded| *uploaded <= made)?;
        Some((page.key(version), page, version, uploaded))
    });
    let known: Vec<_> = known.collect();
    let newer = known.iter().filter(|(key, ..)| *key > than.as_bytes());
    let since = newer.map(|(.., uploaded)| *uploaded).min();
    let newest = known.iter().max_by_key(|(key, ..)| *key);
    let newest = newest.map(|(_, page, version, uploaded)| Release {
        version: page.version(*version),
        uploaded: *uploaded,
    });
    (newest, since)
}
