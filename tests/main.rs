//! The whole house tested from outside: the real program on small archives, its files read back.
//!
//! One binary, because each one links the engine again; a suite is a module. Run one suite with
//! `cargo test --release --test it determinism::`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "what goes wrong here is a failed test"
)]

mod accounting;
mod cli;
#[cfg(feature = "cluster")]
mod cluster;
mod decontamination;
mod dependencies;
mod determinism;
mod documents;
mod embed;
mod faults;
mod gpu;
mod gpu_vectors;
mod inputs;
mod inspect;
mod kills;
mod loaders;
mod near_duplicates;
mod nights;
mod plan;
mod power_loss;
mod quickstart;
mod races;
mod realdata;
mod refusals;
mod s3;
mod sample;
mod semantic_duplicates;
mod signals;
mod sql;
mod sql_verb;
mod support;
mod trial_runs;
mod twitter_text;
mod verify_inputs;
