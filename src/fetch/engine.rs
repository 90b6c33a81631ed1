//! What the solver's thread and the tasks do in common: the answers so far, and tasks that fetch
//! what the walker wishes for.

use std::sync::{Arc, Mutex};

use tokio::runtime::Handle;

use super::body::strongest;
use super::consulted::Consulted;
use super::error::FetchError;
use super::file::FileQuestion;
use super::http::Http;
use super::metadata;
use super::once::{Claim, Duty, Once, lock};
use super::progress::Event;
use super::projects::ProjectQuestion;
use super::shared::{Reach, Shared};
use super::walker::{Walker, Wish};
use crate::index::{Metadata, Project};
use crate::package::{Digest, DirectUrl, PackageName};
use crate::solve::FileAt;

/// The answers of a run.
pub(super) struct Engine {
    pub(super) shared: Arc<Shared>,
    pub(super) projects: Once<ProjectQuestion, Found>,
    pub(super) records: Once<FileKey, Result<Arc<Metadata>, FetchError>>,
    pub(super) builds: Once<FileKey, Result<Arc<Metadata>, FetchError>>,
    pub(super) directs: Once<(Option<PackageName>, DirectUrl), Result<Arc<Project>, FetchError>>,
    pub(super) consulted: Consulted,
    walker: Mutex<Option<Arc<Walker>>>,
}

/// What became of a question for a project.
pub(super) type Found = Result<Arc<Project>, FetchError>;

/// What follows when metadata arrives that was sent for ahead of the solver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// It is a guess at the solution: what it requires is wished for.
    Walk,
    /// It is a version that the solver will try and drop: only what goes back in step is.
    Pursue,
    /// It is all that is wanted.
    Rest,
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
            consulted: Consulted::default(),
            walker: Mutex::default(),
        }
    }

    /// Sets a walker in the place of the one before, which is heard no more: answers to its wishes
    /// that the new one has as well count for that one.
    pub(super) fn set_walker(&self, walker: Walker) {
        *lock(&self.walker) = Some(Arc::new(walker));
    }

    /// Returns the walker.
    pub(super) fn walker(&self) -> Option<Arc<Walker>> {
        lock(&self.walker).clone()
    }

    /// Lets the walker begin. What it asks for may be known from an earlier question, and judging
    /// that is not to hold up the solver.
    pub(super) fn walk_on(self: &Arc<Self>, runtime: &Handle, http: &Arc<Http>) {
        let Some(walker) = self.walker() else {
            return;
        };
        let (engine, http, own) = (Arc::clone(self), Arc::clone(http), runtime.clone());
        runtime.spawn(async move {
            let former = engine.consulted.former(&engine.shared);
            if former.is_empty() {
                walker.ahead.begin();
            }
            for name in former {
                let question = engine.question(&walker, &name);
                engine.fetch_page(&own, &http, question);
            }
            let wishes = walker.start();
            engine.grant(&own, &http, &walker, wishes);
        });
    }

    /// Returns the question that a walker's wish for a page is.
    pub(super) fn question(&self, walker: &Walker, name: &PackageName) -> ProjectQuestion {
        match walker.source_of(name) {
            Some(index) => ProjectQuestion::on(name, index),
            None => ProjectQuestion::new(&self.shared.indexes, name, walker.flavour()),
        }
    }

    /// Fetches what a walker wished for, while that one is heard. What is known already is heard
    /// at once and may lead to more wishes, which wait in a list and not on the stack.
    pub(super) fn grant(
        self: &Arc<Self>,
        runtime: &Handle,
        http: &Arc<Http>,
        walker: &Arc<Walker>,
        wishes: Vec<Wish>,
    ) {
        let is_heard = || self.walker().is_some_and(|now| Arc::ptr_eq(&now, walker));
        let mut wishes = wishes;
        while let Some(wish) = wishes.pop().filter(|_| is_heard()) {
            match wish {
                Wish::Page(name) => {
                    let question = self.question(walker, &name);
                    if let Some(project) = self.fetch_page(runtime, http, question) {
                        wishes.extend(walker.page_arrived(&project));
                    }
                }
                Wish::Metadata(project, at) => {
                    let known = self.fetch_metadata(runtime, http, &project, at, Then::Walk);
                    if let Some(known) = known {
                        wishes.extend(walker.guess_arrived(&known));
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
        question: ProjectQuestion,
    ) -> Option<Arc<Project>> {
        match self.projects.claim(question.clone()) {
            Claim::Known(answer) => return answer.ok(),
            Claim::Pending(_) => {}
            Claim::Mine(duty) => self.send_for(runtime, http, question, duty),
        }
        None
    }

    /// Sends for a project; the walker of that time hears of it if it would ask the same.
    pub(super) fn send_for(
        self: &Arc<Self>,
        runtime: &Handle,
        http: &Arc<Http>,
        question: ProjectQuestion,
        duty: Duty<Found>,
    ) {
        let (engine, http, own) = (Arc::clone(self), Arc::clone(http), runtime.clone());
        runtime.spawn(async move {
            let shared = &engine.shared;
            let name = question.name();
            shared.tell(Event::PageAsked(name.as_ref()));
            let reach = Reach::Network(Arc::clone(&http));
            let answer = question.answer(shared, &reach).await;
            duty.answer(answer.clone());
            shared.tell(Event::PageArrived(name.as_ref()));
            if let (Ok(project), Some(walker)) = (answer, engine.walker())
                && engine.question(&walker, name) == question
            {
                engine.grant(&own, &http, &walker, walker.page_arrived(&project));
            }
        });
    }

    /// Fetches the versions that a backtracking solver will come to, and what goes back with them.
    pub(super) fn go_back(
        self: &Arc<Self>,
        runtime: &Handle,
        http: &Arc<Http>,
        wanted: &[(Arc<Project>, FileAt)],
    ) {
        let Some(walker) = self.walker() else {
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

    /// Fetches versions that a solver probes, and nothing that they require.
    pub(super) fn go_apart(
        self: &Arc<Self>,
        runtime: &Handle,
        http: &Arc<Http>,
        wanted: &[(Arc<Project>, FileAt)],
    ) {
        for (project, at) in wanted {
            self.fetch_metadata(runtime, http, project, *at, Then::Rest);
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
        project: &Arc<Project>,
        at: FileAt,
        then: Then,
    ) -> Option<Arc<Metadata>> {
        let file = FileQuestion::new(&self.shared, project, at)?.early();
        let duty = match self.records.claim(FileKey::of(&file)) {
            Claim::Known(answer) => return answer.ok(),
            Claim::Pending(_) => return None,
            Claim::Mine(duty) => duty,
        };
        let (engine, http, own) = (Arc::clone(self), Arc::clone(http), runtime.clone());
        let project = Arc::clone(project);
        runtime.spawn(async move {
            let shared = &engine.shared;
            shared.tell(Event::MetadataAsked(&file.filename));
            let reach = Reach::Network(Arc::clone(&http));
            let answer = metadata::answer(shared, &reach, &file).await;
            match &answer {
                Err(error) if file.is_not_worth(error) => drop(duty),
                _ => duty.answer(answer.clone()),
            }
            shared.tell(Event::MetadataArrived(&file.filename));
            if let (Ok(metadata), Some(walker)) = (answer, engine.walker())
                && !walker.has_another(&project)
            {
                match then {
                    Then::Walk => {
                        engine.grant(&own, &http, &walker, walker.guess_arrived(&metadata));
                    }
                    Then::Pursue => engine.pursue(&own, &http, walker.pursue(&metadata)),
                    Then::Rest => {}
                }
            }
        });
        None
    }
}
