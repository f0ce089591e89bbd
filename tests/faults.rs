//! A store that fails now and then changes nothing; runs that meet at a store commit once each.

use crate::support::{
    Archive, Cloud, DataSet, Disturbance, Fault, Identity, Moto, Outcome, Program, RunFile, Running, clouds,
};

/// What `nights`, each with its label and archive, make on disk, one after the other.
fn on_disk(nights: &[(&str, &Archive)]) -> Identity {
    let folder = tempfile::tempdir().unwrap();
    let mut made = None;
    for (label, archive) in nights {
        let run = RunFile::new(folder.path(), [archive.url()]);
        run.run(&[&format!("run={label}")]).succeeded();
        made = Some(DataSet::at(&run.output));
    }
    made.unwrap().identity()
}

/// The data set `s3://bucket/nightly`, brought here.
fn downloaded(moto: &Moto, bucket: &str) -> (tempfile::TempDir, DataSet) {
    let copy = tempfile::tempdir().unwrap();
    moto.download(bucket, copy.path());
    let data_set = DataSet::at(copy.path().join("nightly"));
    (copy, data_set)
}

#[track_caller]
fn assert_verified(moto: &Moto, output: &str) {
    Program::new(["verify", output]).envs(moto.environment()).run().succeeded();
}

#[test]
fn a_store_that_fails_now_and_then_gets_the_same_bytes() {
    let Some(moto) = Moto::shared() else { return };
    let archive = Archive::tar(3_000, 12, 71);
    let undisturbed = on_disk(&[("first", &archive)]);
    moto.create_bucket("raw-disturbed");
    moto.put("raw-disturbed", "stream.tar", &std::fs::read(archive.path()).unwrap());
    for one_in in [20, 7] {
        let (bucket, output) = (format!("disturbed-{one_in}"), format!("s3://disturbed-{one_in}/nightly"));
        moto.create_bucket(&bucket);
        let store = Disturbance::usual(moto.address(), one_in);
        let folder = tempfile::tempdir().unwrap();
        let run = RunFile::with_output(folder.path(), ["s3://raw-disturbed/stream.tar"], &output);
        // In many small requests, as of a large archive.
        run.program(&["engine.range_size=32KiB"]).envs(store.environment()).run().succeeded();
        assert!(store.disturbed() > 5, "one in {one_in}: only {} requests were disturbed", store.disturbed());
        let (_copy, data_set) = downloaded(moto, &bucket);
        undisturbed.assert_same(&data_set.identity(), &format!("one request in {one_in} disturbed"));
        assert_verified(moto, &output);
    }
}

#[test]
fn whatever_is_answered_to_a_commit_there_is_one() {
    let Some(moto) = Moto::shared() else { return };
    let archive = Archive::tar(1_000, 4, 72);
    let undisturbed = on_disk(&[("first", &archive)]);
    let cases: [(&str, &[Fault]); 7] = [
        ("answer-lost", &[Fault::AnswerLost]),
        ("answer-cut", &[Fault::AnswerCut]),
        ("done-but-unavailable", &[Fault::DoneButUnavailable]),
        ("never-arrived", &[Fault::Reset, Fault::Unavailable, Fault::Reset]),
        ("false-conflict", &[Fault::FalseConflict, Fault::FalseConflict]),
        ("conflict-then-lost", &[Fault::FalseConflict, Fault::AnswerLost]),
        ("lost-then-conflict", &[Fault::AnswerLost, Fault::FalseConflict]),
    ];
    for (case, faults) in cases {
        moto.create_bucket(case);
        let store = Disturbance::of_commits(moto.address(), faults.to_vec());
        let folder = tempfile::tempdir().unwrap();
        let output = format!("s3://{case}/nightly");
        let run = RunFile::with_output(folder.path(), [archive.url()], &output);
        let done = run.program(&[]).envs(store.environment()).run().succeeded().json();
        assert_eq!((&done["commit"], &done["noop"]), (&1.into(), &false.into()), "{case}");
        assert!(store.disturbed() > 0, "{case}");
        let (_copy, data_set) = downloaded(moto, case);
        undisturbed.assert_same(&data_set.identity(), case);
    }
}

