//! A project as the indexes hold it together: asks those that may be asked, in the order and to the
//! extent that the strategy allows.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::error::{Asking, FetchError, FetchErrorKind};
use super::indexes::{Index, IndexStrategy, Plan};
use super::pages::PageQuestion;
use super::shared::{Reach, Shared};
use super::{flat, local};
use crate::index::{IndexPage, Merge, Page, Project};
use crate::package::PackageName;

/// Finds a project; `NotFound` if no index that may be asked has it.
pub(super) async fn answer(
    shared: &Arc<Shared>,
    reach: &Reach,
    name: &PackageName,
) -> Result<Arc<Project>, FetchError> {
    let plan = shared.indexes.plan(name);
    let mut pages = Vec::new();
    for index in &plan.flat {
        let mut listing = flat::listing(shared, reach, index).await?.of_project(name);
        local::add_digests(&mut listing);
        if !listing.files.is_empty() {
            pages.push(on(index, Page::build(name, listing)));
        }
    }
    pages.extend(match plan.strategy {
        IndexStrategy::First => first(shared, reach, name, &plan).await?,
        IndexStrategy::UnsafeFirstMatch | IndexStrategy::UnsafeBestMatch => {
            all(shared, reach, name, &plan).await?
        }
    });
    if pages.is_empty() {
        return Err(missing(name, &plan));
    }
    Ok(Arc::new(Project {
        name: name.clone(),
        pages,
        merge: match plan.strategy {
            IndexStrategy::UnsafeFirstMatch => Merge::FirstMatch,
            IndexStrategy::First | IndexStrategy::UnsafeBestMatch => Merge::Best,
        },
    }))
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
    match PageQuestion::new(index, name) {
        Some(question) => question.answer(shared, reach).await,
        None => Ok(None),
    }
}

fn on(index: &Index, page: Page) -> IndexPage {
    IndexPage {
        index: index.public().as_str().into(),
        page,
    }
}

fn missing(name: &PackageName, plan: &Plan) -> FetchError {
    FetchError {
        kind: FetchErrorKind::NotFound,
        asking: Arc::new(Asking {
            what: format!("`{name}`"),
            package: Some(name.clone()),
            index: None,
        }),
        url: String::new(),
        met: plan.describe(),
    }
}
