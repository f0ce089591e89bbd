//! A run spread over processes gives the bytes of a run in one, whoever of them is killed.

use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::support::{
    Archive, Certificates, Cluster, DataSet, Identity, Program, RunFile, Running, files_below, tweetmill,
};

/// A run over `archive` with near-duplicates, in ranges so small that there are many tasks.
fn run_file(folder: &Path, archive: &Archive) -> RunFile {
    let run = RunFile::new(folder, [archive.url()]);
    run.push("dedup: {near: {preset: near}}\n");
    run
}

fn on(cluster: &Cluster, run: &RunFile) -> Program {
    let settings = cluster.settings();
    let mut all = vec!["engine.range_size=64KiB"];
    all.extend(settings.iter().map(String::as_str));
    run.program(&all)
}

/// What one process makes of `archive`.
fn in_one_process(archive: &Archive) -> Identity {
    let folder = tempfile::tempdir().unwrap();
    let run = run_file(folder.path(), archive);
    run.run(&[]).succeeded();
    DataSet::at(&run.output).identity()
}

/// Fails the test unless `run` made what `expected` says, with nothing left behind.
#[track_caller]
fn assert_made(run: &RunFile, expected: &Identity, what: &str) {
    expected.assert_same(&DataSet::at(&run.output).identity(), what);
    tweetmill(["verify", &run.output]).succeeded();
    let steps = files_below(&Path::new(&run.output).join("_tweetmill/steps"));
    assert!(steps.is_empty(), "{what}: {:?}", steps.keys());
}

#[test]
fn any_number_of_threads_and_executors_makes_the_same_bytes() {
    let archive = Archive::tar(4_000, 16, 81);
    let expected = in_one_process(&archive);
    for threads in ["engine.threads=1", "engine.threads=8"] {
        let folder = tempfile::tempdir().unwrap();
        let run = run_file(folder.path(), &archive);
        run.run(&[threads, "engine.range_size=64KiB"]).succeeded();
        assert_made(&run, &expected, threads);
    }
    let clusters = [("standalone", Cluster::standalone())]
        .into_iter()
        .chain([1, 2, 4].map(|executors| ("executors", Cluster::of(executors))));
    for (what, cluster) in clusters {
        let folder = tempfile::tempdir().unwrap();
        let run = run_file(folder.path(), &archive);
        let done = on(&cluster, &run).run().succeeded().json();
        assert_eq!(done["noop"], false);
        assert_made(&run, &expected, what);
        // A second night, on top of it.
        let again = on(&cluster, &run).run().succeeded().json();
        assert_eq!(again["noop"], true);
    }
}

#[test]
fn nights_on_a_cluster_are_nights_in_one_process() {
    let archives = [82, 83].map(|seed| Archive::tar(2_000, 8, seed));
    let cluster = Cluster::of(2);
    let [alone, spread] = [None, Some(&cluster)].map(|cluster| {
        let folder = tempfile::tempdir().unwrap();
        let mut made = None;
        for (label, archive) in ["first", "second"].iter().zip(&archives) {
            let run = run_file(folder.path(), archive);
            let program = cluster.map_or_else(|| run.program(&[]), |cluster| on(cluster, &run));
            program.set(&format!("run={label}")).run().succeeded();
            made = Some(DataSet::at(&run.output).identity());
        }
        made.unwrap()
    });
    alone.assert_same(&spread, "two nights");
}

/// How long an undisturbed run on a cluster of two takes.
fn undisturbed(archive: &Archive) -> Duration {
    let cluster = Cluster::of(2);
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    on(&cluster, &run_file(folder.path(), archive)).run().succeeded();
    began.elapsed()
}

