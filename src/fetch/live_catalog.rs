//! The catalog of a real run: answers the solver from the cache on its own thread, and from the
//! network by tasks that it waits for. Client, runtime and walker come to life with the first
//! question that the cache cannot answer.

use std::future::Future;
use std::sync::{Arc, Mutex};

use tokio::runtime::Runtime;

use super::at_once::at_once;
use super::build::{self, BuildOptions, Builder};
use super::cache::Cache;
use super::credentials::Credentials;
use super::direct::{DirectQuestion, wants_build};
use super::engine::{Engine, FileKey, Then};
use super::error::{Asking, FetchError};
use super::file::FileQuestion;
use super::heap;
use super::http::Http;
use super::indexes::Indexes;
use super::metadata;
use super::once::{Claim, lock};
use super::options::{CachePolicy, FetchOptions};
use super::progress::{Counts, Event, Listener};
use super::projects::ProjectQuestion;
use super::refusal::{damaged, refusal};
use super::shared::{Reach, Shared};
use super::walker::{Walker, Wish};
use crate::index::{Metadata, Project};
use crate::package::{DirectUrl, PackageName};
use crate::solve::{Candidates, Catalog, FileAt, Question, Refusal};
use crate::target::Flavour;

/// Two workers: decoding pages is most of their work, and the solver has a thread of its own.
const WORKERS: usize = 2;

/// Everything a run needs to know of the outside.
pub struct Outside {
    /// How to talk to servers.
    pub options: FetchOptions,
    /// Which indexes there are.
    pub indexes: Indexes,
    /// How far the cache counts.
    pub cache: CachePolicy,
    /// Who may be built.
    pub builds: BuildOptions,
    /// Who hears of progress.
    pub listener: Option<Listener>,
}

/// A [`Catalog`] of live indexes behind a cache.
pub struct LiveCatalog {
    pub(super) engine: Arc<Engine>,
    options: FetchOptions,
    network: Mutex<Network>,
    warnings: Vec<String>,
}

enum Network {
    Unused,
    Up(Runtime, Arc<Http>),
    Down(String),
}

impl LiveCatalog {
    /// Opens the cache, and nothing else; `question` lets it guess ahead of the solver.
    pub fn open(outside: Outside, question: Option<Arc<Question>>) -> Self {
        let mut warnings = Vec::new();
        let folder = outside.cache.folder.as_deref();
        let cache = folder.and_then(|folder| match Cache::open(folder) {
            Ok(cache) => {
                if outside.cache.offline {
                    cache.spare();
                }
                Some(cache)
            }
            Err(error) => {
                warnings.push(format!("the cache cannot be used: {error}"));
                None
            }
        });
        let mut shared = Shared::new(outside.cache, outside.indexes, cache, outside.listener);
        let is_offline = shared.policy.offline;
        let (options, indexes) = (&outside.options, &shared.indexes);
        shared.builder = Builder::new(outside.builds, options, indexes, is_offline);
        let catalog = Self {
            engine: Arc::new(Engine::new(shared)),
            options: outside.options,
            network: Mutex::new(Network::Unused),
            warnings,
        };
        if let Some(question) = question {
            catalog.expect(question);
        }
        catalog
    }

    /// Lets it guess ahead of the solver from now on; a question takes the place of the one
    /// before.
    pub fn expect(&self, question: Arc<Question>) {
        let engine = &self.engine;
        engine.consulted.expect(&question, &engine.shared);
        engine.set_walker(Walker::new(question));
        if let Network::Up(runtime, http) = &*lock(&self.network) {
            engine.walk_on(runtime.handle(), http);
        }
    }

    /// Returns which project a direct reference points to, as it says itself. Where only a build
    /// could tell the rest, a name that is certain is enough.
    pub fn name_of(&self, url: &DirectUrl) -> Result<PackageName, Refusal> {
        let answer = self.point(None, url);
        let called = lock(&self.engine.shared.called).get(url).cloned();
        match (answer, called) {
            (Ok(project), _) => {
                let name = project.name.clone();
                let known = (Some(name.clone()), url.clone());
                if let Claim::Mine(duty) = self.engine.directs.claim(known) {
                    duty.answer(Ok(project));
                }
                Ok(name)
            }
            (Err(error), Some(name)) if error.is_of_version() => Ok(name),
            (Err(error), _) => Err(refusal(error)),
        }
    }

