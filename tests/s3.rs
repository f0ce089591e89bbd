//! The same from a bucket: archives read from S3, the data set written to S3.

use crate::support::{Archive, DataSet, Moto, Outcome, Program, RunFile, files_below, real_data};

/// `tweetmill` with `arguments`, talking to `moto`.
fn tweetmill_with(moto: &Moto, arguments: &[&str]) -> Outcome {
    Program::new(arguments).envs(moto.environment()).run()
}

#[test]
fn an_archive_in_a_bucket_gives_the_shards_of_the_archive_on_disk() {
    let Some(moto) = Moto::shared() else { return };
    let archive = Archive::tar(3_000, 12, 41);
    let here = tempfile::tempdir().unwrap();
    let local = RunFile::new(here.path(), [archive.url()]);
    local.run(&[]).succeeded();

    moto.create_bucket("raw-synthetic");
    moto.create_bucket("train-synthetic");
    moto.put("raw-synthetic", "2021/stream.tar", &std::fs::read(archive.path()).unwrap());
    let there = tempfile::tempdir().unwrap();
    let output = "s3://train-synthetic/nightly";
    let remote = RunFile::with_output(there.path(), ["s3://raw-synthetic/2021/*.tar"], output);
    let run = remote.program(&[]).envs(moto.environment()).run().succeeded();
    assert_eq!(run.json()["noop"], false);

    let copy = tempfile::tempdir().unwrap();
    moto.download("train-synthetic", copy.path());
    let remote_set = DataSet::at(copy.path().join("nightly")).identity();
    DataSet::at(&local.output).identity().assert_same(&remote_set, "S3");

    let files = tweetmill_with(moto, &["files", output]).succeeded();
    assert_eq!(files.stdout.lines().count(), remote_set.shard_count());
    assert!(files.stdout.lines().all(|line| line.starts_with("s3://train-synthetic/nightly/data/")));
    tweetmill_with(moto, &["verify", output]).succeeded();

    let before = moto.keys("train-synthetic");
    let again = remote.program(&[]).envs(moto.environment()).run().succeeded();
    assert_eq!(again.json()["noop"], true);
    assert_eq!(moto.keys("train-synthetic"), before);
}

#[test]
fn real_archives_in_a_bucket_give_the_shards_of_the_same_archives_on_disk() {
    let (Some(data), Some(moto)) = (real_data(), Moto::shared()) else { return };
    let inputs = ["ia", "ndjson", "hive"];
    let here = tempfile::tempdir().unwrap();
    let local =
        RunFile::new(here.path(), inputs.map(|folder| data.join(folder).to_str().unwrap().to_owned()));
    local.run(&[]).succeeded();

    moto.create_bucket("raw-real");
    moto.create_bucket("train-real");
    for folder in inputs {
        for (key, bytes) in files_below(&data.join(folder)) {
            moto.put("raw-real", &format!("{folder}/{key}"), &bytes);
        }
    }
    let there = tempfile::tempdir().unwrap();
    let output = "s3://train-real/nightly";
    let remote =
        RunFile::with_output(there.path(), inputs.map(|folder| format!("s3://raw-real/{folder}/")), output);
    remote.program(&[]).envs(moto.environment()).run().succeeded();

    let copy = tempfile::tempdir().unwrap();
    moto.download("train-real", copy.path());
    let remote_set = DataSet::at(copy.path().join("nightly")).identity();
    DataSet::at(&local.output).identity().assert_same(&remote_set, "S3");
    tweetmill_with(moto, &["verify", output]).succeeded();
}
