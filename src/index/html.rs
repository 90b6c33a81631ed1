//! Tags and texts of HTML as it stands on index pages.
//!
//! An XML reader stops at the first `<br` or stray `<`; this scanner takes HTML as the HTML
//! standard's tokenizer does, as far as tags, attributes, comments and raw text go, never fails,
//! and is no slower. What a tag means is the business of its callers.

use std::borrow::Cow;

use memchr::{memchr, memchr3};

/// A piece of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A start tag: its name as written and the rest of it.
    Start(&'a str, &'a str),
    /// An end tag's name.
    End(&'a str),
    /// Text, entities not replaced.
    Text(&'a str),
    /// The document ended within a tag or a comment.
    Cut,
}

/// Goes through the pieces of a document.
pub(super) struct Pieces<'a> {
    rest: &'a str,
}

/// Elements whose content is text up to their end tag.
const RAW: &[&str] = &["script", "style", "textarea"];

impl<'a> Pieces<'a> {
    /// Starts at the beginning.
    pub(super) fn new(html: &'a str) -> Self {
        Self { rest: html }
    }

    fn take(&mut self, len: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Skips up to and including `mark`; `Cut` where it is missing.
    fn skip_past(&mut self, mark: &str) -> Option<Piece<'a>> {
        let Some(at) = self.rest.find(mark) else {
            self.rest = "";
            return Some(Piece::Cut);
        };
        self.take(at + mark.len());
        None
    }

    fn tag(&mut self) -> Piece<'a> {
        let Some(end) = tag_end(self.rest) else {
            self.rest = "";
            return Piece::Cut;
        };
        let tag = self.take(end + 1);
        let tag = &tag[1..end];
        let (ends, tag) = match tag.strip_prefix('/') {
            Some(tag) => (true, tag),
            None => (false, tag),
        };
        let name_len = tag
            .bytes()
            .position(|byte| byte.is_ascii_whitespace() || byte == b'/')
            .unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(name_len);
        if ends {
            return Piece::End(name);
        }
        if RAW.iter().any(|raw| raw.eq_ignore_ascii_case(name)) {
            self.skip_raw(name);
        }
        Piece::Start(name, attributes)
    }

    /// Goes to the end tag of a raw element.
    fn skip_raw(&mut self, name: &str) {
        let mut from = 0;
        while let Some(at) = self.rest[from..].find("</").map(|at| from + at) {
            let after = self.rest.as_bytes().get(at + 2..at + 2 + name.len());
            if after.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes())) {
                self.take(at);
                return;
            }
            from = at + 2;
        }
        self.rest = "";
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            let piece = match self.rest.as_bytes() {
                [] => return None,
                [b'<', b'a'..=b'z' | b'A'..=b'Z' | b'/', ..] => Some(self.tag()),
                [b'<', b'!', b'-', b'-', ..] => {
                    self.take(4);
                    self.skip_past("-->")
                }
                [b'<', b'!' | b'?', ..] => self.skip_past(">"),
                // A `<` that opens nothing is text.
                [_, behind @ ..] => {
                    let len = memchr(b'<', behind).map_or(self.rest.len(), |at| at + 1);
                    Some(Piece::Text(self.take(len)))
                }
            };
            if piece.is_some() {
                return piece;
            }
        }
    }
}

/// Returns where a tag's `>` is; one within a quoted value does not count.
fn tag_end(tag: &str) -> Option<usize> {
    let bytes = tag.as_bytes();
    let mut from = 0;
    loop {
        let at = from + memchr3(b'>', b'"', b'\'', &bytes[from..])?;
        if bytes[at] == b'>' {
            return Some(at);
        }
        from = at + 1;
        // A quote opens a value only after `=`.
        if bytes[..at].trim_ascii_end().ends_with(b"=") {
            from += memchr(bytes[at], &bytes[from..])? + 1;
        }
    }
}

/// Returns a name in lower case, in which nearly all stand.
pub(super) fn lower_case(name: &str) -> Cow<'_, str> {
    match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(name.to_ascii_lowercase()),
        false => Cow::Borrowed(name),
    }
}

