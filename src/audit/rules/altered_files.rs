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
            Some(Files::Compared { judged, altered }) => {
                let altered = altered.iter().filter(|it| !is_of_another(subject, at, it));
                let altered: Vec<&Altered> = altered.collect();
                if !altered.is_empty() {
                    remarks.tell(told(subject, (at, installed), (*judged, &altered)));
                }
            }
        }
    }
}

/// Whether another package wrote a file over, which is its own trouble (`file-collision`): it owns
/// the file as well, and finds it as it recorded it.
fn is_of_another(subject: &Subject<'_>, at: usize, altered: &Altered) -> bool {
    if altered.fault == Fault::Missing {
        return false;
    }
    let path = altered.path.as_str();
    let packages = subject.lock.packages.iter().enumerate();
    let mut others = packages.filter(|(other, _)| *other != at);
    others.any(|(_, other)| {
        let contents = subject.contents_of(&subject.on()[0], other);
        let mut owned = contents.into_iter().flat_map(|it| &it.files);
        let is_whole = || match subject.installed(other).and_then(|it| it.files.as_ref()) {
            Some(Files::Compared { altered, .. }) => !altered.iter().any(|it| it.path == path),
            Some(Files::Unknown(_)) | None => false,
        };
        owned.any(|it| it.path == path && it.bytes.is_some()) && is_whole()
    })
}

fn told(
    subject: &Subject<'_>,
    (at, installed): (usize, &Distribution),
    (judged, altered): (usize, &[&Altered]),
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
    let named = altered.iter().take(MOST_NAMED).map(|it| described(it));
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
