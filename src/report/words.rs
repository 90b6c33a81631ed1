//! Colour or none, numbers with their nouns, lists, and lines that end before the margin.

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

    /// Breaks a text between words; every line is indented but the first, which stands behind
    /// something as wide.
    pub fn wrapped(self, text: &str, indent: usize) -> String {
        let mut wrapped = String::new();
        let mut column = indent;
        for word in text.split(' ') {
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

/// Returns `a`, `a and b`, `a, b and c`.
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
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
    fn a_list_ends_with_and() {
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b"]), "a and b");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
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
