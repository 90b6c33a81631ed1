//! The options of a requirements file: which there are, and how a line's words become them.

use super::excerpt::Excerpt;
use super::nearest::nearest;
use crate::source::{Problem, Span};

/// What an option does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Requirement,
    Constraint,
    Editable,
    IndexUrl,
    ExtraIndexUrl,
    FindLinks,
    NoIndex,
    Pre,
    NoBinary,
    OnlyBinary,
    RequireHashes,
    TrustedHost,
    Hash,
    /// Accepted, and without meaning for a lock; the text says why.
    Nothing(&'static str),
}

struct Kind {
    short: Option<char>,
    long: &'static str,
    takes_value: bool,
    effect: Effect,
}

const fn kind(short: Option<char>, long: &'static str, takes_value: bool, effect: Effect) -> Kind {
    Kind {
        short,
        long,
        takes_value,
        effect,
    }
}

const BUILD: &str = "it only counts when the package is built";

/// pip's options, sorted by name.
const OPTIONS: &[Kind] = &[
    kind(Some('C'), "config-settings", true, Effect::Nothing(BUILD)),
    kind(Some('c'), "constraint", true, Effect::Constraint),
    kind(Some('e'), "editable", true, Effect::Editable),
    kind(None, "extra-index-url", true, Effect::ExtraIndexUrl),
    kind(Some('f'), "find-links", true, Effect::FindLinks),
    kind(None, "global-option", true, Effect::Nothing(BUILD)),
    kind(None, "hash", true, Effect::Hash),
    kind(Some('i'), "index-url", true, Effect::IndexUrl),
    kind(None, "no-binary", true, Effect::NoBinary),
    kind(None, "no-index", false, Effect::NoIndex),
    kind(None, "only-binary", true, Effect::OnlyBinary),
    kind(None, "pre", false, Effect::Pre),
    kind(
        None,
        "prefer-binary",
        false,
        Effect::Nothing("wheels are preferred anyway"),
    ),
    kind(None, "pypi-url", true, Effect::IndexUrl),
    kind(None, "require-hashes", false, Effect::RequireHashes),
    kind(Some('r'), "requirement", true, Effect::Requirement),
    kind(None, "trusted-host", true, Effect::TrustedHost),
    kind(
        None,
        "use-feature",
        true,
        Effect::Nothing("it switches on a feature of pip itself"),
    ),
];

/// An option that was given.
pub(super) struct Given {
    pub(super) effect: Effect,
    /// As messages call it: `--hash`.
    pub(super) name: String,
    /// Its value with any quotes removed, and where it stands; empty for a switch.
    pub(super) value: Word,
    /// The whole option with its value.
    pub(super) span: Span,
}

/// A word of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) span: Span,
}

/// Returns where a line's options start: at the first word that begins with `-`.
pub(super) fn options_start(text: &str) -> usize {
    let mut after_space = true;
    for (at, c) in text.char_indices() {
        if c == '-' && after_space {
            return at;
        }
        after_space = c.is_whitespace();
    }
    text.len()
}

/// Reads the options of a line, from an offset to its end.
pub(super) fn read_options(line: &Excerpt, from: usize, problems: &mut Vec<Problem>) -> Vec<Given> {
    let words = match split_words(line.text(), from) {
        Ok(words) => words,
        Err(open) => {
            let message = "this quote is never closed";
            problems.push(Problem::at(line.origin(open), message));
            return Vec::new();
        }
    };
    let mut given = Vec::new();
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        if !word.text.starts_with('-') {
            problems.push(stray(line, &word));
            continue;
        }
        let (kind, name, value) = match named(line.text(), &word) {
            Ok(found) => found,
            Err(mistake) => {
                problems.push(told(line, &word, mistake));
                // Whatever its value is, it is no option.
                while words.next_if(|next| !next.text.starts_with('-')).is_some() {}
                continue;
            }
        };
        let value = match value {
            Some(value) => Some(value),
            None if kind.takes_value => words.next(),
            None => Some(Word::default()),
        };
        let Some(mut value) = value else {
            let message = format!("expected a value after `{name}`, but the line ends");
            problems.push(Problem::at(line.origin(word.span), message));
            continue;
        };
        if kind.effect == Effect::Editable {
            while let Some(more) = words.next_if(|next| !next.text.starts_with('-')) {
                value.span.end = more.span.end;
                value.text = line.text()[value.span.start..value.span.end].to_owned();
            }
        }
        given.push(Given {
            effect: kind.effect,
            name,
            span: Span {
                start: word.span.start,
                end: word.span.end.max(value.span.end),
            },
            value,
        });
    }
    given
}

/// pip passes over what follows an option's value.
fn stray(line: &Excerpt, word: &Word) -> Problem {
    let message = format!(
        "`{}` is not read: nothing can follow an option's value",
        word.text
    );
    Problem::at(line.origin(word.span), message)
        .with_help("Write it on a line of its own.")
        .as_warning()
}

fn told(line: &Excerpt, word: &Word, (message, help): (String, Option<String>)) -> Problem {
    let problem = Problem::at(line.origin(word.span), message);
    match help {
        Some(help) => problem.with_help(help),
        None => problem,
    }
}

