//! One work unit as a stream of record batches: the threads and channels between bytes and rows.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::RecordBatch;
use futures::Stream;
use tokio::sync::{mpsc, oneshot};

use crate::config::Shape;
use crate::engine::store_error::explain_cause;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Progress;
use crate::source::blob::Blob;
use crate::source::container::{End, LeafReport, RangeReport, Visitor, walk, walk_range};
use crate::source::frame::{Block, LineFramer};
use crate::source::limits::ReadLimits;
use crate::source::member_report::{MemberReport, member_row, unit_row};
use crate::source::meter::MeteredBlob;
use crate::source::records::{Columns, with_record_base};
use crate::source::shape::{self, BlockCounts};
use crate::source::spares::Spares;
use crate::source::unit::{Beginning, Unit};

/// Bits of a record number that count within its unit; the unit's ordinal stands above them.
const RECORD_BITS: u32 = 40;

/// Blocks on their way between a unit's reading thread and its consumer: what bounds memory.
const BLOCKS_IN_FLIGHT: usize = 4;

/// Reads one unit into `columns`; the stream ends with a report row for the unit itself.
///
/// ```text
///  blocking thread                         rayon                      task that polls the stream
///  blob → archive walk → line framing ──►  parse a block of lines ──► number the records, in order
///         └───────── bounded channel: one slot a block, in order ──────────┘
/// ```
///
/// The reading thread waits for the consumer, never a rayon thread: parsing can't be starved by a slow sink.
pub(crate) fn read(
    unit: Unit,
    blob: impl Blob + 'static,
    limits: ReadLimits,
    columns: Arc<Columns>,
    progress: Arc<Progress>,
) -> impl Stream<Item = Result<RecordBatch>> {
    let (sender, receiver) = mpsc::channel(BLOCKS_IN_FLIGHT);
    let numbering = Numbering::new(unit.ordinal, Arc::clone(&columns), Arc::clone(&progress));
    tokio::task::spawn_blocking(move || {
        read_unit(&unit, &MeteredBlob { blob, progress }, &limits, &columns, &sender);
    });
    futures::stream::try_unfold(Some((receiver, numbering)), |state| async move {
        let Some((mut receiver, mut numbering)) = state else { return Ok(None) };
        let message = receiver
            .recv()
            .await
            .ok_or_else(|| Error::new(ErrorKind::Defect, "a reading thread stopped without saying why"))?;
        match message {
            Message::Block(member, parsed) => {
                let (batch, counts) = parsed
                    .await
                    .map_err(|_| Error::new(ErrorKind::Defect, "a block of lines was lost on its way"))??;
                let batch = numbering.number(member, &batch, counts)?;
                Ok(Some((batch, Some((receiver, numbering)))))
            }
            Message::Member(member, report) => {
                let batch = numbering.close_member(member, &report)?;
                Ok(Some((batch, Some((receiver, numbering)))))
            }
            Message::Done(report) => Ok(Some((numbering.close_unit(&report)?, None))),
            Message::Failed(error) => Err(error),
        }
    })
}

enum Message {
    Block(i32, oneshot::Receiver<Result<(RecordBatch, BlockCounts)>>),
    Member(i32, LeafReport),
    Done(RangeReport),
    Failed(Error),
}

fn read_unit(
    unit: &Unit,
    blob: &dyn Blob,
    limits: &ReadLimits,
    columns: &Arc<Columns>,
    sender: &mpsc::Sender<Message>,
) {
    let url = unit.object.url();
    let (ordinal, shape) = (unit.ordinal, unit.object.shape);
    let mut reader = UnitReader {
        unit: ordinal,
        shape,
        next_member: 0,
        framer: None,
        spares: Arc::default(),
        limits,
        columns,
        sender,
        cut: unit.beginning.map(Cut::after),
    };
    let walked = if let Some((start, end)) = unit.range {
        walk_range(blob, start, end, &limits.archive, &mut reader)
    } else {
        let whole = RangeReport { first: Some(0), stop: unit.object.meta.size };
        walk(blob, &limits.archive, &mut reader).map(|()| whole)
    };
    let last = match walked {
        Ok(report) => Message::Done(report),
        Err(error) => Message::Failed(unreadable(error, &url)),
    };
    // A consumer that is gone has its own reason to stop.
    let _gone = sender.blocking_send(last).is_err();
}

/// A store that refuses half-way, as when a token expires, is told with its remedy.
fn unreadable(error: impl std::error::Error + Send + Sync + 'static, url: &str) -> Error {
    let error =
        Error::new(ErrorKind::Input, format!("{url} could not be read to its end")).with_source(error);
    explain_cause(error, url).with_kind(ErrorKind::Input)
}

/// Cuts the leaves of one unit into blocks and sends them to be parsed.
struct UnitReader<'a> {
    unit: i32,
    shape: Shape,
    next_member: i32,
    framer: Option<LineFramer>,
    spares: Arc<Spares>,
    limits: &'a ReadLimits,
    columns: &'a Arc<Columns>,
    sender: &'a mpsc::Sender<Message>,
    cut: Option<Cut>,
}

