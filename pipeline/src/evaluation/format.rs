//! A file of an evaluation set → the texts of its items.

use super::quotes;
use crate::config::SetFormat;
use crate::error::{Error, ErrorKind, Result};

/// How items stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// A JSON object a line.
    Lines,
    /// A table, its fields parted by this byte.
    Table(u8),
    /// A text a line.
    Text,
}

/// Endings of compressed files, behind the one that tells what is inside.
const COMPRESSED: [&str; 3] = [".gz", ".bz2", ".zst"];

impl Format {
    /// As the run file says, or else the name of the file; None where neither does.
    pub(super) fn of(format: SetFormat, name: &str) -> Option<Self> {
        match format {
            SetFormat::Jsonl => return Some(Self::Lines),
            SetFormat::Csv => return Some(Self::Table(b',')),
            SetFormat::Tsv => return Some(Self::Table(b'\t')),
            SetFormat::Text => return Some(Self::Text),
            SetFormat::Auto => {}
        }
        let name = name.to_lowercase();
        let name = COMPRESSED.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
        match name.rsplit_once('.')?.1 {
            "jsonl" | "ndjson" => Some(Self::Lines),
            "csv" => Some(Self::Table(b',')),
            "tsv" => Some(Self::Table(b'\t')),
            "txt" => Some(Self::Text),
            _ => None,
        }
    }

