//! Options that name a package which the lock has nothing to do with: a misspelt name would change
//! nothing, and nobody would hear of it.

use std::collections::BTreeSet;

use super::args::QuestionArgs;
use super::prepare::Prepared;
use crate::explain::{nearest_name, nearest_of};
use crate::lock::Pins;
use crate::package::{DeclarationKind, PackageName};
use crate::solve::{Question, Resolution};
use crate::source::Problem;

/// Tells of the names that nothing meets: neither the answers, nor what their packages ask for
/// anywhere, nor what was locked or installed before, nor any version that was looked at on the way.
pub(super) fn named_in_vain(
    args: &QuestionArgs,
    prepared: &Prepared,
    former: Option<&Pins>,
    answers: &[&Resolution],
) -> Vec<Problem> {
    let is_in_answer = |name: &PackageName| answers.iter().any(|it| it.package(name).is_some());
    let mut typed = typed(args, &prepared.question);
    typed.retain(|(_, name)| !is_in_answer(name) && !prepared.catalog.has_looked_at(name));
    if typed.is_empty() {
        return Vec::new();
    }
    let known = names_around(prepared, former, answers);
    typed.retain(|(_, name)| !known.contains(name));
    let problems = typed.iter().map(|(option, name)| {
        let message =
            format!("`{option}`: `{name}` is not in the lock, and nothing in it asks for it");
        let problem = Problem::anywhere(message).as_warning();
        match meant(name, &known) {
            Some(meant) => problem.with_help(format!("Did you mean `{meant}`?")),
            None => problem,
        }
    });
    problems.collect()
}

/// Returns the names that were typed, each with its option. What files and the surroundings name is
/// not looked at: it is often meant for many projects.
fn typed(args: &QuestionArgs, question: &Question) -> BTreeSet<(&'static str, PackageName)> {
    let QuestionArgs {
        choice,
        declared,
        cache,
        ..
    } = args;
    let options = [
        ("--allow-build", &choice.allow_build),
        ("--exclude", &declared.excludes),
        ("--exclude-newer-package", &choice.exclude_newer_package),
        ("--no-binary", &choice.no_binary),
        ("--only-binary", &choice.only_binary),
        ("--refresh-package", &cache.refresh_package),
        ("--upgrade-package", &choice.upgrade_package),
    ];
    let typed = options.into_iter().flat_map(|(option, texts)| {
        let names = texts.iter().flat_map(|text| text.split(','));
        // What is no name, such as `:all:`, is left; of `NAME=WHEN` the name counts.
        let names = names.filter_map(|text| text.split('=').next()?.trim().parse().ok());
        names.map(move |name| (option, name))
    });
    let is_file = |(option, name): &(&str, PackageName)| {
        *option == "--exclude" && !question.excludes.contains(name)
    };
    typed.filter(|it| !is_file(it)).collect()
}

/// Returns every name that stands anywhere around the answers, whatever its marker or extra says.
fn names_around<'a>(
    prepared: &'a Prepared,
    former: Option<&'a Pins>,
    answers: &[&'a Resolution],
) -> BTreeSet<&'a PackageName> {
    let declared = prepared.question.declarations.iter();
    let required = declared
        .filter(|it| it.kind == DeclarationKind::Requirement)
        .map(|it| &it.requirement.name);
    let packages = answers.iter().flat_map(|it| &it.packages);
    let asked = packages.flat_map(|it| {
        let asked = it.metadata.requires.all().iter();
        asked.map(|it| &it.name).chain([&it.name])
    });
    let locked = former.into_iter().flat_map(Pins::names);
    let baseline = prepared.baseline.iter();
    let installed = baseline.flat_map(|it| it.iter().map(|it| &it.name));
    required
        .chain(asked)
        .chain(locked)
        .chain(installed)
        .collect()
}

/// Returns the name among those that was perhaps meant.
fn meant<'a>(name: &PackageName, known: &BTreeSet<&'a PackageName>) -> Option<&'a str> {
    let near = nearest_of(name, known.iter().map(|it| (*it).as_ref()));
    near.or_else(|| nearest_name(name).filter(|near| known.iter().any(|it| it.as_ref() == *near)))
}
