//! Texts from files.

use std::error::Error;
use std::path::Path;

/// The texts of `file`: one a line, or the column `text` or `tweet` of a CSV.
#[expect(clippy::disallowed_methods, reason = "the file is the caller's own")]
pub(crate) fn texts(file: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let name = file.to_string_lossy();
    let bytes = std::fs::read(file).map_err(|error| format!("{name}: {error}"))?;
    let (name, bytes) = match name.strip_suffix(".zst") {
        Some(name) => (name, zstd::decode_all(bytes.as_slice())?),
        None => (&*name, bytes),
    };
    let content = String::from_utf8(bytes)?;
    if name.strip_suffix(".csv").is_none() {
        return Ok(content.lines().map(str::to_owned).collect());
    }
    let mut rows = rows(&content);
    let header = rows.next().unwrap_or_default();
    let column = header.iter().position(|field| field == "text" || field == "tweet");
    let column = column.ok_or_else(|| format!("{name} has neither a column `text` nor `tweet`"))?;
    Ok(rows.filter(|row| column < row.len()).map(|mut row| row.swap_remove(column)).collect())
}

/// The rows of an RFC 4180 file.
fn rows(csv: &str) -> impl Iterator<Item = Vec<String>> {
    let mut characters = csv.chars().peekable();
    std::iter::from_fn(move || {
        characters.peek()?;
        let (mut row, mut field, mut quoted) = (Vec::new(), String::new(), false);
        while let Some(character) = characters.next() {
            match character {
                '"' if quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut field)),
                '\r' if !quoted => {}
                '\n' if !quoted => break,
                _ => field.push(character),
            }
        }
        row.push(field);
        Some(row)
    })
}
