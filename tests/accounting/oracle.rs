//! The rules once more, on the truth instead of the archive, in memory, as plainly as they can be put.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Records by fate.
pub(super) fn fates(records: &[Value]) -> BTreeMap<String, u64> {
    let withdrawn = Withdrawn::by(records);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut count = |fate: &str| *counts.entry(fate.to_owned()).or_default() += 1;
    // What is left after the fates that a record meets by itself: by id, which text.
    let mut texts_by_id: BTreeMap<i64, u64> = BTreeMap::new();
    for record in records {
        let text = |field: &str| record[field].as_str().unwrap();
        match text("kind") {
            "reject" => count(&format!("rejected:{}", text("reason"))),
            "event" => count("event"),
            _ if withdrawn.deleted(record) => count("deleted"),
            _ if withdrawn.withheld(record) => count("withheld"),
            "retweet" => count("retweet"),
            _ => {
                let id = record["id"].as_i64().unwrap();
                if texts_by_id.insert(id, record["group"].as_u64().unwrap()).is_some() {
                    count("duplicate_id");
                }
            }
        }
    }
    let mut seen = BTreeSet::new();
    for group in texts_by_id.into_values() {
        count(if seen.insert(group) { "kept" } else { "duplicate_exact" });
    }
    counts
}

/// What the stream says of tweets and accounts: its notices, and the marks of every copy it holds.
#[derive(Default)]
struct Withdrawn {
    deleted: BTreeSet<i64>,
    withheld_tweets: BTreeSet<i64>,
    withheld_users: BTreeSet<i64>,
}

impl Withdrawn {
    fn by(records: &[Value]) -> Self {
        let mut withdrawn = Self::default();
        for record in records {
            match record["event"].as_str() {
                Some("delete") => withdrawn.deleted.extend(record["target"].as_i64()),
                Some("status_withheld") => withdrawn.withheld_tweets.extend(record["target"].as_i64()),
                Some("user_withheld") => withdrawn.withheld_users.extend(record["target_user"].as_i64()),
                _ => {}
            }
            let is_tweet = !matches!(record["kind"].as_str(), Some("event" | "reject"));
            let marked = record["withheld"].as_array().is_some_and(|places| !places.is_empty());
            if is_tweet && marked {
                withdrawn.withheld_tweets.extend(record["id"].as_i64());
            }
        }
        // What an account wrote is withheld with it, in whatever copy.
        for record in records {
            if record["author"].as_i64().is_some_and(|author| withdrawn.withheld_users.contains(&author)) {
                withdrawn.withheld_tweets.extend(record["id"].as_i64());
            }
        }
        withdrawn
    }

    /// Its own notice, or that of the original it passes on.
    fn deleted(&self, record: &Value) -> bool {
        let ids = ["id", "retweet_of"].map(|field| record[field].as_i64());
        ids.into_iter().flatten().any(|id| self.deleted.contains(&id))
    }

    /// Any copy of its id is marked, or a notice names it or its author.
    fn withheld(&self, record: &Value) -> bool {
        record["id"].as_i64().is_some_and(|id| self.withheld_tweets.contains(&id))
    }
}
