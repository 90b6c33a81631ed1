//! A package that is not in the lock: who would bring it, or which name was meant.

use super::Exit;
use super::reading::Reading;
use super::reading_args::{GraphFormatArg, WhyArgs};
use super::terminal::Terminal;
use super::why::{project_of, with_catalog};
use crate::explain::nearest_name;
use crate::fetch::LiveCatalog;
use crate::graph::Graph;
use crate::package::{DeclarationKind, PackageName, VersionKey};
use crate::report::{Absent, Bringer, absent_json, absent_text};
use crate::solve::{Catalog as _, FileAt, Question};

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
    let absent = Absent {
        name,
        file: &reading.file,
        is_excluded,
        bringers,
        declared: declared.map(|(_, it)| it.place()).collect(),
        nearest: nearest(name, graph),
    };
    let shown = match args.output_format {
        GraphFormatArg::Json => terminal.hand_out(&absent_json(&absent)),
        _ => terminal.show(&absent_text(&absent, terminal.out_style())),
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
    question: &Question,
    catalog: &LiveCatalog,
) -> Vec<Bringer> {
    let mut bringers = Vec::new();
    for (at, package) in graph.packages().iter().enumerate() {
        let Some(version) = package
            .version
            .as_ref()
            .filter(|_| package.is_from_registry())
        else {
            continue;
        };
        let Ok(project) = project_of(&package.name, question, catalog) else {
            continue;
        };
        let key = VersionKey::of(version);
        let files = project.pages.iter().enumerate().flat_map(|(page, on)| {
            let version = on.page.find(key.as_bytes());
            let files = version.map(|version| on.page.files(version));
            files
                .into_iter()
                .flatten()
                .map(move |file| FileAt { page, file })
        });
        let metadata = files
            .filter_map(|at| catalog.metadata(&project, at).ok())
            .next();
        let Some(metadata) = metadata else { continue };
        let speaks = metadata.requires.iter().filter(|it| it.name == *name);
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
    let near = |known: &str| strsim::damerau_levenshtein(name.as_ref(), known);
    let locked = graph.packages().iter().map(|it| it.name.as_ref());
    let nearest = locked.min_by_key(|known| near(known));
    let allowed = if name.as_ref().len() < 6 { 1 } else { 2 };
    let nearest = nearest.filter(|known| near(known) <= allowed);
    nearest.or_else(|| nearest_name(name)).map(str::to_owned)
}
