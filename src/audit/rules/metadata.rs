//! PYA110: what the lock says a package needs is not what its file says: an edge was dropped, added
//! or changed. This is how a dropped edge is found in any lock, and how a lock that records no edges
//! is held to what its packages need.

use std::collections::BTreeSet;

use crate::audit::counts::{Counts, covers};
use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::seen::known;
use crate::audit::subject::{On, answers};
use crate::audit::{Known, Learned, Needs, OnIndex, Rule, Severity, Subject};
use crate::explain::{list, need};
use crate::lock::{EdgeDetail, LockedPackage, LockedSource};
use crate::package::{IndexUrl, PackageName, Requirement};

use super::changed::is_changed;

pub(super) const RULE: Rule = Rule {
    id: "PYA110",
    name: "metadata-mismatch",
    severity: Severity::Error,
    summary: "What the lock says a package needs is not what its file says.",
    page: include_str!("../../../docs/rules/metadata-mismatch.md"),
    needs: Needs::Index,
    check,
};

const COMPILE: &str = "Name it `requirements.in` and lock it, which also tells whether all of that goes \
                       together: `pyaudit lock requirements.in -o requirements.txt`.";
const DEPENDS: &str = "what they require depends on where the lock has to run";

/// What a lock tells of what its packages need.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tells {
    /// Requirements with their ranges.
    Ranges,
    /// Names.
    Names,
    /// Nothing.
    Nothing,
}

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let tells = tells(subject);
    // Other tools write where a package is needed on the way to it alone.
    let reached: Vec<BTreeSet<usize>> = match subject.is_own() {
        true => Vec::new(),
        false => subject.on().iter().map(On::reached).collect(),
    };
    for (at, package, known) in known(subject) {
        let mut cannot = |why: &str| remarks.cannot_judge(&package.name, why);
        let on_index = match known {
            Known::Seen(on_index) => on_index,
            Known::Failed(why) | Known::NotAsked(why) => {
                cannot(why);
                continue;
            }
            Known::Direct if !matches!(package.source, LockedSource::Directory { .. }) => {
                cannot("they come from no index, and nobody asked their own places");
                continue;
            }
            Known::Direct | Known::Absent { .. } => continue,
        };
        if is_changed(package, on_index) {
            cannot("their files on the index are not those that are locked");
            continue;
        }
        let Some(real) = real(on_index, remarks, package) else {
            continue;
        };
        for (place, on) in subject.on().iter().enumerate() {
            let mut packages = on.graph.packages().iter();
            let position = packages.position(|it| std::ptr::eq(*it, package));
            let is_reached = |position| reached.get(place).is_none_or(|it| it.contains(&position));
            if position.is_some_and(is_reached)
                && on.target.is_none_or(|target| covers(subject.lock, target))
            {
                let case = Case {
                    subject,
                    on,
                    at,
                    package,
                    tells,
                    real,
                };
                case.check(remarks);
            }
        }
    }
}

/// What a package needs, with the file that says so.
type Real<'a> = (&'a [Requirement], &'a str);

fn real<'a>(on: &'a OnIndex, remarks: &mut Remarks, package: &LockedPackage) -> Option<Real<'a>> {
    match &on.learned {
        Learned::Of(metadata, file) => Some((metadata.requires.all(), file.as_str())),
        Learned::Unknown(why) => {
            remarks.cannot_judge(&package.name, why);
            None
        }
    }
}

fn tells(subject: &Subject<'_>) -> Tells {
    match subject.lock.edge_detail {
        // `# via` says who needs a package, and not what for.
        _ if !subject.tells_files() => Tells::Nothing,
        EdgeDetail::Ranges => Tells::Ranges,
        EdgeDetail::Names => Tells::Names,
        EdgeDetail::Nothing => Tells::Nothing,
    }
}

/// One package on one target.
struct Case<'s, 'a> {
    subject: &'s Subject<'a>,
    on: &'s On<'a>,
    at: usize,
    package: &'a LockedPackage,
    tells: Tells,
    real: Real<'s>,
}

