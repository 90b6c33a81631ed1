//! What packages declare of NumPy, held to what their compiled files were built for: the part of
//! PYA109 that rests on bytes. What breaks with the NumPy that is there is PYA301's.

use super::numpy_abi::{numpy_name, release_of};
use super::opposed;
use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Confidence, Kind, On, Subject};
use crate::binary::{Closure, MajorMinor};
use crate::explain::{list, need};
use crate::lock::{EdgeDetail, LockedPackage};
use crate::package::{PackageName, Requirement, Version};
use crate::target::Implementation;

/// The first NumPy with wheels for CPython 3.x (the files of its releases on PyPI): nobody installs
/// an older one there.
const FIRST_FOR: &[(u64, MajorMinor)] = &[
    (8, MajorMinor::new(1, 17)),
    (9, MajorMinor::new(1, 19)),
    (10, MajorMinor::new(1, 21)),
    (11, MajorMinor::new(1, 23)),
    (12, MajorMinor::new(1, 26)),
    (13, MajorMinor::new(2, 1)),
    (14, MajorMinor::new(2, 3)),
];

/// The last NumPy 1, and so many releases of NumPy 2 are thought of.
const LAST_OF_1: u16 = 26;
const MOST_OF_2: u16 = 20;
/// So many patches of a release.
const MOST_PATCHES: u16 = 9;

/// Tells of packages that declare to go with a NumPy with which their files do not.
pub(super) fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let Some(numpy) = numpy_name() else { return };
    for on in subject.on() {
        let Some(first) = first_for(on) else { continue };
        let locked = on.named(&numpy).find_map(|it| it.version.as_ref());
        let Some(locked) = locked.map(release_of) else {
            continue;
        };
        let elsewhere = Elsewhere::of(subject, on, &numpy);
        let others = on.graph.packages().iter().filter(|it| it.name != numpy);
        for package in others {
            let declared = declared(subject, on, package, &numpy);
            if declared.is_empty() {
                continue;
            }
            let Some(broken) = broken(subject, on, package, locked) else {
                continue;
            };
            let admits = |release: &MajorMinor| {
                admitted(*release).any(|version| {
                    let all = declared.iter().chain(&elsewhere.declared);
                    let mut all = all.chain(elsewhere.needs_but_of(package));
                    all.all(|it| it.specifiers.contains(&version))
                })
            };
            let mut releases = releases().filter(|it| *it >= first && (broken.breaks)(*it));
            if let Some(release) = releases.find(admits) {
                let about = About::Package(subject.position(package), None);
                let circle = opposed::circle(subject, on, package, &numpy);
                let remark = told(subject, package, (&declared, release), broken);
                let remark = Remark { about, ..remark };
                remarks.tell_on(
                    on,
                    match circle {
                        Some(circle) => remark.with_fix(circle),
                        None => remark,
                    },
                );
            }
        }
    }
}

/// What else is wanted of NumPy: what it forbids nobody can install.
struct Elsewhere<'a> {
    declared: Vec<&'a Requirement>,
    needs: Vec<(&'a LockedPackage, Vec<&'a Requirement>)>,
}

impl<'a> Elsewhere<'a> {
    fn of(subject: &'a Subject<'_>, on: &'a On<'a>, numpy: &PackageName) -> Self {
        let wanted = subject.declared.into_iter().flat_map(|it| &it.wanted);
        let wanted = wanted.map(|it| &it.declaration);
        let wanted =
            wanted.filter(|it| it.requirement.name == *numpy && on.counts(it) == Some(true));
        let packages = on.graph.packages().iter();
        let needs = packages.map(|it| (*it, declared(subject, on, it, numpy)));
        Self {
            declared: wanted.map(|it| &it.requirement).collect(),
            needs: needs.collect(),
        }
    }

    fn needs_but_of(&self, package: &LockedPackage) -> impl Iterator<Item = &&'a Requirement> {
        let others = self.needs.iter();
        let others = others.filter(move |(it, _)| !std::ptr::eq(*it, package));
        others.flat_map(|(_, needs)| needs)
    }
}

