//! PYA304: libraries that compiled files need and nobody brings: neither their package, nor another
//! one, nor the system as far as it is known.

use std::collections::{BTreeMap, BTreeSet};

use super::torch_built::Torch;
use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Confidence, Contents, Kind, Needs, On, Rule, Severity, Subject};
use crate::binary::{Closure, Format, MajorMinor, Reached, base_name};
use crate::explain::list;
use crate::facts::{Libraries, OfDebian, libraries};
use crate::lock::LockedPackage;
use crate::target::Os;

pub(super) const RULE: Rule = Rule {
    id: "PYA304",
    name: "missing-shared-lib",
    severity: Severity::Error,
    summary: "A package needs a library of the system that is not there, or that nobody brings.",
    page: include_str!("../../../docs/rules/missing-shared-lib.md"),
    needs: Needs::Contents,
    check,
};

/// So many libraries of one package are told.
const MOST_TOLD: usize = 20;

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    subject.tell_unknown_contents(remarks);
    for on in subject.on() {
        let Os::Glibc(major, minor) = on.platform().os else {
            continue;
        };
        let torch = Torch::of(subject, on);
        let brought = brought(subject, on);
        for package in on.graph.packages() {
            let Some(contents) = subject.contents_of(on, package) else {
                continue;
            };
            let closure = Closure::of(&contents.binaries);
            let missing = missing(
                (subject, on),
                torch.as_ref(),
                (&closure, contents),
                &brought,
            );
            for (severity, missing) in missing {
                remarks.tell_on(on, told(subject, package, severity, &missing));
            }
            if on.target.is_some() {
                let here = MajorMinor::new(major, minor);
                check_glibc(subject, on, (package, &closure, contents), here, remarks);
            }
        }
    }
}

/// Returns the names of all libraries in all packages of a target that were looked at.
fn brought(subject: &Subject<'_>, on: &On<'_>) -> BTreeSet<String> {
    let packages = on.graph.packages().iter();
    let seen = packages.filter_map(|it| subject.contents_of(on, it));
    let files = seen.flat_map(|it| &it.files);
    let libraries = files.filter(|file| crate::binary::is_binary(&file.path));
    libraries.map(|file| base_name(&file.path)).collect()
}

/// A library that is missing, with who needs it.
struct Missing<'a> {
    library: &'a str,
    reached: Reached<'a>,
}

/// Returns what is missing, by how much it weighs.
fn missing<'a>(
    (subject, on): (&Subject<'_>, &On<'_>),
    torch: Option<&Torch<'_>>,
    (closure, contents): (&'a Closure<'_>, &Contents),
    brought: &BTreeSet<String>,
) -> BTreeMap<Severity, Vec<Missing<'a>>> {
    let mut missing: BTreeMap<Severity, Vec<Missing<'a>>> = BTreeMap::new();
    let is_elf = |it: &crate::binary::BinaryFacts| it.linkage.format == Some(Format::Elf);
    if !contents.binaries.iter().any(is_elf) {
        return missing;
    }
    let known = libraries();
    let mut told = 0;
    let system = subject
        .evidence
        .contents
        .and_then(|it| it.libraries.as_ref());
    for library in closure.outside() {
        let name = base_name(library);
        let is_there = known.is_given(&name)
            || is_python(&name)
            || brought.contains(&name)
            || is_unread(subject, on, &name)
            || system.is_some_and(|it| it.names.contains(&name))
            || is_installed(subject, known.of_debian(&name))
            // PYA305 says more of it.
            || torch.is_some_and(|it| it.explains(contents, &name));
        if is_there
            || contents
                .files
                .iter()
                .any(|file| base_name(&file.path) == name)
        {
            continue;
        }
        let reached = closure.loading(library);
        // What few of many need may well be optional.
        let is_needed = reached.of > 0 && reached.by.len() * 2 > reached.of;
        let is_sure = system.is_some() || is_of_locked(on, known, &name);
        let severity = match (is_needed, is_sure) {
            (true, true) => Severity::Error,
            (true, false) => Severity::Warning,
            (false, _) => Severity::Info,
        };
        missing
            .entry(severity)
            .or_default()
            .push(Missing { library, reached });
        told += 1;
        if told >= MOST_TOLD {
            break;
        }
    }
    missing
}

/// Python brings its own library along.
fn is_python(library: &str) -> bool {
    library.starts_with("libpython3") || library.starts_with("libpypy3")
}

/// Whether the package that a library comes from is there and was not looked at.
fn is_unread(subject: &Subject<'_>, on: &On<'_>, library: &str) -> bool {
    let row = libraries().of_package(library);
    row.is_some_and(|row| {
        let mut packages = on.named(&row.project);
        packages.any(|it| subject.contents_of(on, it).is_none())
    })
}

/// Whether a library can come from nowhere else than a package that is there without it.
fn is_of_locked(on: &On<'_>, known: &Libraries, library: &str) -> bool {
    let row = known.of_package(library);
    row.is_some_and(|row| on.named(&row.project).next().is_some())
}

