//! A GPU changes who does the work, and no byte of a data set.
//!
//! `TWEETMILL_SIM_DRIVER` names the folder of a driver whose device is simulated: what builds of `tweetmill-kernels` with the feature `sim`
//! leave behind.

use crate::support::{Archive, DataSet, Identity, Outcome, Program, RunFile, skip, tweetmill};

/// A run with `engine.gpu` as `mode`, on the simulated device, which fails as `fault` says.
fn with_device(driver: &str, archive: &Archive, mode: &str, fault: &str) -> (Outcome, Identity) {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    let ended = on_device(driver, &run, &[&format!("engine.gpu={mode}")], fault).succeeded();
    tweetmill(["verify", &run.output]).succeeded();
    (ended, DataSet::at(&run.output).identity())
}

/// A run with `settings` where there is the simulated device, which fails as `fault` says.
pub(crate) fn on_device(driver: &str, run: &RunFile, settings: &[&str], fault: &str) -> Outcome {
    run.program(settings)
        .envs(
            [("LD_LIBRARY_PATH", driver), ("TWEETMILL_SIM_FAULT", fault), ("TWEETMILL_LOG", "info")]
                .map(|(name, value)| (name, value.to_owned())),
        )
        .run()
}

/// Where that device is.
pub(crate) fn driver() -> Option<String> {
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
    let (ended, found) = with_device(&driver, &archive, "auto", "launch:2");
    let told = "the GPU was not used to the end, the processor did the rest: ";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    assert!(ended.stderr.contains("CUDA_ERROR_ILLEGAL_ADDRESS"), "{}", ended.stderr);
    expected.assert_same(&found, "by a device that fails");
    let (ended, found) = with_device(&driver, &archive, "auto", "version:12040");
    let told = "no GPU: the driver knows CUDA 12.4, and kernels are of CUDA 13.0: texts are tokenized by the processor";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    expected.assert_same(&found, "where there is none");
}

/// What such a device found before may be as wrong, and was not compared.
#[test]
fn nothing_is_committed_that_a_device_caught_with_wrong_ids_helped_to_make() {
    let Some(driver) = driver() else { return };
    let archive = Archive::tar(600, 2, 97);
    for (fault, why) in [
        ("wrong:1", "it says of ids that they stand where they can't"),
        ("wrong:3", "its ids were not those of the processor"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFile::new(folder.path(), [archive.url()]);
        let refused = on_device(&driver, &run, &["engine.gpu=auto"], fault).ended_with(3);
        refused.complained_of(&["simulated device can't be trusted: ", why, "hint: engine.gpu: off"]);
        // The same run without it starts where nothing of the device is left.
        run.run(&["engine.gpu=off"]).succeeded();
        let (_, expected) = with_device(&driver, &archive, "off", "");
        expected.assert_same(&DataSet::at(&run.output).identity(), fault);
    }
}

#[test]
fn a_device_that_is_there_is_shown() {
    let Some(driver) = driver() else { return };
    let shown = Program::new(["devices"]).envs([("LD_LIBRARY_PATH", driver)]).run().succeeded().stdout;
    assert!(shown.starts_with("gpu        simulated device, 256MiB\n"), "{shown}");
    assert!(shown.contains("token ids: byte-level BPE, WordPiece  gpu "), "{shown}");
    assert!(shown.contains("vectors: models of the BERT family    gpu "), "{shown}");
}

#[test]
fn a_run_that_requires_a_device_is_refused_where_there_is_none() {
    let shown = tweetmill(["devices"]).succeeded().stdout;
    if !shown.starts_with("gpu        none: no libcuda could be opened\n") {
        skip("no-gpu", "this machine has a driver for GPUs");
        return;
    }
    let archive = Archive::tar(300, 2, 98);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    let refused = run.run(&["engine.gpu=require"]).ended_with(1);
    refused.complained_of(&["no GPU: no libcuda could be opened", "hint: engine.gpu: auto"]);
    run.run(&["engine.gpu=auto"]).succeeded();
    run.run(&["engine.gpu=some"]).ended_with(2).complained_of(&["engine.gpu: `some` is not one of"]);
}
