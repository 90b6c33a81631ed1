//! YAML as a tree whose values know their places. Bounded: no alias is followed, so that nothing
//! grows beyond its text, and what is deeper than anything that is read is refused.

use std::sync::Arc;

use saphyr_parser::{Event, Parser};

use super::{Origin, Problem, SourceFile, Span};

/// No list in a list in a list is deeper.
const MOST_DEPTH: usize = 40;

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Yaml {
    /// What it is.
    pub value: YamlValue,
    /// Where it stands.
    pub span: Span,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum YamlValue {
    /// A text, a number, a yes or no: all as they are written.
    Text(String),
    /// A list.
    List(Vec<Yaml>),
    /// Keys with their values, in order.
    Table(Vec<(Yaml, Yaml)>),
    /// What stands elsewhere, by an alias.
    Alias,
}

/// A value that is not closed yet.
enum Open {
    List(Vec<Yaml>, usize),
    Table(Vec<(Yaml, Yaml)>, Option<Yaml>, usize),
}

impl Yaml {
    /// Reads the first document of a text; one without any is an empty table.
    pub fn parse(file: &Arc<SourceFile>) -> Result<Self, Problem> {
        let offsets = Offsets::new(file.text());
        let mut open: Vec<Open> = Vec::new();
        for event in Parser::new_from_str(file.text()) {
            let (event, span) = event.map_err(|error| {
                let at = offsets.of(error.marker().index());
                let message = format!("this is not valid YAML: {}", error.info());
                Problem::at(Origin::new(file, Span::new(at, 0)), message)
            })?;
            let span = Span {
                start: offsets.of(span.start.index()),
                end: offsets.of(span.end.index()),
            };
            let value = match event {
                Event::SequenceStart(..) => {
                    open.push(Open::List(Vec::new(), span.start));
                    None
                }
                Event::MappingStart(..) => {
                    open.push(Open::Table(Vec::new(), None, span.start));
                    None
                }
                Event::SequenceEnd | Event::MappingEnd => open.pop().map(|it| it.close(span.end)),
                Event::Scalar(text, ..) => {
                    let text = text.into_owned();
                    let value = YamlValue::Text(text);
                    Some(Self { value, span })
                }
                Event::Alias(_) => Some(Self {
                    value: YamlValue::Alias,
                    span,
                }),
                Event::DocumentEnd => break,
                Event::Nothing
                | Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentStart(_) => None,
            };
            if open.len() > MOST_DEPTH {
                let message = format!("this is nested more than {MOST_DEPTH} levels deep");
                return Err(Problem::at(Origin::new(file, span), message));
            }
            match (value, open.last_mut()) {
                (Some(value), Some(parent)) => parent.add(value),
                (Some(value), None) => return Ok(value),
                (None, _) => {}
            }
        }
        Ok(Self {
            value: YamlValue::Table(Vec::new()),
            span: Span::new(0, 0),
        })
    }

    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let mut entries = self.entries().iter();
        entries.find_map(|(name, value)| (name.text() == Some(key)).then_some(value))
    }

    /// Returns the text.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            YamlValue::Text(text) => Some(text),
            YamlValue::List(_) | YamlValue::Table(_) | YamlValue::Alias => None,
        }
    }

    /// Returns the items of a list; none of anything else.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            YamlValue::List(items) => items,
            YamlValue::Text(_) | YamlValue::Table(_) | YamlValue::Alias => &[],
        }
    }

    /// Returns the keys and values of a table; none of anything else.
    pub fn entries(&self) -> &[(Self, Self)] {
        match &self.value {
            YamlValue::Table(entries) => entries,
            YamlValue::Text(_) | YamlValue::List(_) | YamlValue::Alias => &[],
        }
    }
}

impl Open {
    fn add(&mut self, value: Yaml) {
        match self {
            Self::List(items, _) => items.push(value),
            Self::Table(entries, key, _) => match key.take() {
                Some(key) => entries.push((key, value)),
                None => *key = Some(value),
            },
        }
    }

    fn close(self, end: usize) -> Yaml {
        let (value, start) = match self {
            Self::List(items, start) => (YamlValue::List(items), start),
            Self::Table(entries, _, start) => (YamlValue::Table(entries), start),
        };
        Yaml {
            value,
            span: Span {
                start,
                end: end.max(start),
            },
        }
    }
}

/// Where characters start, as the parser counts them and not bytes: every so many, the byte.
struct Offsets<'t> {
    text: &'t str,
    is_ascii: bool,
    marks: Vec<usize>,
}

/// So many characters are between two marks.
const STEP: usize = 64;

impl<'t> Offsets<'t> {
    fn new(text: &'t str) -> Self {
        let is_ascii = text.is_ascii();
        let starts = text.char_indices().map(|(at, _)| at);
        let marks = match is_ascii {
            true => Vec::new(),
            false => starts.step_by(STEP).collect(),
        };
        Self {
            text,
            is_ascii,
            marks,
        }
    }

    fn of(&self, index: usize) -> usize {
        if self.is_ascii {
            return index.min(self.text.len());
        }
        let Some(mark) = self.marks.get(index / STEP) else {
            return self.text.len();
        };
        let mut starts = self.text[*mark..].char_indices().map(|(at, _)| mark + at);
        starts.nth(index % STEP).unwrap_or(self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Yaml, Problem> {
        Yaml::parse(&SourceFile::new("a.yml", text))
    }

    #[test]
    fn values_know_their_places_behind_letters_of_several_bytes() {
        let text = "é: [ü, 'ö x']\nlist:\n  - a: 1\n  - b\n";
        let root = parse(text).unwrap();
        let told = |it: &Yaml| text[it.span.start..it.span.end].to_owned();

        let items = root.get("é").unwrap().items();
        assert_eq!(items.iter().map(told).collect::<Vec<_>>(), ["ü", "'ö x'"]);
        let list = root.get("list").unwrap().items();
        assert_eq!(told(list[0].get("a").unwrap()), "1");
        assert_eq!(list[1].text(), Some("b"));
        assert_eq!(parse("").unwrap().entries(), []);
    }

    #[test]
    fn hostile_texts_are_refused_or_stay_small() {
        let laughs = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
        let root = parse(laughs).unwrap();

        assert_eq!(root.get("c").unwrap().items()[0].value, YamlValue::Alias);
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&"- ".repeat(10_000)).is_err());
        assert!(parse("a: [1\n").is_err());
    }
}
