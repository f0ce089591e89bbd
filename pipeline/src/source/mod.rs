//! Where rows come from: archives in, record batches out.
//!
//! ```text
//!  decompressed member ─► frame ─► blocks of lines ─► shape ─► records (Arrow)
//! ```

pub mod canonical;
pub mod frame;
pub mod json;
pub mod records;
pub mod reject;
pub mod report;
pub mod shape;
