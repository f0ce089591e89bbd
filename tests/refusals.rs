//! What goes wrong is said with its remedy, ends with the right exit code, and leaves nothing committed.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{
    ACCESS_KEY, Archive, DataSet, Halting, Packing, Program, Refusing, RunFile, SECRET_KEY, files_below,
    pack, skip, tweetmill,
};

/// Fails the test if anything counts in the data set of `run`, or is left in its scratch folder.
#[track_caller]
fn assert_nothing_done(run: &RunFile) {
    assert_eq!(DataSet::at(&run.output).commits(), Vec::<serde_json::Value>::new());
    assert_eq!(run.scratch_files(), Vec::<PathBuf>::new());
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), ["nowhere.tar"]);
    run.push("tokenise: {tokenizer: cl100k_base}\n");
    let line = std::fs::read_to_string(run.path()).unwrap().lines().count();
    let words = ["tokenise", &format!("run.yaml:{line}"), "hint: ", "did you mean `tokenize`"];
    run.run(&[]).ended_with(2).complained_of(&words);
    tweetmill(["validate", run.path().to_str().unwrap()]).ended_with(2).complained_of(&words);
    assert_nothing_done(&run);
}

#[test]
fn a_value_out_of_range_is_refused_with_the_range() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), ["nowhere.tar"]);
    run.run(&["engine.threads=0"]).ended_with(2).complained_of(&["engine.threads", "hint: ", "1 to 1024"]);
    run.run(&["output.columns=[nonsense]"]).ended_with(2).complained_of(&["nonsense", "hint: "]);
    assert_nothing_done(&run);
}

#[test]
fn a_filter_of_the_log_that_is_none_is_refused() {
    let asked = Program::new(["files", "nowhere"]).envs([("TWEETMILL_LOG", "loud=very".to_owned())]).run();
    asked.ended_with(2).complained_of(&["TWEETMILL_LOG", "hint: ", "debug"]);
}

#[test]
fn more_threads_than_the_memory_serves_are_refused_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), ["nowhere.tar"]);
    let words = ["engine.memory", "32 threads", "hint: ", "2GiB"];
    run.run(&["engine.threads=32", "engine.memory=1GiB"]).ended_with(2).complained_of(&words);
}

#[test]
fn a_missing_run_file_is_a_usage_error() {
    tweetmill(["run", "no-such-run.yaml"]).ended_with(2).complained_of(&["no-such-run.yaml", "hint: "]);
}

#[test]
fn an_input_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("raw/missing.tar");
    let run = RunFile::new(folder.path(), [missing.to_str().unwrap()]);
    run.run(&[]).ended_with(1).complained_of(&["raw/missing.tar", "hint: "]);
    assert_nothing_done(&run);
}

#[test]
fn a_missing_bucket_is_named_as_input_and_as_output() {
    let store = Refusing::with("404 Not Found", "NoSuchBucket");
    let folder = tempfile::tempdir().unwrap();
    let input = RunFile::new(folder.path(), ["s3://no-such-bucket/2021/*.tar"]);
    let words = ["no-such-bucket", "does not exist", "hint: check its name"];
    input.program(&[]).envs(store.environment()).run().ended_with(1).complained_of(&words);
    assert_nothing_done(&input);

    let archive = Archive::tar(500, 1, 31);
    let folder = tempfile::tempdir().unwrap();
    let output = RunFile::with_output(folder.path(), [archive.url()], "s3://no-such-bucket/nightly");
    output.program(&[]).envs(store.environment()).run().ended_with(1).complained_of(&words);
    assert_eq!(output.scratch_files(), Vec::<PathBuf>::new());
}

#[test]
fn bad_credentials_are_told_from_missing_objects() {
    let store = Refusing::with("403 Forbidden", "InvalidAccessKeyId");
    let words = ["no right to use s3://", "hint: check the credentials", "AWS_"];
    let folder = tempfile::tempdir().unwrap();
    let input = RunFile::new(folder.path(), ["s3://raw/2021/*.tar"]);
    input.program(&[]).envs(store.environment()).run().ended_with(1).complained_of(&words);
    assert_nothing_done(&input);

    let archive = Archive::tar(500, 1, 32);
    let folder = tempfile::tempdir().unwrap();
    let output = RunFile::with_output(folder.path(), [archive.url()], "s3://train/nightly");
    output.program(&[]).envs(store.environment()).run().ended_with(1).complained_of(&words);
    let reading = Program::new(["files", "s3://train/nightly"]).envs(store.environment()).run();
    reading.ended_with(1).complained_of(&words);
}

