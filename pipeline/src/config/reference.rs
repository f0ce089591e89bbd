//! The run file's reference, made from its types: JSON schema for editors, Markdown for people.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write;

use schemars::{JsonSchema, schema_for};
use serde::de::{self, DeserializeOwned, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use super::raw::{
    Dedup, Near, RawCaps, RawDecontaminate, RawDocument, RawEmbed, RawEngine, RawEvaluationSet, RawFilter,
    RawGates, RawInput, RawLimits, RawOutput, RawRun, RawSplit, RawTokenize, Redact, Semantic,
};

/// The JSON schema of the run file, with every object's keys in alphabetical order.
pub fn json_schema() -> String {
    let schema = sorted(schema_for!(RawRun).to_value());
    // A tree of JSON values always serializes.
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// The reference in Markdown: every key with its description, values and default.
pub fn markdown() -> String {
    let mut text = String::from(
        "# The run file\n\n\
         <!-- Generated from pipeline/src/config/raw.rs; `TWEETMILL_BLESS=1 cargo test --release` writes it. -->\n\n\
         A run file is YAML. Unknown keys are refused. Any value may hold `{{ ds }}` or `{{ ds_nodash }}` (the date\n\
         of `--date`, as `2026-11-22` or `20261122`; put it in quotes), `${NAME}` or `${NAME:-default}` (from the\n\
         environment; `$${` is a literal `${`). `--set a.b=c` replaces any value from the command line. Secrets\n\
         never stand in a run file: they come from the environment or the cloud's own chain.\n\n\
         Editors that know JSON schema check a file against [run-file.schema.json](run-file.schema.json).\n\n\
         Settings marked *counts* are part of the configuration's digest, because they can change a row or a file\n\
         of the data set. All others can be changed between two runs and give the same bytes.\n",
    );
    let sections: [(&str, Section); 18] = [
        ("", Section::of::<RawRun>()),
        ("input[]", Section::of::<RawInput>()),
        ("output", Section::of::<RawOutput>()),
        ("filter[]", Section::of::<RawFilter>()),
        ("decontaminate", Section::of::<RawDecontaminate>()),
        ("decontaminate.sets[]", Section::of::<RawEvaluationSet>()),
        ("dedup", Section::of::<Dedup>()),
        ("dedup.near", Section::of::<Near>()),
        ("dedup.semantic", Section::of::<Semantic>()),
        ("caps", Section::of::<RawCaps>()),
        ("redact", Section::of::<Redact>()),
        ("document", Section::of::<RawDocument>()),
        ("tokenize", Section::of::<RawTokenize>()),
        ("embed", Section::of::<RawEmbed>()),
        ("split", Section::of::<RawSplit>()),
        ("limits", Section::of::<RawLimits>()),
        ("engine", Section::of::<RawEngine>()),
        ("gates", Section::of::<RawGates>()),
    ];
    for (path, section) in sections {
        // Writing to a string cannot fail.
        let _infallible: fmt::Result = section.write(&mut text, path);
    }
    text
}

/// Keys the digest counts; `config::digest` is what decides, and a test there tries each.
const COUNTED: [&str; 37] = [
    "input[].shape",
    "filter[].name",
    "filter[].keep",
    "decontaminate.sets[].name",
    "decontaminate.sets[].format",
    "decontaminate.sets[].field",
    "decontaminate.share",
    "decontaminate.min_shingles",
    "output.columns",
    "output.shard_size",
    "output.shards_multiple_of",
    "dedup.exact",
    "dedup.history",
    "dedup.near.preset",
    "dedup.near.min_chars",
    "dedup.near.copies",
    "dedup.semantic.similarity",
    "dedup.semantic.clusters",
    "caps.per_author",
    "redact.mentions",
    "redact.urls",
    "redact.emails",
    "redact.phones",
    "document.template",
    "document.bos",
    "document.eos",
    "tokenize.tokenizer",
    "embed.model",
    "embed.column",
    "embed.form",
    "embed.device",
    "split.by",
    "split.validation",
    "split.test",
    "split.seed",
    "limits.member_size",
    "limits.line_size",
];

/// One mapping of the run file.
struct Section {
    keys: &'static [&'static str],
    schema: Value,
}

impl Section {
    fn of<T: JsonSchema + DeserializeOwned>() -> Self {
        Self { keys: keys_of::<T>(), schema: schema_for!(T).to_value() }
    }

    fn write(&self, text: &mut String, path: &str) -> fmt::Result {
        let title = if path.is_empty() { "Top level".to_owned() } else { format!("`{path}`") };
        writeln!(text, "\n## {title}\n\n{}", description(&self.schema))?;
        for key in self.keys {
            let property = &self.schema["properties"][*key];
            let full = if path.is_empty() { (*key).to_owned() } else { format!("{path}.{key}") };
            let counts = if COUNTED.contains(&full.as_str()) { " *counts*" } else { "" };
            writeln!(text, "\n### `{full}`{counts}\n\n{}\n", description(property))?;
            self.write_values(text, property)?;
            let required =
                self.schema["required"].as_array().is_some_and(|keys| keys.iter().any(|name| name == key));
            match &property["default"] {
                _ if required => writeln!(text, "- required")?,
                Value::Null => writeln!(text, "- may be left out")?,
                Value::Object(_) => writeln!(text, "- default: as below")?,
                Value::String(value) => writeln!(text, "- default: `{value}`")?,
                value => writeln!(text, "- default: `{value}`")?,
            }
        }
        Ok(())
    }

    /// One line for what may stand there; enumerations list each value with its description.
    fn write_values(&self, text: &mut String, property: &Value) -> fmt::Result {
        let resolved = self.resolve(property);
        if let Some(allowed) = resolved["x-allowed"].as_str() {
            return writeln!(text, "- {allowed}");
        }
        if let Some(values) = resolved["oneOf"].as_array() {
            for value in values {
                let name = value["const"].as_str().unwrap_or_default();
                writeln!(text, "- `{name}`: {}", description(value))?;
            }
            return Ok(());
        }
        if let Some(names) = resolved["items"]["enum"].as_array() {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            return writeln!(text, "- a list of: `{}`", names.join("`, `"));
        }
        match (&resolved["minimum"], &resolved["maximum"]) {
            (Value::Number(least), Value::Number(most)) if least == most => {
                writeln!(text, "- allowed: {least}")
            }
            (Value::Number(least), Value::Number(most)) => {
                writeln!(text, "- a whole number from {least} to {most}")
            }
            _ => match type_name(resolved) {
                "boolean" => writeln!(text, "- `true` or `false`"),
                "array" => writeln!(text, "- a list of mappings, see below"),
                "object" => writeln!(text, "- a mapping, see below"),
                _ => writeln!(text, "- a string"),
            },
        }
    }

    /// Follows the reference of a property to its definition.
    fn resolve<'a>(&'a self, property: &'a Value) -> &'a Value {
        let target = property["$ref"].as_str().or_else(|| {
            property["anyOf"].as_array().and_then(|any| any.iter().find_map(|one| one["$ref"].as_str()))
        });
        match target.and_then(|target| target.strip_prefix("#/$defs/")) {
            Some(name) => &self.schema["$defs"][name],
            None => property,
        }
    }
}

/// A description as one paragraph.
fn description(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

fn type_name(schema: &Value) -> &str {
    match &schema["type"] {
        Value::Array(names) => names.first().and_then(Value::as_str).unwrap_or_default(),
        name => name.as_str().unwrap_or_default(),
    }
}

/// The same tree with sorted keys, whatever map `serde_json` was built with.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let map: BTreeMap<String, Value> =
                map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(map.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// The keys of a struct in the order it declares them, which is the order they are explained in.
fn keys_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut keys: &'static [&'static str] = &[];
    let _always_refused: Result<T, de::value::Error> = T::deserialize(KeyProbe(&mut keys));
    keys
}

/// A deserializer that gives nothing and remembers which keys it was asked for.
struct KeyProbe<'a>(&'a mut &'static [&'static str]);

impl<'de> de::Deserializer<'de> for KeyProbe<'_> {
    type Error = de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Self::Error> {
        Err(de::Error::custom("only asked for its keys"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn nothing_is_left_undescribed() {
        fn walk(path: &str, value: &Value, empty: &mut Vec<String>) {
            if let Some(properties) = value["properties"].as_object() {
                for (key, property) in properties {
                    if description(property).is_empty() {
                        empty.push(format!("{path}/{key}"));
                    }
                }
            }
            for (key, inner) in value.as_object().into_iter().flatten() {
                walk(&format!("{path}/{key}"), inner, empty);
            }
            for one in value["oneOf"].as_array().into_iter().flatten() {
                if description(one).is_empty() {
                    empty.push(format!("{path}: {one}"));
                }
            }
        }
        let mut empty = Vec::new();
        walk("", &serde_json::from_str(&json_schema()).unwrap(), &mut empty);
        assert_eq!(empty, Vec::<String>::new());
    }

    #[test]
    fn every_counted_key_exists() {
        let text = markdown();
        for key in COUNTED {
            assert!(text.contains(&format!("### `{key}` *counts*")), "{key}");
        }
    }
}
