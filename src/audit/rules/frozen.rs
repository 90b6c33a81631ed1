//! PYA210: a file that declares pins all that was installed, and not what was wanted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::audit::remarks::{About, Remark, Remarks};
use crate::audit::rule::NO_TARGET;
use crate::audit::standing::quoted;
use crate::audit::{Needs, Rule, Severity, Subject, is_compiled};
use crate::explain::list;
use crate::graph::{Intent, Member, intents, is_tool};
use crate::lock::LockedPackage;
use crate::package::{Declaration, DeclarationKind, ExtraName, PackageName, Requirement};
use crate::source::{Origin, SourceFile};
use crate::target::Target;

/// A file with fewer lines is read at a glance.
const FEWEST: usize = 10;

/// One line of so many may be no pin.
const ONE_OF: usize = 10;

/// For so many that others need one that they need may be absent: a list may be of another system,
/// whose packages need others.
const NEEDED_TO_ABSENT: usize = 4;

/// So many wanted packages are named.
const MOST_NAMED: usize = 12;

pub(super) const RULE: Rule = Rule {
    id: "PYA210",
    name: "freeze-as-source",
    severity: Severity::Info,
    summary: "A file that declares pins all that was installed, and not what was wanted.",
    page: include_str!("../../../docs/rules/freeze-as-source.md"),
    needs: Needs::Lock,
    check,
};

/// What a file lists.
struct Listed<'s> {
    file: &'s Arc<SourceFile>,
    /// The packages, each with its first line; without one where only the lock knows it.
    lines: BTreeMap<&'s PackageName, Option<&'s Origin>>,
    pins: usize,
}

fn check(subject: &Subject<'_>, remarks: &mut Remarks) {
    for listed in listed(subject) {
        let count = listed.lines.len();
        let is_frozen = count >= FEWEST && (count - listed.pins) * ONE_OF <= count;
        if !is_frozen || is_compiled(listed.file) || is_wanted_elsewhere(subject, listed.file) {
            continue;
        }
        match subject.on_targets().next() {
            Some((_, target)) => judge(subject, &listed, target, remarks),
            None => remarks.cannot_apply(NO_TARGET),
        }
    }
}

/// Returns what each file lists: a requirements file that stands for a lock, or what declares.
fn listed<'s>(subject: &'s Subject<'_>) -> Vec<Listed<'s>> {
    let mut all: Vec<Listed<'s>> = Vec::new();
    if subject.is_by_hand() {
        let mut own = Listed::of(subject.file);
        for package in &subject.lock.packages {
            own.add(&package.name, None, true);
        }
        for (name, place) in subject.loose {
            own.add(name, Some(place), false);
        }
        all.push(own);
    }
    // What an environment is held to may be a lock.
    let declared = subject.declared.filter(|it| it.by_lock.is_none());
    let wanted = declared.into_iter().flat_map(|it| &it.wanted);
    let wanted = wanted.filter(|it| it.is_in_file).map(|it| &it.declaration);
    for declaration in wanted.filter(|it| it.kind == DeclarationKind::Requirement) {
        let Declaration {
            requirement,
            origin,
            ..
        } = declaration;
        let at = all.iter().position(|it| it.file.label() == origin.label());
        let at = at.unwrap_or_else(|| {
            all.push(Listed::of(&origin.file));
            all.len() - 1
        });
        let is_pin = requirement.specifiers.is_pin() || requirement.url.is_some();
        all[at].add(&requirement.name, Some(origin), is_pin);
    }
    all
}

impl<'s> Listed<'s> {
    fn of(file: &'s Arc<SourceFile>) -> Self {
        Self {
            file,
            lines: BTreeMap::new(),
            pins: 0,
        }
    }

    /// Adds a line, the first of its package.
    fn add(&mut self, name: &'s PackageName, place: Option<&'s Origin>, is_pin: bool) {
        if !is_tool(name) && !self.lines.contains_key(name) {
            self.lines.insert(name, place);
            self.pins += usize::from(is_pin);
        }
    }
}

/// Whether another file of the project says what is wanted: then this list was made of it.
fn is_wanted_elsewhere(subject: &Subject<'_>, file: &SourceFile) -> bool {
    let folder = |label: &str| {
        label
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder)
            .to_owned()
    };
    let home = folder(file.label());
    let texts = subject.evidence.texts.into_iter();
    let mut others = texts.flat_map(|it| &it.declarations);
    file.label().ends_with(".txt")
        && others.any(|it| {
            let label = it.declaration.origin.label();
            folder(label) == home && !label.ends_with(".txt")
        })
}

