//! What the solver's thread and the tasks do in common: the answers so far, and tasks that fetch
//! what the walker wishes for.

use std::sync::{Arc, OnceLock};

use tokio::runtime::Handle;

use super::body::strongest;
use super::error::FetchError;
use super::file::FileQuestion;
use super::http::Http;
use super::once::{Claim, Once};
use super::progress::Event;
use super::shared::{Reach, Shared};
use super::walker::{Walker, Wish};
use super::{metadata, projects};
use crate::index::{Metadata, Project};
use crate::package::{Digest, DirectUrl, PackageName};
use crate::solve::FileAt;

/// The answers of a run.
pub(super) struct Engine {
    pub(super) shared: Arc<Shared>,
    pub(super) projects: Once<PackageName, Result<Arc<Project>, FetchError>>,
    pub(super) records: Once<FileKey, Result<Arc<Metadata>, FetchError>>,
    pub(super) builds: Once<FileKey, Result<Arc<Metadata>, FetchError>>,
    pub(super) directs: Once<(Option<PackageName>, DirectUrl), Result<Arc<Project>, FetchError>>,
    pub(super) walker: OnceLock<Walker>,
}

/// What follows when metadata arrives that was sent for ahead of the solver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// It is a guess at the solution: what it requires is wished for.
    Walk,
    /// It is a version that the solver will try and drop: only what goes back in step is.
    Pursue,
}

/// What makes two questions for a file's metadata the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct FileKey {
    url: String,
    digest: Option<Digest>,
}

impl FileKey {
    /// Returns a question's key.
    pub(super) fn of(file: &FileQuestion) -> Self {
        Self {
            url: file.url.clone(),
            digest: strongest(&file.digests).cloned(),
        }
    }
}

impl Engine {
    /// Starts without any answer.
    pub(super) fn new(shared: Shared) -> Self {
        Self {
            shared: Arc::new(shared),
            projects: Once::new(),
            records: Once::new(),
            builds: Once::new(),
            directs: Once::new(),
            walker: OnceLock::new(),
        }
    }

    /// Lets the walker begin.
    pub(super) fn walk_on(self: &Arc<Self>, runtime: &Handle, http: &Arc<Http>) {
        if let Some(walker) = self.walker.get() {
            self.grant(runtime, http, walker.start());
        }
    }

    /// Fetches what was wished for. What is known already is heard at once and may lead to more
    /// wishes, which wait in a list and not on the stack.
    pub(super) fn grant(self: &Arc<Self>, runtime: &Handle, http: &Arc<Http>, wishes: Vec<Wish>) {
        let Some(walker) = self.walker.get() else {
            return;
        };
        let mut wishes = wishes;
        while let Some(wish) = wishes.pop() {
            match wish {
                Wish::Page(name) => {
                    if let Some(project) = self.fetch_page(runtime, http, name) {
                        wishes.extend(walker.page_arrived(&project));
                    }
                }
                Wish::Metadata(project, at) => {
                    let known = self.fetch_metadata(runtime, http, &project, at, Then::Walk);
                    if let Some(known) = known {
                        wishes.extend(walker.metadata_arrived(&known));
                    }
                }
            }
        }
    }

    /// Returns a project that is known, or sends for it.
    fn fetch_page(
        self: &Arc<Self>,
        runtime: &Handle,
        http: &Arc<Http>,
        name: PackageName,
    ) -> Option<Arc<Project>> {
        let duty = match self.projects.claim(name.clone()) {
            Claim::Known(answer) => return answer.ok(),
            Claim::Pending(_) => return None,
            Claim::Mine(duty) => duty,
        };
        let (engine, http, runtime) = (Arc::clone(self), Arc::clone(http), runtime.clone());
        runtime.clone().spawn(async move {
            let shared = &engine.shared;
            shared.tell(Event::PageAsked(name.as_ref()));
            let reach = Reach::Network(Arc::clone(&http));
            let answer = projects::answer(shared, &reach, &name).await;
            duty.answer(answer.clone());
            shared.tell(Event::PageArrived(name.as_ref()));
            if let (Ok(project), Some(walker)) = (answer, engine.walker.get()) {
                engine.grant(&runtime, &http, walker.page_arrived(&project));
            }
        });
        None
    }

    /// Fetches the versions that a backtracking solver will come to, and what goes back with them.
    pub(super) fn go_back(
        self: &Arc<Self>,
        runtime: &Handle,
        http: &Arc<Http>,
        wanted: &[(Arc<Project>, FileAt)],
    ) {
        let Some(walker) = self.walker.get() else {
            return;
        };
        for (project, at) in wanted {
            walker.backtracks(&project.name);
            let known = self.fetch_metadata(runtime, http, project, *at, Then::Pursue);
            if let Some(known) = known {
                self.pursue(runtime, http, walker.pursue(&known));
            }
        }
    }

    fn pursue(self: &Arc<Self>, runtime: &Handle, http: &Arc<Http>, wishes: Vec<Wish>) {
        for wish in wishes {
            if let Wish::Metadata(project, at) = wish {
                self.fetch_metadata(runtime, http, &project, at, Then::Pursue);
            }
        }
    }

    /// Returns metadata that is known, or sends for it and goes on from it when it arrives.
    pub(super) fn fetch_metadata(
        self: &Arc<Self>,
        runtime: &Handle,
        http: &Arc<Http>,
        project: &Project,
        at: FileAt,
        then: Then,
    ) -> Option<Arc<Metadata>> {
        let file = FileQuestion::new(&self.shared, project, at)?;
        let duty = match self.records.claim(FileKey::of(&file)) {
            Claim::Known(answer) => return answer.ok(),
            Claim::Pending(_) => return None,
            Claim::Mine(duty) => duty,
        };
        let (engine, http, runtime) = (Arc::clone(self), Arc::clone(http), runtime.clone());
        runtime.clone().spawn(async move {
            let shared = &engine.shared;
            shared.tell(Event::MetadataAsked(&file.filename));
            let reach = Reach::Network(Arc::clone(&http));
            let answer = metadata::answer(shared, &reach, &file).await;
            duty.answer(answer.clone());
            shared.tell(Event::MetadataArrived(&file.filename));
            if let (Ok(metadata), Some(walker)) = (answer, engine.walker.get()) {
                match then {
                    Then::Walk => {
                        engine.grant(&runtime, &http, walker.metadata_arrived(&metadata));
                    }
                    Then::Pursue => engine.pursue(&runtime, &http, walker.pursue(&metadata)),
                }
            }
        });
        None
    }
}
