//! Tweets written by hand.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// Ids as large as real ones.
pub(crate) const BASE: i64 = 1_345_000_000_000_000_000;

/// Tweet `id`, counted from [`BASE`], by an account of its own.
pub(crate) fn status(id: i64, text: &str) -> Value {
    json!({
        "created_at": "Fri Jan 01 10:00:00 +0000 2021",
        "id": BASE + id, "id_str": (BASE + id).to_string(), "text": text, "lang": "en",
        "source": "<a href=\"https://example.org\">Example</a>",
        "user": {"id": id, "id_str": id.to_string(), "screen_name": format!("account{id}")},
    })
}

/// Writes `lines` into the new archive `name` in `folder`.
pub(crate) fn archive_of(folder: &Path, name: &str, lines: &[Value]) -> PathBuf {
    let text = lines.iter().fold(String::new(), |text, line| text + &line.to_string() + "\r\n");
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}