/// Goes through the attributes of a start tag: names as written, values unescaped; a name without
/// a value has the empty one.
pub(super) fn attributes<'a>(mut rest: &'a str) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
    std::iter::from_fn(move || {
        let is_between = |byte: u8| byte.is_ascii_whitespace() || byte == b'/';
        let start = rest.bytes().position(|byte| !is_between(byte))?;
        rest = &rest[start..];
        // A name may start with `=`, which HTML takes as part of it.
        let mut behind = rest.bytes().skip(1);
        let name_len = behind.position(|byte| is_between(byte) || byte == b'=');
        let (name, after) = rest.split_at(name_len.map_or(rest.len(), |at| at + 1));
        let Some(after) = after.trim_start().strip_prefix('=') else {
            rest = after;
            return Some((name, Cow::Borrowed("")));
        };
        let (value, after) = attribute_value(after.trim_start());
        rest = after;
        Some((name, unescaped(value)))
    })
}

fn attribute_value(text: &str) -> (&str, &str) {
    if let [quote @ (b'"' | b'\''), inner @ ..] = text.as_bytes() {
        let end = 1 + memchr(*quote, inner).unwrap_or(inner.len());
        return (&text[1..end], text.get(end + 1..).unwrap_or_default());
    }
    let len = text
        .find(|c: char| c.is_ascii_whitespace())
        .unwrap_or(text.len());
    text.split_at(len)
}

/// The named entities that writers of index pages use.
const ENTITIES: &[(&str, &str)] = &[
    ("amp", "&"),
    ("apos", "'"),
    ("gt", ">"),
    ("lt", "<"),
    ("nbsp", "\u{a0}"),
    ("quot", "\""),
];

/// Replaces entities; what is none stays as it is.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if memchr(b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, after) = rest.split_at(at);
        result.push_str(before);
        match entity(&after[1..]) {
            Some((meaning, len)) => {
                result.push_str(&meaning);
                rest = &after[1 + len..];
            }
            None => {
                result.push('&');
                rest = &after[1..];
            }
        }
    }
    result.push_str(rest);
    Cow::Owned(result)
}

/// Returns what an entity means and its length, the semicolon included if there is one.
fn entity(text: &str) -> Option<(Cow<'static, str>, usize)> {
    let body = text.strip_prefix('#');
    let len = text.len() - body.unwrap_or(text).len();
    let word = body.unwrap_or(text);
    let word_len = word
        .bytes()
        .take_while(u8::is_ascii_alphanumeric)
        .take(10)
        .count();
    let word = &word[..word_len];
    let closed = usize::from(text[len + word_len..].starts_with(';'));
    let meaning = match body {
        Some(_) => {
            let code = match word.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => word.parse().ok()?,
            };
            Cow::Owned(char::from_u32(code)?.to_string())
        }
        // Without its semicolon a name could be the start of a parameter: `?a=1&lt=2`.
        None if closed == 0 => return None,
        None => Cow::Borrowed(ENTITIES.iter().find(|(name, _)| *name == word)?.1),
    };
    Some((meaning, len + word_len + closed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(html: &str) -> String {
        let shown = Pieces::new(html).map(|piece| match piece {
            Piece::Start(name, rest) => format!("+{name}[{rest}]"),
            Piece::End(name) => format!("-{name}"),
            Piece::Text(text) => text.to_owned(),
            Piece::Cut => "CUT".to_owned(),
        });
        shown.collect::<Vec<_>>().join("|")
    }

    fn pairs(tag: &str) -> Vec<(String, String)> {
        attributes(tag)
            .map(|(name, value)| (name.to_owned(), value.into_owned()))
            .collect()
    }

    #[test]
    fn html_falls_into_tags_and_texts() {
        let cases = [
            ("<A href='x>y'>t</A >", "+A[ href='x>y']|t|-A"),
            ("<!DOCTYPE html><br/>1 < 2<!-- <a> -->", "+br[/]|1 |< 2"),
            ("<script>if (a<b) '<a>'</SCRIPT>x", "+script[]|-SCRIPT|x"),
            ("<a href=\"x", "CUT"),
            ("x<!-- y", "x|CUT"),
            ("<", "<"),
            ("</>x", "-|x"),
            ("<a b\"c>d", "+a[ b\"c]|d"),
        ];

        for (html, expected) in cases {
            assert_eq!(pieces(html), expected, "{html}");
        }
    }

    #[test]
    fn attributes_need_no_quotes_and_no_values() {
        let found = pairs(
            " HREF = a/b.zip  data-yanked data-requires-python=\"&gt;=3.6, &lt;4\" x='&#39;&#x41;&copy;&'/",
        );
        let expected = [
            ("HREF", "a/b.zip"),
            ("data-yanked", ""),
            ("data-requires-python", ">=3.6, <4"),
            ("x", "'A&copy;&"),
        ];

        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(found, expected);
    }
}
