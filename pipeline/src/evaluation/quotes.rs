//! Quotes in CSV: a stray one would make many rows a single field, and no error.

use super::format::refused;
use crate::error::{Error, Result};

/// Where in a row a byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A field begins.
    Start,
    /// In a field without quotes, whose own are text.
    Plain,
    /// In a quoted field, which began in this line.
    Quoted(usize),
    /// After a quote in a quoted field, which began in this line: its end, or the first of two.
    Ended(usize),
}

/// Refuses `text` where a quoted field has no end, or goes on after it.
pub(super) fn check(text: &str, delimiter: u8) -> Result<()> {
    let (mut state, mut line) = (State::Start, 1);
    for byte in text.bytes() {
        state = match (state, byte) {
            (State::Start, b'"') => State::Quoted(line),
            (State::Quoted(began), b'"') => State::Ended(began),
            (State::Quoted(_), _) => state,
            (State::Ended(began), b'"') => State::Quoted(began),
            (_, byte) if byte == delimiter || byte == b'\n' || byte == b'\r' => State::Start,
            (State::Ended(_), _) => return Err(told(line, "goes on after a quoted field")),
            _ => State::Plain,
        };
        line += usize::from(byte == b'\n');
    }
    match state {
        State::Quoted(line) => Err(told(line, "begins a quoted field that never ends")),
        _ => Ok(()),
    }
}

fn told(line: usize, what: &str) -> Error {
    refused(line, what).with_hint("give the set the format tsv or text where quotes are part of the texts")
}
