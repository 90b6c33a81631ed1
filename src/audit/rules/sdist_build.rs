//! PYA509: a package that only has a source archive for the target: to install it runs its code.

use crate::audit::offered::{Offer, offers};
use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Needs, Rule, Severity, Subject};
use crate::lock::LockedPackage;
use crate::package::{DistName, WheelName};
use crate::target::Target;

pub(super) const RULE: Rule = Rule {
    id: "PYA509",
    name: "sdist-build",
    severity: Severity::Warning,
    summary: "A package has only a source archive for the target: installing it runs its code.",
    page: include_str!("../../../docs/rules/sdist-build.md"),
    needs: Needs::Files,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let offers = offers(subject, remarks);
    for on in subject.on() {
        for package in on.graph.packages() {
            // What a lock merely claims to be for may be more than anybody runs.
            let target = on.target.filter(|_| !subject.is_claimed);
            let offer = offers[subject.position(package)].as_ref();
            let Some(sdist) = offer.and_then(|offer| source_alone((package, offer), target)) else {
                continue;
            };
            let label = package.label();
            let message = match has_wheels(subject, package) {
                Some(false) => {
                    format!("{label} has only a source archive: installing it runs its code")
                }
                Some(true) => format!(
                    "no wheel of {label} fits: it is installed from its source archive, which \
                     runs its code"
                ),
                None => {
                    format!("{label} is installed from its source archive, which runs its code")
                }
            };
            let about = About::Package(subject.position(package), Some(sdist.to_owned()));
            remarks.tell_on(on, Remark::new(about, message));
        }
    }
}

/// Whether a package has wheels, be they for other targets; nothing where only the index knows, and
/// was not asked: a lock may leave out what does not fit.
fn has_wheels(subject: &Subject<'_>, package: &LockedPackage) -> Option<bool> {
    let is_wheel = |name: &str| name.ends_with(".whl");
    if package.artifacts().any(|it| is_wheel(&it.name)) {
        return Some(true);
    }
    let on_index = subject.on_index(subject.position(package))?;
    Some(on_index.files().any(|it| is_wheel(&it.name)))
}

/// Returns the source archive of a package without a wheel; on a target, without one that fits.
fn source_alone<'p>(
    (package, offer): (&LockedPackage, &Offer<'p>),
    target: Option<&Target>,
) -> Option<&'p str> {
    let fits =
        |wheel: &WheelName| target.is_none_or(|target| target.tags().rank(&wheel.tags).is_ok());
    let mut sdist = None;
    for file in offer.files.iter().filter(|file| file.is_allowed) {
        match DistName::parse(file.name, &package.name).ok()? {
            _ if target.is_some_and(|target| !file.admits(target)) => {}
            DistName::Wheel(wheel) if fits(&wheel) => return None,
            DistName::Wheel(_) => {}
            DistName::Sdist(_) => sdist = Some(file.name),
        }
    }
    sdist
}
