//! Reads pip's configuration files as Python's `configparser` does. The `rust-ini` crate would not
//! do: it keeps no places to point at, ends a continued value at the first empty or comment line,
//! and takes only the usual spelling of a key.

use std::sync::Arc;

use crate::source::{Origin, Problem, SourceFile, Span};

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PipSetting {
    /// `global`, `install` or another command.
    pub(super) section: String,
    /// As pip compares it: `index-url` for `Index_URL`.
    pub(super) key: String,
    /// The lines of the value without the white space around them.
    pub(super) value: String,
    /// The key and its value, in a copy of the file that shows no logins.
    pub(super) origin: Origin,
}

const WITHOUT_FILES: &str =
    "pip stops here, too. Set `PIP_CONFIG_FILE` to the null device to do without pip's files.";

/// Reads all the settings of a file, in its order.
pub(super) fn read_pip_config(file: &SourceFile) -> (Vec<PipSetting>, Vec<Problem>) {
    let text = file.text().trim_start_matches('\u{feff}');
    let mut reader = Reader {
        shown: SourceFile::new(file.label(), masked(text)),
        section: None,
        indent: 0,
        continues: false,
        settings: Vec::new(),
        problems: Vec::new(),
    };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        reader.line(line, start);
        start += line.len();
    }
    for setting in &mut reader.settings {
        setting.value.truncate(setting.value.trim_end().len());
    }
    (reader.settings, reader.problems)
}

/// Returns the text with everything that may be a login before an `@` replaced by as many `*`, so
/// that offsets stay true.
pub(super) fn masked(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let Some(end) = word.rfind('@') else {
            shown.push_str(word);
            continue;
        };
        let before = &word[..end];
        let scheme = before.find("://").map(|at| at + 3);
        let start = scheme.or_else(|| before.find('=').map(|at| at + 1));
        let start = start.unwrap_or_default();
        shown.push_str(&word[..start]);
        shown.extend(std::iter::repeat_n('*', end - start));
        shown.push_str(&word[end..]);
    }
    shown
}

struct Reader {
    shown: Arc<SourceFile>,
    section: Option<String>,
    /// Of the line that began the last setting or section.
    indent: usize,
    /// Whether a line that stands further in belongs to the last setting.
    continues: bool,
    settings: Vec<PipSetting>,
    problems: Vec<Problem>,
}

impl Reader {
    fn line(&mut self, line: &str, start: usize) {
        let text = line.trim();
        // Neither ends a value; `configparser` keeps the empty lines, but pip splits at them.
        if text.is_empty() || text.starts_with(['#', ';']) {
            return;
        }
        let indent = line.len() - line.trim_start().len();
        let offset = start + indent;
        if self.continues && indent > self.indent {
            self.continue_value(text, offset);
            return;
        }
        self.indent = indent;
        self.continues = false;
        if let Some(section) = section_name(text) {
            self.section = Some(section.to_owned());
            return;
        }
        let Some(section) = self.section.clone() else {
            let message = "expected a section such as `[global]` before the first setting";
            self.report(offset, text, message);
            return;
        };
        let Some((key, value)) = text
            .split_once(['=', ':'])
            .filter(|(key, _)| !key.is_empty())
        else {
            self.report(offset, text, "expected `key = value` or `[section]`");
            return;
        };
        self.add(&section, key, value, offset, text.len());
    }

    fn continue_value(&mut self, text: &str, offset: usize) {
        if let Some(setting) = self.settings.last_mut() {
            setting.value.push('\n');
            setting.value.push_str(text);
            setting.origin.span.end = offset + text.len();
        }
    }