fn judge(subject: &Subject<'_>, listed: &Listed<'_>, target: &Target, remarks: &mut Remarks) {
    let members: Vec<Member> = listed.lines.keys().map(|it| member(subject, it)).collect();
    if members.iter().all(|it| it.needs.is_empty()) {
        if !subject.tells_needs() && subject.evidence.index.is_none() {
            remarks.cannot_apply(subject.lacks_needs());
        }
        return;
    }
    let wanted = intents(&members, target);
    let (count, brought) = (members.len(), members.len() - wanted.len());
    let absent = absent(&members, listed, target);
    if brought * 2 <= count || absent * NEEDED_TO_ABSENT > brought {
        return;
    }
    let is_wanted = |at: usize| wanted.iter().any(|intent| intent.member == at);
    let mut others = listed
        .lines
        .iter()
        .enumerate()
        .filter(|(at, _)| !is_wanted(*at));
    let place = others.find_map(|(_, (name, place))| match place {
        Some(place) => Some((*place).clone()),
        None => subject.place_of(subject.lock.named(name).first()?, None),
    });
    let label = listed.file.label();
    let message = format!(
        "{brought} of the {count} packages in {label} are only needed by others in it: it lists what was \
         installed, and not what was wanted"
    );
    let about = place.map_or(About::Lock, About::Place);
    let remark = Remark::new(about, message)
        .with_evidence(format!("Wanted are {}.", named(&wanted, &members)))
        .with_fix(remedy(label));
    remarks.tell(remark);
}

/// Takes a package with what it requires, as far as that is known.
fn member(subject: &Subject<'_>, name: &PackageName) -> Member {
    let entries = subject.lock.named(name);
    let learned = entries.iter().find_map(|it| learned(subject, it));
    let (needs, offered) = match learned {
        Some((needs, offered)) => (needs.to_vec(), offered.to_vec()),
        None => {
            let edges = entries.iter().flat_map(|it| &it.edges);
            (edges.map(|it| it.requirement.clone()).collect(), Vec::new())
        }
    };
    Member {
        name: name.clone(),
        extras: entries.iter().flat_map(|it| it.extras.clone()).collect(),
        offered,
        needs,
        is_requested: false,
    }
}

/// Returns what an index says that a package requires, and the extras that it offers.
fn learned<'s>(
    subject: &Subject<'s>,
    package: &LockedPackage,
) -> Option<(&'s [Requirement], &'s [ExtraName])> {
    let metadata = subject.learned(package)?;
    Some((metadata.requires.all(), &metadata.extras))
}

/// Counts what is needed and not listed: a list of all that was installed has everything.
fn absent(members: &[Member], listed: &Listed<'_>, target: &Target) -> usize {
    let needs = members.iter().flat_map(|member| {
        let needs = member.needs.iter();
        needs.filter(|need| need.marker.holds(target.environment(), &member.extras))
    });
    let names: BTreeSet<&PackageName> = needs.map(|need| &need.name).collect();
    let is_absent = |name: &&PackageName| !listed.lines.contains_key(*name) && !is_tool(name);
    names.into_iter().filter(is_absent).count()
}

/// Names what was wanted.
fn named(wanted: &[Intent], members: &[Member]) -> String {
    let mut names: Vec<String> = wanted
        .iter()
        .take(MOST_NAMED)
        .map(|intent| {
            let extras: Vec<&str> = intent.extras.iter().map(AsRef::as_ref).collect();
            let name = &members[intent.member].name;
            match extras.as_slice() {
                [] => name.to_string(),
                extras => format!("{name}[{}]", extras.join(",")),
            }
        })
        .collect();
    let more = wanted.len() - names.len();
    names.extend((more > 0).then(|| format!("{more} more")));
    list(&names)
}

/// Says what to do: `pyaudit init` takes lists of what is installed.
fn remedy(label: &str) -> String {
    match label.strip_suffix(".txt") {
        Some(stem) => {
            let (source, made) = (quoted(label), quoted(&format!("{stem}.in")));
            format!(
                "Keep what is wanted by itself, and make the list of it: `pyaudit init {source} -o \
                 {made}`, then `pyaudit lock {made} -o {source}`."
            )
        }
        None => "Declare what is wanted alone, and keep the versions in a lock: `pyaudit lock`."
            .to_owned(),
    }
}
