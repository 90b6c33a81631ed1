//! Scripts within a script: `bash -c "pip install a"` and `eval 'pip install a'` run what their quotes
//! hold.

use super::installs::program_name;
use super::shell::{self, Simple, Variables, Word};
use crate::input::excerpt::Excerpt;
use crate::source::Span;

/// Shells whose language is read.
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh"];

/// Whether a program, with its folders, is such a shell.
pub(super) fn is_shell(program: &str) -> bool {
    let name = program.rsplit('/').next();
    name.is_some_and(|name| SHELLS.contains(&name))
}

/// Takes each command of a script, with the text that it stands in; in place of one that runs what its
/// quotes hold, the commands there. What those have in quotes is not looked into again.
pub(super) fn each_command(
    script: &Excerpt,
    variables: &Variables,
    mut take: impl FnMut(&Simple, &Excerpt),
) {
    for command in shell::commands(script.text(), variables) {
        let Some(word) = script_word(&command.words) else {
            take(&command, script);
            continue;
        };
        let inner = inside(word, script);
        let variables = shell::with_settings(variables, inner.text());
        for command in shell::commands(inner.text(), &variables) {
            take(&command, &inner);
        }
    }
}

/// Returns the word that is a script.
fn script_word(words: &[Word]) -> Option<&Word> {
    if let [eval, word] = words
        && eval.text == "eval"
    {
        return Some(word);
    }
    let (at, name) = program_name(words)?;
    if !SHELLS.contains(&name) {
        return None;
    }
    let mut words = words.get(at + 1..)?.iter();
    loop {
        let option = words.next()?.text.strip_prefix('-')?;
        match option {
            _ if option.starts_with('-') => {}
            // `-o pipefail`
            _ if option.ends_with('o') => drop(words.next()),
            _ if option.ends_with('c') => return words.next(),
            _ => {}
        }
    }
}

/// Returns what a word holds, each part with its place where it stands there as it is.
fn inside(word: &Word, script: &Excerpt) -> Excerpt {
    let mut inner = Excerpt::new(script.file());
    let written = script.text().get(word.span.start..word.span.end);
    let quoted = ['"', '\''].into_iter().find_map(|quote| {
        let text = written?.strip_prefix(quote)?.strip_suffix(quote)?;
        let is_it = text == word.text || !word.is_literal;
        is_it.then(|| Span::new(word.span.start + 1, text.len()))
    });
    match quoted {
        Some(span) => inner.push_from(script, span),
        None => inner.push_instead(&word.text, script.origin(word.span).span),
    }
    inner
}
