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
    match coding(bytes) {
        Coding::Known { mark, encoding } => with_encoding(&bytes[mark..], encoding),
        Coding::Utf32 { mark, unit } => utf_32(&bytes[mark..], unit),
        Coding::Unknown(name) => Decoded::Unknown(name),
    }
}

/// How bytes are to be read; `mark` is the length of the byte order mark before the text.
enum Coding {
    Known {
        mark: usize,
        encoding: &'static Encoding,
    },
    Utf32 {
        mark: usize,
        unit: fn([u8; 4]) -> u32,
    },
    Unknown(String),
}

fn coding(bytes: &[u8]) -> Coding {
    // UTF-32 before UTF-16: its little-endian mark starts with the other one's.
    for (mark, unit) in [
        ([0xff, 0xfe, 0, 0], u32::from_le_bytes as fn([u8; 4]) -> u32),
        ([0, 0, 0xfe, 0xff], u32::from_be_bytes),
    ] {
        if bytes.starts_with(&mark) {
            return Coding::Utf32 { mark: 4, unit };
        }
    }
    for (mark, encoding) in [
        (&[0xef, 0xbb, 0xbf][..], UTF_8),
        (&[0xff, 0xfe], UTF_16LE),
        (&[0xfe, 0xff], UTF_16BE),
    ] {
        if bytes.starts_with(mark) {
            let mark = mark.len();
            return Coding::Known { mark, encoding };
        }
    }
    match coding_line(bytes) {
        Some(name) => match encoding_named(&name) {
            Some(encoding) => Coding::Known { mark: 0, encoding },
            None => Coding::Unknown(name),
        },
        None => Coding::Known {
            mark: 0,
            encoding: UTF_8,
        },
    }
}

/// Changes a file's bytes as its text, with the file's own line ends, is changed: `None` where the
/// encoding cannot say the text, or does not give the same bytes back.
pub(super) fn recoded(bytes: &[u8], change: impl FnOnce(&str) -> String) -> Option<Vec<u8>> {
    let Coding::Known { mark, encoding } = coding(bytes) else {
        return None;
    };
    let (mark, rest) = bytes.split_at(mark);
    let text = encoding.decode_without_bom_handling_and_without_replacement(rest)?;
    if encoded(&text, encoding)? != rest {
        return None;
    }
    let mut changed = mark.to_vec();
    changed.extend(encoded(&change(&text), encoding)?);
    Some(changed)
}

fn encoded(text: &str, encoding: &'static Encoding) -> Option<Vec<u8>> {
    // The web writes no UTF-16, and so encoding_rs does not.
    if encoding == UTF_16LE {
        return Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    }
    if encoding == UTF_16BE {
        return Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
    }
    let (bytes, _, is_lossy) = encoding.encode(text);
    (!is_lossy).then(|| bytes.into_owned())
}

fn with_encoding(bytes: &[u8], encoding: &'static Encoding) -> Decoded {
    // Nearly always; the library looks at the processor first.
    if encoding == UTF_8
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Decoded::Whole(text.to_owned());
    }
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
    fn a_changed_text_is_written_as_the_file_was() {
        let change = |bytes: &[u8]| recoded(bytes, |text| text.replace('a', "é\r"));

        for (bytes, expected) in [
            (&b"\xef\xbb\xbfa"[..], &b"\xef\xbb\xbf\xc3\xa9\r"[..]),
            (b"\xff\xfea\0", b"\xff\xfe\xe9\0\r\0"),
            (b"\xfe\xff\0a", b"\xfe\xff\0\xe9\0\r"),
            (b"# coding: latin-1\na", b"# coding: l\xe9\rtin-1\n\xe9\r"),
            (b"", b""),
        ] {
            assert_eq!(change(bytes).as_deref(), Some(expected));
        }
        assert_eq!(
            change(b"# coding: cp1251\na"),
            None,
            "there is no such letter"
        );
        assert_eq!(change(b"\xff"), None);
        assert_eq!(change(b"\xff\xfe\0\0a\0\0\0"), None);
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