impl Case<'_, '_> {
    fn check(&self, remarks: &mut Remarks) {
        let counts = Counts::new(self.subject.lock, self.package, self.on);
        let mut is_unclear = false;
        let mut unpinned = BTreeSet::new();
        let mut left_out = BTreeSet::new();
        for requirement in self.needed() {
            let edges: Vec<&Requirement> = self.edges(&requirement.name).collect();
            let there: Vec<&Requirement> = edges
                .iter()
                .copied()
                .filter(|edge| counts.holds(&edge.marker) != Some(false))
                .collect();
            let has_none = self.on.named(&requirement.name).next().is_none();
            let is_missing = match self.tells {
                Tells::Ranges => there.is_empty(),
                Tells::Names => there.is_empty() || has_none,
                Tells::Nothing => has_none,
            };
            match (counts.holds(&requirement.marker), self.tells) {
                (Some(false), _) => {}
                (_, Tells::Nothing) if has_none && self.is_left_out(&requirement.name) => {
                    left_out.insert(requirement.name.as_ref());
                }
                (None, _) if is_missing => is_unclear = true,
                (_, Tells::Nothing) if has_none && self.is_left_open(&requirement.name) => {
                    unpinned.insert(requirement.name.as_ref());
                }
                (holds, Tells::Nothing) => {
                    self.hold(requirement, remarks);
                    if holds == Some(true) && there.is_empty() && self.is_annotated(requirement) {
                        self.tell_unsaid(requirement, remarks);
                    }
                }
                (_, _) if there.is_empty() => self.tell_dropped(requirement, remarks),
                (Some(true), Tells::Ranges) if !there.iter().any(|it| is_same(it, requirement)) => {
                    self.tell_changed(requirement, &there, remarks);
                }
                (_, Tells::Names) => self.hold(requirement, remarks),
                (_, Tells::Ranges) => {}
            }
        }
        if self.tells != Tells::Nothing {
            self.check_added(&counts, remarks);
        }
        if !unpinned.is_empty() {
            self.tell_open(&unpinned.into_iter().collect::<Vec<_>>(), remarks);
        }
        // pip wants a hash of whatever it installs as soon as one line has one.
        if !left_out.is_empty() && self.subject.file.text().contains("--hash=") {
            self.tell_left_out(&left_out.into_iter().collect::<Vec<_>>(), remarks);
        }
        if is_unclear {
            remarks.cannot_judge(&self.package.name, DEPENDS);
        }
    }

    /// Returns what the file says it needs, as far as nothing speaks for it that the lock records.
    fn needed(&self) -> impl Iterator<Item = &Requirement> {
        self.real.0.iter().filter(|it| self.is_free(&it.name))
    }

    fn edges(&self, name: &PackageName) -> impl Iterator<Item = &Requirement> {
        let edges = self.package.edges.iter().map(|edge| &edge.requirement);
        edges.filter(move |it| it.name == *name)
    }

    fn is_free(&self, name: &PackageName) -> bool {
        let is_disputed = self.package.disputed.contains(name);
        *name != self.package.name
            && !is_disputed
            && !self.on.is_overridden(name)
            && !self.on.is_excluded(name)
    }

    /// Whether the lock leaves a package to the installer: nobody says that it is to be whole.
    fn is_left_open(&self, name: &PackageName) -> bool {
        self.subject.is_by_hand() && self.subject.lock.named(name).is_empty()
    }

    /// Whether the lock's compiler left a package to the installer, and says so.
    fn is_left_out(&self, name: &PackageName) -> bool {
        self.subject.left_to_installer().contains(name)
    }

    fn tell_left_out(&self, names: &[&str], remarks: &mut Remarks) {
        let names = list(names);
        let what = format!(
            "needs {names}, which the lock leaves to the installer, and pip \
             installs nothing without a hash where other lines have one"
        );
        let fix = "Lock that too: `pip-compile` does so with `--allow-unsafe`, `uv pip compile` without \
                   `--no-emit-package`.";
        let about = About::Package(self.at, None);
        let remark = Remark::new(about, format!("{} {what}", self.package.label()));
        remarks.tell_on(self.on, remark.weighing(Severity::Warning).with_fix(fix));
    }

    fn tell_open(&self, names: &[&str], remarks: &mut Remarks) {
        let (label, names) = (self.package.label(), list(names));
        let message =
            format!("{label} needs {names}, which no line pins: what is installed can change");
        let remark = Remark::new(About::Package(self.at, None), message);
        let remark = remark.weighing(Severity::Warning);
        let remark = remark.with_evidence(format!("the metadata of {} says so", self.real.1));
        remarks.tell_on(self.on, remark.with_fix(COMPILE));
    }

