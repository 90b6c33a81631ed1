//! Holds JSON to the schemas of `fixtures/schemas`: as much of JSON Schema as they use, and one thing
//! more, that a report says nothing which its schema does not describe.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

const SCHEMAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/schemas");

/// A schema that was read.
pub(crate) struct Schema(Value);

/// The keys of an object that a schema describes; `None` for any.
type Described = Option<BTreeSet<String>>;

impl Schema {
    pub(crate) fn parse(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap())
    }

    /// Returns the schema that a report names as its own.
    pub(crate) fn of(report: &Value) -> Self {
        let text = |key: &str| report["schema"][key].as_str().unwrap();
        let name = format!("{}.v{}.json", text("name"), text("version"));
        Self::parse(&fs::read_to_string(Path::new(SCHEMAS).join(name)).unwrap())
    }

    /// Returns the names of all schemas.
    pub(crate) fn names() -> BTreeSet<String> {
        let entries = fs::read_dir(SCHEMAS).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .map(|name| name.split(".v").next().unwrap().to_owned())
            .collect()
    }

    /// Checks a value; the error says where it is otherwise.
    pub(crate) fn check(&self, value: &Value) -> Result<(), String> {
        self.whole(&self.0, value, "")
    }

    /// Checks a value with all its keys.
    fn whole(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let described = self.part(schema, value, at)?;
        let (Some(described), Some(object)) = (described, value.as_object()) else {
            return Ok(());
        };
        match object.keys().find(|key| !described.contains(*key)) {
            Some(key) => Err(format!("{at}/{key} is not described")),
            None => Ok(()),
        }
    }

    /// Checks a value as far as one schema goes, and returns the keys that this one describes.
    fn part(&self, schema: &Value, value: &Value, at: &str) -> Result<Described, String> {
        let mut described = Some(BTreeSet::new());
        for (keyword, said) in schema.as_object().unwrap() {
            let more = match keyword.as_str() {
                "$schema" | "title" | "description" | "$defs" => continue,
                "$ref" => {
                    let place = said.as_str().unwrap().strip_prefix('#').unwrap();
                    self.part(self.0.pointer(place).unwrap(), value, at)?
                }
                "oneOf" => self.one_of(said.as_array().unwrap(), value, at)?,
                "properties" => self.properties(said.as_object().unwrap(), value, at)?,
                "additionalProperties" => {
                    let mut values = value.as_object().into_iter().flat_map(Map::values);
                    values.try_for_each(|value| self.whole(said, value, at))?;
                    None
                }
                "items" => {
                    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.whole(said, item, &format!("{at}/{number}"))?;
                    }
                    continue;
                }
                _ => {
                    plain(keyword, said, value).map_err(|wrong| format!("{at} {wrong}"))?;
                    continue;
                }
            };
            described = described.zip(more).map(|(mut described, more)| {
                described.extend(more);
                described
            });
        }
        Ok(described)
    }

    fn one_of(&self, forms: &[Value], value: &Value, at: &str) -> Result<Described, String> {
        let (fits, wrongs): (Vec<_>, Vec<_>) = forms
            .iter()
            .map(|form| self.part(form, value, at))
            .partition(Result::is_ok);
        match fits.len() {
            1 => fits.into_iter().next().unwrap(),
            0 => Err(wrongs
                .into_iter()
                .map(Result::unwrap_err)
                .collect::<Vec<_>>()
                .join("; or ")),
            many => Err(format!("{at} has {many} forms at once")),
        }
    }

    fn properties(
        &self,
        known: &Map<String, Value>,
        value: &Value,
        at: &str,
    ) -> Result<Described, String> {
        for (key, schema) in known {
            if let Some(value) = value.get(key) {
                self.whole(schema, value, &format!("{at}/{key}"))?;
            }
        }
        Ok(Some(known.keys().cloned().collect()))
    }
}

/// Checks what concerns the value alone.
fn plain(keyword: &str, said: &Value, value: &Value) -> Result<(), String> {
    let fits = match keyword {
        "type" => match said.as_array() {
            Some(types) => types.iter().any(|one| is_of_type(one, value)),
            None => is_of_type(said, value),
        },
        "const" => value == said,
        "enum" => said.as_array().unwrap().contains(value),
        // It speaks of objects alone.
        "required" if !value.is_object() => true,
        "required" => {
            let mut keys = said.as_array().unwrap().iter();
            // It speaks of objects alone: where there may be none, nothing is missing.
            !value.is_object() || keys.all(|key| value.get(key.as_str().unwrap()).is_some())
        }
        other => panic!("no test knows the keyword `{other}`"),
    };
    let shown: String = value.to_string().chars().take(80).collect();
    match fits {
        true => Ok(()),
        false => Err(format!("is {shown}, and not of {keyword} {said}")),
    }
}

fn is_of_type(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "string" => value.is_string(),
        other => panic!("no test knows the type `{other}`"),
    }
}
