//! The grammar of claims: who says what of whom, in a handful of forms.

use super::nouns::{Cursor, Names};
use super::words::{Token, tokens};
use super::{Packages, Statement};
use crate::package::{PackageName, Specifiers};
use crate::source::Span;

/// What a verb says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Requires,
    Brings,
    DoesWithout,
    WorksWith,
    Conflicts,
}

/// Words in a row, with what they say; longer ones first where one begins another.
const VERBS: &[(&str, Verb)] = &[
    ("does not depend on", Verb::DoesWithout),
    ("doesn't depend on", Verb::DoesWithout),
    ("does not require", Verb::DoesWithout),
    ("doesn't require", Verb::DoesWithout),
    ("does not need", Verb::DoesWithout),
    ("doesn't need", Verb::DoesWithout),
    ("does not work with", Verb::Conflicts),
    ("doesn't work with", Verb::Conflicts),
    ("is incompatible with", Verb::Conflicts),
    ("incompatible with", Verb::Conflicts),
    ("conflicts with", Verb::Conflicts),
    ("corrupts", Verb::Conflicts),
    ("corrupt", Verb::Conflicts),
    ("breaks", Verb::Conflicts),
    ("downgrades", Verb::Conflicts),
    ("downgrade", Verb::Conflicts),
    ("break", Verb::Conflicts),
    ("is compatible with", Verb::WorksWith),
    ("compatible with", Verb::WorksWith),
    ("works with", Verb::WorksWith),
    ("supports", Verb::WorksWith),
    ("depends on", Verb::Brings),
    ("pulls in", Verb::Brings),
    ("pulls", Verb::Brings),
    ("brings in", Verb::Brings),
    ("installs", Verb::Brings),
    ("requires", Verb::Requires),
    ("require", Verb::Requires),
    ("needs", Verb::Requires),
    ("need", Verb::Requires),
];

/// Words before a claim that take it back, or say where alone it holds.
const HEDGES: &[&str] = &[
    "aarch64",
    "arm64",
    "assuming",
    "could",
    "if",
    "linux-aarch64",
    "macos",
    "may",
    "maybe",
    "might",
    "no",
    "not",
    "old",
    "older",
    "probably",
    "should",
    "unless",
    "until",
    "when",
    "whether",
    "windows",
    "would",
];

/// Words that a form begins with, beside names of packages and GPUs.
const FIRST: &[&str] = &["cpython", "only", "pypi", "python"];

/// Words that may follow a claim without narrowing it.
const AFTER: &[&str] = &[
    "and", "as", "because", "but", "since", "so", "which", "while",
];

/// Reads the claims of a part of a text.
pub(super) fn statements(text: &str, part: Span, names: &Names) -> Vec<(Statement, Span)> {
    let tokens = tokens(text, part);
    let mut found = Vec::new();
    let mut context = Context::default();
    let mut at = 0;
    while at < tokens.len() {
        let start = Cursor {
            tokens: &tokens,
            names,
            at,
        };
        if !may_start(&start, &context) {
            at += 1;
            continue;
        }
        let mut cursor = start;
        let read = PHRASES.iter().find_map(|phrase| {
            cursor = start;
            let statement = phrase(&mut cursor, &context)?;
            let is_whole = matches!(statement, Statement::Capability(..)) || ends_well(&cursor);
            (cursor.at > at && is_whole).then_some(statement)
        });
        if let Some(statement) = read.filter(|_| !is_hedged(&tokens, at)) {
            let end = tokens[cursor.at - 1].span.end;
            let spoken = tokens[at..cursor.at].iter().find(|it| it.word().is_some());
            let from = spoken.map_or(end, |it| it.span.start);
            context.gpu = match &statement {
                Statement::Capability(gpu, _) => Some(gpu.clone()),
                _ => None,
            };
            context.package = name_at(start).or(context.package);
            found.push((statement, Span { start: from, end }));
            at = cursor.at;
            continue;
        }
        context.package = name_at(start).or(context.package);
        at += 1;
    }
    found
}