// S3 repeats the access key and what was signed in its reply to a bad signature.
#[test]
fn keys_are_never_shown() {
    let store = Refusing::with("403 Forbidden", "SignatureDoesNotMatch");
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), ["s3://raw/2021/*.tar"]);
    for format in ["text", "json"] {
        let mut calls = vec![vec!["files", "s3://train/nightly"], vec!["verify", "s3://train/nightly"]];
        calls.push(vec!["run", run.path().to_str().unwrap()]);
        for call in calls {
            let everything = ("TWEETMILL_LOG", "trace".to_owned());
            for environment in [store.environment(), [store.environment(), vec![everything]].concat()] {
                let program = Program::new([call.clone(), vec!["--log-format", format]].concat());
                let outcome = program.envs(environment).run().ended_with(1);
                let outcome = outcome.complained_of(&["SignatureDoesNotMatch: refused"]);
                for secret in [SECRET_KEY, "StringToSign"] {
                    assert!(!outcome.stderr.contains(secret), "{call:?}: {}", outcome.stderr);
                }
                // A trace of every request holds the key's id, as its credential; what is said never does.
                let said = outcome.stderr.lines().last().unwrap();
                assert!(!said.contains(ACCESS_KEY) && !outcome.stdout.contains(ACCESS_KEY), "{said}");
            }
        }
    }
}

#[test]
fn a_token_that_expires_half_way_is_told_with_its_remedy() {
    let archive = Archive::tar(1_000, 12, 39);
    let store = Halting::refusing_half_way(std::fs::read(archive.path()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [Halting::URL]);
    let words = [
        "no right to use s3://raw/stream.tar: s3://raw/stream.tar could not be read to its end",
        "ExpiredToken",
        "hint: check the credentials",
    ];
    let outcome = run.program(&["engine.range_size=16KiB"]).envs(store.environment()).run();
    outcome.ended_with(1).complained_of(&words);
    assert_nothing_done(&run);
}

#[test]
fn a_tokenizer_that_cannot_be_read_is_named() {
    let archive = Archive::tar(500, 1, 33);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    let garbage = folder.path().join("tokenizer.json");
    std::fs::write(&garbage, "{\"version\": \"1.0\", \"model\": 3}").unwrap();
    let missing = folder.path().join("missing.tiktoken");
    for (file, code, remedy) in
        [(&garbage, 2, "hint: tokenize.tokenizer takes"), (&missing, 1, "cannot be read")]
    {
        let name = file.file_name().unwrap().to_str().unwrap();
        let setting = format!("tokenize.tokenizer={}", file.display());
        run.run(&[&setting]).ended_with(code).complained_of(&["the tokenizer", name, remedy]);
        assert_nothing_done(&run);
    }
    run.run(&["tokenize.tokenizer=cl100k_bas"]).ended_with(2).complained_of(&["did you mean `cl100k_base`"]);
    assert_nothing_done(&run);
}

#[test]
fn more_unreadable_lines_than_the_gate_allows_commit_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "not json at all\n{\"id\": 5\n{\"created_at\"\n";
    let file = folder.path().join("bad.ndjson");
    std::fs::write(&file, lines).unwrap();
    let run = RunFile::new(folder.path(), [file.to_str().unwrap()]);
    run.run(&["gates.max_reject_rate=50%"]).ended_with(3).complained_of(&["max_reject_rate", "50%"]);
    assert_eq!(DataSet::at(&run.output).commits(), Vec::<serde_json::Value>::new());
    // With a gate that lets them through, nothing needs to be read again.
    let log = [("TWEETMILL_LOG", "tweetmill=info".to_owned())];
    let let_through = run.program(&["gates.max_reject_rate=100%"]).envs(log).run();
    let_through.succeeded().complained_of(&["the step read-0 was done by an earlier process"]);
    assert_eq!(run.scratch_files(), Vec::<PathBuf>::new());
}

#[test]
fn a_second_run_does_nothing() {
    let archive = Archive::tar(2_000, 4, 34);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    let first = run.run(&[]).succeeded().json();
    assert_eq!((&first["noop"], &first["commit"]), (&false.into(), &1.into()));
    let before = files_below(Path::new(&run.output));
    // Nothing that changes no byte makes a run another run.
    let second = run.run(&["engine.threads=3"]).succeeded().json();
    assert_eq!((&second["noop"], &second["commit"]), (&true.into(), &1.into()));
    assert_eq!(second["documents"], first["documents"]);
    assert!(files_below(Path::new(&run.output)) == before, "a no-op should change no file");
    assert_eq!(run.scratch_files(), Vec::<PathBuf>::new());
}

#[test]
fn settings_that_committed_documents_depend_on_cannot_be_changed() {
    let archive = Archive::tar(1_000, 2, 35);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    run.run(&[]).succeeded();
    for (setting, name) in [
        ("split.seed=8", "seed"),
        ("tokenize.tokenizer=o200k_base", "tokenizer"),
        ("output.columns=[likes]", "columns"),
    ] {
        run.run(&["run=second", setting]).ended_with(2).complained_of(&[name, "hint: "]);
    }
    assert_eq!(DataSet::at(&run.output).commits().len(), 1);
}

