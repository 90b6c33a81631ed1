//! PYA511: a locked file that is another one on its index, or no longer there.

use super::artifacts::strangers;
use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::seen::{agrees, known};
use crate::audit::{IndexFile, Known, Needs, OnIndex, Rule, Severity, Subject};
use crate::explain::list;
use crate::lock::{ArtifactPlace, LockedArtifact, LockedPackage, LockedSource, Pins};
use crate::package::Digest;

pub(super) const RULE: Rule = Rule {
    id: "PYA511",
    name: "artifact-changed",
    severity: Severity::Error,
    summary: "A locked file is another one on its index, or no longer there.",
    page: include_str!("../../../docs/rules/artifact-changed.md"),
    needs: Needs::Index,
    check,
};

const FIX: &str = "Do not install it before you know why. If the index is right, lock again.";

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let pins = (!subject.tells_files()).then(|| subject.pins());
    for (at, package, known) in known(subject) {
        match known {
            Known::Direct => {
                if matches!(package.source, LockedSource::Archive { .. }) {
                    let why = "they come from no index, and nobody asked their own places";
                    remarks.cannot_judge(&package.name, why);
                }
            }
            Known::Failed(why) | Known::NotAsked(why) => remarks.cannot_judge(&package.name, why),
            Known::Absent { asked, has_others } => {
                let is_build = package.version.as_ref().is_some_and(|it| it.is_local());
                if !is_build {
                    remarks.tell(absent(at, package, asked, *has_others));
                }
            }
            Known::Seen(on) => match &pins {
                Some(pins) => check_hashes((at, package), on, pins, remarks),
                None => check_files((at, package), on, remarks),
            },
        }
    }
}

fn absent(at: usize, package: &LockedPackage, asked: &[String], has_others: bool) -> Remark {
    let what = match has_others {
        true => format!("which has other versions of {}", package.name),
        false => "which does not know the name".to_owned(),
    };
    let what = match asked.len() {
        1 => what,
        _ => what.replace("has ", "have ").replace("does ", "do "),
    };
    let message = format!("{} is not on {}, {what}", package.label(), list(asked));
    Remark::new(About::Package(at, None), message).with_fix(FIX)
}

fn check_files((at, package): (usize, &LockedPackage), on: &OnIndex, remarks: &mut Remarks) {
    // Files of another version were not looked for: that they stand here is a fault of its own.
    let strangers = strangers(package);
    let own = |name: &str| !strangers.iter().any(|(stranger, _)| stranger == name);
    for artifact in package.artifacts().filter(|it| own(&it.name)) {
        let about = About::Package(at, Some(artifact.name.clone()));
        let there: Vec<&IndexFile> = on.files().filter(|it| it.name == artifact.name).collect();
        if there.is_empty() {
            let is_partial = on.pages.iter().any(|page| page.is_partial);
            if is_partial || matches!(artifact.place, ArtifactPlace::Path(_)) {
                let why = "not all of their files can be looked for on the index";
                remarks.cannot_judge(&package.name, why);
                continue;
            }
            let message = format!("{} is no longer on {}", artifact.name, where_of(on));
            remarks.tell(Remark::new(about, message).with_fix(FIX));
            continue;
        }
        if there
            .iter()
            .any(|file| differs(artifact, file) == Some(false))
        {
            continue;
        }
        match there
            .iter()
            .find(|file| differs(artifact, file) == Some(true))
        {
            Some(file) => remarks.tell(changed(about, artifact, file, on)),
            None if artifact.digests.is_empty() => {}
            None => remarks.cannot_judge(&package.name, "the index tells no hash of their files"),
        }
    }
}

fn changed(about: About, artifact: &LockedArtifact, file: &IndexFile, on: &OnIndex) -> Remark {
    let is_size = agrees(&artifact.digests, &file.digests) != Some(false);
    let what = if is_size { "size" } else { "hash" };
    let message = format!(
        "{} has another {what} on {} than in the lock",
        artifact.name,
        where_of(on)
    );
    Remark::new(about, message)
        .with_evidence(told("the lock", &artifact.digests, artifact.size))
        .with_evidence(told("the index", &file.digests, file.size))
        .with_fix(FIX)
}

fn told(who: &str, digests: &[Digest], size: Option<u64>) -> String {
    let digests = digests.iter().map(ToString::to_string);
    let size = size.map(|size| format!("{size} bytes"));
    let said: Vec<String> = digests.chain(size).collect();
    format!("{who} has {}", list(&said))
}

/// Whether a file of the index is another one than the locked one of its name; nothing where they
/// have nothing in common to compare.
fn differs(artifact: &LockedArtifact, file: &IndexFile) -> Option<bool> {
    let sizes = artifact.size.zip(file.size);
    match (agrees(&artifact.digests, &file.digests), sizes) {
        (Some(false), _) => Some(true),
        (_, Some((one, other))) if one != other => Some(true),
        (same, _) => same.map(|same| !same),
    }
}

/// Whether some locked file is another one on the index, or no longer there.
pub(super) fn is_changed(package: &LockedPackage, on: &OnIndex) -> bool {
    package.artifacts().any(|artifact| {
        let mut there = on.files().filter(|it| it.name == artifact.name).peekable();
        there.peek().is_some() && there.all(|file| differs(artifact, file) == Some(true))
    })
}

/// A lock of pins names no files: each of its hashes has to be that of some file.
fn check_hashes(
    (at, package): (usize, &LockedPackage),
    on: &OnIndex,
    pins: &Pins,
    remarks: &mut Remarks,
) {
    let Some(version) = &package.version else {
        return;
    };
    for digest in pins.digests(&package.name, version) {
        let algorithm = digest.algorithm();
        let all = || on.files().flat_map(|file| &file.digests);
        if all().any(|it| it == digest) {
            continue;
        }
        if !all().any(|it| it.algorithm() == algorithm) {
            let why = format!("the index tells no {algorithm} hash of their files");
            remarks.cannot_judge(&package.name, why);
            continue;
        }
        let message = format!(
            "no file of {} on {} has the hash {digest}",
            package.label(),
            where_of(on)
        );
        remarks.tell(Remark::new(About::Package(at, None), message).with_fix(FIX));
    }
}

fn where_of(on: &OnIndex) -> String {
    let pages: Vec<&str> = on.pages.iter().map(|page| page.index.as_str()).collect();
    list(&pages)
}
