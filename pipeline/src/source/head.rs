//! The first lines of a list of objects: which objects hold them.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::error::{Error, ErrorKind, Result};
use crate::progress::Progress;
use crate::source::blob::ObjectBlob;
use crate::source::container::{LeafReport, Visitor, walk};
use crate::source::frame::LineFramer;
use crate::source::limits::ReadLimits;
use crate::source::listing::Object;
use crate::source::meter::MeteredBlob;
use crate::source::spares::Spares;
use crate::source::unit::{self, Beginning, Unit};

/// Units that hold the first `lines` lines of `objects`, in the order of the list: whole objects, and the
/// beginning of the last one. All units, where there are fewer lines.
///
/// Lines are counted by reading the objects one after the other, up to the last line wanted; parsing them
/// is left to the units, which several threads read at once.
pub async fn units(
    objects: Vec<Object>,
    lines: u64,
    range_bytes: u64,
    threads: NonZeroUsize,
    limits: &ReadLimits,
    progress: &Arc<Progress>,
) -> Result<Vec<Unit>> {
    let mut left = lines;
    let mut whole = Vec::new();
    let mut last = None;
    for object in objects {
        let counted = count(&object, left, limits, progress).await?;
        if counted == left {
            last = Some(object);
            break;
        }
        left -= counted;
        whole.push(object);
    }
    let mut units = unit::plan(whole, range_bytes, threads).await?;
    if let Some(object) = last {
        let ordinal = units.len() as i32;
        let beginning = Some(Beginning { lines: left, bytes: u64::MAX });
        units.push(Unit { ordinal, object: Arc::new(object), range: None, beginning });
    }
    Ok(units)
}

/// Lines in `object`, at most `most`.
async fn count(object: &Object, most: u64, limits: &ReadLimits, progress: &Arc<Progress>) -> Result<u64> {
    let blob = ObjectBlob::new(Arc::clone(&object.location.store), &object.meta, Handle::current());
    let blob = MeteredBlob { blob, progress: Arc::clone(progress) };
    let (url, limits) = (object.url(), limits.clone());
    let counting = tokio::task::spawn_blocking(move || {
        let mut counter =
            LineCounter { limits: &limits, framer: None, spares: Arc::default(), lines: 0, most };
        walk(&blob, &limits.archive, &mut counter).map(|()| counter.lines.min(most))
    });
    let counted = counting
        .await
        .map_err(|error| Error::new(ErrorKind::Defect, "counting lines stopped early").with_source(error))?;
    counted.map_err(|error| {
        Error::new(ErrorKind::Input, format!("{url} could not be read to its end")).with_source(error)
    })
}

/// Counts the lines of all leaves, until there are enough.
struct LineCounter<'a> {
    limits: &'a ReadLimits,
    framer: Option<LineFramer>,
    spares: Arc<Spares>,
    lines: u64,
    most: u64,
}

impl LineCounter<'_> {
    fn go_on(&self) -> ControlFlow<()> {
        if self.lines >= self.most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Visitor for LineCounter<'_> {
    fn start(&mut self, _label: &str) -> ControlFlow<()> {
        self.framer = Some(LineFramer::new(self.limits.line, Arc::clone(&self.spares)));
        ControlFlow::Continue(())
    }

    fn data(&mut self, chunk: &[u8]) -> ControlFlow<()> {
        if let Some(framer) = &mut self.framer {
            let lines = &mut self.lines;
            let spares = &self.spares;
            framer.push(chunk, &mut |block| {
                *lines += block.count_lines();
                spares.give(block.bytes);
            });
        }
        self.go_on()
    }

    fn end(&mut self, _report: LeafReport) -> ControlFlow<()> {
        if let Some(framer) = self.framer.take() {
            let lines = &mut self.lines;
            framer.finish(&mut |block| *lines += block.count_lines());
        }
        self.go_on()
    }
}
