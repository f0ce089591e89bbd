//! A run that is killed, wherever that is, counts for nothing before its commit, and is made good by running it again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::support::{Archive, DataSet, Identity, RunFile, files_below, tweetmill};

/// A data set of one night, and a second night that is to be killed.
struct SecondNight {
    folder: tempfile::TempDir,
    archives: [Archive; 2],
    /// The second night, undisturbed.
    made: Identity,
    names: BTreeSet<String>,
    /// How long that took.
    took: Duration,
}

/// A round in a folder of its own.
struct Round {
    _folder: tempfile::TempDir,
    run: RunFile,
}

impl SecondNight {
    fn new(seed: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archives = [Archive::tar(1_000, 4, seed), Archive::tar(1_500, 6, seed + 1)];
        let first = run_file(&folder.path().join("first"), &archives[0], "dataset");
        first.run(&["run=first"]).succeeded();
        let mut night = Self {
            folder,
            archives,
            made: DataSet::at(&first.output).identity(),
            names: BTreeSet::new(),
            took: Duration::ZERO,
        };
        let undisturbed = night.round();
        let began = Instant::now();
        undisturbed.run.run(&["run=second"]).succeeded();
        night.took = began.elapsed();
        night.made = DataSet::at(&undisturbed.run.output).identity();
        night.names = undisturbed.names();
        night
    }

    /// The data set of the first night once more.
    fn round(&self) -> Round {
        let folder = tempfile::tempdir().unwrap();
        let run = run_file(folder.path(), &self.archives[1], "dataset");
        let first = self.folder.path().join("first/dataset");
        for (name, bytes) in files_below(&first) {
            let path = Path::new(&run.output).join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        Round { _folder: folder, run }
    }

    /// Fails the test unless the round, run again, ends where the undisturbed one did, with nothing left behind.
    #[track_caller]
    fn assert_made_good(&self, round: &Round, committed: bool, what: &str) {
        let again = round.run.program(&["run=second"]).run().succeeded();
        assert_eq!(again.json()["noop"], committed, "{what}");
        assert_eq!(round.run.scratch_files(), Vec::<PathBuf>::new(), "{what}: scratch");
        tweetmill(["gc", &round.run.output, "--older-than", "0s", "--idle"]).succeeded();
        assert_eq!(round.names(), self.names, "{what}: files no commit names");
        self.made.assert_same(&DataSet::at(&round.run.output).identity(), what);
        tweetmill(["verify", &round.run.output]).succeeded();
    }
}

impl Round {
    /// Whether there is the record of a step whose name begins so.
    fn has_finished(&self, step: &str) -> bool {
        let is_record = |name: &String| name.starts_with(step) && name.strip_suffix(".json").is_some();
        self.run.scratch_names().iter().any(is_record)
    }

    /// How many commits there are; all they name must be whole.
    #[track_caller]
    fn commits(&self, what: &str) -> usize {
        let verified = tweetmill(["verify", &self.run.output]);
        assert!(verified.stderr.is_empty(), "{what}: {}", verified.stderr);
        verified.succeeded();
        DataSet::at(&self.run.output).commits().len()
    }

    /// The names of all files of the data set, but for the ids of runs.
    fn names(&self) -> BTreeSet<String> {
        let is_run = |name: &String| name.starts_with("_tweetmill/runs/");
        let (runs, mut names): (BTreeSet<_>, BTreeSet<_>) =
            files_below(Path::new(&self.run.output)).into_keys().partition(is_run);
        names.insert(format!("{} runs", runs.len()));
        names
    }
}

fn run_file(folder: &Path, archive: &Archive, data_set: &str) -> RunFile {
    let output = folder.join(data_set);
    let run = RunFile::with_output(folder, [archive.url()], output.to_str().unwrap());
    run.push("dedup: {near: {preset: near}}\n");
    run
}

/// Numbers from 0 to 1, the same in every test run.
fn fractions(mut state: u64) -> impl Iterator<Item = f64> {
    std::iter::from_fn(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some((state >> 11) as f64 / (1_u64 << 53) as f64)
    })
}

#[test]
fn a_run_killed_at_any_time_is_made_good_by_running_it_again() {
    let night = SecondNight::new(91);
    let mut killed = 0;
    for (fraction, round) in fractions(7).zip(0..50) {
        let what = format!("round {round}, killed at {fraction:.3} of the time");
        let disturbed = night.round();
        let mut running = disturbed.run.program(&["run=second"]).start();
        // The time is what this is about.
        std::thread::sleep(night.took.mul_f64(fraction));
        running.kill();
        if running.wait().was_killed_by_signal() {
            killed += 1;
        }
        let committed = disturbed.commits(&what) == 2;
        night.assert_made_good(&disturbed, committed, &what);
    }
    assert!(killed >= 10, "only {killed} of 50 runs were killed before they ended");
}

#[test]
fn a_run_killed_after_each_step_goes_on_where_it_was() {
    let night = SecondNight::new(93);
    let disturbed = night.round();
    let log = || [("TWEETMILL_LOG", "tweetmill=info".to_owned())];
    let steps = ["read-", "decided-", "written-"];
    for (kills, step) in steps.iter().enumerate() {
        let mut running = disturbed.run.program(&["run=second"]).envs(log()).start();
        while !disturbed.has_finished(step) && running.goes_on() {
            std::thread::sleep(Duration::from_millis(2));
        }
        running.kill();
        let outcome = running.wait();
        for before in &steps[..kills] {
            let told = format!("the step {before}");
            assert!(outcome.stderr.contains(&told), "{told}: {}", outcome.stderr);
        }
        assert_eq!(disturbed.commits(step), 1, "the run was done before it could be killed after {step}");
    }
    night.assert_made_good(&disturbed, false, "at last");
}

/// The places where a run can be killed, and how often each is come by that is worth a test.
#[cfg(feature = "kill-points")]
#[test]
fn a_run_killed_at_any_kill_point_is_made_good_by_running_it_again() {
    use tweetmill::kill_point::KillPoint;

    let night = SecondNight::new(95);
    for point in KillPoint::ALL {
        let visits: &[u32] = match point {
            KillPoint::StepMade | KillPoint::StepFinished => &[1, 2, 3],
            KillPoint::FileSent => &[1, 4],
            _ => &[1],
        };
        for visit in visits {
            let at = format!("{}:{visit}", point.name());
            let disturbed = night.round();
            let run = disturbed.run.program(&["run=second"]).envs([("TWEETMILL_KILL_AT", at.clone())]);
            run.run().was_killed();
            let committed = disturbed.commits(&at) == 2;
            assert_eq!(committed, point.is_committed(), "{at}");
            if !committed && point != KillPoint::Listed && at != "step-made:1" {
                let log = ("TWEETMILL_LOG", "tweetmill=info".to_owned());
                let plan = disturbed.run.program(&["run=second", "gates.max_reject_rate=0%"]).envs([log]);
                plan.run().ended_with(3).complained_of(&["the step read-0 was done by an earlier process"]);
            }
            night.assert_made_good(&disturbed, committed, &at);
        }
    }
}
