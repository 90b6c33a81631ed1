//! The facts of a conflict as numbered sentences, with the places in the user's files that they
//! start from.

use std::collections::BTreeMap;

use super::accelerators::{self, FlavourReason};
use super::hints;
use super::wording::{either, list, need, some_versions, together, versions_of};
use crate::package::{Declaration, DeclarationKind, PackageName, Requirement, Specifiers, Version};
use crate::solve::{Absence, Candidates, Conflict, Fact, Question, Unfit, VersionsOf};
use crate::source::Origin;
use crate::target::Flavour;

/// A conflict told in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What happened, in one line without a full stop.
    pub headline: String,
    /// The sentences, in the order in which one leads to the next.
    pub steps: Vec<String>,
    /// What follows from them.
    pub conclusion: Option<String>,
    /// The user's declarations in the conflict.
    pub places: Vec<Place>,
    /// The flavours that were tried, where none serves.
    pub flavours: Vec<FlavourReason>,
    /// What may help, each a sentence.
    pub hints: Vec<String>,
}

/// A declaration in the conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where it stands.
    pub origin: Origin,
    /// The number of the sentence that speaks of it.
    pub step: usize,
    /// What it does there: `asks for numpy <2`.
    pub says: String,
}

/// Tells a conflict.
pub fn explain(question: &Question, conflict: &Conflict) -> Explanation {
    let mut telling = Telling {
        question,
        conflict,
        steps: Vec::new(),
        places: Vec::new(),
    };
    for fact in &conflict.facts {
        telling.tell(fact);
    }
    let conclusion = conclusion(question, conflict);
    Explanation {
        headline: format!("no set of versions fits {}", question.place()),
        flavours: Vec::new(),
        hints: hints::hints(question, conflict),
        steps: telling.steps,
        places: telling.places,
        conclusion,
    }
}

struct Telling<'c> {
    question: &'c Question,
    conflict: &'c Conflict,
    steps: Vec<String>,
    places: Vec<Place>,
}

