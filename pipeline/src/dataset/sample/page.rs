//! A sampled record for people, in at most eighty columns but for names of files.

use std::fmt::{self, Display, Formatter};

use super::{Sampled, is_line};
use crate::fate::RETWEET;
use crate::terminal::{PAGE_COLUMNS, fitted, printable, wrapped};

/// Columns that texts stand to the right.
const INDENT: usize = 2;

/// Columns that are shown of the line of an event or reject, in as many lines as that makes.
const LINE_COLUMNS: usize = 300;

impl Display for Sampled {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = self.tweet_id.map_or_else(|| "a line without an id".to_owned(), |id| id.to_string());
        let mut about = vec![format!("{name}: {}", self.fate)];
        about.extend(self.split.clone());
        if let (Some(origin), Some(carrier)) = (&self.origin, self.carrier_id) {
            about.push(format!("found inside {carrier} ({origin})"));
        }
        about.push(format!("commit {}", self.commit));
        for line in wrapped(&about.join(", "), PAGE_COLUMNS) {
            writeln!(f, "{line}")?;
        }
        match (&self.text, &self.missing) {
            // Whole lines of archives are kilobytes of JSON.
            (Some(line), _) if is_line(&self.fate) => indented(f, &fitted(line, LINE_COLUMNS))?,
            (Some(text), _) => indented(f, text)?,
            (None, missing) => {
                let why = missing.as_deref().unwrap_or("it is in no file");
                indented(f, &format!("(no text: {why})"))?;
            }
        }
        if let Some(survivor) = self.survivor {
            let similarity =
                self.similarity.map_or_else(String::new, |part| format!(", similarity {part:.3}"));
            let role = if self.fate == RETWEET { "is its original" } else { "stands for it" };
            match &self.survivor_text {
                Some(text) => {
                    writeln!(f, "{:INDENT$}{survivor} {role}{similarity}:", "")?;
                    indented(f, text)?;
                }
                None => writeln!(f, "{:INDENT$}{survivor} {role}{similarity}; it is no document", "")?,
            }
        }
        if let Some(item) = self.item {
            let share = self.similarity.unwrap_or_default() * 100.0;
            writeln!(f, "{:INDENT$}contains {share:.0} % of item {item} of that set", "")?;
        }
        match &self.place {
            Some(place) => writeln!(f, "{:INDENT$}from {}", "", printable(place)),
            None => Ok(()),
        }
    }
}

fn indented(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    for line in wrapped(text, PAGE_COLUMNS - 2 * INDENT) {
        writeln!(f, "{}", format!("{:1$}{line}", "", 2 * INDENT).trim_end())?;
    }
    Ok(())
}