    /// Sends for projects that will be asked for, all at once.
    pub fn soon_projects(&self, wanted: &[(PackageName, Option<Flavour>)]) {
        let indexes = &self.engine.shared.indexes;
        for (name, flavour) in wanted {
            self.fetch_early(ProjectQuestion::new(indexes, name, flavour.as_ref()));
        }
    }

    /// Sends for the metadata of files that will be asked for with [`Self::peek`], all at once; what
    /// the cache and the disk have is left there.
    pub fn soon_files(&self, wanted: &[(Arc<Project>, FileAt)]) {
        let shared = &self.engine.shared;
        for (project, at) in wanted.iter().filter(|_| !shared.policy.offline) {
            let Some(file) = FileQuestion::new(shared, project, *at) else {
                continue;
            };
            if file.url.starts_with("file:") || file.is_stored(shared) {
                continue;
            }
            if let Ok((runtime, http)) = self.network() {
                self.engine
                    .fetch_metadata(&runtime, &http, project, *at, Then::Rest);
            }
        }
    }

    /// Returns the metadata of a file where that takes no large download and no build.
    pub fn peek(&self, project: &Project, at: FileAt) -> Result<Arc<Metadata>, Refusal> {
        let file = self.question(project, at)?.early();
        self.read(&file)
            .map_err(|error| match file.is_not_worth(&error) {
                true => {
                    Refusal::Unusable("the whole of a large file would have to be read".to_owned())
                }
                false => refusal(error),
            })
    }

    /// Asks for a file; where the cache is damaged there, it is given up.
    fn question(&self, project: &Project, at: FileAt) -> Result<FileQuestion, Refusal> {
        let shared = &self.engine.shared;
        if let Some(file) = FileQuestion::new(shared, project, at) {
            return Ok(file);
        }
        let on = project.pages.get(at.page);
        if on.is_none_or(|on| at.file >= on.page.file_count()) {
            return Err(Refusal::Unusable("there is no such file".to_owned()));
        }
        if let Some(cache) = &shared.cache {
            cache.distrust();
        }
        Err(damaged(&project.name, shared.policy.offline))
    }

    /// Whether it answers from the cache and the disk alone.
    pub fn is_offline(&self) -> bool {
        self.engine.shared.policy.offline
    }

    /// Returns what did not go as it should and yet is no error.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns what was asked and received so far.
    pub fn counts(&self) -> Counts {
        self.engine.shared.statistics.counts()
    }

    /// Returns the network, which comes up here.
    pub(super) fn network(&self) -> Result<(tokio::runtime::Handle, Arc<Http>), String> {
        let mut network = lock(&self.network);
        if matches!(*network, Network::Unused) {
            *network = match self.bring_up() {
                Ok((runtime, http)) => {
                    let engine = Arc::clone(&self.engine);
                    engine.walk_on(runtime.handle(), &http);
                    Network::Up(runtime, http)
                }
                Err(error) => Network::Down(error),
            };
        }
        match &*network {
            Network::Up(runtime, http) => Ok((runtime.handle().clone(), Arc::clone(http))),
            Network::Down(error) => Err(error.clone()),
            Network::Unused => Err("the network is down".to_owned()),
        }
    }