impl Telling<'_> {
    fn tell(&mut self, fact: &Fact) {
        match fact {
            Fact::Declared { at, overrides } => {
                let says = self.declare(*at);
                let declaration = &self.question.declarations[*at];
                let mut sentence = format!("`{}` {says}", declaration.origin);
                for &at in overrides {
                    let instead = self.declare(at);
                    let origin = &self.question.declarations[at].origin;
                    sentence.push_str(&format!(", in whose place `{origin}` {instead}"));
                }
                self.steps.push(format!("{sentence}."));
            }
            Fact::Needs {
                who,
                extra,
                needs,
                overrides,
            } => {
                let extra = extra.as_ref().map(AsRef::as_ref);
                let mut sentence = sentence_of_needs(self.conflict, who, extra, needs);
                if overrides.is_empty() {
                    sentence.push_str(&self.missed(needs));
                }
                for &at in overrides {
                    let instead = self.declare(at);
                    let origin = &self.question.declarations[at].origin;
                    sentence.push_str(&format!(", in whose place `{origin}` {instead}"));
                }
                self.steps.push(format!("{sentence}."));
            }
            Fact::Limited { who, limit } => {
                let (versions, is_plural) = versions_of(who);
                let verb = if is_plural { "work" } else { "works" };
                self.steps.push(format!(
                    "{versions} {verb} only with {}: {} (facts of {}; {}).",
                    need(&limit.needs),
                    limit.because,
                    self.question.facts.date(),
                    limit.source
                ));
            }
            Fact::BuiltFor { who, flavours } => {
                let (versions, is_plural) = versions_of(who);
                let verb = if is_plural { "are" } else { "is" };
                let flavours: Vec<String> = flavours.iter().map(in_full).collect();
                self.steps
                    .push(format!("{versions} {verb} built for {}.", list(&flavours)));
            }
            Fact::Unmet { why, .. } => self.steps.push(format!("That cannot be met: {why}.")),
            Fact::Refused { who, why, .. } => {
                let (versions, _) = versions_of(who);
                self.steps
                    .push(format!("{versions} cannot be used: {why}."));
            }
            Fact::Nothing {
                name,
                wanted,
                absence,
                unusable,
            } => self.tell_hole(name, wanted, absence.as_ref(), unusable),
        }
    }

    /// Names what a declaration of the conflict asks for, where it lies among what several wordings
    /// ask for together and none of them admits it: siblings that each pin another version.
    fn missed(&self, needs: &[Requirement]) -> String {
        let declared = self.conflict.facts.iter().filter_map(|fact| match fact {
            Fact::Declared { at, overrides } if overrides.is_empty() => {
                Some(&self.question.declarations[*at].requirement)
            }
            _ => None,
        });
        let needs: Vec<&Requirement> = needs.iter().collect();
        let mut of_it = declared.filter(|asked| needs.iter().all(|need| need.name == asked.name));
        let missed = of_it.find(|asked| {
            let candidates = self.conflict.packages.get(&asked.name);
            candidates
                .is_some_and(|it| !is_possible(it, &needs, &[asked]) && seems(it, &needs, &[asked]))
        });
        missed.map_or_else(String::new, |asked| {
            format!(", but none of them {}", asked.specifiers)
        })
    }

    fn declare(&mut self, at: usize) -> String {
        let declaration = &self.question.declarations[at];
        let says = what_it_says(declaration);
        self.places.push(Place {
            origin: declaration.origin.clone(),
            step: self.steps.len() + 1,
            says: says.clone(),
        });
        says
    }

    fn tell_hole(
        &mut self,
        name: &PackageName,
        wanted: &[Requirement],
        absence: Option<&Absence>,
        unusable: &[(Unfit, Vec<Version>)],
    ) {
        match absence {
            Some(Absence::NotFound(asked)) => {
                self.steps
                    .push(format!("There is no package named {name}: {asked}."));
                return;
            }
            Some(Absence::Unusable(why)) => {
                self.steps.push(format!("{name} cannot be used: {why}."));
                return;
            }
            None => {}
        }
        let Some(candidates) = self.conflict.packages.get(name) else {
            return;
        };
        if unusable.is_empty() && hints::has_only_prereleases(candidates, wanted) {
            self.steps.push(format!(
                "{name} has only pre-releases there, and those may not be chosen."
            ));
            return;
        }
        if unusable.is_empty() {
            let wanted: Vec<String> = wanted.iter().map(need).collect();
            let place = match self.question.target.accelerators().flavour {
                Some(flavour) if self.question.facts.is_family(name) => format!(" for {flavour}"),
                _ => String::new(),
            };
            self.steps.push(format!(
                "No version of {name}{place} is {}.",
                as_versions(&wanted, name)
            ));
            return;
        }
        for (why, versions) in &with_tags_together(unusable) {
            if let Unfit::Constraint(at) = why {
                let says = self.declare(*at);
                let origin = &self.question.declarations[*at].origin;
                let which = some_versions(versions);
                self.steps.push(format!(
                    "`{origin}` {says}, which shuts out {name} {which}."
                ));
                continue;
            }
            let sentence = unfit_sentence(self.question, name, candidates, *why, versions);
            self.steps.push(sentence);
        }
    }
}

fn in_full(flavour: &Flavour) -> String {
    format!("{} ({flavour})", flavour.describe())
}

/// Whichever axis of its tags a wheel fails on, the sentence is the same.
fn with_tags_together(unusable: &[(Unfit, Vec<Version>)]) -> Vec<(Unfit, Vec<Version>)> {
    let mut together: Vec<(Unfit, Vec<Version>)> = Vec::new();
    for (why, versions) in unusable {
        match together.last_mut() {
            Some((Unfit::Tags(_), known)) if matches!(why, Unfit::Tags(_)) => {
                known.extend(versions.iter().cloned());
                known.sort_by(|a, b| b.cmp(a));
            }
            _ => together.push((*why, versions.clone())),
        }
    }
    together
}

