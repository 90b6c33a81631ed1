//! A package that is not in the lock: who would bring it, or which name was meant.

use std::sync::Arc;

use super::Exit;
use super::reading::Reading;
use super::reading_args::{GraphFormatArg, WhyArgs};
use super::terminal::Terminal;
use super::why::with_catalog;
use crate::explain::{nearest_name, nearest_of};
use crate::fetch::LiveCatalog;
use crate::graph::Graph;
use crate::package::{DeclarationKind, PackageName};
use crate::report::{Absent, Bringer, absent_json, absent_text};
use crate::solve::{Catalog as _, Judge, Question};
use crate::target::Target;

/// Tells it: the answer is no.
pub(super) fn tell_absent(
    args: &WhyArgs,
    name: &PackageName,
    reading: &Reading,
    graph: &Graph<'_>,
    terminal: &Terminal,
) -> Exit {
    let excluded = |question: &Question| question.excludes.contains(name);
    let mut index = args.index.clone();
    index.offline = true;
    let found = with_catalog((&index, &args.cache), reading, |question, catalog| {
        Ok((excluded(question), bringers(name, graph, question, catalog)))
    });
    let (is_excluded, bringers) = found.ok().flatten().unwrap_or_default();
    let constrains = [DeclarationKind::Constraint, DeclarationKind::Override];
    let declared = constrains
        .into_iter()
        .flat_map(|kind| graph.declarations_of(name, kind, reading.target.as_ref()));
    let is_elsewhere = reading.lock.packages.iter().any(|it| it.name == *name);
    let absent = Absent {
        name,
        file: &reading.file,
        place: reading
            .target
            .as_ref()
            .filter(|_| is_elsewhere)
            .map(Target::describe),
        is_excluded,
        bringers,
        declared: declared.map(|(_, it)| it.place()).collect(),
        nearest: nearest(name, graph),
    };
    let shown = match args.output_format {
        GraphFormatArg::Json => terminal.hand_out(&absent_json(&absent)),
        _ => terminal.show(&absent_text(&absent, terminal.style_of_results)),
    };
    match shown {
        Exit::Fine => Exit::No,
        failed => failed,
    }
}

/// Returns the requirements of locked packages that speak of the name and do not hold here, from
/// metadata that the cache has.
fn bringers(
    name: &PackageName,
    graph: &Graph<'_>,
    question: &Arc<Question>,
    catalog: &LiveCatalog,
) -> Vec<Bringer> {
    let mut bringers = Vec::new();
    let mut judge = Judge::new(Arc::clone(question));
    for (at, package) in graph.packages().iter().enumerate() {
        let Some(version) = package
            .version
            .as_ref()
            .filter(|_| package.is_from_registry())
        else {
            continue;
        };
        let Ok(project) = question.project_of(&package.name, catalog) else {
            continue;
        };
        // The file that the solver read is the one that the cache may have the metadata of.
        let candidates = judge.judge(Arc::clone(&project));
        let mut usable = candidates.usable().iter();
        let candidate = usable.find(|it| candidates.version(it) == *version);
        let metadata = candidate.and_then(|it| catalog.metadata(&project, it.at()).ok());
        let Some(metadata) = metadata else { continue };
        let speaks = metadata.requires.all().iter().filter(|it| it.name == *name);
        bringers.extend(speaks.map(|requirement| {
            Bringer {
                package: at,
                label: package.label(),
                requirement: requirement.clone(),
                extra: metadata
                    .extras
                    .iter()
                    .find(|extra| {
                        let extras = std::slice::from_ref(*extra);
                        let environment = question.target.environment();
                        requirement.marker.holds(environment, extras)
                    })
                    .cloned(),
            }
        }));
    }
    bringers
}

/// The name of the lock that is nearest, else the one that is well known.
fn nearest(name: &PackageName, graph: &Graph<'_>) -> Option<String> {
    let locked = graph.packages().iter().map(|it| it.name.as_ref());
    let nearest = nearest_of(name, locked);
    nearest.or_else(|| nearest_name(name)).map(str::to_owned)
}
