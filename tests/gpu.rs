//! A GPU changes who does the work, and no byte of a data set.
//!
//! `TWEETMILL_SIM_DRIVER` names the folder of a driver whose device is simulated: what builds of `tweetmill-kernels` with the feature `sim`
//! leave behind.

use crate::support::{Archive, DataSet, Identity, Outcome, Program, RunFile, skip, tweetmill};

/// A run with `engine.gpu` as `mode`, on the simulated device, which fails as `fault` says.
fn with_device(driver: &str, archive: &Archive, mode: &str, fault: &str) -> (Outcome, Identity) {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    let ended = run
        .program(&[&format!("engine.gpu={mode}")])
        .envs(
            [("LD_LIBRARY_PATH", driver), ("TWEETMILL_SIM_FAULT", fault), ("TWEETMILL_LOG", "info")]
                .map(|(name, value)| (name, value.to_owned())),
        )
        .run();
    let ended = ended.succeeded();
    tweetmill(["verify", &run.output]).succeeded();
    (ended, DataSet::at(&run.output).identity())
}

fn driver() -> Option<String> {
    let driver = std::env::var("TWEETMILL_SIM_DRIVER").ok();
    if driver.is_none() {
        skip("sim", "TWEETMILL_SIM_DRIVER names no folder of a simulated driver");
    }
    driver
}

#[test]
fn a_data_set_has_the_same_bytes_whoever_tokenizes() {
    let Some(driver) = driver() else { return };
    let archive = Archive::tar(600, 2, 97);
    let (_, expected) = with_device(&driver, &archive, "off", "");
    let (ended, found) = with_device(&driver, &archive, "require", "");
    assert!(ended.stderr.contains("texts are tokenized by simulated device"), "{}", ended.stderr);
    expected.assert_same(&found, "by the device");
    for (fault, why) in
        [("launch:2", "CUDA_ERROR_ILLEGAL_ADDRESS"), ("wrong:1", "its ids were not those of the processor")]
    {
        let (ended, found) = with_device(&driver, &archive, "auto", fault);
        let told = "the GPU was not used to the end, the processor did the rest: ";
        assert!(ended.stderr.contains(told) && ended.stderr.contains(why), "{fault}: {}", ended.stderr);
        expected.assert_same(&found, fault);
    }
    let (ended, found) = with_device(&driver, &archive, "auto", "version:12040");
    let told = "no GPU: the driver knows CUDA 12.4, and kernels are of CUDA 13.0: texts are tokenized by the processor";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    expected.assert_same(&found, "where there is none");
}

#[test]
fn a_device_that_is_there_is_shown() {
    let Some(driver) = driver() else { return };
    let shown = Program::new(["devices"]).envs([("LD_LIBRARY_PATH", driver)]).run().succeeded().stdout;
    assert!(shown.starts_with("gpu        simulated device, 256MiB\n"), "{shown}");
    assert!(shown.contains("token ids: byte-level BPE, WordPiece  gpu "), "{shown}");
}

#[test]
fn a_run_that_requires_a_device_is_refused_where_there_is_none() {
    let shown = tweetmill(["devices"]).succeeded().stdout;
    if !shown.starts_with("gpu        none: libcuda.so.1 was not found\n") {
        skip("no-gpu", "this machine has a driver for GPUs");
        return;
    }
    let archive = Archive::tar(300, 2, 98);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    let refused = run.run(&["engine.gpu=require"]).ended_with(1);
    refused.complained_of(&["no GPU: libcuda.so.1 was not found", "hint: engine.gpu: auto"]);
    run.run(&["engine.gpu=auto"]).succeeded();
    run.run(&["engine.gpu=some"]).ended_with(2).complained_of(&["engine.gpu: `some` is not one of"]);
}
