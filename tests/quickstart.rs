//! The README's first command, but for the build.

use crate::support::{DataSet, Program, files_below, tweetmill};

#[test]
fn quickstart_ends_in_a_verified_data_set_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let run = Program::new(["quickstart"]).current_dir(folder.path()).run().succeeded();
    assert!(run.stdout.contains("tweetmill files"), "{}", run.stdout);
    assert!(run.stderr.contains("kept"), "{}", run.stderr);

    let made: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(made.len(), 1, "everything should be in one folder: {made:?}");
    let data_set = DataSet::at(made[0].join("dataset"));
    assert_eq!(data_set.commits().len(), 1);
    assert!(data_set.documents().len() > 100, "a first look deserves some documents");
    for split in ["train", "validation", "test"] {
        let name = made[0].join("dataset");
        let files = tweetmill(["files", name.to_str().unwrap(), "--split", split]).succeeded();
        assert!(files.stdout.lines().count() >= 1, "no file of the split {split}");
    }
}

#[test]
fn a_second_quickstart_finds_everything_done() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("here").to_str().unwrap().to_owned();
    tweetmill(["quickstart", &place]).succeeded();
    let before = files_below(&folder.path().join("here/dataset"));
    let again = tweetmill(["quickstart", &place]).succeeded().complained_of(&["nothing to do"]);
    assert!(again.stdout.contains("tweetmill files"));
    assert!(files_below(&folder.path().join("here/dataset")) == before, "a no-op should change no file");
}

#[test]
fn the_quickstart_leaves_a_run_file_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("here");
    tweetmill(["quickstart", place.to_str().unwrap()]).succeeded();
    let run_file = place.join("run.yaml");
    tweetmill(["validate", run_file.to_str().unwrap()]).succeeded();
    let again = tweetmill(["run", run_file.to_str().unwrap(), "--json"]).succeeded();
    assert_eq!(again.json()["noop"], true);
}
