//! Colour or none, numbers with their nouns, lists, and lines that end before the margin.

/// Longer lines, in bytes, are nobody's to read.
const LONGEST_LINE: usize = 2000;

/// How text may look where it is going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether escape codes for colour may be used.
    pub colour: bool,
    /// Whether characters beyond ASCII may be used to draw.
    pub unicode: bool,
    /// How many characters a line may have.
    pub width: usize,
}

impl Style {
    /// Returns the style of files and pipes: no colour, UTF-8, 100 characters.
    pub fn plain() -> Self {
        Self {
            colour: false,
            unicode: true,
            width: 100,
        }
    }

    /// Makes text stand out.
    pub fn bold(self, text: &str) -> String {
        self.painted("1", text)
    }

    /// Makes text step back.
    pub fn dim(self, text: &str) -> String {
        self.painted("2", text)
    }

    /// Marks what was added or is well.
    pub fn green(self, text: &str) -> String {
        self.painted("32", text)
    }

    /// Marks what was removed.
    pub fn red(self, text: &str) -> String {
        self.painted("31", text)
    }

    /// Marks what deserves a look.
    pub fn yellow(self, text: &str) -> String {
        self.painted("33", text)
    }

    fn painted(self, code: &str, text: &str) -> String {
        match self.colour {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }

    /// Breaks a text between words and keeps its own lines; every line is indented but the first,
    /// which stands behind something as wide.
    pub fn wrapped(self, text: &str, indent: usize) -> String {
        let lines = text.split('\n').map(|line| self.wrapped_line(line, indent));
        lines
            .collect::<Vec<_>>()
            .join(&format!("\n{}", " ".repeat(indent)))
    }

    fn wrapped_line(self, line: &str, indent: usize) -> String {
        let mut wrapped = String::new();
        let mut column = indent;
        for word in line.split(' ') {
            let len = word.chars().count();
            if column > indent && column + 1 + len > self.width {
                wrapped.push('\n');
                wrapped.push_str(&" ".repeat(indent));
                column = indent;
            } else if !wrapped.is_empty() {
                wrapped.push(' ');
                column += 1;
            }
            wrapped.push_str(word);
            column += len;
        }
        wrapped
    }
}

/// Returns a text that does nothing to a terminal but show itself: names and messages from files
/// and servers may hold control characters. Of escape sequences those for colour stay, where there
/// is colour. Signs beyond ASCII that are ours are written otherwise where there are none. A line
/// without an end is cut.
pub fn printable(text: &str, style: Style) -> String {
    let lines = text.split('\n').map(|line| printable_line(line, style));
    lines.collect::<Vec<_>>().join("\n")
}

fn printable_line(line: &str, style: Style) -> String {
    let text = &line[..line.floor_char_boundary(LONGEST_LINE)];
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let colour = style.colour.then(|| colour_code(rest)).flatten();
        let len = colour.unwrap_or(c.len_utf8());
        match c {
            '\t' => shown.push(c),
            _ if colour.is_some() => shown.push_str(&rest[..len]),
            '→' if !style.unicode => shown.push_str("->"),
            '–' if !style.unicode => shown.push('-'),
            '…' if !style.unicode => shown.push_str("..."),
            c if c.is_control() && style.unicode => shown.push(char::REPLACEMENT_CHARACTER),
            c if c.is_control() => shown.push('?'),
            c => shown.push(c),
        }
        rest = &rest[len..];
    }
    if text.len() < line.len() {
        shown.push_str(" [...]");
    }
    shown
}

/// Returns the length of the escape sequence for colour that a text starts with.
fn colour_code(text: &str) -> Option<usize> {
    let code = text.strip_prefix("\u{1b}[")?;
    let len = code.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    code[len..].starts_with('m').then_some(len + 3)
}

/// Returns `1 package`, `2 packages`, `1 match`, `2 matches`, `2 dependencies`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        return format!("1 {noun}");
    }
    let ends_in_vowel_y = ["ay", "ey", "oy", "uy"]
        .iter()
        .any(|end| noun.ends_with(end));
    match noun.strip_suffix('y') {
        Some(stem) if !ends_in_vowel_y => format!("{number} {stem}ies"),
        _ if ["s", "x", "ch", "sh"].iter().any(|end| noun.ends_with(end)) => {
            format!("{number} {noun}es")
        }
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_nouns_agree() {
        assert_eq!(count(0, "package"), "0 packages");
        assert_eq!(count(1, "dependency"), "1 dependency");
        assert_eq!(count(2, "dependency"), "2 dependencies");
        assert_eq!(count(2, "match"), "2 matches");
        assert_eq!(count(2, "day"), "2 days");
    }

    #[test]
    fn lines_break_between_words_and_are_indented() {
        let style = Style {
            width: 12,
            ..Style::plain()
        };

        assert_eq!(
            style.wrapped("one two three four", 2),
            "one two\n  three four"
        );
        assert_eq!(
            style.wrapped("averyveryverylongword b", 2),
            "averyveryverylongword\n  b"
        );
        assert_eq!(style.wrapped("", 2), "");
        assert_eq!(
            style.wrapped("one\ntwo three four", 2),
            "one\n  two three\n  four"
        );
    }

    #[test]
    fn what_would_move_the_cursor_is_not_printed() {
        let colourful = Style {
            colour: true,
            ..Style::plain()
        };
        let ascii = Style {
            unicode: false,
            ..Style::plain()
        };

        assert_eq!(
            printable("a\u{1b}[2J\rb\n\tc", colourful),
            "a\u{fffd}[2J\u{fffd}b\n\tc"
        );
        assert_eq!(
            printable("\u{1b}[1;31mé\u{1b}[0m", colourful),
            "\u{1b}[1;31mé\u{1b}[0m"
        );
        assert_eq!(printable("\u{1b}[31ma", Style::plain()), "\u{fffd}[31ma");
        assert_eq!(
            printable(&"é\n".repeat(2000), Style::plain()),
            "é\n".repeat(2000)
        );
        assert_eq!(printable(&"é".repeat(2000), Style::plain()).len(), 2006);
        assert_eq!(printable("a → 3–4…\0é", ascii), "a -> 3-4...?é");
    }

    #[test]
    fn colour_is_used_only_where_it_may_be() {
        let colourful = Style {
            colour: true,
            ..Style::plain()
        };

        assert_eq!(Style::plain().green("a"), "a");
        assert_eq!(colourful.green("a"), "\u{1b}[32ma\u{1b}[0m");
    }
}
