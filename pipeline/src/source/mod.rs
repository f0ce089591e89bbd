//! Where rows come from: archives in, record batches out.
//!
//! ```text
//!  URLs ─► listing ─► unit ─┐
//!                           ├─► blob ─► container ─► frame ─► shape ─► records (Arrow)
//!     file_source (a scan) ─┘           members      lines    tweets
//! ```

pub mod head;
pub mod listing;
pub mod unit;
pub mod unit_plan;

pub mod file_source;
pub(crate) mod reading;

pub mod blob;
pub mod container;
pub mod frame;
pub mod limits;
pub(crate) mod meter;
pub mod spares;

pub mod json;
pub mod records;
pub mod reject;
pub mod shape;
pub mod tweet;

pub mod chain;
pub mod member_counts;
pub mod member_report;
