//! The grammar of environment markers (PEP 508): words, parentheses, `and` and `or`.
//!
//! pep508_rs brings the algebra, but not the parser: its own recurses as deep as a text wants,
//! panics on some comparisons and drops others in silence. Here the depth, the number of
//! comparisons and the size of the diagram are bounded, because a marker of a few hundred bytes can
//! have a diagram of any size.

use foldhash::HashSet;
use pep508_rs::MarkerTree;

use super::comparison::{Operand, Reading, comparison};
use super::marker_algebra::each_child;

/// How deep parentheses may nest; real markers stay below five.
const MAX_DEPTH: usize = 32;
/// How many comparisons a marker may have; the longest in the wild have about a hundred.
const MAX_COMPARISONS: usize = 512;
/// How many steps joining two diagrams may take.
const MAX_JOIN: usize = 1 << 16;

/// Reads a whole marker; also returns why comparisons that mean nothing were passed over.
pub(super) fn read_marker(
    text: &str,
    reading: Reading,
) -> Result<(MarkerTree, Vec<String>), String> {
    let mut reader = Reader {
        rest: text,
        reading,
        comparisons: 0,
        dropped: Vec::new(),
    };
    let tree = reader.any_of(0)?;
    reader.skip_space();
    if !reader.rest.is_empty() {
        return Err(format!(
            "expected `and`, `or` or the end, but found `{}`",
            reader.rest
        ));
    }
    Ok((tree.unwrap_or(MarkerTree::TRUE), reader.dropped))
}

struct Reader<'a> {
    rest: &'a str,
    reading: Reading,
    comparisons: usize,
    dropped: Vec<String>,
}

impl<'a> Reader<'a> {
    fn any_of(&mut self, depth: usize) -> Result<Option<MarkerTree>, String> {
        let first = self.all_of(depth)?;
        if !self.take_word("or") {
            return Ok(first);
        }
        let mut parts = vec![first, self.all_of(depth)?];
        while self.take_word("or") {
            parts.push(self.all_of(depth)?);
        }
        join(parts.into_iter().flatten().collect(), MarkerTree::or)
    }

    fn all_of(&mut self, depth: usize) -> Result<Option<MarkerTree>, String> {
        let first = self.term(depth)?;
        if !self.take_word("and") {
            return Ok(first);
        }
        let mut parts = vec![first, self.term(depth)?];
        while self.take_word("and") {
            parts.push(self.term(depth)?);
        }
        join(parts.into_iter().flatten().collect(), MarkerTree::and)
    }

    fn term(&mut self, depth: usize) -> Result<Option<MarkerTree>, String> {
        self.skip_space();
        let Some(inner) = self.rest.strip_prefix('(') else {
            return self.comparison();
        };
        if depth == MAX_DEPTH {
            return Err("its parentheses are nested too deeply".into());
        }
        self.rest = inner;
        let tree = self.any_of(depth + 1)?;
        self.skip_space();
        match self.rest.strip_prefix(')') {
            Some(rest) => self.rest = rest,
            None => return Err(self.expected("`)`")),
        }
        Ok(tree)
    }

    fn comparison(&mut self) -> Result<Option<MarkerTree>, String> {
        let left = self.operand()?;
        let operator = self.operator()?;
        let right = self.operand()?;
        self.comparisons += right.weight();
        if self.comparisons > MAX_COMPARISONS {
            return Err("it has too many comparisons".into());
        }
        match comparison(left, operator, right, self.reading) {
            Ok(tree) => Ok(Some(tree)),
            Err(reason) => {
                self.dropped.push(reason);
                Ok(None)
            }
        }
    }

    fn operand(&mut self) -> Result<Operand<'a>, String> {
        self.skip_space();
        if let Some(quote) = self.rest.chars().next().filter(|c| "'\"".contains(*c)) {
            let Some((text, rest)) = self.rest[1..].split_once(quote) else {
                return Err(format!("this quote is never closed: {}", self.rest));
            };
            self.rest = rest;
            return Ok(Operand::Text(text));
        }
        let word = self.word();
        match word {
            "" => Err(self.expected("a marker variable or a text in quotes")),
            _ => Operand::variable(word)
                .ok_or_else(|| format!("`{word}` is neither a marker variable nor in quotes")),
        }
    }

    /// `==` and the like, `in`, or `not in`.
    fn operator(&mut self) -> Result<&'a str, String> {
        self.skip_space();
        let end = self
            .rest
            .find(|c| !"<>=!~".contains(c))
            .unwrap_or(self.rest.len());
        if end > 0 {
            let operator = &self.rest[..end];
            self.rest = &self.rest[end..];
            return match operator {
                "==" | "===" | "!=" | "<" | "<=" | ">" | ">=" | "~=" => Ok(operator),
                _ => Err(format!("`{operator}` is not an operator of markers")),
            };
        }
        if self.take_word("in") {
            return Ok("in");
        }
        if self.take_word("not") && self.take_word("in") {
            return Ok("not in");
        }
        Err(self.expected("an operator, such as `==` or `not in`"))
    }

    fn word(&mut self) -> &'a str {
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn take_word(&mut self, expected: &str) -> bool {
        self.skip_space();
        let before = self.rest;
        if self.word() == expected {
            return true;
        }
        self.rest = before;
        false
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn expected(&self, what: &str) -> String {
        match self.rest {
            "" => format!("expected {what}, but found the end"),
            rest => format!("expected {what}, but found `{rest}`"),
        }
    }
}