/// How often an executor is killed at random: `TWEETMILL_ROUNDS`, else three times.
fn rounds() -> u32 {
    std::env::var("TWEETMILL_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3)
}

/// What the runs in which an executor is killed are made of, what they must make, and how long that takes undisturbed.
static KILLED: LazyLock<(Archive, Identity, Duration)> = LazyLock::new(|| {
    let archive = Archive::tar(4_000, 16, 84);
    let (expected, took) = (in_one_process(&archive), undisturbed(&archive));
    (archive, expected, took)
});

/// Kills one of `executors` by `signal`, in turn early, in the middle and late.
fn kill_one_of(executors: usize, signal: &str) {
    let (archive, expected, took) = &*KILLED;
    for round in 0..rounds() {
        let what = format!("one of {executors} executors, SIG{signal}, round {round}");
        let mut cluster = Cluster::of(executors);
        let folder = tempfile::tempdir().unwrap();
        let run = run_file(folder.path(), archive);
        let running = on(&cluster, &run).start();
        // The time is what this is about.
        std::thread::sleep(took.mul_f64(f64::from(round * 2 + 1) / f64::from(rounds() * 2)));
        cluster.signal_executor(0, signal);
        running.wait().succeeded();
        assert_made(&run, expected, &what);
    }
}

#[test]
fn an_executor_that_is_killed_changes_nothing_where_there_are_two() {
    kill_one_of(2, "KILL");
}

#[test]
fn an_executor_that_is_killed_changes_nothing_where_there_are_four() {
    kill_one_of(4, "KILL");
}

#[test]
fn an_executor_that_is_told_to_stop_changes_nothing_where_there_are_two() {
    kill_one_of(2, "TERM");
}

#[test]
fn an_executor_that_is_told_to_stop_changes_nothing_where_there_are_four() {
    kill_one_of(4, "TERM");
}

#[test]
fn the_only_executor_may_be_killed_and_replaced() {
    let archive = Archive::tar(4_000, 16, 85);
    let expected = in_one_process(&archive);
    let mut cluster = Cluster::of(1);
    let folder = tempfile::tempdir().unwrap();
    let run = run_file(folder.path(), &archive);
    let running = started(&cluster, &run);
    cluster.signal_executor(0, "KILL");
    cluster.start_executor();
    running.wait().succeeded();
    assert_made(&run, &expected, "replaced");
}

#[test]
fn a_run_whose_scheduler_was_killed_goes_on_where_it_was() {
    let archive = Archive::tar(4_000, 16, 86);
    let expected = in_one_process(&archive);
    let mut cluster = Cluster::of(1);
    let folder = tempfile::tempdir().unwrap();
    let run = run_file(folder.path(), &archive);
    let mut running = started(&cluster, &run);
    running.kill();
    running.wait();
    cluster.kill_scheduler();
    cluster.signal_executor(0, "KILL");
    cluster.start_scheduler();
    cluster.start_executor();
    let log = [("TWEETMILL_LOG", "tweetmill=info".to_owned())];
    let again = on(&cluster, &run).envs(log).run().succeeded();
    again.complained_of(&["were done by an earlier process"]);
    assert_made(&run, &expected, "run again");
}

/// Starts `run`, and is back when an executor has done a task of it.
fn started(cluster: &Cluster, run: &RunFile) -> Running {
    started_with(on(cluster, run), run)
}

fn started_with(program: Program, run: &RunFile) -> Running {
    let mut running = program.start();
    let is_record = |name: &str| name.rsplit('/').next().unwrap().starts_with("task-");
    let steps = Path::new(&run.output).join("_tweetmill/steps");
    while running.goes_on() && !names_below(&steps).iter().any(|name| is_record(name)) {
        std::thread::sleep(Duration::from_millis(5));
    }
    running
}

/// Names of files below `folder`, while others write there.
fn names_below(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            names.extend(names_below(&path));
        } else {
            names.push(path.display().to_string());
        }
    }
    names
}

#[test]
fn a_task_that_cannot_be_done_ends_the_run_with_what_the_executor_says() {
    let archive = Archive::tar(1_000, 4, 87);
    let cluster = Cluster::of(1);
    let folder = tempfile::tempdir().unwrap();
    let run = run_file(folder.path(), &archive);
    // An executor of another build.
    let other = folder.path().join("other-build");
    std::fs::copy(env!("CARGO_BIN_EXE_tweetmill"), &other).unwrap();
    let mut file = std::fs::OpenOptions::new().append(true).open(&other).unwrap();
    std::io::Write::write_all(&mut file, b"longer").unwrap();
    drop(file);
    let program = Program::of(&other, ["run", run.path().to_str().unwrap()]);
    cluster
        .settings()
        .iter()
        .fold(program, |program, setting| program.set(setting))
        .run()
        .ended_with(2)
        .complained_of(&["the executor is of build", "from one and the same program file"]);
}

