//! Each promise is broken once, and `verify` must say which.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use object_store::ObjectStoreExt;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;

use super::*;
use crate::sink::fixtures::{Fate, Nightly, author_of, documents, documents_by, shuffle_key, split_of};
use crate::sink::manifest::DataFile;
use crate::sink::shard::ShardId;

const IDS: [i64; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 21];

fn others() -> Vec<Fate> {
    vec![
        Fate::new(Some(30), "duplicate_exact", Some(1)),
        Fate::new(Some(31), "duplicate_exact", Some(1)),
        Fate::new(Some(2), "duplicate_id", Some(2)).carried_by(40),
        Fate::new(Some(40), "retweet", None),
        Fate::new(Some(41), "deleted", None),
        Fate::new(Some(42), "filtered:short", None),
        Fate::new(Some(42), "duplicate_id", Some(42)),
        Fate::new(None, "event", None),
        Fate::new(None, "rejected:invalid_json", None),
    ]
}

async fn check(nightly: &Nightly) -> Verification {
    let data_set = DataSet::open(nightly.place()).await.unwrap();
    let spool = tempfile::tempdir().unwrap();
    let options = Options { shuffle_key, spool: spool.path().to_owned(), readers: 2 };
    let report = verify(&data_set, &SessionContext::new(), &options).await.unwrap();
    assert_eq!(std::fs::read_dir(spool.path()).unwrap().count(), 0, "copies are removed");
    report
}

/// The names of the checks that failed, once each.
fn failed(report: &Verification) -> Vec<&'static str> {
    let mut names: Vec<_> = report.failures.iter().map(|failure| failure.check).collect();
    names.sort_unstable();
    names.dedup();
    names
}

async fn sound() -> (Nightly, Commit) {
    let nightly = Nightly::new(Arc::new(InMemory::new()));
    let commit = nightly.commit(&IDS, &others()).await;
    (nightly, commit)
}

/// Puts other rows into the place of one shard, with a commit that tells their true digest.
async fn replace(nightly: &Nightly, commit: &mut Commit, at: usize, rows: &arrow::array::RecordBatch) {
    let file = nightly.shard(commit.number, commit.files[at].id(), rows).await.unwrap();
    commit.documents = commit.documents - commit.files[at].rows + file.rows;
    commit.tokens = commit.tokens - commit.files[at].tokens + file.tokens;
    commit.files[at] = file;
    nightly.rewrite(commit).await;
}

fn ids_of(file: &DataFile) -> Vec<i64> {
    let here = |id: &i64| {
        split_of(*id) == file.split && ShardId::index_of(shuffle_key(7, *id), file.of) == file.shard
    };
    let mut ids: Vec<i64> = IDS.iter().copied().filter(here).collect();
    ids.sort_by_key(|id| (shuffle_key(7, *id), *id));
    ids
}

#[tokio::test]
async fn a_sound_data_set_passes() {
    let folder = tempfile::tempdir().unwrap();
    let local = Nightly::new(Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap()));
    local.commit(&IDS, &others()).await;
    let (memory, _) = sound().await;
    for nightly in [local, memory] {
        let later =
            [Fate::new(Some(5), "duplicate_id", Some(5)), Fate::new(Some(51), "duplicate_exact", Some(1))];
        nightly.commit(&[50, 52], &later).await;
        let report = check(&nightly).await;
        assert_eq!(report.failures, []);
        assert_eq!(report.unchecked, Vec::<String>::new());
        assert_eq!((report.commits, report.documents), (2, 14));
        assert!(report.to_string().starts_with("ok: 2 commits"), "{report}");
    }
}

#[tokio::test]
async fn a_flipped_byte_is_found() {
    let (nightly, commit) = sound().await;
    let path = nightly.at(&commit.files[0].path);
    let mut bytes = nightly.store.get(&path).await.unwrap().bytes().await.unwrap().to_vec();
    bytes[100] ^= 1;
    nightly.store.put(&path, bytes.into()).await.unwrap();
    let report = check(&nightly).await;
    assert_eq!(failed(&report), ["digest"]);
    assert_eq!(report.failures[0].place, commit.files[0].path);
    assert_eq!(report.unchecked.len(), 1);
}

#[tokio::test]
async fn a_missing_or_shorter_file_is_found() {
    let (nightly, commit) = sound().await;
    nightly.store.put(&nightly.at(&commit.files[1].path), b"PAR1"[..].into()).await.unwrap();
    nightly.store.delete(&nightly.at(&commit.fates[0].path)).await.unwrap();
    assert_eq!(failed(&check(&nightly).await), ["missing", "size"]);
}

#[tokio::test]
async fn a_dropped_row_is_found() {
    let (nightly, mut commit) = sound().await;
    let ids = ids_of(&commit.files[0]);
    replace(&nightly, &mut commit, 0, &documents(&ids[1..])).await;
    let report = check(&nightly).await;
    assert_eq!(failed(&report), ["accounting", "kept"]);
    let kept = report.failures.iter().find(|failure| failure.check == "kept").unwrap();
    assert!(kept.reason.starts_with(&format!("tweet {} is kept 1 times", ids[0])), "{kept:?}");
    assert!(kept.place.starts_with(&commit.files[0].path), "{kept:?}");
}

