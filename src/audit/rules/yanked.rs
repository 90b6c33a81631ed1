//! PYA503: the locked version was taken back by those who published it.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::seen::seen;
use crate::audit::{IndexFile, Needs, OnIndex, Rule, Severity, Subject};
use crate::explain::list;
use crate::lock::LockedPackage;

pub(super) const RULE: Rule = Rule {
    id: "PYA503",
    name: "yanked",
    severity: Severity::Warning,
    summary: "A locked version was yanked from its index.",
    page: include_str!("../../../docs/rules/yanked.md"),
    needs: Needs::Index,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for (at, package, on) in seen(subject, remarks) {
        let files = taken(package, on);
        let yanked: Vec<&IndexFile> = files
            .iter()
            .filter(|file| file.yanked.is_some())
            .copied()
            .collect();
        let Some(first) = yanked.first() else {
            continue;
        };
        let what = match yanked.len() == files.len() {
            true => format!("{} was yanked", package.label()),
            false => {
                let names: Vec<&str> = yanked.iter().map(|file| file.name.as_str()).collect();
                let were = if names.len() == 1 { "was" } else { "were" };
                format!("{} of {} {were} yanked", list(&names), package.label())
            }
        };
        let why = first.yanked.as_deref().filter(|why| !why.is_empty());
        let message = match why {
            Some(why) => format!("{what}: {why}"),
            None => format!("{what}, and nobody says why"),
        };
        let fix = match subject.lock_command() {
            Some(command) if command.starts_with("pyaudit") => {
                format!(
                    "Choose it anew: `{command} --upgrade-package {}`.",
                    package.name
                )
            }
            Some(_) | None => "Choose another version.".to_owned(),
        };
        remarks.tell(Remark::new(About::Package(at, None), message).with_fix(fix));
    }
}

/// Returns the files that are locked; where the lock names none, all of the version.
fn taken<'o>(package: &LockedPackage, on: &'o OnIndex) -> Vec<&'o IndexFile> {
    let is_locked = |file: &&IndexFile| package.artifacts().any(|it| it.name == file.name);
    let locked: Vec<&IndexFile> = on.files().filter(is_locked).collect();
    match locked.is_empty() {
        true => on.files().collect(),
        false => locked,
    }
}
