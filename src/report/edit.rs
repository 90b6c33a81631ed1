//! The edit of a file as a unified diff.

use similar::{ChangeTag, TextDiff};

use super::Style;
use crate::package::masked;

/// So many lines around a change are shown.
const CONTEXT: usize = 2;

/// Draws what changes in a file; a file that is new has no old text. Credentials are masked, and
/// so it is for people and not for `patch`.
pub fn draw_edit(label: &str, old: Option<&str>, new: &str, style: Style) -> String {
    let diff = TextDiff::from_lines(old.unwrap_or_default(), new);
    let from = if old.is_some() { label } else { "/dev/null" };
    let mut text = format!(
        "{}\n{}\n",
        style.bold(&format!("--- {from}")),
        style.bold(&format!("+++ {label}"))
    );
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        text.push_str(&style.dim(hunk.header().to_string().trim_end()));
        text.push('\n');
        for change in hunk.iter_changes() {
            let value = change.value();
            let line = masked(value.trim_end_matches(['\r', '\n']));
            let line = match change.tag() {
                ChangeTag::Delete => style.red(&format!("-{line}")),
                ChangeTag::Insert => style.green(&format!("+{line}")),
                ChangeTag::Equal => format!(" {line}"),
            };
            text.push_str(&line);
            text.push('\n');
            if !value.ends_with('\n') {
                text.push_str("\\ No newline at end of file\n");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_around_a_change_are_shown() {
        let drawn = draw_edit(
            "a.in",
            Some("1\r\n2\r\n3\r\n4\r\n5"),
            "1\r\n2\r\n3\r\n4<5\r\n5",
            Style::plain(),
        );

        assert_eq!(
            drawn,
            "--- a.in\n+++ a.in\n@@ -2,4 +2,4 @@\n 2\n 3\n-4\n+4<5\n 5\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn a_new_file_has_no_old_one() {
        let drawn = draw_edit(
            "a.in",
            None,
            "a @ https://u:pass@h.example/a\n",
            Style::plain(),
        );

        assert_eq!(
            drawn,
            "--- /dev/null\n+++ a.in\n@@ -0,0 +1 @@\n+a @ https://*******h.example/a\n"
        );
    }

    #[test]
    fn what_goes_is_red_and_what_comes_is_green() {
        let style = Style {
            colour: true,
            ..Style::plain()
        };

        let drawn = draw_edit("a", Some("x\n"), "y\n", style);

        assert!(drawn.contains("\u{1b}[31m-x\u{1b}[0m\n\u{1b}[32m+y\u{1b}[0m\n"));
    }
}