fn what_it_says(declaration: &Declaration) -> String {
    let requirement = &declaration.requirement;
    match declaration.kind {
        DeclarationKind::Requirement => format!("asks for {}", need(requirement)),
        DeclarationKind::Constraint => format!("allows only {}", need(requirement)),
        DeclarationKind::Override => format!("sets {}", need(requirement)),
    }
}

fn sentence_of_needs(
    conflict: &Conflict,
    who: &VersionsOf,
    extra: Option<&str>,
    needs: &[Requirement],
) -> String {
    let (mut versions, is_plural) = versions_of(who);
    if let Some(extra) = extra {
        versions.push_str(&format!(" with the extra `{extra}`"));
    }
    let verb = if is_plural { "need" } else { "needs" };
    let what = match needs {
        [] => "it".to_owned(),
        [one] => need(one),
        [first, .., last] => {
            let candidates = conflict.packages.get(&first.name).map(AsRef::as_ref);
            let all: Vec<&Requirement> = needs.iter().collect();
            match together(&all, candidates) {
                Some(text) => format!("{} {text}", first.name).trim_end().to_owned(),
                None => format!("{} or, in older versions, {}", need(first), need(last)),
            }
        }
    };
    format!("{versions} {verb} {what}")
}

/// Tells why versions, newest first, cannot be used.
pub fn unfit_sentence(
    question: &Question,
    name: &PackageName,
    candidates: &Candidates,
    why: Unfit,
    versions: &[Version],
) -> String {
    let which = format!("{name} {}", some_versions(versions));
    let (has, is) = match versions {
        [_] => ("has", "is"),
        _ => ("have", "are"),
    };
    match why {
        Unfit::NoFiles => format!("{which} {has} no files."),
        Unfit::Newer => match question.policy.cutoff(name) {
            Some(cutoff) => format!("{which} {is} newer than the cut-off {cutoff}."),
            None => format!("{which} {is} newer than the cut-off."),
        },
        Unfit::UploadTimeUnknown => format!(
            "{which} {has} no upload time on the index, so that the cut-off cannot be checked."
        ),
        Unfit::SourceOnly => format!("{which} {has} no wheel at all, and only wheels may be used."),
        Unfit::WheelsOnly => {
            format!("{which} {has} no source distribution, and wheels may not be used.")
        }
        Unfit::Tags(_) => {
            let served = hints::what_wheels_serve(question, candidates, versions);
            format!("{which} {has} no wheel for {}{served}.", question.place())
        }
        Unfit::Python => {
            let wanted = hints::pythons_wanted(candidates, versions);
            format!(
                "{which} {} Python {wanted}.",
                if versions.len() == 1 { "needs" } else { "need" }
            )
        }
        Unfit::Digest => format!("{which} {has} no file with a hash that you allow."),
        Unfit::Yanked => {
            let reason = hints::yank_reason(candidates, versions);
            format!("{which} {is} yanked{reason}.")
        }
        Unfit::Constraint(_) => String::new(),
        Unfit::Toolkit
        | Unfit::Driver
        | Unfit::DriverUnknown
        | Unfit::Kernels
        | Unfit::KernelsUnknown => {
            match accelerators::build(question, name, candidates, why, versions) {
                Some(said) => format!("{said}."),
                None => format!("{which} {is} not built for this target."),
            }
        }
    }
}

fn as_versions(wanted: &[String], name: &PackageName) -> String {
    let stripped: Vec<String> = wanted
        .iter()
        .map(|text| {
            text.strip_prefix(name.as_ref())
                .unwrap_or(text)
                .trim()
                .to_owned()
        })
        .filter(|text| !text.is_empty())
        .collect();
    match stripped.is_empty() {
        true => "there".to_owned(),
        false => either(&stripped),
    }
}

/// What several facts ask of one package: one of these wordings must hold.
type Alternatives<'c> = Vec<&'c Requirement>;

