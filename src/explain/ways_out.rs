//! Ways out of a conflict that are no change of what is declared: an option that was typed otherwise
//! would do. Each is tried before it is told, so that its command works as printed.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::input::{FormatList, FormatName};
use crate::package::{PackageName, Timestamp};
use crate::repair::other_pythons;
use crate::solve::{
    Catalog, Core, Effort, Fact, Failure, Outcome, Prereleases, Question, Unfit, part_of,
};

/// Returns the ways out of a conflict, each a sentence. They are tried on its own declarations.
pub fn ways_out(
    question: &Question,
    core: &Core,
    catalog: &dyn Catalog,
    effort: &Effort<'_>,
) -> Result<Vec<String>, Failure> {
    let alone = part_of(question, &core.declarations.iter().copied().collect());
    let trial = Trial {
        alone: &alone,
        core,
        catalog,
        effort,
    };
    let ways = [
        trial.prereleases()?,
        trial.later_cutoff()?,
        trial.sources()?,
        trial.another_python()?,
    ];
    Ok(ways.into_iter().flatten().collect())
}

struct Trial<'t> {
    alone: &'t Arc<Question>,
    core: &'t Core,
    catalog: &'t dyn Catalog,
    effort: &'t Effort<'t>,
}

impl Trial<'_> {
    fn is_solved(&self, question: Question) -> Result<bool, Failure> {
        let outcome = self.effort.solve(&Arc::new(question), self.catalog)?;
        Ok(matches!(outcome, Some(Outcome::Solved(_))))
    }

    fn prereleases(&self) -> Result<Option<String>, Failure> {
        let mut question = Question::clone(self.alone);
        let is_allowed = question.policy.prereleases == Prereleases::Allow;
        let mut packages = self.core.conflict.packages.values();
        let has_any = packages.any(|known| {
            known
                .usable()
                .iter()
                .any(|candidate| candidate.is_prerelease)
        });
        if is_allowed || !has_any {
            return Ok(None);
        }
        question.policy.prereleases = Prereleases::Allow;
        let is_solved = self.is_solved(question)?;
        Ok(is_solved
            .then(|| "With pre-releases it has a solution: `--prerelease allow`.".to_owned()))
    }

    /// Looks for the earliest cut-off that would do, by halves.
    fn later_cutoff(&self) -> Result<Option<String>, Failure> {
        let times = self.refused_times();
        let is_enough = |time: i64| {
            let mut question = Question::clone(self.alone);
            question.policy.exclude_newer = Some(Timestamp::from_seconds(time + 1));
            self.is_solved(question)
        };
        let Some(&last) = times.last() else {
            return Ok(None);
        };
        if !is_enough(last)? {
            return Ok(None);
        }
        let (mut from, mut to) = (0, times.len() - 1);
        while from < to {
            let middle = from.midpoint(to);
            match is_enough(times[middle])? {
                true => to = middle,
                false => from = middle + 1,
            }
        }
        let cutoff = Timestamp::from_seconds(times[to] + 1);
        Ok(Some(format!(
            "With a later cut-off it has a solution: `--exclude-newer {cutoff}`."
        )))
    }

    /// The upload times of versions that only the cut-off shuts out, ascending.
    fn refused_times(&self) -> Vec<i64> {
        let mut times = Vec::new();
        for candidates in self.core.conflict.packages.values() {
            for refused in candidates.refused() {
                if refused.why != Unfit::Newer {
                    continue;
                }
                let page = candidates.page(refused.page());
                let files = page.files(refused.version());
                let uploaded = files.filter_map(|at| page.file(at).upload_time());
                times.extend(uploaded.map(Timestamp::seconds).max());
            }
        }
        times.sort_unstable();
        times.dedup();
        times
    }

    /// Lets the source distributions of packages count that have no wheel.
    fn sources(&self) -> Result<Option<String>, Failure> {
        let mut question = Question::clone(self.alone);
        let facts = self.core.conflict.facts.iter();
        let packages = facts.filter_map(|fact| match fact {
            Fact::Nothing { name, unusable, .. } => {
                let mut reasons = unusable.iter().map(|(why, _)| why);
                reasons.any(|why| *why == Unfit::SourceOnly).then_some(name)
            }
            _ => None,
        });
        let packages: BTreeSet<&PackageName> = packages.collect();
        if packages.is_empty() {
            return Ok(None);
        }
        let names = packages
            .iter()
            .map(|name| FormatName::Package((*name).clone()));
        let names: Vec<FormatName> = names.collect();
        question.policy.formats.apply(FormatList::NoBinary, &names);
        let is_solved = self.is_solved(question)?;
        Ok(is_solved.then(|| {
            let names: Vec<&str> = packages.iter().map(|name| name.as_ref()).collect();
            let names = names.join(",");
            format!("With source distributions it has a solution: `--no-binary {names}`.")
        }))
    }

    fn another_python(&self) -> Result<Option<String>, Failure> {
        if !self.core.involves_target() {
            return Ok(None);
        }
        for python in other_pythons(self.alone) {
            let mut question = Question::clone(self.alone);
            question.target = question.target.with_python(python.clone());
            if self.is_solved(question)? {
                return Ok(Some(format!(
                    "With another Python this conflict has a solution: `--python {python}`."
                )));
            }
        }
        Ok(None)
    }
}
