//! PYA209: what is installed is fetched from an address that holds something else tomorrow.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::texts::file_name;
use crate::audit::{CommandText, Kind, Needs, Rule, Severity, Subject, Texts};
use crate::input::{Argument, Downloads, piped};
use crate::package::{DeclarationKind, DirectUrl, IndexUrl, Moving, PackageName, Requirement};
use crate::source::Origin;

pub(super) const RULE: Rule = Rule {
    id: "PYA209",
    name: "remote-requirements",
    severity: Severity::Warning,
    summary: "What is installed is fetched from an address that holds something else tomorrow.",
    page: include_str!("../../../docs/rules/remote-requirements.md"),
    needs: Needs::Texts,
    check,
};

/// Something that is fetched to be installed.
struct Fetched<'t> {
    url: DirectUrl,
    what: What,
    origin: &'t Origin,
}

/// What is fetched.
enum What {
    /// A package, by its name where that is said.
    Package(Option<PackageName>),
    /// A list of requirements.
    List,
}

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    let Some(texts) = subject.evidence.texts else {
        return;
    };
    let mut all = of_files(subject, texts);
    let mut downloads = BTreeMap::new();
    for command in &texts.commands {
        let file = &command.command.origin.file;
        let downloads = downloads.entry(file.label());
        let downloads = downloads.or_insert_with(|| Downloads::of(file));
        all.extend(of_command(command, downloads));
    }
    // What is checked is among the texts of the project as well.
    let mut seen = BTreeSet::new();
    for fetched in all.iter().filter(|it| seen.insert(it.origin.clone())) {
        let moving = match fetched.what {
            What::Package(_) => fetched.url.moving(),
            What::List => fetched.url.moving_list(),
        };
        if let Some(moving) = moving {
            remarks.tell(remark(fetched, &moving, texts));
        }
    }
}

/// Returns what files fetch that are installed from as they are; a list that a lock is made of is
/// one where there is no lock.
fn of_files<'t>(subject: &Subject<'t>, texts: &'t Texts) -> Vec<Fetched<'t>> {
    let declared = subject.declared.into_iter().flat_map(|it| &it.wanted);
    let declared = declared.map(|it| &it.declaration);
    let declared = declared.filter(|_| subject.kind == Kind::Declarations);
    let mut unlocked: BTreeSet<&str> = declared.clone().map(|it| it.origin.label()).collect();
    if subject.kind == Kind::Declarations {
        unlocked.insert(subject.file.label());
    }
    let is_installed =
        |origin: &Origin| origin.label().ends_with(".txt") || unlocked.contains(origin.label());
    let named = texts.declarations.iter().map(|it| &it.declaration);
    let named = declared.chain(named).filter_map(|declaration| {
        let url = declaration.requirement.url.as_ref()?;
        let is_fetched =
            declaration.kind == DeclarationKind::Requirement && declaration.digests.is_empty();
        is_fetched.then(|| Fetched {
            url: url.as_ref().clone(),
            what: What::Package(Some(declaration.requirement.name.clone())),
            origin: &declaration.origin,
        })
    });
    let unnamed = texts.unnamed.iter().filter(|it| it.digests.is_empty());
    let unnamed = unnamed.map(|it| Fetched {
        url: it.url.as_ref().clone(),
        what: What::Package(None),
        origin: &it.origin,
    });
    let lists = texts.remote_lists.iter();
    let lists = lists.filter_map(|(address, origin)| list(address, origin));
    let all = named.chain(unnamed).chain(lists);
    all.filter(|it| is_installed(it.origin)).collect()
}

fn list<'t>(address: &str, origin: &'t Origin) -> Option<Fetched<'t>> {
    Some(Fetched {
        url: DirectUrl::parse(address).ok()?,
        what: What::List,
        origin,
    })
}

