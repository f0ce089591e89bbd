//! Duplicates by text, and by what it means.

pub mod exact;
pub mod near;
pub mod semantic;
