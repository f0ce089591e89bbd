//! The contents of archives for people: at most eighty columns, but for the URL of an object.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use super::{Contents, Inspection, ObjectReport};
use crate::quantity::{bytes, count, of, percent};
use crate::terminal::{PAGE_COLUMNS, fitted, wrapped};

/// Columns of the names on the left.
const NAMES: usize = 14;

impl Display for Inspection {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, object) in self.objects.iter().enumerate() {
            let gap = if at > 0 { "\n" } else { "" };
            write!(f, "{gap}{object}")?;
        }
        if self.objects.len() > 1 {
            let size: u64 = self.objects.iter().map(|object| object.bytes).sum();
            writeln!(f, "\n{}, {}", of(self.objects.len() as u64, "object"), bytes(size))?;
            write_contents(f, &self.total, false)?;
        }
        Ok(())
    }
}

impl Display for ObjectReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, {}", self.url, bytes(self.bytes))?;
        write_contents(f, &self.contents, true)
    }
}

fn write_contents(f: &mut Formatter<'_>, contents: &Contents, with_rows: bool) -> fmt::Result {
    let Contents { members, harvested, .. } = contents;
    row(f, "members", &listed(members.count, members.states.states()))?;
    row(f, "layers", &listed_alone(&members.layers))?;
    if with_rows {
        for (name, label) in [("first", &members.first), ("last", &members.last)] {
            if let Some(label) = label {
                row(f, &format!("  {name}"), &fitted(label, PAGE_COLUMNS - NAMES))?;
            }
        }
        for damaged in &members.damaged {
            let label = if damaged.member.is_empty() { "the object" } else { &damaged.member };
            row(f, &format!("  {}", damaged.state), &fitted(label, PAGE_COLUMNS - NAMES))?;
            row(f, "", &damaged.detail)?;
        }
    }
    let (stored, decompressed) = (contents.stored_bytes, contents.decompressed_bytes);
    row(f, "bytes", &format!("{} stored, {} decompressed", bytes(stored), bytes(decompressed)))?;
    row(f, "lines", &count(contents.lines))?;
    if !contents.shapes.is_empty() {
        row(f, "shapes", &listed_alone(&contents.shapes))?;
    }
    if let (Some(first), Some(last)) = (&contents.first, &contents.last) {
        row(f, "written", &format!("{first} to {last}"))?;
    }
    let share = |part: u64| match contents.lines {
        0 => count(part),
        lines => format!("{} ({} of lines)", count(part), percent(part, lines)),
    };
    row(f, "tweets", &share(contents.tweets))?;
    row(f, "retweets", &share(contents.retweets))?;
    let inside = [("in retweets", harvested.retweet), ("in quotes", harvested.quote)];
    row(f, "originals", &listed(harvested.retweet + harvested.quote, inside.into_iter()))?;
    for (name, counts) in [("events", &contents.events), ("rejects", &contents.rejects)] {
        let all = counts.values().sum();
        row(f, name, &listed(all, by_count(counts).into_iter()))?;
    }
    let tweets = contents.tweets + harvested.retweet + harvested.quote;
    let languages = contents.languages.iter().map(|language| {
        format!("{} {}", language.lang.as_deref().unwrap_or("none"), percent(language.tweets, tweets))
    });
    let languages = languages.collect::<Vec<_>>().join(", ");
    if !languages.is_empty() {
        row(f, "languages", &languages)?;
    }
    if with_rows { write_rows(f, contents) } else { Ok(()) }
}

fn write_rows(f: &mut Formatter<'_>, contents: &Contents) -> fmt::Result {
    for (at, bad) in contents.bad_lines.iter().enumerate() {
        let name = if at == 0 { "bad lines" } else { "" };
        row(f, name, &format!("{} at byte {}{}", bad.reason, bad.offset, inside(&bad.member)))?;
        row(f, "", &fitted(&bad.start, PAGE_COLUMNS - NAMES))?;
    }
    for (at, example) in contents.examples.iter().enumerate() {
        let name = if at == 0 { "examples" } else { "" };
        let lang = example.lang.as_deref().unwrap_or("no language");
        let when = example.created_at.as_deref().unwrap_or("at no known time");
        row(f, name, &format!("{} {lang} {when}", example.tweet_id))?;
        row(f, "", &example.text)?;
    }
    Ok(())
}

fn inside(member: &str) -> String {
    if member.is_empty() { String::new() } else { format!(" of {member}") }
}

/// A name, and beside it a text in as many lines as it takes.
fn row(f: &mut Formatter<'_>, name: &str, text: &str) -> fmt::Result {
    for (at, line) in wrapped(text, PAGE_COLUMNS - NAMES).iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        writeln!(f, "{}", format!("{name:NAMES$}{line}").trim_end())?;
    }
    Ok(())
}

/// `7: complete 5, truncated 2`; the number alone where there is nothing to tell apart.
fn listed<'a>(all: u64, parts: impl Iterator<Item = (&'a str, u64)>) -> String {
    let parts: Vec<String> = parts.map(|(name, part)| format!("{name} {}", count(part))).collect();
    if all == 0 || parts.is_empty() {
        return count(all);
    }
    format!("{}: {}", count(all), parts.join(", "))
}

fn by_count(counts: &BTreeMap<String, u64>) -> Vec<(&str, u64)> {
    let mut counts: Vec<(&str, u64)> = counts.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    counts.sort_by(|one, other| (other.1, one.0).cmp(&(one.1, other.0)));
    counts
}

/// The names alone where there is one, else each with its number.
fn listed_alone(counts: &BTreeMap<String, u64>) -> String {
    match by_count(counts).as_slice() {
        [] => "none".to_owned(),
        [(name, _)] => (*name).to_owned(),
        several => {
            let parts = several.iter().map(|(name, part)| format!("{name} ({})", count(*part)));
            parts.collect::<Vec<_>>().join("; ")
        }
    }
}
