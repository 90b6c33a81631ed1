//! Helps that lead in a circle: where two installed packages want opposite versions of a third, whichever
//! is installed for one breaks the other, and one of the two has to move.

use crate::audit::{Kind, On, Subject};
use crate::binary::Closure;
use crate::explain::need;
use crate::lock::LockedPackage;
use crate::package::{PackageName, Requirement, VersionSet};

/// Says what installs what a package needs; where no version suits another one as well, which of the
/// two to move.
pub(super) fn remedy(
    subject: &Subject<'_>,
    on: &On<'_>,
    package: &LockedPackage,
    requirement: &Requirement,
) -> String {
    let is_free = requirement.url.is_none();
    let circle = is_free.then(|| circle(subject, on, package, &requirement.name));
    circle
        .flatten()
        .unwrap_or_else(|| subject.remedy(requirement))
}

/// Says which of two installed packages to move, where one of them is this one, and no version of what
/// both want suits both.
pub(super) fn circle(
    subject: &Subject<'_>,
    on: &On<'_>,
    package: &LockedPackage,
    name: &PackageName,
) -> Option<String> {
    if subject.kind != Kind::Environment {
        return None;
    }
    let one = Wants::of(subject, on, package, name);
    let mut others = on.graph.packages().iter();
    let other = others.find_map(|other| {
        let is_same = std::ptr::eq(*other, package) || other.name == *name;
        let other = Wants::of(subject, on, other, name);
        (!is_same && one.are_opposed_to(&other)).then_some(other)
    });
    other.map(|other| told(subject, name, &one, &other))
}

/// What a package wants of another one, by its metadata, its files and the tables.
struct Wants<'a> {
    package: &'a LockedPackage,
    all: Vec<Requirement>,
    set: VersionSet,
}

impl<'a> Wants<'a> {
    fn of(
        subject: &Subject<'_>,
        on: &On<'_>,
        package: &'a LockedPackage,
        name: &PackageName,
    ) -> Self {
        let edges = package.edges.iter().map(|edge| &edge.requirement);
        let extras = &package.extras;
        let edges = edges.filter(|it| it.name == *name && it.url.is_none());
        let edges = edges.filter(|it| on.holds(&it.marker, extras) == Some(true));
        let version = package.version.as_ref();
        let platform = on.platform();
        let limits = version.map(|it| subject.facts.limits_on(&package.name, it, &platform));
        let limits = limits.into_iter().flatten().map(|limit| &limit.needs);
        let limits = limits.filter(|it| it.name == *name);
        let mut all: Vec<Requirement> = edges.chain(limits).cloned().collect();
        if name.as_ref() == "numpy" {
            all.extend(by_bytes(subject, on, package));
        }
        all.retain(|it| !it.specifiers.is_any());
        let sets = all.iter().map(|it| it.specifiers.set());
        Self {
            set: sets.fold(VersionSet::full(), |all, set| all.intersection(set)),
            package,
            all,
        }
    }

    /// Whether no version suits both.
    fn are_opposed_to(&self, other: &Self) -> bool {
        let is_possible = !self.set.is_empty() && !other.set.is_empty();
        is_possible && self.set.intersection(&other.set).is_empty()
    }

    /// Returns the requirement that keeps another package from what it wants.
    fn against(&self, other: &Self) -> String {
        let mut all = self.all.iter();
        let found = all.find(|it| it.specifiers.set().intersection(&other.set).is_empty());
        found.or(self.all.first()).map(need).unwrap_or_default()
    }

    /// Whether it wants older versions than another package.
    fn is_older_than(&self, other: &Self) -> bool {
        let newest = |wants: &'_ Self| wants.set.intervals().last().map(|(_, to)| to.to_vec());
        newest(self) <= newest(other)
    }
}

/// Returns what the compiled files of a package want of NumPy.
fn by_bytes(subject: &Subject<'_>, on: &On<'_>, package: &LockedPackage) -> Vec<Requirement> {
    let Some(contents) = subject.contents_of(on, package) else {
        return Vec::new();
    };
    let closure = Closure::of(&contents.binaries);
    let breaks = closure.reaching(|file| {
        let numpy = &file.numpy;
        numpy.fails_with_numpy2() || numpy.lies_with_numpy2()
    });
    let below_2 = (!breaks.by.is_empty()).then(|| "numpy<2".to_owned());
    let extensions = closure.reaching(|file| file.numpy.oldest().is_some());
    let oldest = extensions.by.iter().filter_map(|file| file.numpy.oldest());
    let oldest = oldest.max().map(|oldest| format!("numpy>={oldest}"));
    let texts = below_2.into_iter().chain(oldest);
    texts
        .filter_map(|text| Requirement::parse(&text).ok())
        .collect()
}

fn told(subject: &Subject<'_>, name: &PackageName, one: &Wants<'_>, other: &Wants<'_>) -> String {
    let (older, newer) = match one.is_older_than(other) {
        true => (one, other),
        false => (other, one),
    };
    format!(
        "No {name} suits both: {} goes with {}, and {} with {}. Move the one that wants the older: \
         `{} --upgrade {}`; if no release of it goes with {}, take an older {}.",
        older.package.label(),
        older.against(newer),
        newer.package.label(),
        newer.against(older),
        subject.command("install"),
        older.package.name,
        newer.against(older),
        newer.package.name,
    )
}