#[test]
fn a_store_that_is_down_is_told_and_the_next_run_goes_on_where_this_one_was() {
    let Some(moto) = Moto::shared() else { return };
    let archive = Archive::tar(1_000, 4, 73);
    moto.create_bucket("down");
    let store = Disturbance::of_commits(moto.address(), vec![Fault::Unavailable; 100]);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::with_output(folder.path(), [archive.url()], "s3://down/nightly");
    run.program(&[]).envs(store.environment()).run().ended_with(1).complained_of(&[
        "the store neither took s3://down/nightly/_tweetmill/commits/00000000000000000001.json nor showed that it is absent",
        "hint: run it again",
    ]);
    let log = [("TWEETMILL_LOG", "tweetmill=info".to_owned())];
    let again = run.program(&[]).envs(moto.environment()).envs(log).run().succeeded();
    let steps = ["read-0", "decided-", "written-"].map(|step| format!("the step {step}"));
    again.complained_of(&steps.each_ref().map(String::as_str));
    assert_verified(moto, "s3://down/nightly");
}

/// Starts all at the same time, and waits for all.
fn at_once<const N: usize>(programs: [Program; N]) -> [Outcome; N] {
    programs.map(Program::start).map(Running::wait)
}

/// Two runs of `labels` over `archives`, at the same time, at a data set of their own in `cloud`; whether each found nothing to
/// do, and the data set without what the loser of a race left.
fn raced(
    cloud: &dyn Cloud,
    name: &str,
    labels: [&str; 2],
    archives: [&Archive; 2],
) -> ([bool; 2], tempfile::TempDir, DataSet) {
    cloud.create(name);
    let output = format!("{}://{name}/nightly", cloud.scheme());
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let run = |at: usize| {
        let run = RunFile::with_output(folders[at].path(), [archives[at].url()], &output);
        run.program(&[&format!("run={}", labels[at])]).envs(cloud.environment())
    };
    let noops =
        at_once([run(0), run(1)]).map(|outcome| outcome.succeeded().json()["noop"].as_bool().unwrap());
    Program::new(["gc", &output, "--older-than", "0s", "--idle"]).envs(cloud.environment()).run().succeeded();
    Program::new(["verify", &output]).envs(cloud.environment()).run().succeeded();
    let copy = tempfile::tempdir().unwrap();
    cloud.download(name, copy.path());
    let data_set = DataSet::at(copy.path().join("nightly"));
    (noops, copy, data_set)
}

#[test]
fn of_two_runs_of_one_night_at_once_one_commits_and_the_other_finds_it_done() {
    let archive = Archive::tar(600, 3, 74);
    let alone = on_disk(&[("night", &archive)]);
    for cloud in clouds() {
        for round in 0..20 {
            let name = format!("one-night-{round}");
            let (mut noops, _copy, data_set) = raced(cloud, &name, ["night"; 2], [&archive; 2]);
            noops.sort_unstable();
            assert_eq!(noops, [false, true], "{}, round {round}", cloud.scheme());
            alone.assert_same(&data_set.identity(), &format!("{}, round {round}", cloud.scheme()));
        }
    }
}

#[test]
fn of_two_nights_at_once_both_commit_as_if_one_had_come_after_the_other() {
    let [early, late] = [75, 76].map(|seed| Archive::tar(600, 3, seed));
    let in_order =
        [on_disk(&[("early", &early), ("late", &late)]), on_disk(&[("late", &late), ("early", &early)])];
    for cloud in clouds() {
        for round in 0..20 {
            let name = format!("two-nights-{round}");
            let (noops, _copy, data_set) = raced(cloud, &name, ["early", "late"], [&early, &late]);
            assert_eq!(noops, [false; 2], "{}, round {round}", cloud.scheme());
            let order = usize::from(data_set.commits()[0]["label"] == "late");
            let what = format!("{}, round {round}", cloud.scheme());
            in_order[order].assert_same(&data_set.identity(), &what);
        }
    }
}
