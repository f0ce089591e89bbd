//! What becomes of work where there is a GPU, none, or one that fails. The driver's library is looked for once in a process, so each case is a
//! process of its own: this very program, which is told what to do by its environment.
//!
//! With the feature `sim` there is a driver whose device is simulated, and which fails when it is asked to.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "a process is told what to do by its environment")]
#![expect(clippy::print_stdout, reason = "and says what it found")]

#[cfg(feature = "sim")]
#[path = "../minilm/mod.rs"]
mod minilm;
#[cfg(feature = "sim")]
mod simulated;
#[cfg(feature = "sim")]
mod work;

use std::path::Path;
use std::process::Command;

use tweetmill_kernels::device::{DRIVER_FUNCTIONS, Gpu};

const CASE: &str = "TWEETMILL_DEVICE_CASE";

/// What the process of a case prints, with the driver's library from `folder`.
fn printed(case: &str, folder: &Path, fault: &str) -> String {
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", "case", "--nocapture"]).env(CASE, case).env("LD_LIBRARY_PATH", folder);
    let output = process.env("TWEETMILL_SIM_FAULT", fault).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{case} {fault}: {out}{err}");
    assert!(!err.contains("sim:") && !err.contains("panicked"), "{case} {fault}: {err}");
    out
}

/// Nothing by itself: what the process of a case does.
#[test]
fn case() {
    match std::env::var(CASE).as_deref() {
        Ok("find") => match Gpu::find() {
            Ok(gpu) => println!("found {} of {} bytes", gpu.name(), gpu.memory_bytes()),
            Err(error) => println!("{error}"),
        },
        #[cfg(feature = "sim")]
        Ok("work") => work::work(),
        #[cfg(feature = "sim")]
        Ok("much") => work::much(),
        #[cfg(feature = "sim")]
        Ok("threads") => work::threads(),
        #[cfg(feature = "sim")]
        Ok("vectors") => work::vectors(),
        #[cfg(feature = "sim")]
        Ok("minilm") => work::minilm(),
        _ => {}
    }
}

/// A library that has these functions, each of which gives `result`.
fn library(folder: &Path, functions: &[&str], result: i32) {
    let define = |function: &&str| {
        format!("#[unsafe(no_mangle)] pub extern \"C\" fn {function}() -> i32 {{ {result} }}")
    };
    let source = functions.iter().map(define).collect::<Vec<_>>().join("\n");
    let path = folder.join("stub.rs");
    std::fs::write(&path, format!("#![allow(non_snake_case)]\n{source}")).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut compile = Command::new(rustc);
    compile.args(["--edition=2024", "--crate-type=cdylib", "-o"]).arg(folder.join("libcuda.so")).arg(&path);
    assert!(compile.status().unwrap().success());
}

#[test]
fn a_machine_without_a_driver_is_told_from_one_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let found = printed("find", folder.path(), "");
    if found.contains("found ") {
        eprintln!("skipped: this machine has a GPU");
        return;
    }
    assert!(found.contains("no GPU: no libcuda could be opened\n"), "{found}");
}

#[test]
fn a_stub_is_no_driver() {
    let folder = tempfile::tempdir().unwrap();
    library(folder.path(), &DRIVER_FUNCTIONS, 34);
    let found = printed("find", folder.path(), "");
    assert!(
        found
            .contains("no GPU: the libcuda found is a stub, which programs are linked with, and no driver\n"),
        "{found}"
    );
}

#[test]
fn a_library_that_lacks_a_function_is_not_called() {
    let folder = tempfile::tempdir().unwrap();
    library(folder.path(), &["cuInit"], 0);
    let found = printed("find", folder.path(), "");
    assert!(found.contains("no GPU: the libcuda found has no cuCtxSetCurrent\n"), "{found}");
}

#[test]
fn a_driver_without_a_device_is_none() {
    let folder = tempfile::tempdir().unwrap();
    library(folder.path(), &DRIVER_FUNCTIONS, 100);
    let found = printed("find", folder.path(), "");
    assert!(found.contains("no GPU: the driver sees no device\n"), "{found}");
}
