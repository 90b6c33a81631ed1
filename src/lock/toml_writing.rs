//! TOML as locks have it: pairs, lists and inline tables, written behind each other into one text.

use std::borrow::Cow;

/// The text so far; what is empty is not written.
#[derive(Default)]
pub(super) struct Text(pub(super) String);

/// What stands behind a key or in a list.
pub(super) enum Value<'v> {
    /// A string, in quotes that it needs.
    String(Cow<'v, str>),
    /// What is TOML already: a number, a moment, `true`, or the text of another value.
    Bare(Cow<'v, str>),
    /// `[a, b]`.
    List(Vec<Value<'v>>),
    /// `{ key = value, … }`.
    Table(Vec<(&'v str, Value<'v>)>),
}

impl<'v> Value<'v> {
    /// Makes an inline table of the pairs that have a value.
    pub(super) fn table(pairs: impl IntoIterator<Item = (&'v str, Option<Self>)>) -> Self {
        let pairs = pairs.into_iter();
        let pairs = pairs.filter_map(|(key, value)| Some((key, value?)));
        Self::Table(pairs.collect())
    }

    /// Makes a number.
    pub(super) fn number(number: impl ToString) -> Self {
        Self::Bare(number.to_string().into())
    }

    /// Returns `true` where something holds.
    pub(super) fn flag(holds: bool) -> Option<Self> {
        holds.then_some(Self::Bare(Cow::Borrowed("true")))
    }

    /// Returns it as text.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        match self {
            Self::String(string) => write_string(text, string),
            Self::Bare(bare) => text.push_str(bare),
            Self::List(values) => {
                text.push('[');
                for (at, value) in values.iter().enumerate() {
                    text.push_str(if at == 0 { "" } else { ", " });
                    value.write(text);
                }
                text.push(']');
            }
            Self::Table(pairs) => {
                text.push('{');
                for (at, (key, value)) in pairs.iter().enumerate() {
                    text.push_str(if at == 0 { " " } else { ", " });
                    write_key(text, key);
                    text.push_str(" = ");
                    value.write(text);
                }
                text.push_str(if pairs.is_empty() { "}" } else { " }" });
            }
        }
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(string: &'v str) -> Self {
        Self::String(string.into())
    }
}

impl From<String> for Value<'_> {
    fn from(string: String) -> Self {
        Self::String(string.into())
    }
}

impl Text {
    /// Writes the heading of a table, with its brackets, behind an empty line.
    pub(super) fn heading(&mut self, heading: &str) {
        self.0.extend(["\n", heading, "\n"]);
    }

    /// Writes a heading and what stands under it; nothing where that is empty.
    pub(super) fn section(&mut self, heading: &str, write: impl FnOnce(&mut Self)) {
        let before = self.0.len();
        self.heading(heading);
        let start = self.0.len();
        write(self);
        if self.0.len() == start {
            self.0.truncate(before);
        }
    }

    /// Writes a key with its value on a line; nothing where it has none.
    pub(super) fn pair<'v>(&mut self, key: &str, value: Option<impl Into<Value<'v>>>) {
        if let Some(value) = value {
            self.0.extend([key, " = "]);
            value.into().write(&mut self.0);
            self.0.push('\n');
        }
    }

    /// One string stays on its line, several get one each.
    pub(super) fn strings<'v>(
        &mut self,
        key: &str,
        values: impl IntoIterator<Item: Into<Cow<'v, str>>>,
    ) {
        let values = values.into_iter().map(|value| Value::String(value.into()));
        let values: Vec<Value<'v>> = values.collect();
        match values.len() {
            1 => self.pair(key, Some(Value::List(values))),
            _ => self.lines(key, values),
        }
    }

    /// Each value gets a line of its own.
    pub(super) fn lines<'v>(&mut self, key: &str, values: impl IntoIterator<Item = Value<'v>>) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return;
        }
        self.0.extend([key, " = [\n"]);
        for value in values {
            self.0.push_str("    ");
            value.write(&mut self.0);
            self.0.push_str(",\n");
        }
        self.0.push_str("]\n");
    }
}

/// Writes a key, in the quotes that it needs; nearly all need none.
fn write_key(text: &mut String, key: &str) {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match !key.is_empty() && key.bytes().all(is_bare) {
        true => text.push_str(key),
        false => text.push_str(&toml_edit::Key::new(key).display_repr()),
    }
}

/// Writes a string in the quotes that it needs; nearly all need no more than double ones.
fn write_string(text: &mut String, string: &str) {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    match string.bytes().all(is_plain) {
        true => text.extend(["\"", string, "\""]),
        false => text.push_str(&toml_edit::Value::from(string).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_string_is_quoted_as_toml_edit_does(string in "(?s).{0,8}|[ -~\t\r\n\0\x7f\u{85}]{0,8}") {
            let expected = toml_edit::Value::from(&*string).to_string();
            let text = Value::from(&*string).to_text();
            let read: toml_edit::Value = text.parse().unwrap();

            prop_assert_eq!(text, expected);
            prop_assert_eq!(read.as_str(), Some(&*string));
        }

        #[test]
        fn a_key_is_quoted_as_toml_edit_does(key in "(?s).{0,8}|[a-c._ \"'-]{0,8}") {
            let expected: toml_edit::InlineTable = [(&key, 1)].into_iter().collect();
            let text = Value::table([(&*key, Some(Value::number(1)))]).to_text();
            let read: toml_edit::Value = text.parse().unwrap();

            prop_assert_eq!(text, expected.to_string());
            prop_assert!(read.as_inline_table().is_some_and(|it| it.contains_key(&key)));
        }
    }

    #[test]
    fn an_inline_table_is_written_as_toml_edit_does() {
        for (count, text) in [(0, "{}"), (1, "{ a = 1 }"), (2, "{ a = 1, b = 2 }")] {
            let pairs = ["a", "b"].into_iter().zip([1, 2]).take(count);
            let expected: toml_edit::InlineTable = pairs.clone().collect();
            let table = Value::table(pairs.map(|(key, value)| (key, Some(Value::number(value)))));

            assert_eq!(table.to_text(), text);
            assert_eq!(table.to_text(), expected.to_string());
        }
    }
}
