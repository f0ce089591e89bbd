//! Where rows come from: raw objects, opened and read as they stream in.

pub mod blob;
pub mod container;
