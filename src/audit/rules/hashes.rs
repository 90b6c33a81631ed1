//! PYA505: files that nothing holds to what was locked: no hash, a hash that is none, or an address
//! that anybody on the way can answer for.

use std::collections::BTreeSet;

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Needs, Rule, Severity, Subject};
use crate::lock::{ArtifactPlace, Layout, LockedArtifact};
use crate::package::{Digest, PackageName};

pub(super) const RULE: Rule = Rule {
    id: "PYA505",
    name: "unhashed",
    severity: Severity::Warning,
    summary: "A locked file has no hash that holds it, or no https address.",
    page: include_str!("../../../docs/rules/unhashed.md"),
    needs: Needs::LockFile,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    if !subject.tells_files() {
        check_pins(subject, remarks);
        return;
    }
    for (at, package) in subject.lock.packages.iter().enumerate() {
        for artifact in package.artifacts() {
            let name = &artifact.name;
            let about = || About::Package(at, Some(name.clone()));
            if let Some(remark) = flaw(artifact).map(|(severity, what)| {
                Remark::new(about(), format!("{name} {what}")).weighing(severity)
            }) {
                remarks.tell(remark);
            }
            if is_open(&artifact.place) {
                let place = artifact.place.public();
                let message = format!("{name} comes over plain http: {place}");
                remarks.tell(Remark::new(about(), message));
            }
        }
    }
}

fn flaw(artifact: &LockedArtifact) -> Option<(Severity, &'static str)> {
    let digests = &artifact.digests;
    if digests.is_empty() {
        return Some((Severity::Warning, "has no hash"));
    }
    if digests.iter().any(is_blank) {
        return Some((Severity::Error, "has a hash that no file has"));
    }
    let is_weak = !digests.iter().any(Digest::is_secure);
    is_weak.then_some((Severity::Warning, "has only hashes that can be forged"))
}

/// All bytes alike: written by hand.
fn is_blank(digest: &Digest) -> bool {
    let mut bytes = digest.as_bytes().windows(2);
    bytes.all(|pair| pair[0] == pair[1])
}

/// Whether it comes over plain http from elsewhere.
fn is_open(place: &ArtifactPlace) -> bool {
    const HERE: &[&str] = &["127.0.0.1", "localhost", "[::1]"];
    let Some(host) = place.host() else {
        return false;
    };
    let Some(name) = host.strip_prefix("http://") else {
        return false;
    };
    !HERE.iter().any(|here| {
        let rest = name.strip_prefix(here);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    })
}

/// pip wants a hash of every requirement as soon as one has it, and so does Pipenv, which asks pip.
fn check_pins(subject: &Subject<'_>, remarks: &mut Remarks) {
    let hashes = match subject.layout() {
        Layout::Lines => hashes_on_lines(subject.file.text()),
        Layout::Keys | Layout::Tables(_) => hashes_of_pins(subject),
    };
    for (name, hash) in &hashes {
        let digest = Digest::parse(hash);
        let what = match &digest {
            None => "a malformed hash",
            Some(digest) if is_blank(digest) => "a hash that no file has",
            Some(digest) if !digest.is_secure() => "a hash that can be forged",
            Some(_) => continue,
        };
        let severity = match digest.is_some_and(|digest| !is_blank(&digest)) {
            true => Severity::Warning,
            false => Severity::Error,
        };
        let message = format!("{name} has {what}: {hash}");
        remarks.tell(Remark::new(about(subject, name), message).weighing(severity));
    }
    if hashes.is_empty() {
        let remark = Remark::new(About::Lock, "no package has a hash");
        let fix = match subject.layout() {
            Layout::Lines => "Lock with `--generate-hashes`, or as `pylock.toml`.".to_owned(),
            Layout::Keys | Layout::Tables(_) => subject.again(),
        };
        remarks.tell(remark.with_fix(fix));
        return;
    }
    let hashed: BTreeSet<&PackageName> = hashes.iter().map(|(name, _)| name).collect();
    for package in &subject.lock.packages {
        let is_due = package.is_from_registry() || subject.layout() == Layout::Lines;
        if is_due && !hashed.contains(&package.name) {
            let message = format!("{} has no hash, and others have", package.label());
            let remark = Remark::new(about(subject, &package.name), message);
            remarks.tell(remark.weighing(Severity::Error));
        }
    }
}

/// Returns the hashes of a requirements file, the malformed ones too.
fn hashes_on_lines(text: &str) -> Vec<(PackageName, String)> {
    let mut current: Option<PackageName> = None;
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or_default();
        if line.trim_start().starts_with('#') {
            continue;
        }
        if let Some((name, _)) = line.split_once("==")
            && !line.trim_start().starts_with('-')
        {
            let name = name.split('[').next().unwrap_or_default();
            current = name.trim().parse().ok().or(current);
        }
        let Some(name) = &current else { continue };
        let hashes = line.split_whitespace();
        let hashes = hashes.filter_map(|word| word.strip_prefix("--hash="));
        found.extend(hashes.map(|hash| (name.clone(), hash.to_owned())));
    }
    found
}

/// Returns the hashes that a lock allows for the files of its packages.
fn hashes_of_pins(subject: &Subject<'_>) -> Vec<(PackageName, String)> {
    let pins = subject.pins();
    let packages = subject.lock.packages.iter();
    let versions = packages.filter_map(|it| Some((&it.name, it.version.as_ref()?)));
    let hashes = versions.flat_map(|(name, version)| {
        let digests = pins.digests(name, version);
        digests.map(|digest| (name.clone(), digest.to_string()))
    });
    hashes.collect()
}

fn about(subject: &Subject<'_>, name: &PackageName) -> About {
    let mut packages = subject.lock.packages.iter();
    match packages.position(|it| it.name == *name) {
        Some(at) => About::Package(at, None),
        None => About::Lock,
    }
}
