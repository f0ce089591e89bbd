//! Two runs at one data set: both count, and the one that comes second is decided on top of the first.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Archive, DataSet, Halting, Packing, RunFile, Running, pack, tweetmill};

/// Read in ranges, so that the first half is on its way to scratch while the second is waited for.
const RANGES: &str = "engine.range_size=32KiB";

/// Two run files for one data set, each with a folder of its own.
struct Nights {
    folder: tempfile::TempDir,
    early: RunFile,
    late: RunFile,
}

impl Nights {
    fn new(early: &[String], late: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let output = path("dataset").to_str().unwrap().to_owned();
        let early = RunFile::with_output(&path("early"), early, &output);
        let late = RunFile::with_output(&path("late"), [late], &output);
        Self { folder, early, late }
    }

    /// Starts the late run; it is back when that has seen the data set as it was, and waits for its input.
    fn start_late(&self, store: &Halting, label: &str) -> Running {
        let late = self.late.program(&[label, RANGES]).envs(store.environment()).start();
        store.wait_until_awaited();
        late
    }

    fn data_set(&self) -> PathBuf {
        self.folder.path().join("dataset")
    }

    #[track_caller]
    fn assert_clean(&self) {
        tweetmill([Path::new("verify"), &self.data_set()]).succeeded();
        assert_eq!(
            [self.early.scratch_files(), self.late.scratch_files()],
            [const { Vec::<PathBuf>::new() }; 2]
        );
    }
}

/// The commits without what tells one attempt from another.
fn commits(data_set: &Path) -> Vec<Value> {
    let mut commits = DataSet::at(data_set).commits();
    for commit in &mut commits {
        commit.as_object_mut().unwrap().remove("id").expect("a commit should have an id");
    }
    commits
}

#[test]
fn of_two_nights_the_loser_decides_again_as_if_it_had_come_second() {
    let archive = Archive::tar(3_000, 24, 61);
    let files = tempfile::tempdir().unwrap();
    let mut half = pack(&archive.path(), Packing::Files, files.path());
    half.truncate(half.len() / 2);

    let store = Halting::with(std::fs::read(archive.path()).unwrap());
    let raced = Nights::new(&half, Halting::URL);
    let late = raced.start_late(&store, "run=late");
    raced.early.run(&["run=early", RANGES]).succeeded();
    store.release();
    let late = late.wait().succeeded().complained_of(&["run early took commit 1 first"]).json();
    assert_eq!((&late["commit"], &late["noop"]), (&2.into(), &false.into()));
    assert!(
        raced.data_set().join("data/00000001-late").is_dir(),
        "its first attempt should have got that far"
    );
    raced.assert_clean();

    let in_turn = Nights::new(&half, &archive.url());
    in_turn.early.run(&["run=early", RANGES]).succeeded();
    in_turn.late.run(&["run=late", RANGES]).succeeded();
    assert!(commits(&raced.data_set()) == commits(&in_turn.data_set()), "not as if it had come second");

    let data_set = DataSet::at(raced.data_set());
    let documents = data_set.documents();
    let ids: BTreeSet<i64> = documents.iter().map(|document| document.tweet_id).collect();
    assert_eq!(ids.len(), documents.len(), "a tweet of both nights should be kept once");
    let later = &data_set.commits()[1];
    assert!(later["documents"].as_u64().unwrap() > 0);
    assert!(later["records"]["fates"]["duplicate_id"].as_u64().unwrap() > 100);
}

#[test]
fn of_two_runs_of_one_night_the_loser_finds_nothing_left_to_do() {
    let archive = Archive::tar(2_000, 24, 62);
    let store = Halting::with(std::fs::read(archive.path()).unwrap());
    let nights = Nights::new(&[archive.url()], Halting::URL);
    let late = nights.start_late(&store, "run=night");
    nights.early.run(&["run=night"]).succeeded();
    store.release();
    let late = late.wait().succeeded().json();
    assert_eq!((&late["commit"], &late["noop"]), (&1.into(), &true.into()));
    assert_eq!(DataSet::at(nights.data_set()).commits().len(), 1);
    nights.assert_clean();
}
