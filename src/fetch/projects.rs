//! A project as the indexes hold it together: asks those that may be asked, in the order and to the
//! extent that the strategy allows.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::error::{Asking, FetchError, FetchErrorKind};
use super::indexes::{Index, IndexStrategy, Indexes, Plan};
use super::pages::PageQuestion;
use super::shared::{Reach, Shared};
use super::{flat, local};
use crate::index::{IndexPage, Merge, Page, Project};
use crate::package::PackageName;
use crate::target::Flavour;

/// A question for a project.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ProjectQuestion {
    name: PackageName,
    place: Place,
}

/// Who may answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// The indexes that are asked for any name.
    Usual,
    /// The index with this name alone.
    On(String),
    /// The index of a flavour alone.
    Of(Flavour),
}

impl ProjectQuestion {
    /// Asks for a name where a flavour is wanted, or none: it counts only for what is built in
    /// flavours.
    pub(super) fn new(indexes: &Indexes, name: &PackageName, wanted: Option<&Flavour>) -> Self {
        if let Some(index) = indexes.source(name) {
            return Self::on(name, index);
        }
        Self {
            name: name.clone(),
            place: indexes
                .flavour(name, wanted)
                .map_or(Place::Usual, Place::Of),
        }
    }

    /// Asks for a name on the index with a name alone.
    pub(super) fn on(name: &PackageName, index: &str) -> Self {
        Self {
            name: name.clone(),
            place: Place::On(index.to_owned()),
        }
    }

    /// Returns the name.
    pub(super) fn name(&self) -> &PackageName {
        &self.name
    }

    /// Whether only the index of a flavour may answer.
    pub(super) fn is_of_flavour(&self) -> bool {
        matches!(self.place, Place::Of(_))
    }

    /// Returns what errors say was asked.
    pub(super) fn asking(&self) -> Asking {
        Asking {
            what: format!("`{}`", self.name),
            package: Some(self.name.clone()),
            index: None,
        }
    }

    /// Finds the project; `NotFound` if no index that may be asked has it.
    pub(super) async fn answer(
        &self,
        shared: &Arc<Shared>,
        reach: &Reach,
    ) -> Result<Arc<Project>, FetchError> {
        let plan = match &self.place {
            Place::Usual => shared.indexes.plan(None),
            Place::On(index) => shared.indexes.plan(Some(index)),
            Place::Of(flavour) => shared.indexes.plan_of(flavour),
        };
        let pages = pages(shared, reach, &self.name, &plan).await?;
        if pages.is_empty() {
            return Err(FetchError {
                kind: FetchErrorKind::NotFound,
                asking: Arc::new(self.asking()),
                url: String::new(),
                met: plan.describe(),
            });
        }
        Ok(Arc::new(Project {
            name: self.name.clone(),
            pages,
            merge: match plan.strategy {
                IndexStrategy::UnsafeFirstMatch => Merge::FirstMatch,
                IndexStrategy::First | IndexStrategy::UnsafeBestMatch => Merge::Best,
            },
        }))
    }
}

/// Returns a name's pages in the places of a plan, the best first.
async fn pages(
    shared: &Arc<Shared>,
    reach: &Reach,
    name: &PackageName,
    plan: &Plan,
) -> Result<Vec<IndexPage>, FetchError> {
    let mut pages = Vec::new();
    for index in &plan.flat {
        let mut listing = flat::listing(shared, reach, index).await?.of_project(name);
        local::add_digests(&mut listing);
        if !listing.files.is_empty() {
            pages.push(on(index, Page::build(name, listing)));
        }
    }
    let found = match plan.strategy {
        IndexStrategy::First => first(shared, reach, name, plan).await?,
        IndexStrategy::UnsafeFirstMatch | IndexStrategy::UnsafeBestMatch => {
            all(shared, reach, name, plan).await?
        }
    };
    // Nearly always: a list that grows would make room for four.
    if pages.is_empty() {
        return Ok(found);
    }
    pages.extend(found);
    Ok(pages)
}

/// Asks one index after the other until one has the name: a name that a private index has is never
/// told to a public one.
async fn first(
    shared: &Shared,
    reach: &Reach,
    name: &PackageName,
    plan: &Plan,
) -> Result<Vec<IndexPage>, FetchError> {
    for index in &plan.simple {
        if let Some(page) = page(shared, reach, index, name).await? {
            return Ok(vec![on(index, page)]);
        }
    }
    Ok(Vec::new())
}

/// Asks all indexes at once; the answers stand in the order of the indexes.
async fn all(
    shared: &Arc<Shared>,
    reach: &Reach,
    name: &PackageName,
    plan: &Plan,
) -> Result<Vec<IndexPage>, FetchError> {
    let mut answers = Vec::new();
    match reach {
        Reach::Cache => {
            for (at, index) in plan.simple.iter().enumerate() {
                answers.push((at, page(shared, reach, index, name).await?));
            }
        }
        Reach::Network(_) => {
            let mut tasks = JoinSet::new();
            for (at, index) in plan.simple.iter().enumerate() {
                let (shared, reach) = (Arc::clone(shared), reach.clone());
                let (index, name) = (Arc::clone(index), name.clone());
                tasks.spawn(async move { (at, page(&shared, &reach, &index, &name).await) });
            }
            let mut done = tasks.join_all().await;
            done.sort_by_key(|(at, _)| *at);
            for (at, answer) in done {
                answers.push((at, answer?));
            }
        }
    }
    let has = |(at, page): (usize, Option<Page>)| Some(on(&plan.simple[at], page?));
    Ok(answers.into_iter().filter_map(has).collect())
}

async fn page(
    shared: &Shared,
    reach: &Reach,
    index: &Arc<Index>,
    name: &PackageName,
) -> Result<Option<Page>, FetchError> {
    let question = PageQuestion::new(index, name);
    question.answer(shared, reach).await
}

fn on(index: &Index, page: Page) -> IndexPage {
    IndexPage {
        index: index.public().as_str().into(),
        page,
    }
}
