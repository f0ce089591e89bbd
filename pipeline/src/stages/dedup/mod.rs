//! Duplicates by text.

pub mod exact;