    fn add(&mut self, section: &str, key: &str, value: &str, offset: usize, len: usize) {
        self.continues = true;
        let setting = PipSetting {
            section: section.to_owned(),
            key: plain_key(key.trim()),
            value: value.trim().to_owned(),
            origin: Origin::new(&self.shown, Span::new(offset, len)),
        };
        let known =
            |known: &&PipSetting| known.section == setting.section && known.key == setting.key;
        if let Some(former) = self.settings.iter().find(known) {
            let message = format!(
                "`{}` takes the place of the one on line {}",
                setting.key,
                former.origin.line()
            );
            let help = "pip refuses to read a file that says the same thing twice.";
            let problem = Problem::at(setting.origin.clone(), message);
            self.problems.push(problem.with_help(help).as_warning());
        }
        self.settings.push(setting);
    }

    fn report(&mut self, offset: usize, text: &str, message: &str) {
        let origin = Origin::new(&self.shown, Span::new(offset, text.len()));
        self.problems
            .push(Problem::at(origin, message).with_help(WITHOUT_FILES));
    }
}

fn section_name(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('[')?;
    let name = &rest[..rest.find(']')?];
    Some(name).filter(|name| !name.is_empty())
}

/// Spells a key as pip compares it; variables are such keys, too.
pub(super) fn plain_key(key: &str) -> String {
    let key = key.to_lowercase().replace('_', "-");
    match key.strip_prefix("--") {
        Some(long) => long.to_owned(),
        None => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let (settings, problems) = read_pip_config(&SourceFile::new("pip.conf", text));
        let settings = settings
            .iter()
            .map(|setting| format!("{}.{}={}", setting.section, setting.key, setting.value))
            .collect();
        let problems = problems
            .iter()
            .map(|problem| match &problem.origin {
                Some(origin) => format!("{origin}: {}", problem.message),
                None => problem.message.clone(),
            })
            .collect();
        (settings, problems)
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let (settings, problems) = read(text);

        assert_eq!(settings, expected);
        assert_eq!(problems, Vec::<String>::new());
    }

    #[test]
    fn keys_are_compared_as_pip_compares_them() {
        check("[global]\nIndex_URL: a\r\n", &["global.index-url=a"]);
        check("[install]\n--index-url=a=b\n", &["install.index-url=a=b"]);
        check("\u{feff}[global]\ntimeout =\n", &["global.timeout="]);
        check("[global] ; x\n# y\n a=1\n", &["global.a=1"]);
    }

    #[test]
    fn a_value_goes_on_over_indented_lines_and_past_comments() {
        check(
            "[global]\nfind-links =\n  a\n\n  # no\n  b = c\n\nretries = 3\n",
            &["global.find-links=\na\nb = c", "global.retries=3"],
        );
        check(
            "[a]\n  x = 1\n    2\n  y = 3\n[b]\n  z = 4\n",
            &["a.x=1\n2", "a.y=3", "b.z=4"],
        );
    }

    #[test]
    fn what_pip_cannot_read_is_a_problem_with_its_line() {
        let problems = |text| read(text).1;

        assert_eq!(
            problems("index-url = a\n"),
            ["pip.conf:1: expected a section such as `[global]` before the first setting"]
        );
        assert_eq!(
            problems("[global]\n\nindex-url a\n"),
            ["pip.conf:3: expected `key = value` or `[section]`"]
        );
        assert_eq!(
            problems("[global]\na = 1\nA = 2\n"),
            ["pip.conf:3: `a` takes the place of the one on line 2"]
        );
    }

    #[test]
    fn the_text_that_messages_show_holds_no_login() {
        let text = "index-url=https://me:pässw=rd@h.example/simple\nproxy = me:pw@p.example\n";

        assert_eq!(
            masked(text),
            "index-url=https://************@h.example/simple\nproxy = *****@p.example\n"
        );
        assert_eq!(masked(text).len(), text.len());
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_every_origin_lies_in_it(text in "(\\PC|[\\[\\]=:@#;\r\n\t \u{feff}]){0,60}") {
            let (settings, problems) = read_pip_config(&SourceFile::new("pip.conf", &*text));

            for setting in settings {
                prop_assert!(setting.origin.text().len() == setting.origin.span.len());
            }
            for origin in problems.into_iter().filter_map(|problem| problem.origin) {
                prop_assert!(origin.text().len() == origin.span.len());
            }
        }
    }
}