#[test]
fn a_full_disk_under_the_data_set_is_said_and_commits_nothing() {
    let archive = Archive::tar(3_000, 6, 36);
    let Some(disk) = SmallDisk::mounted("96k") else { return };
    let folder = tempfile::tempdir().unwrap();
    let output = disk.path().join("dataset");
    let run = RunFile::with_output(folder.path(), [archive.url()], output.to_str().unwrap());
    run.run(&[]).ended_with(1).complained_of(&["no space left", "hint: free some space"]);
    assert_nothing_done(&run);
}

#[test]
fn a_full_disk_under_the_scratch_folder_is_said_and_commits_nothing() {
    let archive = Archive::tar(3_000, 6, 37);
    let Some(disk) = SmallDisk::mounted("96k") else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    let scratch = format!("engine.scratch={}", disk.path().display());
    run.run(&[&scratch]).ended_with(1).complained_of(&["no space left", "hint: free some space"]);
    assert_nothing_done(&run);
    assert!(files_below(disk.path()).is_empty(), "scratch files should be removed after a failure");
}

// A disk that fills later fails elsewhere, inside the engine, where errors used to lose their kind.
#[test]
fn a_disk_that_fills_later_is_said_wherever_the_run_has_got_to() {
    let archive = Archive::tar(6_000, 12, 40);
    let mut failures = 0;
    for kib in (0..8).map(|step| 128 << step) {
        let Some(disk) = SmallDisk::mounted(&format!("{kib}k")) else { return };
        let folder = tempfile::tempdir().unwrap();
        let run = RunFile::new(folder.path(), [archive.url()]);
        let outcome = run.run(&[&format!("engine.scratch={}", disk.path().display())]);
        assert!(files_below(disk.path()).is_empty(), "{kib} KiB: scratch files should be removed");
        if outcome.stderr.contains("error: ") {
            let outcome = outcome.ended_with(1);
            outcome.complained_of(&["error: no space left on the disk: ", "hint: free some space"]);
            assert_nothing_done(&run);
            failures += 1;
        } else {
            outcome.succeeded();
            break;
        }
    }
    assert!((3..8).contains(&failures), "some disks should be too small, and one large enough: {failures}");
}

// 512 threads that may block were all taken by readers, and no writer was left to take what they read.
#[test]
fn many_more_threads_than_cores_are_only_slow() {
    let archive = Archive::tar(1_200, 600, 42);
    let folder = tempfile::tempdir().unwrap();
    let inputs = pack(&archive.path(), Packing::Files, folder.path());
    let run = RunFile::new(folder.path(), inputs);
    // Every partition of every sort sets memory aside; little of it is used.
    run.run(&["engine.threads=300", "engine.memory=64GiB"]).succeeded();
}

#[test]
fn a_path_is_a_path_whatever_it_holds() {
    let (first, second) = (Archive::tar(1_000, 3, 43), Archive::tar(1_000, 3, 44));
    let folder = tempfile::tempdir().unwrap();
    let plain = RunFile::new(folder.path(), [first.url()]);
    plain.run(&["run=first"]).succeeded();
    let awkward = folder.path().join("[x] #1 100%");
    let settings = |label: &str, input: &str| {
        [
            format!("run={label}"),
            format!("input.0.url={input}"),
            format!("output.url='{}'", awkward.join("data set").display()),
            format!("engine.scratch='{}'", awkward.join("scratch").display()),
        ]
    };
    for (label, archive) in [("first", &first), ("second", &second)] {
        let settings = settings(label, &archive.url());
        let made = plain.run(&settings.each_ref().map(String::as_str)).succeeded();
        assert_eq!(made.json()["noop"], false);
    }
    let output = awkward.join("data set");
    assert_eq!(DataSet::at(&output).commits().len(), 2);
    tweetmill([std::ffi::OsStr::new("verify"), output.as_os_str()]).succeeded();
    assert_eq!(DataSet::at(&output).commits()[0]["files"], DataSet::at(&plain.output).commits()[0]["files"]);
    assert!(files_below(&awkward.join("scratch")).is_empty());
}

#[test]
fn after_a_full_disk_the_same_run_succeeds_elsewhere() {
    let archive = Archive::tar(3_000, 6, 38);
    let Some(disk) = SmallDisk::mounted("96k") else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    let full = format!("engine.scratch={}", disk.path().display());
    run.run(&[&full]).ended_with(1);
    run.run(&[]).succeeded();
    tweetmill(["verify", &run.output]).succeeded();
}

/// A disk of a few blocks, for as long as it is held.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// None, with the reason said, where this user may not mount one.
    fn mounted(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder.path());
        match mount.output() {
            Ok(output) if output.status.success() => Some(Self { folder }),
            _ => {
                skip("mount", "this user may not mount a small disk");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.folder.path()).status();
        assert!(
            unmounted.is_ok_and(|status| status.success()),
            "{} stays mounted",
            self.folder.path().display()
        );
    }
}
