//! What a power loss may leave in a data set on disk, and how a rerun deals with it.

use std::path::{Path, PathBuf};

use crate::support::{Archive, DataSet, RunFile, files_below, tweetmill};

/// A data set of one commit.
struct Committed {
    folder: tempfile::TempDir,
    archive: Archive,
    run: RunFile,
}

impl Committed {
    fn new(seed: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::tar(2_000, 4, seed);
        let run = RunFile::new(folder.path(), [archive.url()]);
        run.run(&[]).succeeded();
        Self { folder, archive, run }
    }

    fn commit(&self) -> PathBuf {
        self.path("_tweetmill/commits/00000000000000000001.json")
    }

    fn path(&self, below: &str) -> PathBuf {
        Path::new(&self.run.output).join(below)
    }

    fn plan(&self) -> Vec<&str> {
        vec!["plan", self.run.path().to_str().unwrap()]
    }
}

#[test]
fn an_empty_commit_is_named_with_its_remedy_which_helps() {
    let made = Committed::new(71);
    let before = DataSet::at(&made.run.output).identity();
    let whole = std::fs::read(made.commit()).unwrap();
    let url = format!("file://{}", made.commit().display());
    for torn in [&[], &whole[..whole.len() / 2]] {
        std::fs::write(made.commit(), torn).unwrap();
        let words = [&url, "hint: a power loss can leave this", "move it out of the data set"];
        made.run.run(&[]).ended_with(1).complained_of(&words);
        tweetmill(["verify", &made.run.output]).ended_with(1).complained_of(&words);
        tweetmill(made.plan()).ended_with(1).complained_of(&words);
    }
    std::fs::rename(made.commit(), made.folder.path().join("torn.json")).unwrap();
    assert_eq!(made.run.run(&[]).succeeded().json()["noop"], false);
    DataSet::at(&made.run.output).identity().assert_same(&before, "made again");
    tweetmill(["verify", &made.run.output]).succeeded();
}

#[test]
fn a_torn_run_record_costs_the_places_of_records_and_nothing_else() {
    let made = Committed::new(72);
    let runs = files_below(&made.path("_tweetmill/runs"));
    let (name, whole) = runs.into_iter().next().expect("a run should leave its record");
    let record = made.path("_tweetmill/runs").join(name);
    let words = [record.to_str().unwrap(), "is taken for lost, which costs the places of records"];
    let tweet = DataSet::at(&made.run.output).documents()[0].tweet_id.to_string();
    for torn in [&[], &whole[..whole.len() / 2]] {
        std::fs::write(&record, torn).unwrap();
        assert_eq!(made.run.run(&[]).succeeded().complained_of(&words).json()["noop"], true);
        tweetmill(made.plan()).succeeded().complained_of(&words);
        let verified = tweetmill(["verify", &made.run.output]).succeeded().complained_of(&words);
        assert!(verified.stdout.contains("not checked: provenance of commit 1"), "{}", verified.stdout);
        tweetmill(["why", &made.run.output, &tweet]).succeeded().complained_of(&words);
    }
    assert_eq!(made.run.run(&["run=second"]).succeeded().json()["commit"], 2);
}

#[test]
fn torn_files_of_the_right_size_are_sent_again() {
    let made = Committed::new(73);
    let data_set = DataSet::at(&made.run.output);
    let before = data_set.identity();
    let mut torn = data_set.shards();
    for side in ["fates", "history"] {
        torn.extend(
            files_below(&made.path("_tweetmill").join(side))
                .into_keys()
                .map(|name| made.path("_tweetmill").join(side).join(name)),
        );
    }
    for file in torn {
        let bytes = std::fs::metadata(&file).unwrap().len();
        std::fs::write(&file, vec![0; bytes as usize]).unwrap();
    }
    std::fs::remove_file(made.commit()).unwrap();
    assert_eq!(made.run.run(&[]).succeeded().json()["noop"], false);
    data_set.identity().assert_same(&before, "made again");
    tweetmill(["verify", &made.run.output]).succeeded();
    assert!(made.archive.path().is_file());
}