/// Returns what a package declares of NumPy, as far as that counts; nothing where it is not known.
fn declared<'a>(
    subject: &'a Subject<'_>,
    on: &'a On<'a>,
    package: &'a LockedPackage,
    numpy: &PackageName,
) -> Vec<&'a Requirement> {
    let extras = &package.extras;
    let counts =
        |it: &&Requirement| it.name == *numpy && on.holds(&it.marker, extras) == Some(true);
    if subject.lock.edge_detail == EdgeDetail::Ranges {
        let needs = package.edges.iter().map(|edge| &edge.requirement);
        return needs.filter(counts).collect();
    }
    let requires = subject.learned(package).map(|it| it.requires.all());
    requires.into_iter().flatten().filter(counts).collect()
}

/// What does not go with the files of a package.
struct Broken {
    breaks: Box<dyn Fn(MajorMinor) -> bool>,
    /// `was built for NumPy 1`.
    built: String,
    /// What would say so: `numpy<2`.
    bound: String,
    evidence: String,
}

/// Looks at the files of a package; what the NumPy that is there breaks is told elsewhere.
fn broken(
    subject: &Subject<'_>,
    on: &On<'_>,
    package: &LockedPackage,
    locked: MajorMinor,
) -> Option<Broken> {
    let contents = subject.contents_of(on, package)?;
    let closure = Closure::of(&contents.binaries);
    let fails = closure.reaching(|file| file.numpy.fails_with_numpy2());
    let lies = closure.reaching(|file| file.numpy.lies_with_numpy2());
    if locked.major < 2
        && let Some(file) = fails.by.first().or(lies.by.first())
    {
        return Some(Broken {
            breaks: Box::new(|release| release.major >= 2),
            built: "was built for NumPy 1".to_owned(),
            bound: "numpy<2".to_owned(),
            evidence: match fails.by.is_empty() {
                false => format!("{} fails with NumPy 2 as it is imported.", file.path),
                true => format!(
                    "{} may silently compute wrong results with NumPy 2.",
                    file.path
                ),
            },
        });
    }
    let extensions = closure.reaching(|file| file.numpy.oldest().is_some());
    let newest = extensions.by.iter();
    let newest = newest.max_by_key(|file| file.numpy.oldest())?;
    let oldest = newest.numpy.oldest().filter(|oldest| *oldest <= locked)?;
    Some(Broken {
        breaks: Box::new(move |release| release < oldest),
        built: format!("was built to run with numpy {oldest} or newer"),
        bound: format!("numpy>={oldest}"),
        evidence: format!("{} fails with an older one as it is imported.", newest.path),
    })
}

fn told(
    subject: &Subject<'_>,
    package: &LockedPackage,
    (declared, release): (&[&Requirement], MajorMinor),
    broken: Broken,
) -> Remark {
    let ranges: Vec<String> = declared.iter().map(|it| need(it)).collect();
    let message = format!(
        "{} {}, and declares {}, which admits numpy {release}",
        package.label(),
        broken.built,
        list(&ranges)
    );
    let kept = match subject.kind {
        Kind::Environment => "so that no later installation breaks it",
        Kind::Lock | Kind::Declarations => "so that no later lock breaks it",
    };
    let bound = Requirement::parse(&broken.bound).map_or(broken.bound, |it| need(&it));
    Remark::new(About::Lock, message)
        .resting_on(Confidence::Bytes)
        .with_evidence(broken.evidence)
        .with_fix(format!("Declare `{bound}` beside it, {kept}."))
}

fn first_for(on: &On<'_>) -> Option<MajorMinor> {
    let python = on.target?.python();
    let is_known = python.implementation() == Implementation::CPython && python.major() == 3;
    let mut rows = FIRST_FOR.iter().filter(|_| is_known);
    rows.find(|(minor, _)| *minor == python.minor())
        .map(|(_, first)| *first)
}

/// Returns the releases of NumPy that can be thought of, ascending.
fn releases() -> impl Iterator<Item = MajorMinor> {
    let of_1 = (0..=LAST_OF_1).map(|minor| MajorMinor::new(1, minor));
    of_1.chain((0..=MOST_OF_2).map(|minor| MajorMinor::new(2, minor)))
}

/// Returns the versions of a release.
fn admitted(release: MajorMinor) -> impl Iterator<Item = Version> {
    let patches = (0..=MOST_PATCHES).rev();
    patches.filter_map(move |patch| format!("{release}.{patch}").parse().ok())
}
