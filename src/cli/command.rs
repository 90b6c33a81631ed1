//! The command of this process in words that can be typed again.

use crate::package::masked;

/// Returns it as it was typed.
pub(super) fn command_line() -> String {
    joined(&typed())
}

/// Returns another command with the same inputs and options, and some more; credentials are masked.
pub(super) fn instead(command: &str, more: &[String]) -> String {
    masked(&joined(&with_command(typed(), command, more)))
}

/// Whether another command can have the inputs and options of this one: a matrix has axes.
pub(super) fn can_be_instead() -> bool {
    typed().iter().any(|word| COMMANDS.contains(&word.as_str()))
}

fn typed() -> Vec<String> {
    let words = std::env::args_os().skip(1);
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect()
}

/// The commands that can take each other's place.
const COMMANDS: [&str; 2] = ["fix", "lock"];

/// Takes away what only `fix` knows.
fn with_command(typed: Vec<String>, command: &str, more: &[String]) -> Vec<String> {
    let mut words = Vec::new();
    let mut is_command_seen = false;
    let mut typed = typed.into_iter();
    while let Some(word) = typed.next() {
        match word.as_str() {
            named if COMMANDS.contains(&named) && !is_command_seen => {
                is_command_seen = true;
                words.push(command.to_owned());
            }
            "--apply" => {
                typed.next();
            }
            "--dry-run" => {}
            word if word.starts_with("--apply=") => {}
            _ => words.push(word),
        }
    }
    words.extend_from_slice(more);
    words
}

/// Puts words with spaces or signs of the shell in quotes.
pub(super) fn joined(words: &[String]) -> String {
    format!("pyaudit {}", quoted_words(words))
        .trim_end()
        .to_owned()
}

/// The same for any command.
pub(super) fn quoted_words(words: &[String]) -> String {
    let words = words.iter().map(|word| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@+,".contains(c);
        match !word.is_empty() && word.chars().all(is_plain) {
            true => word.clone(),
            false => format!("'{}'", word.replace('\'', r"'\''")),
        }
    });
    words.collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_command_says_what_this_one_did() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let next =
            |text: &str, more: &str| joined(&with_command(words(text), "lock", &words(more)));

        assert_eq!(
            next("-q fix a.in --apply 2 -o fix", "--python 3.12"),
            "pyaudit -q lock a.in -o fix --python 3.12"
        );
        assert_eq!(
            joined(&with_command(
                words("fix --dry-run --apply=1 a&b"),
                "lock",
                &[]
            )),
            "pyaudit lock 'a&b'"
        );
    }
}
