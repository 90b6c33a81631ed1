//! PYA305: extensions of torch that were built for another torch than there is: of another release,
//! another CUDA, or another form of C++ strings. Their names say it, and better still their bytes.

use super::torch_built::{Bytes, Torch};
use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Confidence, Kind, Needs, On, Rule, Severity, Subject};
use crate::binary::Strings;
use crate::facts::libraries;
use crate::lock::LockedPackage;
use crate::package::Requirement;
use crate::target::{Arch, Cohort, Device, Os};

pub(super) const RULE: Rule = Rule {
    id: "PYA305",
    name: "extension-cohort",
    severity: Severity::Error,
    summary: "An extension of torch was built for another torch than there is.",
    page: include_str!("../../../docs/rules/extension-cohort.md"),
    needs: Needs::Lock,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for on in subject.on() {
        let Some(torch) = Torch::of(subject, on) else {
            continue;
        };
        let others = on.graph.packages().iter().copied();
        for package in others.filter(|it| !std::ptr::eq(*it, torch.package)) {
            let found = match torch.bytes_against(subject, on, package) {
                Bytes::Against(found) => Some((*found).resting_on(Confidence::Bytes)),
                Bytes::Agree => None,
                Bytes::Silent => by_name(subject, on, package, &torch),
            };
            if let Some(remark) = found {
                let about = About::Package(subject.position(package), None);
                remarks.tell_on(on, Remark { about, ..remark });
            }
        }
    }
}

/// What the names of an extension say: its version, or that of its file.
struct Named {
    cohort: Cohort,
    /// What says so.
    name: String,
}

fn named(on: &On<'_>, package: &LockedPackage) -> Option<Named> {
    let version = package.version.as_ref().map(ToString::to_string);
    let file = package.installed_file(on.target).map(|it| it.name.clone());
    let mut names = version.into_iter().chain(file);
    names.find_map(|name| {
        let (_, local) = name.split_once('+').or_else(|| name.split_once("%2B"))?;
        // What follows the version in the name of a wheel are tags.
        let local = local.split('-').next().unwrap_or_default();
        let cohort = Cohort::of_local(local)?;
        Some(Named { cohort, name })
    })
}

fn by_name(
    subject: &Subject<'_>,
    on: &On<'_>,
    package: &LockedPackage,
    torch: &Torch<'_>,
) -> Option<Remark> {
    let Named { cohort, name } = named(on, package)?;
    let (label, other) = (package.label(), torch.package.label());
    let has = subject.kind.has();
    let said = |remark: Remark| match package.version.as_ref().map(ToString::to_string) {
        Some(version) if version == name => remark.with_evidence("Its version says so."),
        _ => remark.with_evidence(format!("The name of its file says so: {name}.")),
    };
    let remark =
        |severity, message: String| said(Remark::new(About::Lock, message)).weighing(severity);
    if let Some(release) = torch.release()
        && !cohort.torch.contains(&release)
    {
        let (major, minor) = cohort.torch.first()?;
        let message = format!("{label} is built for torch {major}.{minor}, and {has} {other}");
        let remark = remark(Severity::Error, message).with_evidence(
            "Extensions of torch go with the release alone that they were built for.",
        );
        let needs = Requirement::parse(&format!("torch=={major}.{minor}.*")).ok()?;
        return Some(remark.with_fix(mended(subject, torch, &needs)));
    }
    match (cohort.device, torch.device()) {
        (Some(Device::Cuda(own)), Some(Device::Cuda(there))) if own != there => {
            let message = format!("{label} is built for CUDA {own}, and {other} for CUDA {there}");
            return Some(remark(Severity::Error, message).with_fix(torch.remedy()));
        }
        (Some(Device::Cuda(own)), Some(Device::Cpu)) => {
            let message = format!("{label} is built for CUDA {own}, and {other} for the CPU alone");
            return Some(remark(Severity::Error, message).with_fix(torch.remedy()));
        }
        (Some(Device::Cpu), Some(Device::Cuda(there))) => {
            let message =
                format!("{label} is built for the CPU alone, and {other} for CUDA {there}");
            return Some(remark(Severity::Warning, message).with_fix(torch.remedy()));
        }
        _ => {}
    }
    let own = match cohort.has_new_strings? {
        true => Strings::New,
        false => Strings::Old,
    };
    let (there, source) = strings_by_table(on, torch)?;
    let message = format!(
        "{label} is built with {}, and {other} with {}",
        in_words(own),
        in_words(there)
    );
    let remark = || remark(Severity::Warning, message).resting_on(Confidence::Table);
    (own != there).then(|| remark().with_evidence(source).with_fix(torch.remedy()))
}

/// Returns the form of strings of a torch as a table has it.
fn strings_by_table(on: &On<'_>, torch: &Torch<'_>) -> Option<(Strings, String)> {
    let platform = on.platform();
    let is_told = matches!(platform.os, Os::Glibc(..)) && platform.arch == Arch::X86_64;
    let version = torch.package.version.as_ref().filter(|_| is_told)?;
    // Whoever builds torch himself chooses.
    torch.flavour.filter(|_| torch.package.is_from_registry())?;
    let row = libraries().strings_of(version)?;
    let strings = match row.is_new {
        true => Strings::New,
        false => Strings::Old,
    };
    Some((strings, row.source.clone()))
}

/// Returns words for a form of strings.
pub(super) fn in_words(strings: Strings) -> &'static str {
    match strings {
        Strings::Old => "the old C++ strings (cxx11abiFALSE)",
        Strings::New => "the new C++ strings (cxx11abiTRUE)",
    }
}

fn mended(subject: &Subject<'_>, torch: &Torch<'_>, needs: &Requirement) -> String {
    let there = torch.release();
    let build = there.map(|(major, minor)| format!("Take its build for torch {major}.{minor}, or"));
    let build = build.unwrap_or_default();
    match subject.kind {
        Kind::Environment => {
            let install = subject.remedy(needs);
            let install = install.strip_prefix("Install it: ").unwrap_or(&install);
            format!("{build} the torch that it is for: {install}")
        }
        Kind::Lock | Kind::Declarations => {
            format!(
                "{build} declare `{}` and lock again.",
                crate::explain::need(needs)
            )
        }
    }
}
