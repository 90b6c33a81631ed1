//! PYA507: a locked file that is younger than the cool-down. Bad releases are mostly found out and
//! taken back within days.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::seen::{day, seen};
use crate::audit::{IndexFile, Needs, Rule, Severity, Subject};

pub(super) const RULE: Rule = Rule {
    id: "PYA507",
    name: "too-fresh",
    severity: Severity::Warning,
    summary: "A locked file was uploaded within the cool-down.",
    page: include_str!("../../../docs/rules/too-fresh.md"),
    needs: Needs::Index,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let Some(cooldown) = subject.evidence.index.and_then(|it| it.cooldown.as_ref()) else {
        return;
    };
    for (at, package, on) in seen(subject, remarks) {
        let Some(cutoff) = cooldown.cutoff(&package.name) else {
            continue;
        };
        let is_locked = |file: &&IndexFile| {
            let mut artifacts = package.artifacts().peekable();
            artifacts.peek().is_none() || artifacts.any(|it| it.name == file.name)
        };
        let files: Vec<&IndexFile> = on.files().filter(is_locked).collect();
        if files.iter().any(|file| file.uploaded.is_none()) {
            let why = "the index does not say when their files were uploaded";
            remarks.cannot_judge(&package.name, why);
        }
        // Of a version without named files the first one counts: others come later for new Pythons.
        let times = files.iter().filter_map(|file| file.uploaded);
        let newest = match package.artifacts().next() {
            Some(_) => times.max(),
            None => times.min(),
        };
        let Some(uploaded) = newest.filter(|uploaded| *uploaded >= cutoff) else {
            continue;
        };
        let message = format!(
            "{} was uploaded on {}, within the cool-down of {}",
            package.label(),
            day(uploaded),
            cooldown.text
        );
        remarks.tell(Remark::new(About::Package(at, None), message));
    }
}