#[tokio::test]
async fn rows_out_of_order_are_found() {
    let (nightly, mut commit) = sound().await;
    let mut ids = ids_of(&commit.files[0]);
    ids.reverse();
    replace(&nightly, &mut commit, 0, &documents(&ids)).await;
    assert_eq!(failed(&check(&nightly).await), ["order"]);
}

#[tokio::test]
async fn a_row_in_the_wrong_shard_is_found() {
    let (nightly, mut commit) = sound().await;
    let (mut one, mut other) = (ids_of(&commit.files[0]), ids_of(&commit.files[1]));
    other.push(one.pop().unwrap());
    other.sort_by_key(|id| (shuffle_key(7, *id), *id));
    replace(&nightly, &mut commit, 0, &documents(&one)).await;
    replace(&nightly, &mut commit, 1, &documents(&other)).await;
    assert_eq!(failed(&check(&nightly).await), ["range"]);
}

#[tokio::test]
async fn an_author_in_two_splits_is_found() {
    let (nightly, mut commit) = sound().await;
    let ids = ids_of(&commit.files[0]);
    let mut authors: Vec<i64> = ids.iter().map(|id| author_of(*id)).collect();
    authors[0] = 1000;
    replace(&nightly, &mut commit, 0, &documents_by(&ids, &authors)).await;
    assert_eq!(failed(&check(&nightly).await), ["split leak"]);
}

#[tokio::test]
async fn an_id_in_two_documents_is_found() {
    let (nightly, mut commit) = sound().await;
    let mut ids = ids_of(&commit.files[0]);
    ids.push(ids[ids.len() - 1]);
    replace(&nightly, &mut commit, 0, &documents(&ids)).await;
    assert_eq!(failed(&check(&nightly).await), ["accounting", "kept", "order", "unique"]);
}

#[tokio::test]
async fn an_id_kept_by_two_commits_is_found() {
    let (nightly, _) = sound().await;
    nightly.commit(&[3], &[]).await;
    assert_eq!(failed(&check(&nightly).await), ["unique"]);
}

#[tokio::test]
async fn wrong_counts_are_found() {
    let (nightly, commit) = sound().await;
    let mut rows = commit.clone();
    rows.files[0].rows += 1;
    nightly.rewrite(&rows).await;
    assert_eq!(failed(&check(&nightly).await), ["accounting", "rows"]);

    let mut tokens = commit.clone();
    tokens.files[0].tokens += 1;
    nightly.rewrite(&tokens).await;
    assert_eq!(failed(&check(&nightly).await), ["accounting", "tokens"]);

    let mut fates = commit.clone();
    *fates.records.fates.get_mut("event").unwrap() += 1;
    *fates.records.fates.get_mut("deleted").unwrap() -= 1;
    nightly.rewrite(&fates).await;
    assert_eq!(failed(&check(&nightly).await), ["fates"]);

    let mut lines = commit;
    lines.records.lines -= 1;
    lines.records.harvested += 1;
    nightly.rewrite(&lines).await;
    assert_eq!(failed(&check(&nightly).await), ["fates"]);
}

#[tokio::test]
async fn duplicates_without_a_fit_survivor_are_found() {
    for (wrong, story) in [
        (Fate::new(Some(33), "duplicate_exact", Some(99)), "nobody"),
        (Fate::new(Some(33), "duplicate_exact", Some(42)), "one that was filtered"),
        (Fate::new(Some(33), "duplicate_exact", Some(30)), "one that is a copy itself"),
        (Fate::new(Some(33), "duplicate_exact", None), "not told"),
        (Fate::new(Some(33), "duplicate_exact", Some(34)), "a later one"),
        (Fate::new(Some(33), "duplicate_id", Some(33)), "only itself"),
    ] {
        let nightly = Nightly::new(Arc::new(InMemory::new()));
        let later = Fate::new(Some(34), "duplicate_exact", Some(1));
        let all: Vec<Fate> = others().into_iter().chain([wrong, later]).collect();
        nightly.commit(&IDS, &all).await;
        assert_eq!(failed(&check(&nightly).await), ["survivor"], "{story}");
    }
}

#[tokio::test]
async fn two_decided_records_of_an_id_are_found() {
    let nightly = Nightly::new(Arc::new(InMemory::new()));
    nightly.commit(&IDS, &[Fate::new(Some(3), "filtered:short", None)]).await;
    assert_eq!(failed(&check(&nightly).await), ["fates"]);
}

#[tokio::test]
async fn another_schema_or_name_is_found() {
    let (nightly, commit) = sound().await;
    let mut wider = commit.clone();
    wider.pinned.columns.push("likes".into());
    nightly.rewrite(&wider).await;
    assert_eq!(failed(&check(&nightly).await), ["schema"]);

    let mut renamed = commit;
    renamed.files[0].of = 3;
    nightly.rewrite(&renamed).await;
    assert!(failed(&check(&nightly).await).contains(&"name"));
}

#[tokio::test]
async fn a_lost_run_record_is_told_but_no_failure() {
    let (nightly, commit) = sound().await;
    nightly.store.delete(&nightly.at(&format!("_tweetmill/runs/{}.json", commit.id))).await.unwrap();
    let report = check(&nightly).await;
    assert!(report.passed());
    assert_eq!(report.unchecked.len(), 1);
}