/// Joins in pairs and not one by one, which takes far fewer steps for long lists.
fn join(
    mut trees: Vec<MarkerTree>,
    operation: fn(&mut MarkerTree, MarkerTree),
) -> Result<Option<MarkerTree>, String> {
    while trees.len() > 1 {
        let mut joined = Vec::with_capacity(trees.len().div_ceil(2));
        let mut pairs = trees.into_iter();
        while let Some(mut left) = pairs.next() {
            if let Some(right) = pairs.next() {
                if size(&left).saturating_mul(size(&right)) > MAX_JOIN {
                    return Err("it is too complex".into());
                }
                operation(&mut left, right);
            }
            joined.push(left);
        }
        trees = joined;
    }
    Ok(trees.pop())
}

/// The number of decisions in a diagram, counted no further than matters.
fn size(tree: &MarkerTree) -> usize {
    let mut seen = HashSet::default();
    let mut waiting = vec![tree.clone()];
    while let Some(tree) = waiting.pop() {
        if tree.is_true() || tree.is_false() || seen.len() > MAX_JOIN || !seen.insert(tree.clone())
        {
            continue;
        }
        each_child(&tree, |child| waiting.push(child));
    }
    seen.len().max(1)
}

#[cfg(test)]
mod tests {
    use super::super::Marker;
    use pep508_rs::{ExtraName, MarkerEnvironment, MarkerEnvironmentBuilder};

    fn environment() -> MarkerEnvironment {
        MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
            implementation_name: "cpython",
            implementation_version: "3.8.2",
            os_name: "posix",
            platform_machine: "x86_64",
            platform_python_implementation: "CPython",
            platform_release: "6.1.0",
            platform_system: "Linux",
            platform_version: "#1 SMP",
            python_full_version: "3.8.2",
            python_version: "3.8",
            sys_platform: "linux",
        })
        .unwrap()
    }

    /// Whether a marker holds on Python 3.8.2 on Linux, with the extra `foo-bar`.
    #[track_caller]
    fn holds(text: &str) -> bool {
        let (marker, dropped) = Marker::parse_lenient(text).unwrap();
        assert_eq!(dropped, Vec::<String>::new(), "{text}");
        let extra: ExtraName = "foo-bar".parse().unwrap();
        marker.holds(&environment(), &[extra])
    }

    #[test]
    fn markers_are_decided_as_packaging_decides() {
        for (text, expected) in [
            ("python_version >= '3.8' and os_name == 'posix'", true),
            ("python_version < '3.8' or (os_name == 'nt')", false),
            (
                "os_name=='nt' or os_name=='posix' and python_version=='3.8'",
                true,
            ),
            (
                "(os_name=='posix' or os_name=='nt') and python_version=='3.7'",
                false,
            ),
            ("'3.7' < python_version", true),
            ("python_version ~= '3.8.0'", true),
            ("python_version ~= '3.7.0'", false),
            ("python_version ~= '3.0'", true),
            ("python_full_version ~= '3.8.0'", true),
            ("python_full_version ~= '3.7.0'", false),
            ("python_version in '2.7, 3.8'", true),
            ("python_version not in '2.7 3.8'", false),
            ("python_version not in '2.7, 3.0'", true),
            ("python_version >= '3.8.*'", true),
            ("python_version < '3.8.*'", false),
            ("python_version === '3.8'", true),
            ("'linux' in sys_platform", true),
            ("'nux' not in sys_platform", false),
            ("sys_platform in 'linux darwin'", true),
            (
                "os.name == 'posix' and python_implementation == 'CPython'",
                true,
            ),
            ("extra == 'Foo_Bar'", true),
            ("'foo.bar' == extra", true),
            ("extra != 'foo-bar'", false),
            ("'Foo_Bar' in extra", true),
            ("extra in 'dev,foo_bar'", true),
            ("extra not in 'dev, foo_bar'", false),
        ] {
            assert_eq!(holds(text), expected, "{text}");
        }
    }

    #[test]
    fn comparisons_that_mean_nothing_are_told() {
        for text in [
            "python_version >= 'abc'",
            "python_version > '3.99999999999'",
            "'3.8' ~= python_version",
            "'x' ~= os_name",
            "sys_platform ~= 'x'",
            "extra > 'a'",
            "'a' == 'a'",
            "os_name == sys_platform",
            "python_version ~= '3'",
            "python_version in 'two three'",
        ] {
            let (marker, dropped) = Marker::parse_lenient(text).unwrap();

            assert_eq!(dropped.len(), 1, "{text}");
            assert!(marker.is_always(), "{text}");
            assert!(Marker::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_marker_is_an_error() {
        for text in [
            "python_version",
            "python_version >",
            "python_version > 3",
            "python_version > '3",
            "python_version => '3'",
            "os_name == 'a' and",
            "os_name == 'a' os_name == 'b'",
            "(os_name == 'a'",
            "os_name == 'a')",
            "color == 'red'",
            "os_name not 'a'",
            "and",
        ] {
            assert!(Marker::parse_lenient(text).is_err(), "{text}");
        }
    }

    #[test]
    fn hostile_markers_are_refused_quickly() {
        let nested = format!("{}os_name == 'a'{}", "(".repeat(9999), ")".repeat(9999));
        let long = vec!["os_name == 'a'"; 999].join(" or ");
        let pairs: Vec<String> = (0..40)
            .map(|at| format!("('a{at:02}' in os_name and 'z{at:02}' in os_name)"))
            .collect();

        for text in [nested, long, pairs.join(" or ")] {
            assert!(Marker::parse_lenient(&text).is_err(), "{}", &text[..40]);
        }
    }

    #[test]
    fn long_lists_of_extras_are_no_problem() {
        let extras: Vec<String> = (0..500).map(|at| format!("extra == 'e{at}'")).collect();

        assert!(!holds(&extras.join(" or ")));
    }
}
