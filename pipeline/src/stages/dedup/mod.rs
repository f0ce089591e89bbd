//! Duplicates by text.

pub mod exact;
pub mod near;
