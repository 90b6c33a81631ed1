//! What a `setup.py` or `setup.cfg` plainly says of requirements, read and never run.
//!
//! Archives from before PEP 643 often hold nothing but a script. Where it calls `setup` with lists
//! of literals, or names no requirements at all, that is as sure as anything short of a build; where
//! a program would have to run to know, nothing is claimed.

use std::collections::BTreeMap;

/// Requirements by extra; the empty extra stands for those that always count.
pub(super) type Declared = BTreeMap<String, Vec<String>>;

/// Words in a script with which requirements come from somewhere else.
const ELSEWHERE: &[&str] = &["pbr", "d2to1", "setup_requires"];

/// Reads the scripts of a source archive; `None` where they would have to be run.
pub(super) fn read_setup(script: Option<&str>, config: Option<&str>) -> Option<Declared> {
    let mut declared = Declared::new();
    if let Some(config) = config {
        read_config(config, &mut declared)?;
    }
    let Some(script) = script else {
        return config.map(|_| declared);
    };
    let code = without_comments(script)?;
    if !code.contains("setup(") || ELSEWHERE.iter().any(|word| code.contains(word)) {
        return None;
    }
    match code.matches("install_requires").count() {
        0 => {}
        1 => {
            let list = after_keyword(&code, "install_requires")?;
            declared.insert(String::new(), literals(list)?);
        }
        _ => return None,
    }
    match code.matches("extras_require").count() {
        0 => Some(declared),
        _ => None,
    }
}

/// Reads `[options] install_requires` and `[options.extras_require]` of a `setup.cfg`; values that
/// point elsewhere (`file:`, `attr:`) are not followed.
fn read_config(config: &str, declared: &mut Declared) -> Option<()> {
    let mut section = "";
    let mut key = "";
    for line in config.lines() {
        let text = line.split(" #").next().unwrap_or_default().trim_end();
        if text.trim().is_empty() || text.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            (section, key) = (name.trim(), "");
            continue;
        }
        let is_continued = text.starts_with([' ', '\t']);
        let value = match text.split_once(['=', ':']) {
            Some((name, value)) if !is_continued => {
                key = name.trim();
                value.trim()
            }
            _ => text.trim(),
        };
        let extra = match (section, key) {
            ("options", "install_requires") => "",
            ("options.extras_require", extra) => extra,
            _ => continue,
        };
        if value.starts_with("file:") || value.starts_with("attr:") || extra.contains(':') {
            return None;
        }
        let requirements = declared.entry(extra.to_owned()).or_default();
        if !value.is_empty() {
            requirements.push(value.to_owned());
        }
    }
    Some(())
}

/// Returns a script without its comments; `None` where a string is never closed.
fn without_comments(script: &str) -> Option<String> {
    let mut code = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        if first == '#' {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
            continue;
        }
        let len = match first {
            '"' | '\'' => string_len(rest)?,
            _ => first.len_utf8(),
        };
        code.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    Some(code)
}

/// Returns the length of the string literal that a text starts with, quotes included.
fn string_len(text: &str) -> Option<usize> {
    let quote = &text[..1];
    let triple = quote.repeat(3);
    let (open, close) = match text.starts_with(&triple) {
        true => (3, triple.as_str()),
        false => (1, quote),
    };
    let mut at = open;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(close) {
            return Some(at + close.len());
        }
        let first = rest.chars().next()?;
        if close.len() == 1 && first == '\n' {
            return None;
        }
        at += first.len_utf8();
        if first == '\\' {
            at += text[at..].chars().next()?.len_utf8();
        }
    }
    None
}

/// Returns what follows `keyword=`, which must stand by itself and not within another word.
fn after_keyword<'c>(code: &'c str, keyword: &str) -> Option<&'c str> {
    let at = code.find(keyword)?;
    let is_word = |c: char| c.is_alphanumeric() || "_.'\"".contains(c);
    if code[..at].ends_with(is_word) {
        return None;
    }
    let rest = code[at + keyword.len()..].trim_start().strip_prefix('=')?;
    (!rest.starts_with('=')).then(|| rest.trim_start())
}

/// Reads `["a", 'b',]` or `("a",)`: plain string literals and nothing else, followed by the end of
/// an argument.
fn literals(text: &str) -> Option<Vec<String>> {
    let close = match text.chars().next()? {
        '[' => ']',
        '(' => ')',
        _ => return None,
    };
    let mut rest = text[1..].trim_start();
    let mut found = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix(close) {
            let after = after.trim_start();
            return (after.is_empty() || after.starts_with([',', ')'])).then_some(found);
        }
        if !rest.starts_with(['"', '\'']) {
            return None;
        }
        let len = string_len(rest)?;
        let literal = rest[..len].trim_matches(['"', '\'']);
        if literal.contains('\\') {
            return None;
        }
        found.push(literal.to_owned());
        rest = rest[len..].trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start(),
            None if rest.starts_with(close) => {}
            None => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Option<Vec<String>> {
        let declared = read_setup(Some(text), None)?;
        Some(declared.into_values().flatten().collect())
    }

    #[test]
    fn a_list_of_literals_is_taken_at_its_word() {
        let text = "from setuptools import setup\nsetup(name='a', # what else\n  \
                    install_requires=['b>=1', \"c\", ],\n)\n";

        assert_eq!(script(text), Some(vec!["b>=1".into(), "c".into()]));
        assert_eq!(script("setup(name='a', **options)"), Some(vec![]));
        assert_eq!(
            script("setup(install_requires=('b',))"),
            Some(vec!["b".into()])
        );
        assert_eq!(script("# install_requires=x\nsetup()"), Some(vec![]));
    }

    #[test]
    fn what_a_program_would_have_to_tell_is_not_claimed() {
        for text in [
            "setup(install_requires=requires)",
            "setup(install_requires=['b'] + more)",
            "setup(install_requires=['b' if x else 'c'])",
            "setup(install_requires=['b'])\nsetup(install_requires=['c'])",
            "setup(setup_requires=['pbr'], pbr=True)",
            "setup(extras_require={'x': ['y']})",
            "options['install_requires'] = ['b']; setup(**options)",
            "import other; other.run()",
            "setup(name='never closed",
        ] {
            assert_eq!(script(text), None, "{text}");
        }
    }

    #[test]
    fn a_setup_cfg_lists_requirements_and_extras() {
        let config = "[metadata]\nname = a\n[options]\ninstall_requires =\n    b>=1\n    \
                      c; python_version < '3.8'\n[options.extras_require]\nx = d\n";
        let declared = read_setup(None, Some(config)).unwrap();

        assert_eq!(declared[""], ["b>=1", "c; python_version < '3.8'"]);
        assert_eq!(declared["x"], ["d"]);
        assert_eq!(
            read_setup(None, Some("[options]\ninstall_requires = file: r.txt\n")),
            None
        );
    }
}
