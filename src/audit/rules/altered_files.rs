//! PYA303: files of an installed package that are not what was installed.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::{
    Altered, Confidence, Distribution, Fault, Files, Needs, Rule, Severity, Subject,
};

pub(super) const RULE: Rule = Rule {
    id: "PYA303",
    name: "altered-files",
    severity: Severity::Error,
    summary: "Files of an installed package are missing, or are not what was installed.",
    page: include_str!("../../../docs/rules/altered-files.md"),
    needs: Needs::Installed,
    check,
};

/// So many files of one package are named.
const MOST_NAMED: usize = 3;

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for (at, package) in subject.lock.packages.iter().enumerate() {
        let Some(installed) = subject.installed(package) else {
            continue;
        };
        match &installed.files {
            None => {}
            Some(Files::Unknown(why)) => remarks.cannot_judge(&package.name, *why),
            Some(Files::Compared { judged, altered }) => remarks.found.extend(
                (!altered.is_empty()).then(|| told(subject, (at, installed), (*judged, altered))),
            ),
        }
    }
}

fn told(
    subject: &Subject<'_>,
    (at, installed): (usize, &Distribution),
    (judged, altered): (usize, &[Altered]),
) -> Remark {
    let missing = altered.iter().filter(|it| it.fault == Fault::Missing);
    let missing = missing.count();
    let number = |number: usize, one: &str, several: &str| match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        number => Some(format!("{number} {several}")),
    };
    let parts = [
        number(missing, "is missing", "are missing"),
        number(altered.len() - missing, "was changed", "were changed"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let label = installed.label();
    let message = format!(
        "{label} is not what was installed: of {judged} recorded files {}",
        parts.join(" and ")
    );
    let named = altered.iter().take(MOST_NAMED).map(described);
    let rest = altered.len().saturating_sub(MOST_NAMED);
    let rest = (rest > 0).then(|| format!("{rest} more of its files are like that."));
    let place = altered.first().map(|it| it.origin.clone());
    let remark = Remark::new(About::Package(at, None), message)
        .resting_on(Confidence::Bytes)
        .placed(place);
    let remark = named.chain(rest).fold(remark, Remark::with_evidence);
    remark.with_fix(again(subject, installed))
}

fn described(altered: &Altered) -> String {
    let path = &altered.path;
    match altered.fault {
        Fault::Missing => format!("{path} is not there."),
        Fault::Size { recorded, found } => {
            format!("{path} has {found} bytes, and had {recorded} when it was installed.")
        }
        Fault::Bytes => format!("{path} has other bytes than when it was installed."),
    }
}

fn again(subject: &Subject<'_>, installed: &Distribution) -> String {
    let option = match subject.is_by_uv() {
        true => "--reinstall --no-deps",
        false => "--force-reinstall --no-deps",
    };
    let name = &installed.name;
    let wanted = match &installed.version {
        Some(version) => format!("{name}=={version}"),
        None => name.to_string(),
    };
    let command = subject.command("install");
    format!("Install it anew: `{command} {option} '{wanted}'`.")
}