/// Returns what a command fetches, as far as its words are known.
fn of_command<'t>(text: &'t CommandText, downloads: &Downloads<'_>) -> Vec<Fetched<'t>> {
    let command = &text.command;
    let editable = command.options.iter().filter(|it| it.name == "--editable");
    let editable = editable.filter_map(|it| it.value.as_ref());
    let packages = command.requirements.iter().chain(editable);
    let packages = packages.filter_map(package);
    let files = command
        .requirement_files
        .iter()
        .chain(&command.constraint_files);
    let lists = files.filter(|it| it.is_literal).filter_map(|file| {
        let address = match is_address(&file.text) {
            true => Some(file.text.clone()),
            // Where the project has the list, that is what is read.
            false if text.own_lists.contains(&file.text) => None,
            false => piped(command, file).or_else(|| {
                let address = downloads.source(command, file)?;
                Some(address.to_owned())
            }),
        };
        list(&address?, &file.origin)
    });
    packages.chain(lists).collect()
}

fn package(argument: &Argument) -> Option<Fetched<'_>> {
    let text = argument.text.split(" ;").next()?;
    let (name, address) = match Requirement::parse(text) {
        Ok(requirement) => {
            let url = requirement.url.as_ref()?;
            (Some(requirement.name.clone()), url.as_ref().clone())
        }
        Err(_) if is_address(text) => (None, DirectUrl::parse(text).ok()?),
        Err(_) => return None,
    };
    argument.is_literal.then_some(Fetched {
        url: address,
        what: What::Package(name),
        origin: &argument.origin,
    })
}

fn is_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '+';
        scheme != "file" && scheme.chars().all(is_part)
    })
}

fn remark(fetched: &Fetched<'_>, moving: &Moving, texts: &Texts) -> Remark {
    let given = IndexUrl::redacted(&fetched.url.given);
    let message = match (moving, &fetched.what) {
        (Moving::DefaultBranch, _) => {
            format!("`{given}` names no commit: it brings whatever the repository has that day")
        }
        (Moving::Named(name), What::Package(_)) => {
            format!("`{given}` takes what `{name}` stands for, which can be other code tomorrow")
        }
        (Moving::Named(name), What::List) => format!(
            "the list `{given}` is what `{name}` has of it: what is installed can change without a change \
             here"
        ),
        (Moving::File, _) => format!(
            "the list `{given}` is fetched anew each time: what is installed can change without a change \
             here"
        ),
    };
    let about = match &fetched.what {
        What::Package(Some(name)) => About::Declaration(name.clone(), fetched.origin.clone()),
        What::Package(None) | What::List => About::Place(fetched.origin.clone()),
    };
    let remark = Remark::new(about, message).with_fix(help(fetched, moving));
    match own_copy(fetched, texts) {
        Some(own) => remark.with_evidence(format!(
            "The project has {own} itself; what is fetched need not be the same."
        )),
        None => remark,
    }
}

/// Says what to write instead.
fn help(fetched: &Fetched<'_>, moving: &Moving) -> String {
    let reference = match moving {
        Moving::Named(name) => Some(name.as_str()),
        Moving::DefaultBranch | Moving::File => None,
    };
    let instead = reference.map(|name| match name {
        "latest" => "a release in place of `latest`".to_owned(),
        name => format!("a commit in place of `{name}`"),
    });
    match (&fetched.what, &fetched.url.vcs) {
        (What::List, _) => match instead {
            Some(instead) => format!("Keep a copy in the project, or name {instead}."),
            None => "Keep a copy in the project, and install that.".to_owned(),
        },
        (What::Package(_), Some((kind, _))) => {
            let instead = instead.unwrap_or_else(|| "a commit behind an `@`".to_owned());
            let is_public = kind == "git" && fetched.url.url.scheme() == "https";
            let is_public = is_public && fetched.url.url.username().is_empty();
            match is_public {
                true => format!(
                    "Name {instead}: `git ls-remote {} {}` tells it.",
                    fetched.url.url,
                    reference.unwrap_or("HEAD")
                ),
                false => format!("Name {instead}."),
            }
        }
        (What::Package(_), None) => {
            let instead = instead.unwrap_or_else(|| "a commit".to_owned());
            format!("Name {instead}, and write `#sha256=…` behind it.")
        }
    }
}

/// Returns the project's own list of that name.
fn own_copy<'t>(fetched: &Fetched<'_>, texts: &'t Texts) -> Option<&'t str> {
    let name = fetched.url.url.path_segments()?.next_back()?;
    let is_list = matches!(fetched.what, What::List);
    let labels = texts
        .declarations
        .iter()
        .map(|it| it.declaration.origin.label());
    let mut same = labels.filter(|label| is_list && file_name(label) == name);
    same.next()
}