    /// Holds the lock's pins to what a file needs.
    fn hold(&self, requirement: &Requirement, remarks: &mut Remarks) {
        let entries: Vec<&LockedPackage> = self.on.named(&requirement.name).collect();
        let verdicts = entries.iter().map(|entry| answers(requirement, entry));
        if verdicts.clone().any(|verdict| verdict != Some(false)) {
            return;
        }
        let has = match entries.as_slice() {
            [] if !self.subject.lock.named(&requirement.name).is_empty() => {
                "has it for other environments alone".to_owned()
            }
            [] => "does not have it".to_owned(),
            entries => {
                let labels: Vec<String> = entries.iter().map(|entry| entry.label()).collect();
                format!("has {}", list(&labels))
            }
        };
        self.tell(
            format!("needs {}, and the lock {has}", shown(requirement)),
            remarks,
        );
    }

    /// Whether the lock has what is required, and its comments say who else needs it.
    fn is_annotated(&self, requirement: &Requirement) -> bool {
        let name = &requirement.name;
        let lock = self.subject.lock;
        let declarations = lock.tool.iter().flat_map(|tool| &tool.declarations);
        let is_declared = || declarations.clone().any(|it| it.name == *name);
        let edges = || lock.packages.iter().flat_map(|package| &package.edges);
        self.on.named(name).next().is_some()
            && lock.edge_detail == EdgeDetail::Names
            && (is_declared() || edges().any(|edge| edge.requirement.name == *name))
    }

    /// Comments install nothing: whoever reads them is misled, and no more.
    fn tell_unsaid(&self, requirement: &Requirement, remarks: &mut Remarks) {
        let what = format!("needs {}, which no `# via` says", shown(requirement));
        remarks.tell_on(self.on, self.remark(what).weighing(Severity::Warning));
    }

    fn tell_dropped(&self, requirement: &Requirement, remarks: &mut Remarks) {
        self.tell(
            format!("needs {}, which the lock leaves out", shown(requirement)),
            remarks,
        );
    }

    fn tell_changed(&self, real: &Requirement, edges: &[&Requirement], remarks: &mut Remarks) {
        let edges: Vec<String> = edges.iter().map(|edge| shown(edge)).collect();
        let said = format!("needs {}, and the lock says {}", shown(real), list(&edges));
        self.tell(said, remarks);
    }

    /// Looks for edges that the file knows nothing of.
    fn check_added(&self, counts: &Counts<'_>, remarks: &mut Remarks) {
        for edge in self.package.edges.iter().map(|edge| &edge.requirement) {
            if !self.is_free(&edge.name) || counts.holds(&edge.marker) == Some(false) {
                continue;
            }
            let real = self.real.0.iter().filter(|it| it.name == edge.name);
            let verdicts: Vec<Option<bool>> = real.map(|it| counts.holds(&it.marker)).collect();
            // Other tools do not always say which extras are asked for.
            let is_sure = self.subject.is_own() && counts.holds(&edge.marker) == Some(true);
            let place = match verdicts.as_slice() {
                [] => "",
                all if is_sure && all.iter().all(|it| *it == Some(false)) => " here",
                _ => continue,
            };
            let what = format!("does not need {}{place}, and the lock says so", shown(edge));
            self.tell(what, remarks);
        }
    }

    fn tell(&self, what: String, remarks: &mut Remarks) {
        remarks.tell_on(self.on, self.remark(what));
    }

    fn remark(&self, what: String) -> Remark {
        let message = format!("{} {what}", self.package.label());
        Remark::new(About::Package(self.at, None), message)
            .with_evidence(format!("the metadata of {} says so", self.real.1))
            .with_fix(self.subject.again())
    }
}

/// Whether an edge asks for what a requirement does; under which marker, is a question of its own.
fn is_same(edge: &Requirement, real: &Requirement) -> bool {
    let address = |it: &Requirement| it.url.as_ref().map(|url| IndexUrl::redacted(&url.given));
    edge.specifiers.set() == real.specifiers.set()
        && edge.extras == real.extras
        && address(edge) == address(real)
}

fn shown(requirement: &Requirement) -> String {
    IndexUrl::redacted(&need(requirement))
}