    fn bring_up(&self) -> Result<(Runtime, Arc<Http>), String> {
        heap::keep_small();
        let shared = &self.engine.shared;
        let credentials = Credentials::gather(
            shared.indexes.addresses(),
            &self.options.variables,
            self.options.netrc.as_ref(),
        );
        let statistics = Arc::clone(&shared.statistics);
        let http = Http::new(self.options.clone(), credentials, statistics)?;
        if shared.indexes.need_tls() {
            http.prepare_tls()?;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .enable_all()
            .build()
            .map_err(|error| format!("no threads for the network: {error}"))?;
        Ok((runtime, Arc::new(http)))
    }

    /// Answers a question here and now, if the cache and the disk can; else with the network, and
    /// tells whoever listens.
    fn resolve<T, F>(
        &self,
        asking: impl FnOnce() -> Arc<Asking>,
        events: [Event<'_>; 2],
        question: impl Fn(Reach) -> F,
    ) -> Result<T, FetchError>
    where
        F: Future<Output = Result<T, FetchError>> + Send + 'static,
        T: Send + 'static,
    {
        match at_once(question(Reach::Cache)) {
            Some(Err(error)) if self.engine.shared.asks_network(&error) => {}
            Some(answer) => return answer,
            None => {}
        }
        let asking = asking();
        let failed = |met: &str| FetchError::unprepared(&asking, met);
        let (runtime, http) = self.network().map_err(|error| failed(&error))?;
        let [asked, arrived] = events;
        self.engine.shared.tell(asked);
        let (sender, receiver) = std::sync::mpsc::channel();
        let future = question(Reach::Network(http));
        runtime.spawn(async move {
            // Nobody listens any more if the run ended meanwhile.
            let _ = sender.send(future.await);
        });
        let answer = receiver.recv();
        self.engine.shared.tell(arrived);
        answer.unwrap_or_else(|_| Err(failed("the work on it was given up")))
    }

    fn find(&self, question: ProjectQuestion) -> Result<Arc<Project>, FetchError> {
        let shared = &self.engine.shared;
        let name = question.name();
        self.engine.consulted.note(name);
        let duty = match self.engine.projects.wait_or_claim(&question) {
            Ok(answer) => return answer,
            Err(duty) => duty,
        };
        let events = [
            Event::PageAsked(name.as_ref()),
            Event::PageArrived(name.as_ref()),
        ];
        let asking = || Arc::new(question.asking());
        let answer = self.resolve(asking, events, |reach| {
            let (shared, question) = (Arc::clone(shared), question.clone());
            async move { question.answer(&shared, &reach).await }
        });
        duty.answer(answer.clone());
        if let Ok(project) = &answer {
            self.follow(
                |walker| match self.engine.question(walker, name) == question {
                    true => walker.page_arrived(project),
                    false => Vec::new(),
                },
            );
        }
        answer
    }

    /// Fetches a project before anybody asks for it, unless somebody is at it.
    fn fetch_early(&self, question: ProjectQuestion) {
        let Claim::Mine(duty) = self.engine.projects.claim(question.clone()) else {
            return;
        };
        let shared = &self.engine.shared;
        let answer = at_once(question.answer(shared, &Reach::Cache));
        match answer {
            Some(Err(error)) if shared.asks_network(&error) => {}
            Some(answer) => return duty.answer(answer),
            None => {}
        }
        match self.network() {
            Ok((runtime, http)) => self.engine.send_for(&runtime, &http, question, duty),
            Err(error) => duty.answer(Err(FetchError::unprepared(&question.asking(), &error))),
        }
    }

    fn read(&self, file: &FileQuestion) -> Result<Arc<Metadata>, FetchError> {
        let duty = match self.engine.records.wait_or_claim(&FileKey::of(file)) {
            Ok(answer) => return answer,
            Err(duty) => duty,
        };
        let shared = &self.engine.shared;
        let events = Event::of_metadata(&file.filename);
        let asking = || file.asking();
        let answer = self.resolve(asking, events, |reach| {
            let (shared, file) = (Arc::clone(shared), file.clone());
            async move { metadata::answer(&shared, &reach, &file).await }
        });
        duty.answer(answer.clone());
        answer
    }

    /// Reads a file's metadata as it is, and builds the file where that tells too little and is
    /// allowed. Only the solver has things built: a guess must not run code.
    fn learn(&self, file: &FileQuestion) -> Result<Arc<Metadata>, FetchError> {
        let shared = &self.engine.shared;
        if file.is_wheel() || !shared.may_build(Some(&file.name)) {
            return self.read(file);
        }
        if let Some(metadata) = build::stored(shared, file) {
            return Ok(Arc::new(metadata));
        }
        let read = self.read(file);
        if !wants_build(&read) {
            return read;
        }
        let duty = match self.engine.builds.wait_or_claim(&FileKey::of(file)) {
            Ok(answer) => return answer,
            Err(duty) => duty,
        };
        let events = Event::of_metadata(&file.filename);
        let asking = || file.asking();
        let answer = self.resolve(asking, events, |reach| {
            let (shared, file) = (Arc::clone(shared), file.clone());
            async move { build::of_archive(&shared, &reach, &file).await }
        });
        duty.answer(answer.clone());
        answer
    }

    fn point(
        &self,
        name: Option<&PackageName>,
        url: &DirectUrl,
    ) -> Result<Arc<Project>, FetchError> {
        let question = DirectQuestion::new(name, url)?;
        let duty = match self
            .engine
            .directs
            .wait_or_claim(&(name.cloned(), url.clone()))
        {
            Ok(answer) => return answer,
            Err(duty) => duty,
        };
        let events = Event::of_metadata(&url.given);
        let asking = || question.asking();
        let answer = self.resolve(asking, events, |reach| {
            let (engine, question) = (Arc::clone(&self.engine), question.clone());
            async move { question.answer(&engine, &reach).await }
        });
        duty.answer(answer.clone());
        answer
    }

    /// Lets the walker follow the solver, once the network is up.
    fn follow(&self, hear: impl FnOnce(&Walker) -> Vec<Wish>) {
        let Some(walker) = self.engine.walker() else {
            return;
        };
        if let Network::Up(runtime, http) = &*lock(&self.network) {
            let wishes = hear(&walker);
            self.engine.grant(runtime.handle(), http, &walker, wishes);
        }
    }
}

impl Catalog for LiveCatalog {
    fn project(&self, name: &PackageName) -> Result<Arc<Project>, Refusal> {
        let indexes = &self.engine.shared.indexes;
        self.find(ProjectQuestion::new(indexes, name, None))
            .map_err(refusal)
    }

    fn build(&self, name: &PackageName, flavour: &Flavour) -> Result<Arc<Project>, Refusal> {
        let indexes = &self.engine.shared.indexes;
        self.find(ProjectQuestion::new(indexes, name, Some(flavour)))
            .map_err(refusal)
    }

    fn sourced(&self, name: &PackageName, index: &str) -> Result<Arc<Project>, Refusal> {
        self.find(ProjectQuestion::on(name, index)).map_err(refusal)
    }

    fn direct(&self, name: &PackageName, url: &DirectUrl) -> Result<Arc<Project>, Refusal> {
        self.point(Some(name), url).map_err(refusal)
    }

    fn metadata(&self, project: &Project, at: FileAt) -> Result<Arc<Metadata>, Refusal> {
        let file = self.question(project, at)?;
        let metadata = self.learn(&file).map_err(refusal)?;
        self.follow(|walker| match walker.has_another(project) {
            true => Vec::new(),
            false => walker.metadata_arrived(&metadata),
        });
        Ok(metadata)
    }

    fn judged(
        &self,
        question: &Arc<Question>,
        project: &Arc<Project>,
        judge: &mut dyn FnMut() -> Candidates,
    ) -> Arc<Candidates> {
        match self.engine.walker().filter(|it| it.is_for(question)) {
            Some(walker) => walker.candidates(project, judge),
            None => Arc::new(judge()),
        }
    }

    fn glance(&self, project: &Project, at: FileAt) -> Result<Arc<Metadata>, Refusal> {
        let file = self.question(project, at)?;
        self.read(&file).map_err(refusal)
    }

    fn soon(&self, wanted: &[(Arc<Project>, FileAt)]) {
        if let Network::Up(runtime, http) = &*lock(&self.network) {
            self.engine.go_back(runtime.handle(), http, wanted);
        }
    }

    fn likely(&self, project: &Project) -> Option<FileAt> {
        self.engine.walker()?.likely(project)
    }

    fn soon_apart(&self, wanted: &[(Arc<Project>, FileAt)]) {
        if let Network::Up(runtime, http) = &*lock(&self.network) {
            self.engine.go_apart(runtime.handle(), http, wanted);
        }
    }

    fn soon_builds(&self, names: &[PackageName], flavours: &[Flavour]) {
        let indexes = &self.engine.shared.indexes;
        for flavour in flavours {
            names
                .iter()
                .map(|name| ProjectQuestion::new(indexes, name, Some(flavour)))
                .filter(ProjectQuestion::is_of_flavour)
                .for_each(|question| self.fetch_early(question));
        }
    }

    fn soon_projects(&self, names: &[PackageName]) {
        let indexes = &self.engine.shared.indexes;
        for name in names {
            self.fetch_early(ProjectQuestion::new(indexes, name, None));
        }
    }
}

impl Drop for LiveCatalog {
    fn drop(&mut self) {
        self.close();
    }
}

impl LiveCatalog {
    /// Stops the tasks, and writes what the cache still holds in memory.
    pub fn close(&self) {
        let network = std::mem::replace(&mut *lock(&self.network), Network::Unused);
        if let Network::Up(runtime, _) = network {
            runtime.shutdown_background();
            self.engine.consulted.keep(&self.engine.shared);
        }
        if let Some(cache) = &self.engine.shared.cache {
            cache.flush();
        }
    }
}