    /// Gives the texts of `file` to `take`, in order: those of `field`, in plain text all lines. Blank ones and nulls are none; a
    /// line without the field is refused. Only CSV has quotes.
    pub(super) fn items(
        self,
        file: &[u8],
        field: &str,
        take: &mut dyn FnMut(&str) -> Result<()>,
    ) -> Result<()> {
        let text = std::str::from_utf8(file).map_err(|error| {
            let line = file.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
            refused(line, "is not UTF-8").with_hint("evaluation sets are texts in UTF-8")
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let delimiter = match self {
            Self::Table(delimiter) => delimiter,
            Self::Lines | Self::Text => {
                for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !is_blank(text)) {
                    match self {
                        Self::Lines => match of_object(line, text, field)? {
                            Some(text) if !is_blank(&text) => take(&text)?,
                            _ => {}
                        },
                        _ => take(text)?,
                    }
                }
                return Ok(());
            }
        };
        let has_quotes = delimiter == b',';
        if has_quotes {
            quotes::check(text, delimiter)?;
        }
        let mut reader = csv::ReaderBuilder::new();
        let mut rows = reader.delimiter(delimiter).quoting(has_quotes).from_reader(text.as_bytes());
        let unreadable =
            |error: csv::Error| Error::new(ErrorKind::Input, "the table makes no sense").with_source(error);
        let names = rows.headers().map_err(unreadable)?;
        let column = names.iter().position(|name| name == field).ok_or_else(|| {
            let known = names.iter().take(20).collect::<Vec<_>>().join(", ");
            Error::new(ErrorKind::Usage, format!("the table has no column `{field}`"))
                .with_hint(format!("name one of its columns as the set's field: {known}"))
        })?;
        let mut row = csv::StringRecord::new();
        while rows.read_record(&mut row).map_err(unreadable)? {
            match row.get(column) {
                Some(text) if !is_blank(text) => take(text)?,
                _ => {}
            }
        }
        Ok(())
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The text of `field` in the JSON object that `line` number is; None where it is null.
fn of_object(line: usize, object: &str, field: &str) -> Result<Option<String>> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(object)
        .map_err(|error| refused(line, "is no JSON object").with_source(error))?;
    match object.get(field) {
        Some(serde_json::Value::String(text)) => return Ok(Some(text.clone())),
        Some(serde_json::Value::Null) => return Ok(None),
        _ => {}
    }
    let texts = object.iter().filter(|(_, value)| value.is_string());
    let known = texts.take(20).map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    Err(refused(line, &format!("has no text in the field `{field}`"))
        .with_hint(format!("name the set's field; texts are in: {known}")))
}

pub(super) fn refused(line: usize, what: &str) -> Error {
    Error::new(ErrorKind::Input, format!("line {line} {what}"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn read(format: Format, file: &str, field: &str) -> Result<Vec<String>> {
        let mut items = Vec::new();
        let mut take = |text: &str| {
            items.push(text.to_owned());
            Ok(())
        };
        format.items(file.as_bytes(), field, &mut take)?;
        Ok(items)
    }

    #[test]
    fn names_tell_what_is_inside() {
        for (name, format) in [
            ("s3://sets/quiz.jsonl", Some(Format::Lines)),
            ("quiz.NDJSON.zst", Some(Format::Lines)),
            ("a/quiz.csv.gz", Some(Format::Table(b','))),
            ("quiz.tsv", Some(Format::Table(b'\t'))),
            ("quiz.txt.bz2", Some(Format::Text)),
            ("quiz.json", None),
            ("quiz", None),
        ] {
            assert_eq!(Format::of(SetFormat::Auto, name), format, "{name}");
            assert_eq!(Format::of(SetFormat::Text, name), Some(Format::Text));
        }
    }

    #[test]
    fn every_format_gives_its_texts() {
        let objects = "\u{feff}{\"q\": \"one\", \"a\": 1}\n\n{\"q\": \"t\\u0077o\"}\r\n";
        assert_eq!(read(Format::Lines, objects, "q").unwrap(), ["one", "two"]);
        let table = "id,q\n1,one\n2,\"two, with\nlines\"\n";
        assert_eq!(read(Format::Table(b','), table, "q").unwrap(), ["one", "two, with\nlines"]);
        assert_eq!(read(Format::Table(b'\t'), "q\tid\none\t1\n", "q").unwrap(), ["one"]);
        assert_eq!(read(Format::Text, "one\r\n \n two \n", "").unwrap(), ["one", " two "]);
    }

    #[test]
    fn quotes_are_text_but_in_csv() {
        let tabs = "q\tid\n\"so he said\t1\nand left\"\t2\n5\" wide\t3\n";
        assert_eq!(
            read(Format::Table(b'\t'), tabs, "q").unwrap(),
            ["\"so he said", "and left\"", "5\" wide"]
        );
        let commas = "q,id\n5\" wide,1\n\"he said \"\"no\"\"\",2\n";
        assert_eq!(read(Format::Table(b','), commas, "q").unwrap(), ["5\" wide", "he said \"no\""]);
    }

    #[test]
    fn nulls_and_blanks_are_no_items() {
        assert_eq!(
            read(Format::Lines, "{\"q\": null}\n{\"q\": \" \"}\n{\"q\": \"one\"}", "q").unwrap(),
            ["one"]
        );
        assert_eq!(read(Format::Table(b','), "id,q\n1,\n2,\" \"\n3,one\n", "q").unwrap(), ["one"]);
    }

    #[test]
    fn what_has_no_text_is_refused_with_its_place() {
        for (format, file, message) in [
            (
                Format::Lines,
                "{\"question\": \"one\"}\n",
                "line 1 has no text in the field `text`\nhint: name the set's field; texts are in: question",
            ),
            (
                Format::Lines,
                "\n{\"text\": 5}",
                "line 2 has no text in the field `text`\nhint: name the set's field; texts are in: ",
            ),
            (
                Format::Table(b','),
                "text\none\n\"two\nthree\n",
                "line 3 begins a quoted field that never ends\nhint: give the set the format tsv or text where quotes are part of the texts",
            ),
            (
                Format::Table(b','),
                "text\n\"one\" and two\n",
                "line 2 goes on after a quoted field\nhint: give the set the format tsv or text where quotes are part of the texts",
            ),
            (
                Format::Table(b','),
                "question,answer\n",
                "the table has no column `text`\nhint: name one of its columns as the set's field: question, answer",
            ),
        ] {
            assert_eq!(read(format, file, "text").unwrap_err().to_string(), message);
        }
        let broken = read(Format::Lines, "{\"text\": \"one\"}\nnot json\n", "text").unwrap_err().to_string();
        assert!(broken.starts_with("line 2 is no JSON object: "), "{broken}");
        let ragged = read(Format::Table(b','), "text,a\none,1\ntwo\n", "text").unwrap_err().to_string();
        assert!(ragged.starts_with("the table makes no sense: "), "{ragged}");
        let latin = Format::Text.items(b"one\ncaf\xe9\n", "", &mut |_| Ok(())).unwrap_err().to_string();
        assert_eq!(latin, "line 2 is not UTF-8\nhint: evaluation sets are texts in UTF-8");
    }
}