/// Whether a form begins with such a word: most words of a document do not.
fn may_start(cursor: &Cursor<'_>, context: &Context) -> bool {
    let Some(token) = cursor.peek() else {
        return false;
    };
    let is_elided = token.is_sign("(") && context.package.is_some()
        || token.is_sign(",") && context.gpu.is_some();
    is_elided || token.is_word(FIRST) || name_at(*cursor).is_some() || gpu_at(*cursor).is_some()
}

fn name_at(mut cursor: Cursor<'_>) -> Option<PackageName> {
    cursor.name()
}

fn gpu_at(mut cursor: Cursor<'_>) -> Option<String> {
    cursor.gpu()
}

/// Whether what follows leaves the claim whole.
fn ends_well(cursor: &Cursor<'_>) -> bool {
    let Some(next) = cursor.peek() else {
        return true;
    };
    let is_question = cursor.tokens[cursor.at..].iter().any(|it| it.is_sign("?"));
    !is_question && (next.is_sign(".,;:()-|") || next.is_word(AFTER))
}

/// Whether a word earlier in the sentence takes the claim back.
fn is_hedged(tokens: &[Token<'_>], at: usize) -> bool {
    let sentence = tokens[..at].rsplit(|it| it.is_sign(".;|(")).next();
    sentence.is_some_and(|words| words.iter().any(|it| it.is_word(HEDGES)))
}

/// What was spoken of before on the line.
#[derive(Default)]
struct Context {
    package: Option<PackageName>,
    /// The GPU whose capability was just told.
    gpu: Option<String>,
}

type Phrase = fn(&mut Cursor<'_>, &Context) -> Option<Statement>;

/// The forms, tried in this order.
const PHRASES: &[Phrase] = &[
    of_pythons,
    starts_on,
    python_starts_at,
    python_needs,
    is_first,
    of_capability,
    and_works_with,
    gpu_works_with,
    runs_on,
    is_cpu_only,
    plain,
    in_brackets,
    is_compatible,
    required_by,
    both_conflict,
];

/// `torch 2.3.1 supports Python 3.8-3.11`, `torch 2.3.1 = py3.8-3.11`.
fn of_pythons(cursor: &mut Cursor<'_>, _: &Context) -> Option<Statement> {
    let packages = cursor.versioned()?;
    let said = cursor
        .take(&["supports", "requires", "needs"])
        .or_else(|| cursor.take_all("works with"))
        .or_else(|| cursor.take_sign("=:("));
    said?;
    let (first, last) = cursor.pythons()?;
    Some(Statement::Pythons(packages, first, last))
}

/// `torch on Python 3.13 starts at 2.6.0`, `torch supports Python 3.13 from 2.6.0`.
fn starts_on(cursor: &mut Cursor<'_>, _: &Context) -> Option<Statement> {
    let name = cursor.name()?;
    let minor = match cursor.take(&["on", "for"]) {
        Some(()) => {
            let mut bare = *cursor;
            let minor = cursor.python().or_else(|| {
                let minor = bare.read(|word| word.strip_prefix("3.")?.parse().ok());
                *cursor = bare;
                minor
            })?;
            cursor.take(&["starts", "begins"])?;
            cursor.take(&["at", "with", "from"])?;
            minor
        }
        None => {
            cursor.take(&["supports"])?;
            let minor = cursor.python()?;
            cursor.take(&["from", "since"])?;
            minor
        }
    };
    let from = cursor.versions(name)?;
    Some(Statement::StartsAt(from, minor))
}

/// `Python 3.13 support starts at torch 2.6.0`.
fn python_starts_at(cursor: &mut Cursor<'_>, _: &Context) -> Option<Statement> {
    let minor = cursor.python()?;
    cursor.take(&["support", "wheels"])?;
    cursor.take(&["starts", "start", "begins"])?;
    cursor.take(&["at", "with", "from"])?;
    Some(Statement::StartsAt(cursor.versioned()?, minor))
}

/// `Python 3.13 requires torch 2.6.0+`.
fn python_needs(cursor: &mut Cursor<'_>, _: &Context) -> Option<Statement> {
    let minor = cursor.python()?;
    cursor.take(&["requires", "needs"])?;
    let packages = cursor.versioned()?;
    let is_open = packages.text.starts_with(">=") && !packages.text.contains(',');
    is_open.then_some(Statement::StartsAt(packages, minor))
}

/// `torch 2.6.0 is the first version with Python 3.13 wheels`, `Only torch 2.5.0+ supports Python
/// 3.13`.
fn is_first(cursor: &mut Cursor<'_>, _: &Context) -> Option<Statement> {
    if cursor.take(&["only"]).is_some() {
        let packages = cursor.versioned()?;
        cursor.take(&["supports", "support"])?;
        return Some(Statement::StartsAt(packages, cursor.python()?));
    }
    let packages = cursor.versioned()?;
    cursor.take_all("is the first")?;
    cursor.take(&["version", "release"]);
    cursor
        .take(&["with", "for", "supporting"])
        .or_else(|| cursor.take_all("to support"))?;
    let minor = cursor.python()?;
    cursor.take(&["wheels", "support"]);
    Some(Statement::StartsAt(packages, minor))
}

/// `RTX 5090 (compute capability 9.0)`, `RTX 5090 = CC 9.0`.
fn of_capability(cursor: &mut Cursor<'_>, _: &Context) -> Option<Statement> {
    let gpu = cursor.gpu()?;
    let is_open = cursor.take_sign("(").is_some();
    if !is_open {
        cursor
            .take_sign("=:")
            .or_else(|| cursor.take(&["has", "is", "with"]))?;
    }
    let capability = cursor.capability()?;
    if is_open {
        cursor.take_sign(")")?;
    }
    Some(Statement::Capability(gpu, capability))
}

fn gpu_verb(cursor: &mut Cursor<'_>) -> Option<()> {
    [
        "works with",
        "runs on",
        "is supported by",
        "supported by",
        "compatible with",
    ]
    .iter()
    .find_map(|verb| cursor.take_all(verb))
}

/// `RTX 5090 works with torch 2.3.0/cu121`, with what is said of its capability between them.
fn gpu_works_with(cursor: &mut Cursor<'_>, _: &Context) -> Option<Statement> {
    let gpu = cursor.gpu()?;
    gpu_verb(cursor)?;
    let packages = cursor.versioned()?;
    let flavour = cursor.flavour();
    Some(Statement::RunsOn(packages, flavour, gpu))
}

/// `, works with torch 2.3.0/cu121`, after the capability of a GPU.
fn and_works_with(cursor: &mut Cursor<'_>, context: &Context) -> Option<Statement> {
    let gpu = context.gpu.clone()?;
    cursor.take_sign(",")?;
    gpu_verb(cursor)?;
    let packages = cursor.versioned()?;
    let flavour = cursor.flavour();
    Some(Statement::RunsOn(packages, flavour, gpu))
}

/// `torch 2.3.1 (cu121) supports RTX 5090`, `PyTorch 2.8.0 stable for RTX 5090 (sm_120) support`.
fn runs_on(cursor: &mut Cursor<'_>, _: &Context) -> Option<Statement> {
    let packages = cursor.versioned()?;
    let flavour = cursor.flavour();
    cursor.take(&["stable"]);
    let is_for = cursor.take(&["for"]).is_some();
    if !is_for {
        cursor.take(&["supports"]).or_else(|| gpu_verb(cursor))?;
    }
    let gpu = cursor.gpu()?;
    if cursor.take_sign("(").is_some() {
        cursor.capability()?;
        cursor.take_sign(")")?;
    }
    if is_for {
        cursor.take(&["support"])?;
    }
    Some(Statement::RunsOn(packages, flavour, gpu))
}

/// `PyPI torch is CPU-only`, `torch from PyPI is CPU-only on Windows`.
fn is_cpu_only(cursor: &mut Cursor<'_>, _: &Context) -> Option<Statement> {
    let is_before = cursor.take(&["pypi"]).is_some();
    let mut packages = cursor.packages()?;
    if !is_before {
        cursor
            .take_all("from pypi")
            .or_else(|| cursor.take_all("on pypi"))?;
    }
    cursor.take(&["wheels", "builds"]);
    cursor.take(&["is", "are"])?;
    cursor
        .take(&["cpu-only"])
        .or_else(|| cursor.take_all("cpu only"))?;
    let system = match cursor.take(&["on"]) {
        Some(()) => Some(cursor.read(|word| {
            let word = word.to_ascii_lowercase();
            let is_known = ["linux", "windows"].contains(&word.as_str());
            word.parse().ok().filter(|_| is_known)
        })?),
        None => None,
    };
    if packages.text.is_empty() {
        packages.range = Specifiers::any();
    }
    Some(Statement::CpuOnly(packages, system))
}

/// `accelerate 1.0.0+ requires NumPy 2.x`, `accelerate >=1.0.0 (requires NumPy 2.x)`.
fn plain(cursor: &mut Cursor<'_>, _: &Context) -> Option<Statement> {
    let subject = cursor.packages()?;
    cursor.take_sign(":(");
    said_of(subject, cursor)
}

/// `(1.13.0+ requires NumPy 2.x)`, said of the package before.
fn in_brackets(cursor: &mut Cursor<'_>, context: &Context) -> Option<Statement> {
    cursor.take_sign("(")?;
    let subject = cursor.versions(context.package.clone()?)?;
    said_of(subject, cursor)
}

fn said_of(subject: Packages, cursor: &mut Cursor<'_>) -> Option<Statement> {
    let (_, verb) = VERBS
        .iter()
        .find(|(words, _)| cursor.take_all(words).is_some())?;
    let object = cursor.packages().filter(|it| it.name != subject.name)?;
    match verb {
        Verb::Requires if object.range.is_any() => None,
        Verb::Requires => Some(Statement::Requires(subject, object)),
        Verb::Brings if object.range.is_any() => Some(Statement::Brings(subject, object.name)),
        Verb::Brings => Some(Statement::Requires(subject, object)),
        Verb::DoesWithout if object.range.is_any() => {
            Some(Statement::DoesWithout(subject, object.name))
        }
        Verb::DoesWithout => None,
        Verb::WorksWith if object.range.is_any() => None,
        Verb::WorksWith => Some(Statement::WorksWith(subject, object)),
        Verb::Conflicts => Some(Statement::Conflicts(subject, object)),
    }
}

/// `scipy 1.11.x is NumPy 1.x compatible`.
fn is_compatible(cursor: &mut Cursor<'_>, _: &Context) -> Option<Statement> {
    let subject = cursor.versioned()?;
    cursor.take_sign(":(").or_else(|| cursor.take(&["is"]))?;
    let object = cursor.versioned().filter(|it| it.name != subject.name)?;
    cursor.take(&["compatible"])?;
    Some(Statement::WorksWith(subject, object))
}

/// `NumPy 2.x required for PyTorch 2.8+`.
fn required_by(cursor: &mut Cursor<'_>, _: &Context) -> Option<Statement> {
    let object = cursor.versioned()?;
    cursor.take(&["is"]);
    cursor.take(&["required"])?;
    cursor.take(&["by", "for"])?;
    let subject = cursor.packages().filter(|it| it.name != object.name)?;
    Some(Statement::Requires(subject, object))
}

/// `torch 2.1.0 and torchvision 0.16.0 conflict`, `torch 2.1.0 + torchvision 0.16.0 conflict`.
fn both_conflict(cursor: &mut Cursor<'_>, _: &Context) -> Option<Statement> {
    let one = cursor.versioned()?;
    cursor.take(&["and"]).or_else(|| cursor.take_sign("+&"))?;
    let other = cursor.versioned().filter(|it| it.name != one.name)?;
    cursor
        .take(&["conflict"])
        .or_else(|| cursor.take_all("are incompatible"))?;
    Some(Statement::Conflicts(one, other))
}
