//! What suites share: the program, archives to feed it, its data sets read back, stores to talk to.

mod archive;
mod azurite;
mod cloud;
#[cfg(feature = "cluster")]
mod cluster;
mod data_set;
mod disturbance;
mod golden;
mod http;
mod moto;
mod need;
mod program;
mod run_file;
mod status;

pub(crate) use archive::{Archive, Packing, members_of, pack};
pub(crate) use cloud::{Cloud, clouds};
#[cfg(feature = "cluster")]
pub(crate) use cluster::{Certificates, Cluster};
pub(crate) use data_set::{DataSet, Document, Identity, files_below};
pub(crate) use disturbance::{Disturbance, Fault};
pub(crate) use golden::assert_golden;
pub(crate) use http::{ACCESS_KEY, Halting, Refusing, SECRET_KEY};
pub(crate) use moto::Moto;
pub(crate) use need::{python, real_data, skip};
pub(crate) use program::{Outcome, Program, Running, tweetmill};
pub(crate) use run_file::RunFile;
pub(crate) use status::{BASE, archive_of, status};
