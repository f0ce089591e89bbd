//! How much of the texts was redacted, counted while shards are written.

use arrow::array::AsArray;
use arrow::datatypes::Int32Type;
use arrow::record_batch::RecordBatch;
use serde::{Deserialize, Serialize};

/// What is redacted, as functions and reports call it.
pub const KINDS: [&str; 4] = ["mentions", "urls", "emails", "phones"];

/// Columns of the rows to write that count it, in the order of [`KINDS`]; none where nothing is redacted.
pub const COLUMNS: [&str; 4] = ["redacted_mentions", "redacted_urls", "redacted_emails", "redacted_phones"];

/// Parts of texts that were taken out or replaced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redacted {
    /// Mentions of users and lists.
    pub mentions: u64,
    /// Links.
    pub urls: u64,
    /// E-mail addresses.
    pub emails: u64,
    /// Phone numbers.
    pub phones: u64,
}

impl Redacted {
    /// The sums of the columns [`COLUMNS`] of `batch`; zero for those it lacks.
    pub fn of_rows(batch: &RecordBatch) -> Self {
        let [mentions, urls, emails, phones] = COLUMNS.map(|name| {
            let counts = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int32Type>());
            counts.map_or(0, |counts| counts.iter().flatten().map(|count| count as u64).sum())
        });
        Self { mentions, urls, emails, phones }
    }

    /// Each kind with its number.
    pub fn kinds(&self) -> [(&'static str, u64); 4] {
        let [mentions, urls, emails, phones] = KINDS;
        [(mentions, self.mentions), (urls, self.urls), (emails, self.emails), (phones, self.phones)]
    }
}

impl std::ops::AddAssign for Redacted {
    fn add_assign(&mut self, other: Self) {
        self.mentions += other.mentions;
        self.urls += other.urls;
        self.emails += other.emails;
        self.phones += other.phones;
    }
}

impl std::iter::Sum for Redacted {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        let mut sum = Self::default();
        for one in all {
            sum += one;
        }
        sum
    }
}
