//! Bytes to text as pip does it: a byte order mark, else a `coding:` line (PEP 263), else UTF-8.
//!
//! pip falls back to the machine's locale; a lock must not depend on that, so bytes that are not
//! UTF-8 and do not say what they are become a problem.

use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::source::{Origin, Problem, SourceFile, Span};

/// Decodes a file. Line ends of a lone `\r` become `\n`, so that everything after counts the same
/// lines. What cannot be decoded is a problem, and replaced, so that reading can go on.
pub fn decode(label: &str, bytes: &[u8]) -> (Arc<SourceFile>, Option<Problem>) {
    let (text, fault) = match text_of(bytes) {
        Decoded::Whole(text) => (text, None),
        Decoded::Damaged(text, encoding) => (text, Some(Fault::Bytes(encoding))),
        Decoded::Unknown(name) => {
            let text = String::from_utf8_lossy(bytes).into_owned();
            (text, Some(Fault::Name(name)))
        }
    };
    let file = SourceFile::new(label, with_line_feeds(text));
    let problem = fault.map(|fault| fault.problem(&file));
    (file, problem)
}

enum Decoded {
    Whole(String),
    Damaged(String, String),
    Unknown(String),
}

enum Fault {
    Bytes(String),
    Name(String),
}

impl Fault {
    fn problem(self, file: &Arc<SourceFile>) -> Problem {
        match self {
            Self::Bytes(encoding) => {
                let at = file.text().find(char::REPLACEMENT_CHARACTER).unwrap_or(0);
                let origin = Origin::new(file, Span::new(at, 0));
                Problem::at(origin, format!("this is not {encoding} text")).with_help(
                    "Save the file as UTF-8, or name its encoding in the first line: `# coding: cp1252`.",
                )
            }
            Self::Name(name) => {
                let at = file.text().find(&name).unwrap_or(0);
                let len = if file.text()[at..].starts_with(&name) {
                    name.len()
                } else {
                    0
                };
                let origin = Origin::new(file, Span::new(at, len));
                Problem::at(origin, format!("the encoding `{name}` is not known"))
                    .with_help("Save the file as UTF-8.")
            }
        }
    }
}

fn text_of(bytes: &[u8]) -> Decoded {
    // UTF-32 before UTF-16: its little-endian mark starts with the other one's.
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe, 0, 0]) {
        return utf_32(rest, u32::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(&[0, 0, 0xfe, 0xff]) {
        return utf_32(rest, u32::from_be_bytes);
    }
    for (mark, encoding) in [
        (&[0xef, 0xbb, 0xbf][..], UTF_8),
        (&[0xff, 0xfe], UTF_16LE),
        (&[0xfe, 0xff], UTF_16BE),
    ] {
        if let Some(rest) = bytes.strip_prefix(mark) {
            return with_encoding(rest, encoding);
        }
    }
    match coding_line(bytes) {
        Some(name) => match encoding_named(&name) {
            Some(encoding) => with_encoding(bytes, encoding),
            None => Decoded::Unknown(name),
        },
        None => with_encoding(bytes, UTF_8),
    }
}

fn with_encoding(bytes: &[u8], encoding: &'static Encoding) -> Decoded {
    let (text, damaged) = encoding.decode_without_bom_handling(bytes);
    match damaged {
        true => Decoded::Damaged(text.into_owned(), encoding.name().to_owned()),
        false => Decoded::Whole(text.into_owned()),
    }
}

fn utf_32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> Decoded {
    let mut damaged = false;
    let mut text = String::with_capacity(bytes.len() / 4);
    for chunk in bytes.chunks(4) {
        let read = <[u8; 4]>::try_from(chunk)
            .ok()
            .and_then(|chunk| char::from_u32(unit(chunk)));
        damaged |= read.is_none();
        text.push(read.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    match damaged {
        true => Decoded::Damaged(text, "UTF-32".into()),
        false => Decoded::Whole(text),
    }
}

/// Finds `coding: name` or `coding=name` in a comment on one of the first two lines.
fn coding_line(bytes: &[u8]) -> Option<String> {
    bytes
        .split(|byte| *byte == b'\n')
        .take(2)
        .filter(|line| line.starts_with(b"#"))
        .find_map(|line| {
            let line = String::from_utf8_lossy(line);
            line.match_indices("coding").find_map(|(at, word)| {
                let rest = line[at + word.len()..]
                    .strip_prefix([':', '='])?
                    .trim_start();
                let end = rest
                    .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
                    .unwrap_or(rest.len());
                (end > 0).then(|| rest[..end].to_owned())
            })
        })
}

/// Python's names that the labels of the web do not know.
const PYTHON_NAMES: &[(&str, &str)] = &[
    ("ascii", "utf-8"),
    ("cp932", "shift_jis"),
    ("cp936", "gbk"),
    ("cp949", "euc-kr"),
    ("cp950", "big5"),
    ("latin-1", "latin1"),
    ("utf-8-sig", "utf-8"),
    ("utf8", "utf-8"),
];

fn encoding_named(name: &str) -> Option<&'static Encoding> {
    let name = name.to_ascii_lowercase();
    let dashed = name.replace('_', "-");
    let python = PYTHON_NAMES
        .iter()
        .find(|(python, _)| *python == dashed)
        .map(|(_, label)| *label);
    [python, Some(name.as_str()), Some(dashed.as_str())]
        .into_iter()
        .flatten()
        .find_map(|label| Encoding::for_label(label.as_bytes()))
}

fn with_line_feeds(text: String) -> String {
    let is_lone = |at: usize| text.as_bytes().get(at + 1) != Some(&b'\n');
    if !text.match_indices('\r').any(|(at, _)| is_lone(at)) {
        return text;
    }
    text.char_indices()
        .map(|(at, c)| if c == '\r' && is_lone(at) { '\n' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        let (file, problem) = decode("a.in", bytes);

        assert_eq!(file.text(), expected);
        assert_eq!(problem, None);
    }

    #[test]
    fn a_mark_or_a_coding_line_says_the_encoding() {
        check(b"\xef\xbb\xbfa", "a");
        check(b"\xff\xfea\0", "a");
        check(b"\xfe\xff\0a", "a");
        check(b"\xff\xfe\0\0a\0\0\0", "a");
        check(b"\0\0\xfe\xff\0\0\0a", "a");
        check(
            b"# -*- coding: latin-1 -*-\n# \xe9",
            "# -*- coding: latin-1 -*-\n# é",
        );
        check(b"#\n# coding=cp1251\n# \xe9", "#\n# coding=cp1251\n# й");
        check("é".as_bytes(), "é");
    }

    #[test]
    fn a_lone_carriage_return_ends_a_line() {
        check(b"a\rb\r\nc\n\r", "a\nb\r\nc\n\n");
    }

    #[test]
    fn what_cannot_be_decoded_is_pointed_at() {
        let (file, problem) = decode("a.in", b"a\n# \xe9\n");
        let origin = problem.unwrap().origin.unwrap();
        assert_eq!((origin.line(), origin.column()), (2, 3));
        assert!(file.text().starts_with("a\n"));

        let (_, problem) = decode("a.in", b"# coding: klingon\n");
        assert_eq!(problem.unwrap().origin.unwrap().text(), "klingon");
    }
}
