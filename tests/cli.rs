//! The command line as scripts and people meet it: help, exit codes, what goes to which stream.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::support::{Archive, RunFile, files_below, tweetmill};

/// The verbs that `tweetmill --help` lists.
fn verbs() -> Vec<String> {
    let help = tweetmill(["--help"]).succeeded().stdout;
    let listed =
        help.lines().skip_while(|line| *line != "Verbs:").skip(1).take_while(|line| line.starts_with("  "));
    listed.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn help_lists_every_verb_and_each_shows_examples() {
    let verbs = verbs();
    for expected in [
        "run",
        "plan",
        "validate",
        "inspect",
        "sql",
        "verify",
        "files",
        "gc",
        "why",
        "sample",
        "synth",
        "quickstart",
        "cluster",
        "completions",
    ] {
        assert!(verbs.iter().any(|verb| verb == expected), "{expected} is not among {verbs:?}");
    }
    for verb in verbs {
        let help = tweetmill([verb.as_str(), "--help"]).succeeded();
        assert!(
            help.stdout.contains("\nExamples:\n  tweetmill "),
            "{verb} shows no examples:\n{}",
            help.stdout
        );
        assert!(help.stdout.contains(&format!("tweetmill {verb}")), "{}", help.stdout);
        assert_eq!(help.stderr, "", "help was asked for: it is data");
    }
}

#[test]
fn a_wrong_command_line_is_said_on_stderr_with_exit_code_2() {
    for arguments in
        [&["runn"][..], &["run"], &["files", "--split", "trian", "x"], &["why", "x", "not-a-number"]]
    {
        let refused = tweetmill(arguments).ended_with(2);
        assert_eq!(refused.stdout, "", "{arguments:?}");
        assert!(refused.stderr.starts_with("error: "), "{arguments:?}: {}", refused.stderr);
    }
    tweetmill(["runn"]).complained_of(&["run"]);
}

#[test]
fn errors_are_one_object_for_log_collectors() {
    let refused = tweetmill(["--log-format", "json", "run", "no-such-run.yaml"]).ended_with(2);
    let error: serde_json::Value = serde_json::from_str(refused.stderr.trim()).unwrap();
    assert_eq!((&error["level"], &error["exit_code"]), (&"error".into(), &2.into()));
    assert!(error["error"].as_str().unwrap().contains("no-such-run.yaml"));
    assert!(error["hint"].is_string(), "{error}");
}

#[test]
fn the_version_names_the_build() {
    for flag in ["--version", "-V"] {
        let version = tweetmill([flag]).succeeded().stdout;
        let build = version.strip_prefix(concat!("tweetmill ", env!("CARGO_PKG_VERSION"), " (build "));
        let id = build.and_then(|rest| rest.get(..16)).unwrap_or_default();
        assert!(id.len() == 16 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{version}");
    }
}

#[test]
fn completions_are_scripts_for_the_shell_asked_for() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = tweetmill(["completions", shell]).succeeded();
        assert!(script.stdout.contains("tweetmill") && script.stdout.contains("verify"), "{shell}");
        assert_eq!(script.stderr, "");
    }
    tweetmill(["completions", "cmd"]).ended_with(2).complained_of(&["bash"]);
}

#[test]
fn stdout_of_a_run_is_its_json_and_stderr_its_talk_without_colours() {
    let archive = Archive::tar(1_000, 2, 51);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    let ended = run.run(&[]).succeeded();
    assert_eq!(ended.stdout.lines().count(), 1, "{}", ended.stdout);
    let summary = ended.json();
    for key in [
        "run",
        "commit",
        "noop",
        "records",
        "documents",
        "tokens",
        "shards",
        "bytes_in",
        "bytes_out",
        "seconds",
    ] {
        assert!(!summary[key].is_null(), "{key} is missing in {summary}");
    }
    assert_eq!(summary["bytes_in"].as_u64().unwrap(), std::fs::metadata(archive.path()).unwrap().len());
    assert!(ended.stderr.contains("kept"), "the table belongs on stderr: {}", ended.stderr);
    assert!(!ended.stderr.contains('\u{1b}'), "no colours where nobody sees them: {}", ended.stderr);
}

#[test]
fn plan_and_validate_write_nothing() {
    let archive = Archive::tar(1_000, 2, 52);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    let before = files_below(folder.path());
    let plan = tweetmill(["plan", run.path().to_str().unwrap()]).succeeded();
    assert!(plan.stdout.contains(archive.path().file_name().unwrap().to_str().unwrap()), "{}", plan.stdout);
    let validated = tweetmill(["validate", run.path().to_str().unwrap()]).succeeded();
    assert!(validated.stdout.contains("max_reject_rate"), "{}", validated.stdout);
    assert!(files_below(folder.path()) == before, "nothing should be written");
}

#[test]
fn what_validate_prints_is_a_run_file_that_means_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), ["nowhere.tar"]);
    let printed = tweetmill(["validate", run.path().to_str().unwrap()]).succeeded().stdout;
    let copy = folder.path().join("copy.yaml");
    std::fs::write(&copy, &printed).unwrap();
    assert_eq!(tweetmill(["validate", copy.to_str().unwrap()]).succeeded().stdout, printed);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tweetmill"))
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ended = program.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(!line.is_empty());
}
