//! What becomes of work on the simulated device, whole and failing.

use std::ffi::OsString;
use std::path::Path;

use super::printed;
use super::work::minilm_folder;

fn with_fault(case: &str, fault: &str) -> String {
    printed(case, Path::new(env!("TWEETMILL_SIM_DRIVER")), fault)
}

#[test]
fn a_device_does_all_that_it_is_given() {
    let found = with_fault("find", "");
    assert!(found.contains("found simulated device of 268435456 bytes\n"), "{found}");
    let work = with_fault("work", "");
    for what in [
        "digests: 0 ",
        "keys: 0 ",
        "ids: 0 ",
        "pieces: 0 ",
        "vectors: 0 ",
        "broken: None",
        "the context is given back\n",
    ] {
        assert!(work.contains(what), "{work}");
    }
    assert!(with_fault("threads", "").contains("ids: 0 "));
}

#[test]
fn a_device_that_kernels_are_not_for_is_none() {
    for (fault, why) in [
        ("init:999", "no GPU: the driver doesn't start: CUDA_ERROR_UNKNOWN\n"),
        ("version:12040", "no GPU: the driver knows CUDA 12.4, and kernels are of CUDA 13.0\n"),
        ("capability:75", "no GPU: simulated device has compute capability 7.5, and kernels need 8.0\n"),
        ("memory:1000000", "no GPU: the device gives no memory: CUDA_ERROR_OUT_OF_MEMORY\n"),
    ] {
        let found = with_fault("find", fault);
        assert!(found.contains(why), "{found}");
    }
}

/// 256 MiB are eight times a slot's, and an eighth of that is pinned: 4 MiB, of which these texts are some four.
#[test]
fn what_does_not_fit_is_done_in_halves() {
    assert!(with_fault("much", "").contains("digests: 0 by the processor"));
}

/// Three slots of 16 MiB have room, and a few tables, but not those of the vocabulary.
#[test]
fn tables_without_room_leave_their_work_to_the_processor() {
    let work = with_fault("work", &format!("memory:{}", (48 << 20) + 60_000));
    for what in ["digests: 0 ", "keys: 0 ", "ids: 1500 ", "pieces: 1500 ", "vectors: 300 ", "broken: None"] {
        assert!(work.contains(what), "{work}");
    }
}

/// The third launch is the first of those of ids: what came before stays, and all after it is the processor's.
#[test]
fn a_device_that_breaks_gets_no_more_work() {
    let work = with_fault("work", "launch:3");
    for what in [
        "digests: 0 ",
        "keys: 0 ",
        "ids: 1500 ",
        "pieces: 1500 ",
        "vectors: 300 ",
        "CUDA_ERROR_ILLEGAL_ADDRESS",
    ] {
        assert!(work.contains(what), "{work}");
    }
    let work = with_fault("work", "launch:1");
    for what in ["digests: 1500 ", "keys: 1500 ", "ids: 1500 ", "pieces: 1500 ", "CUDA_ERROR_ILLEGAL_ADDRESS"]
    {
        assert!(work.contains(what), "{work}");
    }
}

/// 128 MiB leave a slot 16, and a token of the first model takes 3,456 bytes: 7,557 of them don't fit, and half of them do.
#[test]
fn vectors_that_do_not_fit_are_made_in_halves() {
    let found = with_fault("vectors", &format!("memory:{}", 128 << 20));
    for what in [
        "vectors: 0 ",
        "of threads: 0 ",
        "beyond halves: 16 of 40, 16 by the processor",
        "no GPU: half precision doesn't suit the model\n",
        "broken: None",
    ] {
        assert!(found.contains(what), "{found}");
    }
}

#[test]
fn vectors_of_the_real_model_are_within_the_tolerance() {
    if minilm_folder().is_none() {
        let required = std::env::var_os("TWEETMILL_REQUIRE").map(OsString::into_string);
        let is_required =
            required.is_some_and(|names| names.unwrap().split(',').any(|name| name == "minilm"));
        assert!(!is_required, "TWEETMILL_MINILM is not set, and TWEETMILL_REQUIRE names minilm");
        println!("skipped: TWEETMILL_MINILM is not set");
        return;
    }
    let found = with_fault("minilm", "");
    print!("{found}");
    for what in ["vectors: 0 ", "broken: None"] {
        assert!(found.contains(what), "{found}");
    }
}

#[test]
fn what_is_found_wrong_is_not_used() {
    let work = with_fault("work", "wrong:1");
    for what in [
        "digests: 1500 ",
        "keys: 1500 ",
        "ids: 1500 ",
        "pieces: 1500 ",
        "its digests were not those of the processor",
    ] {
        assert!(work.contains(what), "{work}");
    }
    // The digests, the keys, then of the ids where they start, which are left, and the ids.
    for (fault, why) in [
        ("wrong:2", "its keys were not those of the processor"),
        ("wrong:3", "it says of ids that they stand where they can't"),
        ("wrong:5", "its ids were not those of the processor"),
    ] {
        let work = with_fault("work", fault);
        for what in ["digests: 0 ", "ids: 1500 ", "pieces: 1500 ", why] {
            assert!(work.contains(what), "{fault}: {work}");
        }
    }
    // The pieces, the vectors that a model is tried by, and then those of texts.
    for (fault, why) in
        [("wrong:9", "broken: None"), ("wrong:10", "its vectors were not those of the processor")]
    {
        let work = with_fault("work", fault);
        for what in ["ids: 0 ", "pieces: 0 ", "vectors: 300 ", why] {
            assert!(work.contains(what), "{fault}: {work}");
        }
    }
}
