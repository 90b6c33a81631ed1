//! The facts of a conflict as numbered sentences, with the places in the user's files that they
//! start from.

use std::collections::BTreeMap;

use super::hints;
use super::wording::{list, need, some_versions, versions_of};
use crate::package::{Declaration, DeclarationKind, PackageName, Requirement, Version};
use crate::solve::{Candidates, Conflict, Fact, Question, Unfit, VersionsOf};
use crate::source::Origin;

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
        headline: format!("no set of versions fits {}", question.target.describe()),
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
                let mut sentence = sentence_of_needs(who, extra.as_ref().map(AsRef::as_ref), needs);
                for &at in overrides {
                    let instead = self.declare(at);
                    let origin = &self.question.declarations[at].origin;
                    sentence.push_str(&format!(", in whose place `{origin}` {instead}"));
                }
                self.steps.push(format!("{sentence}."));
            }
            Fact::Refused { who, why } => {
                let (versions, _) = versions_of(who);
                self.steps
                    .push(format!("{versions} cannot be used: {why}."));
            }
            Fact::Nothing {
                name,
                wanted,
                missing,
                unusable,
            } => self.tell_hole(name, wanted, missing.as_deref(), unusable),
        }
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
        missing: Option<&str>,
        unusable: &[(Unfit, Vec<Version>)],
    ) {
        if let Some(missing) = missing {
            self.steps.push(format!("{missing}."));
            return;
        }
        let Some(candidates) = self.conflict.packages.get(name) else {
            return;
        };
        if unusable.is_empty() {
            let wanted: Vec<String> = wanted.iter().map(need).collect();
            self.steps.push(format!(
                "No version of {name} is {}.",
                as_versions(&wanted, name)
            ));
            return;
        }
        for (why, versions) in unusable {
            if let Unfit::Constraint(at) = why {
                let says = self.declare(*at);
                let origin = &self.question.declarations[*at].origin;
                let which = some_versions(versions);
                self.steps.push(format!(
                    "`{origin}` {says}, which shuts out {name} {which}."
                ));
                continue;
            }
            let sentence = sentence_of_unfit(self.question, name, candidates, *why, versions);
            self.steps.push(sentence);
        }
    }
}

fn what_it_says(declaration: &Declaration) -> String {
    let requirement = &declaration.requirement;
    match declaration.kind {
        DeclarationKind::Requirement => format!("asks for {}", need(requirement)),
        DeclarationKind::Constraint => format!("allows only {}", need(requirement)),
        DeclarationKind::Override => format!("sets {}", need(requirement)),
    }
}

fn sentence_of_needs(who: &VersionsOf, extra: Option<&str>, needs: &[Requirement]) -> String {
    let (mut versions, is_plural) = versions_of(who);
    if let Some(extra) = extra {
        versions.push_str(&format!(" with the extra `{extra}`"));
    }
    let verb = if is_plural { "need" } else { "needs" };
    match needs {
        [] => format!("{versions} {verb} it"),
        [one] => format!("{versions} {verb} {}", need(one)),
        [one, other] => format!(
            "{versions} {verb} {} or, in older versions, {}",
            need(one),
            need(other)
        ),
        [newest, .., oldest] => format!(
            "{versions} {verb} {}, or what older versions ask for, down to {}",
            need(newest),
            need(oldest)
        ),
    }
}

fn sentence_of_unfit(
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
            format!(
                "{which} {has} no wheel for {}{served}.",
                question.target.describe()
            )
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
        false => list(&stripped),
    }
}

/// Names the package whose wordings exclude each other.
fn conclusion(question: &Question, conflict: &Conflict) -> Option<String> {
    let has_hole = conflict
        .facts
        .iter()
        .any(|fact| matches!(fact, Fact::Nothing { .. }));
    if has_hole {
        return None;
    }
    let mut asked: BTreeMap<&PackageName, Vec<&Requirement>> = BTreeMap::new();
    for fact in &conflict.facts {
        match fact {
            Fact::Declared { at, overrides } => {
                let all = if overrides.is_empty() {
                    std::slice::from_ref(at)
                } else {
                    overrides
                };
                for at in all {
                    let requirement = &question.declarations[*at].requirement;
                    asked
                        .entry(&requirement.name)
                        .or_default()
                        .push(requirement);
                }
            }
            Fact::Needs {
                needs, overrides, ..
            } if overrides.is_empty() => {
                // One parent's wordings are alternatives: only a single one must hold.
                if let [only] = &needs[..] {
                    asked.entry(&only.name).or_default().push(only);
                }
            }
            Fact::Needs { .. } | Fact::Refused { .. } | Fact::Nothing { .. } => {}
        }
    }
    for (name, requirements) in asked {
        let candidates = conflict.packages.get(name)?;
        let all = requirements
            .iter()
            .fold(crate::package::VersionSet::full(), |set, requirement| {
                set.intersection(requirement.specifiers.set())
            });
        if requirements.len() > 1 && candidates.newest_in(&all).is_none() {
            let mut texts: Vec<String> = requirements
                .iter()
                .map(|requirement| requirement.specifiers.to_string())
                .filter(|text| !text.is_empty())
                .collect();
            texts.dedup();
            return Some(format!("No version of {name} is {} at once.", list(&texts)));
        }
    }
    Some("These cannot all hold at once.".to_owned())
}
