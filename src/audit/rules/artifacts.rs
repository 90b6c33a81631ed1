//! PYA105: no file of a package can be installed on a target.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Needs, Rule, Severity, Subject};
use crate::lock::{LockedPackage, LockedSource};
use crate::package::{DistName, Specifiers};
use crate::target::{Misfit, Target};

pub(super) const RULE: Rule = Rule {
    id: "PYA105",
    name: "no-artifact-for-target",
    severity: Severity::Error,
    summary: "No wheel and no source archive of a package fits the target.",
    page: include_str!("../../../docs/rules/no-artifact-for-target.md"),
    needs: Needs::FilesAndTarget,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for (on, target) in subject.on_targets() {
        for package in on.graph.packages() {
            let mut tell = |message: String| {
                let about = About::Package(subject.position(package), None);
                remarks.tell(Remark::new(about, message));
            };
            if let Some(wanted) = refused_python(package, target) {
                let (label, python) = (package.label(), target.python().describe());
                tell(format!(
                    "{label} requires Python {wanted}, and the lock is for {python}"
                ));
                continue;
            }
            if let Some(message) = misfit(package, target) {
                tell(message);
            }
        }
    }
}

fn refused_python(package: &LockedPackage, target: &Target) -> Option<Specifiers> {
    let wanted = Specifiers::parse_lenient(package.requires_python.as_deref()?).ok()?;
    (!target.admits_python(&wanted)).then_some(wanted)
}

/// Returns what speaks against every file; the nearest one's reason where they differ.
fn misfit(package: &LockedPackage, target: &Target) -> Option<String> {
    if let LockedSource::Directory { .. } | LockedSource::Vcs { .. } = package.source {
        return None;
    }
    let (label, place) = (package.label(), target.describe());
    let mut tags: Vec<String> = Vec::new();
    let mut nearest: Option<Misfit> = None;
    for artifact in package.artifacts() {
        match DistName::parse(&artifact.name, &package.name) {
            Ok(DistName::Wheel(wheel)) => match target.tags().rank(&wheel.tags) {
                Ok(_) => return None,
                Err(why) => {
                    nearest = nearest.max(Some(why));
                    tags.push(wheel.tags);
                }
            },
            // An archive of another kind that was named directly is a source.
            Ok(DistName::Sdist(_)) | Err(_) => return None,
        }
    }
    let why = match nearest {
        None => return Some(format!("{label} has no file for {place}")),
        Some(Misfit::Python) => "Python",
        Some(Misfit::Abi) => "ABI",
        Some(Misfit::Platform) => "platform",
    };
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    let served = target.describe_served(&tags);
    let served = served.map(|served| format!(": there are wheels for {served}"));
    let served = served.unwrap_or_default();
    Some(format!(
        "no file of {label} fits the {why} of {place}{served}"
    ))
}