type Named = (&'static Kind, String, Option<Word>);

/// Finds the option that a word names, by its short or long name or the start of the latter, and
/// the value that is part of the word.
fn named(line: &str, word: &Word) -> Result<Named, (String, Option<String>)> {
    let raw = &line[word.span.start..word.span.end];
    let part_from = |text: &str, raw_at: usize| Word {
        text: text.to_owned(),
        span: Span {
            start: (word.span.start + raw_at).min(word.span.end),
            end: word.span.end,
        },
    };
    let Some(long) = word.text.strip_prefix("--") else {
        let short = word.text[1..].chars().next();
        let kind = OPTIONS
            .iter()
            .find(|kind| kind.short.is_some() && kind.short == short);
        let Some(kind) = kind else {
            return Err(unknown(&word.text));
        };
        let value = Some(&word.text[2..]).filter(|value| !value.is_empty());
        return Ok((
            kind,
            word.text[..2].to_owned(),
            value.map(|value| part_from(value, 2)),
        ));
    };
    let (name, value) = match long.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (long, None),
    };
    let exact = OPTIONS.iter().find(|kind| kind.long == name);
    let mut starting = OPTIONS.iter().filter(|kind| kind.long.starts_with(name));
    let kind = match (exact, starting.next(), starting.next()) {
        (Some(kind), _, _) | (None, Some(kind), None) if !name.is_empty() => kind,
        _ => return Err(unknown(&format!("--{name}"))),
    };
    if value.is_some() && !kind.takes_value {
        return Err((format!("`--{}` takes no value", kind.long), None));
    }
    let value = value.map(|value| part_from(value, raw.find('=').map_or(raw.len(), |at| at + 1)));
    Ok((kind, format!("--{}", kind.long), value))
}

fn unknown(name: &str) -> (String, Option<String>) {
    if name == "-" {
        let help = "A requirement is written without a `-` before it.";
        return ("expected an option after `-`".into(), Some(help.into()));
    }
    let known = OPTIONS.iter().map(|kind| kind.long);
    let help = nearest(name.trim_start_matches('-'), known)
        .map(|near| format!("Did you mean `--{near}`?"));
    (format!("a requirements file has no option `{name}`"), help)
}

/// Splits a text into words as a POSIX shell does; fails with the quote that stays open.
fn split_words(text: &str, from: usize) -> Result<Vec<Word>, Span> {
    let mut words: Vec<Word> = Vec::new();
    let mut chars = text[from..].char_indices().map(|(at, c)| (from + at, c));
    let mut current: Option<Word> = None;
    let mut quote: Option<(usize, char)> = None;
    while let Some((at, c)) = chars.next() {
        if quote.is_none() && c.is_whitespace() {
            words.extend(current.take());
            continue;
        }
        let word = current.get_or_insert_with(|| Word {
            text: String::new(),
            span: Span::new(at, 0),
        });
        word.span.end = at + c.len_utf8();
        match (quote, c) {
            (None, '"' | '\'') => quote = Some((at, c)),
            (Some((_, open)), c) if c == open => quote = None,
            (None | Some((_, '"')), '\\') => {
                let Some((at, escaped)) = chars.next() else {
                    continue;
                };
                if quote.is_some() && !"\"\\".contains(escaped) {
                    word.text.push('\\');
                }
                word.text.push(escaped);
                word.span.end = at + escaped.len_utf8();
            }
            (_, c) => word.text.push(c),
        }
    }
    words.extend(current);
    match quote {
        Some((at, _)) => Err(Span::new(at, 1)),
        None => Ok(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    #[track_caller]
    fn check(line: &str, expected: &[&str]) -> Vec<Problem> {
        let mut problems = Vec::new();
        let line = Excerpt::whole(&SourceFile::new("a.in", line));
        let options = read_options(&line, options_start(line.text()), &mut problems);
        let said: Vec<String> = options
            .iter()
            .map(|given| format!("{} {}", given.name, given.value.text))
            .collect();

        assert_eq!(said, expected);
        problems
    }

    #[test]
    fn options_take_their_value_in_every_way_that_pip_knows() {
        check("-r a.txt", &["-r a.txt"]);
        check("-ra.txt --pre", &["-r a.txt", "--pre "]);
        check("--requirement=a.txt", &["--requirement a.txt"]);
        check("--requirem 'a b.txt'", &["--requirement a b.txt"]);
        check("--find-links=\"a \\\"b\"", &["--find-links a \"b"]);
        check("a==1 --hash=x --hash y", &["--hash x", "--hash y"]);
        check(
            "-e ./a[x] ; os_name == 'nt'",
            &["-e ./a[x] ; os_name == 'nt'"],
        );
    }

    #[test]
    fn what_is_no_option_is_a_problem() {
        let message = |line| check(line, &[]).remove(0).message;

        assert_eq!(
            message("--indx-url x"),
            "a requirements file has no option `--indx-url`"
        );
        assert_eq!(
            message("-r"),
            "expected a value after `-r`, but the line ends"
        );
        assert_eq!(message("--pre=x"), "`--pre` takes no value");
        assert_eq!(message("-r 'a"), "this quote is never closed");
        assert_eq!(message("- a"), "expected an option after `-`");
    }

    #[test]
    fn the_options_are_sorted() {
        assert!(OPTIONS.is_sorted_by_key(|kind| kind.long));
    }
}
