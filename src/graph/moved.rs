//! What moved between two locks, and by whose doing: which declaration or edge of the one or the
//! other explains it.

use std::collections::BTreeMap;

use super::{By, Demand, Graph};
use crate::lock::{LockChange, Pins, changes};
use crate::package::{PackageName, Requirement, Version};

/// A change with what explains it.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The change.
    pub change: LockChange,
    /// Why, best reason first; none where neither lock tells.
    pub causes: Vec<Cause>,
}

/// What explains a change. Demands speak of the graph of the lock that they are in.
#[derive(Clone, Debug)]
pub enum Cause {
    /// The former lock asked for what shuts the new version out, and the new one does not.
    Dropped(Demand),
    /// The new lock asks for what shuts the former version out, and the former did not.
    Came(Demand),
    /// The former version asks of a package what its new version is not.
    Unmet(Requirement, Version),
    /// The package at this position of the new lock needs it now.
    NeededBy(usize),
    /// The declaration at this position of the new lock's record requires it now.
    Declared(usize),
    /// The package at this position of the former lock needed it.
    NoLongerNeededBy(usize),
    /// The declaration at this position of the former lock's record required it.
    NoLongerDeclared(usize),
}

/// Compares two locks.
pub fn moved(former: &Graph<'_>, new: &Graph<'_>) -> Vec<Moved> {
    let changes = changes(&Pins::from(former.lock()), &Pins::from(new.lock()));
    let moved = changes.into_iter().map(|change| {
        let causes = causes(&change, former, new);
        Moved { change, causes }
    });
    moved.collect()
}

fn causes(change: &LockChange, former: &Graph<'_>, new: &Graph<'_>) -> Vec<Cause> {
    match change {
        LockChange::Upgraded { name, from, to } | LockChange::Downgraded { name, from, to } => {
            let mut causes = bounds(name, (former, from), (new, to));
            causes.extend(unmet(name, former, new));
            causes
        }
        LockChange::Added { name, .. } => {
            let (declared, needing) = who_asks(new, name);
            let declared = declared.into_iter().map(Cause::Declared);
            declared
                .chain(needing.into_iter().map(Cause::NeededBy))
                .collect()
        }
        LockChange::Removed { name, .. } => {
            let (declared, needing) = who_asks(former, name);
            let declared = declared.into_iter().map(Cause::NoLongerDeclared);
            declared
                .chain(needing.into_iter().map(Cause::NoLongerNeededBy))
                .collect()
        }
        LockChange::FilesChanged { .. } => Vec::new(),
    }
}

/// The demands that shut the other lock's version out. Where both locks have them, they explain
/// nothing.
fn bounds(
    name: &PackageName,
    (former, from): (&Graph<'_>, &Version),
    (new, to): (&Graph<'_>, &Version),
) -> Vec<Cause> {
    let against = |graph: &Graph<'_>, version: &Version| -> Vec<Demand> {
        let packages = graph.named(name);
        let demands = packages.flat_map(|at| graph.demands_on(at, None));
        demands.filter(|demand| !demand.admits(version)).collect()
    };
    let came = against(new, from).into_iter().map(Cause::Came);
    let dropped = against(former, to).into_iter().map(Cause::Dropped);
    let mut causes: Vec<Cause> = came.chain(dropped).collect();
    causes.sort_by_key(|cause| match cause {
        Cause::Came(demand) | Cause::Dropped(demand) => match demand.by {
            By::Declaration(_) => 0,
            By::Package(_) | By::Limit(_) => 1,
        },
        _ => 2,
    });
    causes
}

/// What the former version needs and the new lock does not have.
fn unmet(name: &PackageName, former: &Graph<'_>, new: &Graph<'_>) -> Vec<Cause> {
    let needs = former.named(name).flat_map(|at| former.needs(at));
    let requirements = needs.flat_map(|link| &link.requirements);
    let unmet = requirements.filter_map(|requirement| {
        let found = new.named(&requirement.name).next()?;
        let version = new.packages()[found].version.as_ref()?;
        let is_met = requirement.url.is_some() || requirement.specifiers.contains(version);
        (!is_met).then(|| Cause::Unmet(Requirement::clone(requirement), version.clone()))
    });
    unmet.collect()
}

/// Returns the declarations that require a name, and the packages that need it.
fn who_asks(graph: &Graph<'_>, name: &PackageName) -> (Vec<usize>, Vec<usize>) {
    let kind = crate::package::DeclarationKind::Requirement;
    let declared = graph.declarations(kind, None).into_iter();
    let declared = declared.filter(|(_, it)| it.name == *name);
    let packages = graph.named(name);
    let needing = packages.flat_map(|at| graph.needed_by(at).iter().map(|link| link.from));
    let mut needing: Vec<usize> = needing.collect();
    let depths: BTreeMap<usize, usize> = graph.depths();
    needing.sort_by_key(|at| (depths.get(at).copied(), *at));
    needing.dedup();
    (declared.map(|(at, _)| at).collect(), needing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::lock;

    fn told(moved: &[Moved]) -> Vec<String> {
        let told = moved.iter().map(|it| {
            let causes = it.causes.iter().map(|cause| match cause {
                Cause::Dropped(demand) => format!("dropped {:?} {}", demand.by, demand.specifiers),
                Cause::Came(demand) => format!("came {:?} {}", demand.by, demand.specifiers),
                Cause::Unmet(requirement, version) => format!("{requirement} is {version}"),
                other => format!("{other:?}"),
            });
            let causes: Vec<String> = causes.collect();
            format!("{}: {}", it.change.name(), causes.join(", "))
        });
        told.collect()
    }

    #[test]
    fn a_bound_that_came_or_went_explains_a_move() {
        let former = lock(&["r.in:1 a", "r.in:2 b<2"], &["a 1: c<2", "b 1:", "c 1:"]);
        let new = lock(&["r.in:1 a", "r.in:2 b>=2"], &["a 2: c", "b 2:", "c 2:"]);
        let (former, new) = (Graph::new(&former, None), Graph::new(&new, None));

        assert_eq!(
            told(&moved(&former, &new)),
            [
                "a: c<2 is 2",
                "b: came Declaration(1) >=2, dropped Declaration(1) <2",
                "c: dropped Package(0) <2",
            ]
        );
    }

    #[test]
    fn what_comes_and_goes_does_so_for_those_that_need_it() {
        let former = lock(&["r.in:1 a", "r.in:2 d"], &["a 1: b", "b 1:", "d 1:"]);
        let new = lock(&["r.in:1 a"], &["a 2: c", "c 1:"]);
        let (former, new) = (Graph::new(&former, None), Graph::new(&new, None));

        assert_eq!(
            told(&moved(&former, &new)),
            [
                "a: ",
                "b: NoLongerNeededBy(0)",
                "c: NeededBy(0)",
                "d: NoLongerDeclared(1)"
            ]
        );
    }
}
