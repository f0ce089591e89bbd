//! `tweetmill plan`: what a run would take, from a look at its inputs that is bounded and leaves nothing.

use crate::support::{Archive, RunFile, files_below, tweetmill};

/// The number in the estimate's row that starts with `name`, in units of one.
fn estimated(plan: &str, name: &str) -> f64 {
    let row =
        plan.lines().find(|line| line.trim_start().starts_with(name)).unwrap_or_else(|| panic!("{plan}"));
    let mut words = row.split_once("about ").unwrap().1.split_whitespace();
    let number: f64 = words.next().unwrap().replace(',', "").parse().unwrap();
    match words.next() {
        Some("kB") => number * 1e3,
        Some("MB") => number * 1e6,
        Some("GB") => number * 1e9,
        _ => number,
    }
}

#[test]
fn an_estimate_is_near_what_a_run_takes_and_says_that_it_is_one() {
    let archive = Archive::tar(12_000, 24, 55);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    let before = files_below(folder.path());
    let plan = tweetmill(["plan", run.path().to_str().unwrap(), "--set", "engine.range_size=256KiB"]);
    let plan = plan.succeeded().stdout;
    assert!(plan.contains("a run may differ"), "{plan}");
    assert!(files_below(folder.path()) == before, "nothing should be written");
    let summary = run.run(&[]).succeeded().json();
    let taken = |value: &serde_json::Value| value.as_u64().unwrap() as f64;
    for (name, real) in [
        ("lines", taken(&summary["records"]["lines"])),
        ("records", taken(&summary["records"]["in"])),
        ("documents", taken(&summary["documents"])),
        ("shards", taken(&summary["bytes_out"])),
    ] {
        let guess = estimated(&plan, name);
        assert!(
            guess > real * 0.6 && guess < real * 1.6,
            "{name}: {guess} estimated, {real} in truth\n{plan}"
        );
    }
}

#[test]
fn a_run_that_is_done_needs_no_estimate() {
    let archive = Archive::tar(1_000, 2, 56);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    run.run(&[]).succeeded();
    let plan = tweetmill(["plan", run.path().to_str().unwrap()]).succeeded().stdout;
    assert!(plan.contains("nothing left to do") && plan.contains("as commit 1: "), "{plan}");
}
