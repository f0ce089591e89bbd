//! Vectors by a GPU: near to the processor's, and the same ones every time.
//!
//! The device is simulated; see [`crate::gpu`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tweetmill_udfs::embed::SampleModel;

use crate::embed::{folder_of, run_with, vectors};
use crate::gpu::{driver, on_device};
use crate::support::{Archive, DataSet, RunFile, skip, tweetmill};

const BY_GPU: &str = "embed.device=gpu";

/// A place for runs of one archive and one small encoder.
struct Bench {
    archive: Archive,
    folder: TempDir,
    model: PathBuf,
}

impl Bench {
    fn new(lines: u32, seed: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let model = folder_of(folder.path(), &SampleModel::encoder(32));
        Self { archive: Archive::tar(lines, 2, seed), folder, model }
    }

    /// A run into a data set of its own.
    fn run(&self, name: &str) -> RunFile {
        let folder = self.folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        run_with(&folder, &self.archive, &self.model, ", column: vector, form: float32")
    }
}

fn by_id(run: &RunFile) -> BTreeMap<i64, Vec<f32>> {
    vectors(run, "vector").into_iter().map(|(id, (_, vector))| (id, vector)).collect()
}

#[test]
fn vectors_of_a_device_are_near_and_do_not_depend_on_threads() {
    let Some(driver) = driver() else { return };
    let bench = Bench::new(300, 197);
    let processor = bench.run("processor");
    processor.run(&[]).succeeded();
    let [one, eight] = ["engine.threads=1", "engine.threads=8"].map(|threads| {
        let run = bench.run(threads);
        let ended = on_device(&driver, &run, &[BY_GPU, threads], "").succeeded();
        assert!(ended.stderr.contains("vectors are made by simulated device"), "{}", ended.stderr);
        tweetmill(["verify", &run.output]).succeeded();
        run
    });
    DataSet::at(&one.output).identity().assert_same(&DataSet::at(&eight.output).identity(), "threads");

    let (near, truth) = (by_id(&one), by_id(&processor));
    assert!(truth.len() > 50 && near.keys().eq(truth.keys()));
    let off = |(near, truth): (&f32, &f32)| (near - truth).abs();
    let worst = near.values().flatten().zip(truth.values().flatten()).map(off).fold(0.0, f32::max);
    assert!(worst > 0.0 && worst <= 2e-3, "{worst}");
    assert_eq!(DataSet::at(&one.output).commits()[0]["pinned"]["embedding"]["device"], "simulated device");
    let refused = one.run(&["run=second"]).ended_with(2);
    refused.complained_of(&["the data set was begun with other settings: embedding.device differ"]);
}

#[test]
fn semantic_duplicates_may_be_found_by_a_device() {
    let Some(driver) = driver() else { return };
    let bench = Bench::new(150, 198);
    let kept = ["engine.threads=1", "engine.threads=8"].map(|threads| {
        let run = bench.run(threads);
        run.push("dedup: {semantic: {similarity: 99.9%}}\n");
        on_device(&driver, &run, &[BY_GPU, threads], "").succeeded();
        tweetmill(["verify", &run.output]).succeeded();
        DataSet::at(&run.output)
    });
    kept[0].identity().assert_same(&kept[1].identity(), "threads");
    let fates = &kept[0].commits()[0]["records"]["fates"];
    assert!(fates["duplicate_semantic"].as_u64() > Some(0), "{fates}");
}

/// Nothing of it is used when the run is started again, be it decisions or shards.
#[test]
fn a_device_that_fails_ends_the_run() {
    let Some(driver) = driver() else { return };
    let bench = Bench::new(150, 199);
    let expected = bench.run("expected");
    on_device(&driver, &expected, &[BY_GPU], "").succeeded();
    let expected = DataSet::at(&expected.output).identity();
    for (fault, code, why) in [
        ("launch:40", 1, "the GPU makes no vectors of the model"),
        ("wrong:2", 3, "simulated device can't be trusted: its vectors were not those of the processor"),
    ] {
        let run = bench.run(&fault.replace(':', "-"));
        on_device(&driver, &run, &[BY_GPU], fault)
            .ended_with(code)
            .complained_of(&[why, "embed.device: processor"]);
        assert!(!Path::new(&run.output).join("data").exists(), "{fault}");
        on_device(&driver, &run, &[BY_GPU], "").succeeded();
        expected.assert_same(&DataSet::at(&run.output).identity(), fault);
    }
}

#[test]
fn vectors_that_no_device_can_make_are_refused() {
    let bench = Bench::new(300, 200);
    let run = bench.run("encoder");
    let cluster = ["engine.kind=cluster", "engine.scheduler=127.0.0.1:1", BY_GPU];
    run.run(&cluster)
        .ended_with(2)
        .complained_of(&["embed.device: vectors of a GPU are made by one machine"]);
    if tweetmill(["devices"]).succeeded().stdout.starts_with("gpu        none") {
        let refused = run.run(&[BY_GPU]).ended_with(1);
        refused.complained_of(&["no GPU: no libcuda could be opened", "hint: embed.device: processor"]);
    } else {
        skip("no-gpu", "this machine has a driver for GPUs");
    }
    let Some(driver) = driver() else { return };
    folder_of(bench.folder.path(), &SampleModel::table());
    let run = bench.run("static");
    let refused = on_device(&driver, &run, &[BY_GPU], "").ended_with(2);
    refused.complained_of(&["is not for the GPU: it is a static one", "hint: embed.device: processor"]);
}