#[test]
fn processes_with_certificates_serve_nobody_else() {
    let Some([ours, others]) = Certificates::new().zip(Certificates::new()).map(|(a, b)| [a, b]) else {
        return;
    };
    let archive = Archive::tar(2_000, 8, 89);
    let expected = in_one_process(&archive);
    let cluster = Cluster::certified(2, &ours);
    let folder = tempfile::tempdir().unwrap();
    let run = run_file(folder.path(), &archive);
    on(&cluster, &run).run().succeeded();
    assert_made(&run, &expected, "certificates");
    for port in cluster.ports() {
        let (known, unknown) = (ours.greet(port), others.greet(port));
        assert!(known.contains("Verify return code: 0 (ok)") && !known.contains("alert"), "{known}");
        assert!(unknown.contains("alert"), "{port} listens to anybody: {unknown}");
    }
}

#[test]
fn shards_are_written_by_executors_with_devices_where_there_are_any() {
    let archive = Archive::tar(2_000, 8, 90);
    let expected = in_one_process(&archive);
    let (readers, writers) = (Cluster::of(1), Cluster::of(1));
    let folder = tempfile::tempdir().unwrap();
    let run = run_file(folder.path(), &archive);
    let devices = format!("engine.device_scheduler={}", writers.address());
    on(&readers, &run).set(&devices).run().succeeded();
    assert_made(&run, &expected, "two pools");
    let [read, written] = [readers, writers].map(|cluster| {
        let said: String = cluster.stop().into_iter().map(|outcome| outcome.stderr).collect();
        [said.contains("/read"), said.contains("/write")]
    });
    assert_eq!((read, written), ([true, false], [false, true]));
}

#[test]
fn a_secret_in_the_environment_is_in_nothing_that_is_written_or_said() {
    const SECRET: &str = "canary-5f1c9ab7";
    let secret = || {
        ["AWS_SECRET_ACCESS_KEY", "AZURE_STORAGE_ACCOUNT_KEY", "TWEETMILL_SECRET"]
            .map(|name| (name, SECRET.to_owned()))
    };
    let archive = Archive::tar(1_000, 4, 88);
    let log = || ("TWEETMILL_LOG", "debug".to_owned());
    let cluster = Cluster::with(1, [&secret()[..], &[log()]].concat());
    let folder = tempfile::tempdir().unwrap();
    let run = run_file(folder.path(), &archive);
    // The first is killed half-way: what the machines hand each other is looked at, too.
    let mut half = started_with(on(&cluster, &run).envs(secret()).envs([log()]), &run);
    half.kill();
    let half = half.wait();
    for (name, bytes) in files_below(&Path::new(&run.output).join("_tweetmill")) {
        assert!(!String::from_utf8_lossy(&bytes).contains(SECRET), "{name} holds the secret");
    }
    let done = on(&cluster, &run).envs(secret()).envs([log()]).run().succeeded();
    let failed = on(&cluster, &run).envs(secret()).envs([log()]);
    let failed = failed.set("input=[{url: s3://no-such-bucket/x.tar}]").set("run=other");
    let failed = failed
        .envs([
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ])
        .run()
        .ended_with(1);
    let planned = Program::new(["plan", run.path().to_str().unwrap()]).envs(secret()).run();
    let scratch = files_below(&cluster.folder());
    let said = cluster.stop().into_iter().chain([half, done, failed, planned]);
    for outcome in said {
        assert!(!outcome.stdout.contains(SECRET) && !outcome.stderr.contains(SECRET));
    }
    for (name, bytes) in files_below(folder.path()).into_iter().chain(scratch) {
        let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(!found, "{name} holds the secret");
    }
}
