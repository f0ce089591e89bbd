//! Archives of every layout, made here in memory, walked whole and in ranges.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod archives;
mod bombs;
mod damage;
mod layouts;
mod long;
mod ranges;
mod real;

use std::ops::ControlFlow;

use super::*;
use crate::source::blob::MemoryBlob;

/// A leaf as a visitor sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Leaf {
    report: LeafReport,
    data: Vec<u8>,
}

impl Leaf {
    fn label(&self) -> &str {
        &self.report.label
    }

    /// What must not depend on where the file lies.
    fn content(&self) -> (u64, [u8; 32], &[u8], &End) {
        (self.report.stored_bytes, self.report.stored_digest, &self.data, &self.report.end)
    }
}

/// Keeps everything, checks the protocol, and goes away after `calls`.
struct Keeper {
    leaves: Vec<Leaf>,
    open: Option<(String, Vec<u8>)>,
    calls: usize,
}

impl Keeper {
    fn new(calls: usize) -> Self {
        Self { leaves: Vec::new(), open: None, calls }
    }

    fn call(&mut self) -> ControlFlow<()> {
        assert!(self.calls > 0, "called again after it broke off");
        self.calls -= 1;
        if self.calls == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Visitor for Keeper {
    fn start(&mut self, label: &str) -> ControlFlow<()> {
        assert!(self.open.replace((label.to_owned(), Vec::new())).is_none(), "a leaf was left open");
        self.call()
    }

    fn data(&mut self, chunk: &[u8]) -> ControlFlow<()> {
        assert!(!chunk.is_empty());
        self.open.as_mut().expect("data of an open leaf").1.extend_from_slice(chunk);
        self.call()
    }

    fn end(&mut self, report: LeafReport) -> ControlFlow<()> {
        let (label, data) = self.open.take().expect("the end of an open leaf");
        assert_eq!((&label, data.len() as u64), (&report.label, report.bytes));
        self.leaves.push(Leaf { report, data });
        self.call()
    }
}

fn walk_with(bytes: &[u8], limits: &Limits) -> Vec<Leaf> {
    let mut keeper = Keeper::new(usize::MAX);
    walk(&MemoryBlob::new(bytes.to_vec()), limits, &mut keeper).expect("memory can be read");
    assert!(keeper.open.is_none());
    keeper.leaves
}

fn leaves(bytes: &[u8]) -> Vec<Leaf> {
    walk_with(bytes, &Limits::default())
}

/// The one leaf of a bare file.
fn bare(bytes: &[u8]) -> Leaf {
    let mut leaves = leaves(bytes);
    assert_eq!(leaves.len(), 1);
    leaves.remove(0)
}

/// `leaves` as they are without what `outer` names around them.
fn taken_out_of(outer: &str, mut leaves: Vec<Leaf>) -> Vec<Leaf> {
    for Leaf { report, .. } in &mut leaves {
        let layers = report.layers.strip_prefix(outer).expect("the outer layer");
        report.layers = layers.trim_start_matches(", ").to_owned();
    }
    leaves
}

fn labels(leaves: &[Leaf]) -> Vec<&str> {
    leaves.iter().map(Leaf::label).collect()
}