/// Names the package whose wordings exclude each other.
fn conclusion(question: &Question, conflict: &Conflict) -> Option<String> {
    let tells_enough = conflict.facts.iter().any(|fact| match fact {
        Fact::Nothing { .. } | Fact::Unmet { .. } => true,
        Fact::Refused { who, .. } => who.is_all,
        Fact::Declared { .. }
        | Fact::Needs { .. }
        | Fact::Limited { .. }
        | Fact::BuiltFor { .. } => false,
    });
    if tells_enough {
        return None;
    }
    let mut built = conflict.facts.iter().filter_map(|fact| match fact {
        Fact::BuiltFor { flavours, .. } => Some(flavours),
        _ => None,
    });
    let one = built.next();
    if let (Some(one), Some(other)) = (one, built.next())
        && !one.iter().any(|flavour| other.contains(flavour))
    {
        return Some("All builds in one lock have to be for the same accelerator.".to_owned());
    }
    if let (Some(asked), Some(built)) = (question.target.accelerators().flavour, one)
        && !built.contains(&asked)
    {
        return Some(format!("The lock is to be for {}.", in_full(&asked)));
    }
    let asked = asked_of_each(question, conflict);
    let clash = asked
        .iter()
        .find_map(|(name, asked)| clash(conflict.packages.get(*name)?, name, asked));
    Some(clash.unwrap_or_else(|| "These cannot all hold at once.".to_owned()))
}

fn asked_of_each<'c>(
    question: &'c Question,
    conflict: &'c Conflict,
) -> BTreeMap<&'c PackageName, Vec<Alternatives<'c>>> {
    let declared = |at: &usize| &question.declarations[*at].requirement;
    let mut asked: BTreeMap<&PackageName, Vec<Alternatives<'_>>> = BTreeMap::new();
    for fact in &conflict.facts {
        let alternatives: Vec<Alternatives<'_>> = match fact {
            Fact::Declared { overrides, .. } | Fact::Needs { overrides, .. }
                if !overrides.is_empty() =>
            {
                overrides.iter().map(|at| vec![declared(at)]).collect()
            }
            Fact::Declared { at, .. } => vec![vec![declared(at)]],
            Fact::Needs { needs, .. } => vec![needs.iter().collect()],
            Fact::Limited { limit, .. } => vec![vec![&limit.needs]],
            Fact::BuiltFor { .. }
            | Fact::Unmet { .. }
            | Fact::Refused { .. }
            | Fact::Nothing { .. } => Vec::new(),
        };
        for alternatives in alternatives {
            if let Some(first) = alternatives.first() {
                asked.entry(&first.name).or_default().push(alternatives);
            }
        }
    }
    asked
}

/// Says that two facts leave no version of a package: every wording of the one excludes every
/// wording of the other.
fn clash(
    candidates: &Candidates,
    name: &PackageName,
    asked: &[Alternatives<'_>],
) -> Option<String> {
    for (at, one) in asked.iter().enumerate() {
        for other in &asked[at + 1..] {
            if !is_possible(candidates, one, other) && !seems(candidates, one, other) {
                let one = together(one, Some(candidates))?;
                let other = together(other, Some(candidates))?;
                return Some(format!("No version of {name} is both {one} and {other}."));
            }
        }
    }
    None
}

/// Whether some usable version meets one wording of each side.
fn is_possible(candidates: &Candidates, one: &[&Requirement], other: &[&Requirement]) -> bool {
    one.iter().any(|a| {
        other.iter().any(|b| {
            let both = a.specifiers.set().intersection(b.specifiers.set());
            candidates.newest_in(&both).is_some()
        })
    })
}

/// Whether some usable version lies in what the wordings of each side are told as together.
fn seems(candidates: &Candidates, one: &[&Requirement], other: &[&Requirement]) -> bool {
    let told = |needs: &[&Requirement]| {
        let text = together(needs, Some(candidates))?;
        Specifiers::parse(&text).ok()
    };
    told(one).zip(told(other)).is_some_and(|(one, other)| {
        let both = one.set().intersection(other.set());
        candidates.newest_in(&both).is_some()
    })
}
