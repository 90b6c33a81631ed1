//! The header block of core metadata files, read as Python's `email` parser reads it: names
//! without case, folded values, the end at the first line that is no header.

use std::borrow::Cow;

/// One header: its name as written and its value, unfolded and trimmed.
pub(super) type Header<'a> = (&'a str, Cow<'a, str>);

/// Whether a value was written on several lines: only then is it put together anew.
pub(super) fn is_folded((_, value): &Header<'_>) -> bool {
    matches!(value, Cow::Owned(_))
}

/// Decodes a header block: UTF-8, or where it is none, what can be read of it.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
}

/// Returns the part of a metadata file before its body, so that only that much is decoded.
pub(super) fn before_body(bytes: &[u8]) -> &[u8] {
    let ends = [&b"\n\n"[..], b"\n\r\n", b"\r\r"];
    let mut rest = 0;
    while let Some(at) = bytes[rest..]
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
    {
        let here = rest + at;
        if ends.iter().any(|end| bytes[here..].starts_with(end)) {
            return &bytes[..here];
        }
        rest = here + 1;
    }
    bytes
}

/// Returns the headers in order.
pub(super) fn headers(text: &str) -> Vec<Header<'_>> {
    let mut headers: Vec<Header<'_>> = Vec::new();
    for line in text.split(['\n', '\r']) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                let value = value.to_mut();
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        // Between `\r` and `\n` stands an empty line that is none; the body was cut off before.
        if line.is_empty() {
            continue;
        }
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            break;
        }
        headers.push((name, Cow::Borrowed(value.trim())));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<(String, String)> {
        headers(&decode(before_body(bytes)))
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into_owned()))
            .collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        expected.iter().map(owned).collect()
    }

    #[test]
    fn headers_end_at_the_blank_line_whatever_the_line_ends_are() {
        let expected = pairs(&[("A", "1"), ("B", "2 3")]);

        assert_eq!(read(b"A: 1\nB: 2\n 3\n\nC: 4\n"), expected);
        assert_eq!(read(b"A: 1\r\nB: 2\r\n\t3\r\n\r\nC: 4\r\n"), expected);
        assert_eq!(read(b"\xef\xbb\xbfA: 1\rB: 2\r 3\r\rC: 4"), expected);
    }

    #[test]
    fn headers_end_at_a_line_that_is_no_header() {
        assert_eq!(read(b"A: 1\nnot a header: 2\nB: 3\n"), pairs(&[("A", "1")]));
        assert_eq!(read(b"A: 1\nplain\nB: 3\n"), pairs(&[("A", "1")]));
        assert_eq!(read(b"A: caf\xe9\n"), pairs(&[("A", "caf\u{fffd}")]));
    }
}
