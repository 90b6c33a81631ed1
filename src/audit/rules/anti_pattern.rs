//! PYA601: environments that are kept, or described, in a way that makes them go wrong.

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::standing::quoted;
use crate::audit::{
    Confidence, EnvironmentKind, InRepository, Installed, Needs, Overwritten, Rule, Severity,
    Subject,
};
use crate::input::Doubled;
use crate::source::Origin;

pub(super) const RULE: Rule = Rule {
    id: "PYA601",
    name: "environment-anti-pattern",
    severity: Severity::Warning,
    summary: "An environment is kept or described in a way that makes it go wrong.",
    page: include_str!("../../../docs/rules/environment-anti-pattern.md"),
    needs: Needs::InstalledOrDeclared,
    check,
};

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for doubled in subject.declared.iter().flat_map(|it| &it.doubled) {
        remarks.tell(mixed(doubled));
    }
    let Some(installed) = subject.evidence.installed else {
        return;
    };
    for overwritten in &installed.keeping.overwritten {
        remarks.tell(written_over(subject, overwritten));
    }
    let found = [
        global(installed),
        base_shows(installed),
        in_repository(installed),
        without_lock(subject, installed),
    ];
    found
        .into_iter()
        .flatten()
        .for_each(|remark| remarks.tell(remark));
}

/// What conda installs, pip installs again.
fn mixed(doubled: &Doubled) -> Remark {
    let Doubled {
        name,
        by_pip: (by_pip, place),
        by_conda: (by_conda, beside),
    } = doubled;
    let is_apart = by_pip.set().intersection(by_conda.set()).is_empty();
    let message = match is_apart {
        true => format!(
            "pip is to install {name} {by_pip} over conda's {by_conda}, and no version is both"
        ),
        false => format!("pip installs {name} over the one of conda"),
    };
    let about = |place: &Origin| About::Declaration(name.clone(), place.clone());
    Remark::new(about(place), message)
        .seen_with(about(beside), "conda installs it here")
        .with_evidence("conda does not see what pip changes: its next change takes the files away.")
        .with_fix("Leave it to one of the two: take it out of `pip:`, or out of conda's part.")
}

fn remark(message: String) -> Remark {
    Remark::new(About::Lock, message)
}

/// What is installed for every program is upgraded for every program.
fn global(installed: &Installed) -> Option<Remark> {
    if installed.kind != EnvironmentKind::Global {
        return None;
    }
    let managed = installed.keeping.managed_by_system.as_ref();
    let message = match managed {
        Some(_) => format!(
            "{} belongs to the system's own package manager",
            installed.root
        ),
        None => format!(
            "{} is a global interpreter, and no environment",
            installed.root
        ),
    };
    let evidence = managed.map(|file| format!("{file} says so."));
    let told = evidence
        .into_iter()
        .fold(remark(message), Remark::with_evidence);
    Some(told.with_fix("Make an environment for the project: `python3 -m venv .venv`."))
}

fn base_shows(installed: &Installed) -> Option<Remark> {
    let place = installed.keeping.shows_base.clone()?;
    let inherited = installed.distributions.iter().filter(|it| it.is_inherited);
    let message = format!(
        "{} shows the packages of the interpreter below it: {} of them count here",
        installed.root,
        inherited.count()
    );
    let told = remark(message).placed(Some(place));
    Some(told.with_fix(
        "Make it anew without `--system-site-packages`, and install what is needed into it.",
    ))
}

fn in_repository(installed: &Installed) -> Option<Remark> {
    let root = &installed.root;
    match installed.keeping.in_repository? {
        InRepository::Committed => {
            let told = remark(format!("{root} is committed into the repository"));
            let evidence = "Scripts in it name folders of the machine that made it.";
            Some(told.with_evidence(evidence).with_fix(format!(
                "Take it out (`git rm -r --cached {root}`), add `{root}/` to `.gitignore`, and \
                 commit a lock instead."
            )))
        }
        InRepository::NotIgnored => {
            let message = format!("nothing keeps {root} out of the repository around it");
            let told = remark(message).weighing(Severity::Info);
            let told = told.resting_on(Confidence::Heuristic);
            Some(told.with_fix(format!("Add `{root}/` to `.gitignore`.")))
        }
    }
}

fn without_lock(subject: &Subject<'_>, installed: &Installed) -> Option<Remark> {
    let is_without = installed.keeping.has_lock == Some(false);
    (is_without && subject.declared.is_none_or(|it| it.by_lock.is_none())).then(|| {
        let message = format!(
            "no lock stands beside {}: it cannot be made again",
            installed.root
        );
        let declares = subject.declared.is_some_and(|it| !it.wanted.is_empty());
        remark(message).with_fix(match declares {
            true => "Lock what it is made of: `pyaudit lock -o pylock.toml`.".to_owned(),
            false => format!(
                "Write down what it is made of, and lock that: `pyaudit init --env {}`.",
                quoted(&installed.root)
            ),
        })
    })
}

fn written_over(subject: &Subject<'_>, overwritten: &Overwritten) -> Remark {
    let by = subject.lock.named(&overwritten.by).first();
    let label = by.map_or_else(|| overwritten.by.to_string(), |it| it.label());
    let about = by.map_or(About::Lock, |it| About::Package(subject.position(it), None));
    let files = match overwritten.files {
        1 => "a file".to_owned(),
        number => format!("{number} files"),
    };
    let message = format!(
        "{label} was installed over {files} of conda's {}",
        overwritten.package
    );
    Remark::new(about, message)
        .resting_on(Confidence::Bytes)
        .with_evidence(format!("Both name {}.", overwritten.example))
        .with_evidence("conda does not know of it: its next change takes the files away.")
        .with_fix(format!(
            "Let one of them keep it: `{} {name}`, then `conda install --force-reinstall {name}`.",
            subject.command("uninstall"),
            name = overwritten.by
        ))
}
