//! The decoder alone: opens archives as a run does, counts their decompressed bytes, parses nothing.
//!
//! The yardstick of `docs/benchmarks.md`: a run can't be faster than this on the same files.
//!
//! ```text
//! cargo build --release --examples
//! time target/release/examples/decoder ARCHIVE…
//! ```
#![expect(clippy::print_stdout, reason = "its output is the number")]

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use object_store::ObjectStoreExt;
use object_store::local::LocalFileSystem;
use tweetmill::source::blob::ObjectBlob;
use tweetmill::source::container::{LeafReport, Limits, Visitor, walk};

#[derive(Default)]
struct Counted {
    members: u64,
    bytes: u64,
}

impl Visitor for Counted {
    fn start(&mut self, _label: &str) -> ControlFlow<()> {
        self.members += 1;
        ControlFlow::Continue(())
    }

    fn data(&mut self, chunk: &[u8]) -> ControlFlow<()> {
        self.bytes += chunk.len() as u64;
        ControlFlow::Continue(())
    }

    fn end(&mut self, _report: LeafReport) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let store = Arc::new(LocalFileSystem::new());
    let mut counted = Counted::default();
    for file in std::env::args_os().skip(1) {
        let path = object_store::path::Path::from_absolute_path(std::path::absolute(Path::new(&file))?)?;
        let meta = runtime.block_on(store.head(&path))?;
        let blob = ObjectBlob::new(Arc::<LocalFileSystem>::clone(&store), &meta, runtime.handle().clone());
        walk(&blob, &Limits::default(), &mut counted)?;
    }
    println!("{} members, {:.1} MB decompressed", counted.members, counted.bytes as f64 / 1e6);
    Ok(())
}