/// Whether the project installs the system's package of a library where it is built.
fn is_installed(subject: &Subject<'_>, of: Option<&OfDebian>) -> bool {
    let texts = subject.evidence.texts;
    let installed = texts.and_then(|it| it.system_packages.as_ref());
    let (Some(of), Some(installed)) = (of, installed) else {
        return false;
    };
    let names = [Some(&of.package), of.later.as_ref()];
    names.into_iter().flatten().any(|it| installed.contains(it))
}

fn told(
    subject: &Subject<'_>,
    package: &LockedPackage,
    severity: Severity,
    missing: &[Missing<'_>],
) -> Remark {
    let names: Vec<String> = missing.iter().map(|it| it.library.to_owned()).collect();
    let shown = names.as_slice();
    let system = subject
        .evidence
        .contents
        .and_then(|it| it.libraries.as_ref());
    let nobody = match system {
        Some(system) => format!("{} has not", system.source),
        None => "no package brings".to_owned(),
    };
    let label = package.label();
    let is_all = missing
        .iter()
        .any(|it| it.reached.by.len() == it.reached.of);
    let when = match severity {
        Severity::Info => "has parts that need",
        Severity::Warning | Severity::Error if is_all => "cannot be imported without",
        Severity::Warning | Severity::Error => "cannot be imported in most of its parts without",
    };
    let message = format!("{label} {when} {}, which {nobody}", list(shown));
    let mut remark = Remark::new(About::Package(subject.position(package), None), message)
        .weighing(severity)
        .resting_on(Confidence::Bytes);
    for it in missing.iter().take(2) {
        remark = remark.with_evidence(match it.reached.by.first() {
            Some(file) => format!("{} is loaded by {}.", it.library, file.path),
            None => format!("{} is needed by plugins alone.", it.library),
        });
    }
    for it in missing {
        if let Some(row) = libraries().of_package(it.library) {
            remark = remark.with_evidence(format!("{}: {}.", it.library, row.note));
        }
    }
    match remedy(subject, package, shown) {
        Some(text) => remark.with_fix(text),
        None => remark,
    }
}

/// Names the packages of the system that have the libraries, and what does without them.
fn remedy(subject: &Subject<'_>, package: &LockedPackage, missing: &[String]) -> Option<String> {
    let known = libraries();
    let rows: Vec<&OfDebian> = missing
        .iter()
        .filter_map(|it| known.of_debian(it))
        .collect();
    let mut packages: Vec<String> = Vec::new();
    let mut later: Vec<String> = Vec::new();
    for row in rows {
        if !packages.contains(&row.package) {
            packages.push(row.package.clone());
            later.extend(row.later.as_ref().map(|name| format!("`{name}`")));
        }
    }
    let install = (!packages.is_empty()).then(|| {
        let newer = match later.is_empty() {
            true => String::new(),
            false => format!(" (newer releases call it {})", list(&later)),
        };
        format!(
            "On Debian and Ubuntu: `apt-get install {}`{newer}.",
            packages.join(" ")
        )
    });
    let instead = known.instead_of(&package.name).map(|other| {
        let how = match subject.kind {
            Kind::Environment => "Or install",
            Kind::Lock | Kind::Declarations => "Or declare",
        };
        format!("{how} `{other}` in its place, which draws nothing on a screen.")
    });
    let parts: Vec<String> = install.into_iter().chain(instead).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Tells of files that need a newer glibc than the target has.
fn check_glibc(
    subject: &Subject<'_>,
    on: &On<'_>,
    (package, closure, contents): (&LockedPackage, &Closure<'_>, &Contents),
    here: MajorMinor,
    remarks: &mut Remarks,
) {
    let is_newer = |glibc: Option<MajorMinor>| glibc.is_some_and(|glibc| glibc > here);
    let newer = contents
        .binaries
        .iter()
        .filter(|it| is_newer(it.linkage.glibc));
    let Some(newest) = newer.max_by_key(|it| it.linkage.glibc) else {
        return;
    };
    let reached = closure.reaching(|file| is_newer(file.linkage.glibc));
    let severity = match reached.by.len() == reached.of && reached.of > 0 {
        true => Severity::Error,
        false => Severity::Warning,
    };
    let needs = newest.linkage.glibc.unwrap_or_default();
    let what = match severity {
        Severity::Error => "cannot be imported with",
        Severity::Warning | Severity::Info => "has parts that do not load with",
    };
    let message = format!(
        "{} {what} glibc {here}: it needs {needs} or newer",
        package.label()
    );
    let about = About::Package(subject.position(package), None);
    let mut remark = Remark::new(about, message)
        .weighing(severity)
        .resting_on(Confidence::Bytes)
        .with_evidence(format!("{} asks for GLIBC_{needs}.", newest.path));
    if !contents.tags.is_empty() {
        let tags = contents.tags.join(", ");
        remark = remark.with_evidence(format!("Its wheel is tagged for {tags}."));
    }
    remarks.tell_on(on, remark);
}
