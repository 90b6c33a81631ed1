//! PYA307: a package that is installed twice, so that what is imported and what is listed differ.

use std::collections::BTreeMap;

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{Distribution, EnvironmentKind, Installed, Needs, Rule, Severity, Subject};

pub(super) const RULE: Rule = Rule {
    id: "PYA307",
    name: "duplicate-metadata",
    severity: Severity::Error,
    summary: "A package is installed twice in one folder, or a copy hides another.",
    page: include_str!("../../../docs/rules/duplicate-metadata.md"),
    needs: Needs::Installed,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let Some(installed) = subject.evidence.installed else {
        return;
    };
    for (at, package) in subject.lock.packages.iter().enumerate() {
        let copies = installed.distributions.iter();
        // What the interpreter below has is meant to be hidden.
        let copies = copies.filter(|it| it.name == package.name && !it.is_inherited);
        let mut by_folder: BTreeMap<usize, Vec<&Distribution>> = BTreeMap::new();
        for copy in copies {
            by_folder.entry(copy.folder).or_default().push(copy);
        }
        for copies in by_folder.values().filter(|copies| copies.len() > 1) {
            remarks.tell(doubled(subject, installed, (at, copies)));
        }
        let mut folders = by_folder.values();
        let first = folders.next().and_then(|copies| copies.first());
        let hidden: Vec<&Distribution> = folders.flatten().copied().collect();
        if let Some(first) = first {
            let hidden = hidden.iter();
            let told = hidden.map(|it| hiding(installed, at, (first, it)));
            told.for_each(|remark| remarks.tell(remark));
        }
    }
    for leftover in &installed.leftovers {
        let message = format!("`{leftover}` was left behind by an installation that did not end");
        let remark = Remark::new(About::Lock, message).weighing(Severity::Warning);
        remarks.tell(remark.with_fix("Remove the folder, and install the package anew."));
    }
}

fn doubled(
    subject: &Subject<'_>,
    installed: &Installed,
    (at, copies): (usize, &[&Distribution]),
) -> Remark {
    let name = &copies[0].name;
    let folder = &installed.folders[copies[0].folder];
    let versions: Vec<String> = copies.iter().map(|it| said(it)).collect();
    let message = format!(
        "{name} is installed {} times in {folder}: {}",
        copies.len(),
        versions.join(" and ")
    );
    let [first, rest @ ..] = copies else {
        return Remark::new(About::Package(at, None), message);
    };
    let is_one_version = rest.iter().all(|it| it.version == first.version);
    let severity = match is_one_version {
        true => Severity::Warning,
        false => Severity::Error,
    };
    let mut remark = Remark::new(About::Package(at, None), message)
        .weighing(severity)
        .placed(Some(first.place()));
    for copy in rest {
        let place = About::Declaration(copy.name.clone(), copy.place());
        remark = remark.seen_with(place, "so is this");
    }
    remark
        .with_evidence(
            "Which of them counts depends on the order in which a folder is listed, and the files \
             may be of either.",
        )
        .with_fix(match installed.kind {
            EnvironmentKind::Folder => "Empty the folder, and install into it again.".to_owned(),
            EnvironmentKind::Virtual | EnvironmentKind::Conda | EnvironmentKind::Global => {
                let command = subject.command("uninstall");
                format!(
                    "Remove it until nothing of it is left (`{command} {name}`, more than once), \
                     and install it anew."
                )
            }
        })
}

fn hiding(
    installed: &Installed,
    at: usize,
    (first, hidden): (&Distribution, &Distribution),
) -> Remark {
    let folder = |it: &Distribution| installed.folders[it.folder].clone();
    let message = format!(
        "{} in {} hides {} in {}",
        first.label(),
        folder(first),
        hidden.label(),
        folder(hidden)
    );
    let place = About::Declaration(hidden.name.clone(), hidden.place());
    Remark::new(About::Package(at, None), message)
        .weighing(Severity::Warning)
        .seen_with(place, "this is hidden")
        .with_evidence(
            "Python imports what it finds first; the other copy is dead weight, or comes back.",
        )
        .with_fix("Remove one of them.")
}

fn said(copy: &Distribution) -> String {
    match &copy.version {
        Some(version) => version.to_string(),
        None => "without a version".to_owned(),
    }
}