impl UnitReader<'_> {
    fn send(&self, message: Message) -> ControlFlow<()> {
        match self.sender.blocking_send(message) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }

    fn dispatch(&mut self, blocks: Vec<Block>) -> ControlFlow<()> {
        for mut block in blocks {
            let mut cut_here = None;
            if let Some(cut) = &mut self.cut {
                (block, cut_here) = cut.take(block);
            }
            let (parsed, receiver) = oneshot::channel();
            let (unit, member, shape, limits) = (self.unit, self.next_member, self.shape, self.limits.line);
            let (columns, spares) = (Arc::clone(self.columns), Arc::clone(&self.spares));
            rayon::spawn(move || {
                let parse = || shape::parse_block(&block, unit, member, shape, &limits, &columns);
                let result = catch_unwind(AssertUnwindSafe(parse))
                    .unwrap_or_else(|_| Err(Error::new(ErrorKind::Defect, "the parser panicked")));
                spares.give(block.bytes);
                let _gone = parsed.send(result).is_err();
            });
            self.send(Message::Block(member, receiver))?;
            if let Some(report) = cut_here {
                self.send(Message::Member(member, report))?;
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }
}

impl Visitor for UnitReader<'_> {
    fn start(&mut self, label: &str) -> ControlFlow<()> {
        self.framer = Some(LineFramer::new(self.limits.line, Arc::clone(&self.spares)));
        if let Some(cut) = &mut self.cut {
            cut.start(label);
        }
        ControlFlow::Continue(())
    }

    fn data(&mut self, chunk: &[u8]) -> ControlFlow<()> {
        let mut blocks = Vec::new();
        if let Some(framer) = &mut self.framer {
            framer.push(chunk, &mut |block| blocks.push(block));
        }
        self.dispatch(blocks)
    }

    fn end(&mut self, report: LeafReport) -> ControlFlow<()> {
        let mut blocks = Vec::new();
        if let Some(framer) = self.framer.take() {
            framer.finish(&mut |block| blocks.push(block));
        }
        self.dispatch(blocks)?;
        self.send(Message::Member(self.next_member, report))?;
        self.next_member += 1;
        ControlFlow::Continue(())
    }
}

/// Where a unit ends before its object does.
struct Cut {
    /// What is still to be read: at least one line.
    left: Beginning,
    label: String,
    bytes: u64,
    content: blake3::Hasher,
}

impl Cut {
    fn after(left: Beginning) -> Self {
        Self { left, label: String::new(), bytes: 0, content: blake3::Hasher::new() }
    }

    fn start(&mut self, label: &str) {
        label.clone_into(&mut self.label);
        self.bytes = 0;
        self.content.reset();
    }

    /// `block` as far as it is wanted; with its last line comes the report of its member, which is known by
    /// the lines read, as far as they are: how much was fetched for them follows from nothing.
    fn take(&mut self, block: Block) -> (Block, Option<LeafReport>) {
        let lines = block.count_lines();
        let is_last = lines >= self.left.lines || block.bytes.len() as u64 >= self.left.bytes;
        let block = if is_last { block.cut_to(self.left.lines) } else { block };
        self.bytes += block.bytes.len() as u64;
        self.content.update(&block.bytes);
        if !is_last {
            self.left.lines -= lines;
            self.left.bytes -= block.bytes.len() as u64;
            return (block, None);
        }
        let report = LeafReport {
            label: self.label.clone(),
            layers: String::new(),
            stored_bytes: self.bytes,
            stored_digest: *self.content.finalize().as_bytes(),
            bytes: self.bytes,
            end: End::Complete,
        };
        (block, Some(report))
    }
}

/// Numbers the records of a unit in the order they stand, whoever parsed them.
struct Numbering {
    unit: i32,
    next: i64,
    counts: BTreeMap<i32, BlockCounts>,
    columns: Arc<Columns>,
    progress: Arc<Progress>,
}

impl Numbering {
    fn new(unit: i32, columns: Arc<Columns>, progress: Arc<Progress>) -> Self {
        Self { unit, next: i64::from(unit) << RECORD_BITS, counts: BTreeMap::new(), columns, progress }
    }

    fn number(&mut self, member: i32, batch: &RecordBatch, counts: BlockCounts) -> Result<RecordBatch> {
        self.progress.add_records(batch.num_rows() as u64);
        *self.counts.entry(member).or_default() += counts;
        self.take(batch)
    }

    fn close_member(&mut self, member: i32, report: &LeafReport) -> Result<RecordBatch> {
        let counts = self.counts.remove(&member).unwrap_or_default();
        let report = MemberReport {
            label: report.label.clone(),
            layers: report.layers.clone(),
            end_state: report.end.name().to_owned(),
            detail: report.end.detail().to_owned(),
            stored_bytes: report.stored_bytes,
            stored_digest: blake3::Hash::from_bytes(report.stored_digest).to_hex().to_string(),
            bytes: report.bytes,
            lines: counts.lines,
            harvested: counts.harvested,
        };
        self.take(&member_row(self.unit, member, &report, &self.columns)?)
    }

    fn close_unit(&mut self, report: &RangeReport) -> Result<RecordBatch> {
        self.take(&unit_row(self.unit, report, &self.columns)?)
    }

    fn take(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let base = self.next;
        self.next += batch.num_rows() as i64;
        with_record_base(batch, base)
    }
}
