//! A run that is stopped in the middle leaves nothing that counts, and is made good by running it again.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::support::{Archive, DataSet, Halting, Identity, RunFile, Running, tweetmill};

/// A run that has read half of its archive, and waits for the rest.
struct Halfway {
    store: Halting,
    folder: tempfile::TempDir,
    file: RunFile,
}

/// Read in ranges, so that the first half is on its way to scratch while the second is waited for.
const SETTINGS: [&str; 1] = ["engine.range_size=32KiB"];

impl Halfway {
    fn through(archive: &Archive) -> (Self, Running) {
        let store = Halting::with(std::fs::read(archive.path()).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let file = RunFile::new(folder.path(), [Halting::URL]);
        let running = file.program(&SETTINGS).envs(store.environment()).start();
        let halfway = Self { store, folder, file };
        halfway.store.wait_until_awaited();
        wait_for(|| rows_are_being_written(&halfway.scratch()));
        (halfway, running)
    }

    fn scratch(&self) -> PathBuf {
        self.folder.path().join("scratch")
    }

    /// The same run once more, undisturbed; gives what it made.
    fn again(&self) -> Identity {
        self.store.release();
        let program = self.file.program(&SETTINGS).envs(self.store.environment());
        assert_eq!(program.run().succeeded().json()["noop"], false);
        tweetmill(["verify", &self.file.output]).succeeded();
        assert_eq!(entries(&self.scratch()), 0, "the rerun should leave nothing in scratch");
        DataSet::at(&self.file.output).identity()
    }
}

/// What an undisturbed run over the archive on disk makes.
fn undisturbed(archive: &Archive) -> Identity {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    run.run(&SETTINGS).succeeded();
    DataSet::at(&run.output).identity()
}

fn rows_are_being_written(scratch: &Path) -> bool {
    let folders = std::fs::read_dir(scratch).unwrap().flatten();
    let files = folders.filter_map(|folder| std::fs::read_dir(folder.path().join("read-0")).ok());
    files.flatten().flatten().any(|file| file.file_name().to_str().unwrap().starts_with("writing-"))
}

fn wait_for(happened: impl Fn() -> bool) {
    let began = Instant::now();
    while !happened() {
        assert!(began.elapsed() < Duration::from_mins(1), "what was waited for did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_run_told_to_stop_leaves_nothing_and_can_be_run_again() {
    let archive = Archive::tar(3_000, 24, 51);
    let undisturbed = undisturbed(&archive);
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let (halfway, running) = Halfway::through(&archive);
        let began = Instant::now();
        running.signal(signal);
        let stopped = format!("stopped by SIG{signal}");
        running.wait().ended_with(code).complained_of(&[&stopped, "hint: run the same command again"]);
        assert!(began.elapsed() < Duration::from_secs(5), "SIG{signal} took {:?}", began.elapsed());
        assert_eq!(entries(&halfway.scratch()), 0, "after SIG{signal}");
        assert!(DataSet::at(&halfway.file.output).commits().is_empty());
        undisturbed.assert_same(&halfway.again(), &format!("run again after SIG{signal}"));
    }
}

#[test]
fn a_killed_run_is_run_again_and_what_it_left_in_scratch_is_removed() {
    let archive = Archive::tar(3_000, 24, 52);
    let (halfway, running) = Halfway::through(&archive);
    running.signal("KILL");
    running.wait().was_killed();
    assert_eq!(entries(&halfway.scratch()), 2, "a killed run cannot remove its folders");
    assert!(DataSet::at(&halfway.file.output).commits().is_empty());
    undisturbed(&archive).assert_same(&halfway.again(), "run again after SIGKILL");
}

// Sweeping by name or age would take the scratch folder from under a run that is only slow.
#[test]
fn a_run_beside_another_leaves_its_scratch_alone() {
    let archive = Archive::tar(3_000, 24, 53);
    let (halfway, running) = Halfway::through(&archive);
    let folder = tempfile::tempdir().unwrap();
    let other = RunFile::new(folder.path(), [archive.url()]);
    let scratch = format!("engine.scratch={}", halfway.scratch().display());
    other.run(&[&scratch]).succeeded();
    assert_eq!(entries(&halfway.scratch()), 2, "the slow run's folders should still be there");
    halfway.store.release();
    running.wait().succeeded();
    let slow = DataSet::at(&halfway.file.output).identity();
    DataSet::at(&other.output).identity().assert_same(&slow, "beside another run");
}
