//! Puts the card where people and tools look for it, also while other runs commit.

use object_store::{ObjectStoreExt, PutPayload};

use super::CommitLog;
use super::card::card;
use super::manifest::Commit;
use super::paths;
use crate::engine::Location;
use crate::engine::store_error::{explain, explain_cause};
use crate::error::{Error, ErrorKind, Result};

/// Times the card is put before it is left to the run that goes on committing.
const CARDS: u32 = 10;

/// Puts the card of the data set `name` with `commits` at `output`, unless it is there already.
///
/// Another run may commit at any time, and its card must not be overwritten by an older one. Only the
/// names of the commits tell: so they are listed again after each put, until the last one is in the card.
pub async fn put(log: &CommitLog, output: &Location, name: &str, commits: &[Commit]) -> Result<()> {
    let mut commits = commits.to_vec();
    let mut shown = None;
    let failed = |error| explain_cause(error, &output.to_string());
    for _ in 0..=CARDS {
        let newest = log.numbers().await.map_err(failed)?.pop();
        if newest == shown {
            return Ok(());
        }
        if newest != commits.last().map(|commit| commit.number) {
            commits = log.all().await.map_err(failed)?;
        }
        if !replace_card(output, &card(name, &commits)).await? {
            return Ok(());
        }
        shown = commits.last().map(|commit| commit.number);
    }
    Err(Error::new(ErrorKind::Conflict, format!("other runs committed {CARDS} times while it was written")))
}

/// Puts the card unless it is there already; tells whether it was not.
async fn replace_card(output: &Location, text: &str) -> Result<bool> {
    let path = paths::object(&output.path, paths::CARD)?;
    let failed = |error| explain(error, &output.url_of(&path));
    match output.store.get(&path).await {
        Ok(there) => {
            if there.bytes().await.map_err(failed)? == text {
                return Ok(false);
            }
        }
        Err(object_store::Error::NotFound { .. }) => {}
        Err(error) => return Err(failed(error)),
    }
    output.store.put(&path, PutPayload::from(text.as_bytes().to_vec())).await.map_err(failed)?;
    Ok(true)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::sink::fixtures::place;
    use crate::sink::flaky_store::FlakyStore;

    /// Three commits of no run in particular.
    fn commits() -> Vec<Commit> {
        let json = include_bytes!("../../../tests/golden/commit.v1.json");
        let mut commits: Vec<Commit> = Vec::new();
        for (number, label) in [(1, "first"), (2, "second"), (3, "third")] {
            let parent = commits.last().map(|parent| parent.as_parent().unwrap());
            let [id, label] = [label; 2].map(str::to_owned);
            commits.push(Commit { number, id, parent, label, ..Commit::from_json(json).unwrap() });
        }
        commits
    }

    // The other run's card, put between our look at the commits and our put, was overwritten by ours.
    #[tokio::test]
    async fn the_card_shows_the_commit_of_another_run_that_came_in_between() {
        let commits = commits();
        let store = Arc::new(FlakyStore::new(vec![]));
        let output = place(Arc::clone(&store) as _);
        let log = CommitLog::new(output.clone());
        log.try_commit(&commits[0]).await.unwrap();
        for later in &commits[1..] {
            let name = paths::commit_name(later.number);
            let location = paths::object(&output.path, &format!("{}/{name}", paths::COMMITS)).unwrap();
            store.other_puts_before(paths::CARD, location, later.to_json().unwrap().into());
        }
        put(&log, &output, "nightly", &commits[..1]).await.unwrap();

        let path = paths::object(&output.path, paths::CARD).unwrap();
        let there = store.get(&path).await.unwrap().bytes().await.unwrap();
        assert_eq!(there, card("nightly", &commits));
        let puts = store.puts();
        put(&log, &output, "nightly", &commits).await.unwrap();
        assert_eq!(store.puts(), puts, "a card that is right is left alone");
    }
}
