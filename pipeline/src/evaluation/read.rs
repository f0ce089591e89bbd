//! Objects → items, numbered, digested and made ready to be looked for.

use std::ops::ControlFlow;
use std::sync::Arc;

use bumpalo::Bump;
use datafusion::execution::memory_pool::MemoryReservation;
use tokio::runtime::Handle;
use tweetmill_udfs::dedup::contamination::{Contaminants, ContaminantsBuilder, Item, LookedFor};

use super::format::Format;
use crate::config::{ByteSize, EvaluationSet};
use crate::error::{Error, ErrorKind, Result};
use crate::sink::manifest::EvaluationFigures;
use crate::source::blob::ObjectBlob;
use crate::source::container::{End, LeafReport, Limits, Visitor, walk};
use crate::source::listing::Object;
use crate::source::shape::text::decoded;

/// Longest file of a set within an archive or compressed: it is held in memory while it is read.
const LONGEST: ByteSize = ByteSize::mib(4096);

/// Reads sets, one after the other.
pub(super) struct Sets {
    builder: ContaminantsBuilder,
    memory: MemoryReservation,
    figures: Vec<EvaluationFigures>,
    /// Over the items of each set.
    digests: Vec<blake3::Hasher>,
}

/// What was read.
pub(super) struct Read {
    pub(super) contaminants: Contaminants,
    pub(super) sets: Vec<EvaluationFigures>,
    /// What the contaminants take.
    pub(super) memory: MemoryReservation,
}

impl Sets {
    pub(super) fn new(builder: ContaminantsBuilder, memory: MemoryReservation, names: Vec<String>) -> Self {
        let digests = vec![blake3::Hasher::new(); names.len()];
        let figures =
            names.into_iter().map(|name| EvaluationFigures { name, ..EvaluationFigures::default() });
        Self { builder, memory, figures: figures.collect(), digests }
    }

    /// Reads `object`, which belongs to the set with the ordinal `set`, as `part` says.
    pub(super) fn read(
        &mut self,
        object: &Object,
        set: usize,
        part: &EvaluationSet,
        runtime: &Handle,
    ) -> Result<()> {
        let blob = ObjectBlob::new(Arc::clone(&object.location.store), &object.meta, runtime.clone());
        let limits = Limits { max_member_bytes: LONGEST.as_u64(), ..Limits::default() };
        let url = object.url();
        let mut files = Files { sets: self, set, part, url: &url, file: Vec::new(), failed: None };
        let walked = walk(&blob, &limits, &mut files);
        let failed = files.failed.take();
        walked.map_err(|error| {
            Error::new(ErrorKind::Input, format!("{url} could not be read to its end")).with_source(error)
        })?;
        match failed {
            None => Ok(()),
            Some(error) => Err(error.with_context(format!("the evaluation set {}", part.name))),
        }
    }

    /// Takes in the text of the next item of `set`.
    fn add(&mut self, set: usize, text: &str) -> Result<()> {
        let (Some(figures), Some(digest)) = (self.figures.get_mut(set), self.digests.get_mut(set)) else {
            return Err(Error::new(ErrorKind::Defect, "an evaluation set has no name"));
        };
        grow(&self.memory, ContaminantsBuilder::bytes_of(text))?;
        digest.update(&(text.len() as u64).to_le_bytes());
        digest.update(text.as_bytes());
        figures.items += 1;
        let item = Item { set: set as u32, number: figures.items as i64 };
        // As the texts of tweets are.
        match self.builder.add(item, decoded(text, &Bump::new())) {
            LookedFor::Within => figures.within += 1,
            LookedFor::Whole => figures.whole += 1,
            LookedFor::Never => {}
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Read> {
        let Self { builder, memory, figures: mut sets, digests } = self;
        for (set, digest) in sets.iter_mut().zip(digests) {
            set.digest = digest.finalize().to_hex().to_string();
            let EvaluationFigures { name, items, within, whole, .. } = set;
            if *items == 0 {
                return Err(Error::new(ErrorKind::Input, format!("the evaluation set {name} has no item"))
                    .with_hint("check its url: an empty set is looked for in vain"));
            }
            if *within + *whole == 0 {
                let message = format!(
                    "none of the {items} items of the evaluation set {name} is long enough to be looked for"
                );
                return Err(Error::new(ErrorKind::Input, message).with_hint(
                    "check its field: items have 20 letters at least, or 10 of a script without an alphabet",
                ));
            }
            let short = *items - *within - *whole;
            if short > 0 {
                tracing::warn!(
                    "{short} of the {items} items of the evaluation set {name} are too short to be looked for"
                );
            }
        }
        let contaminants = builder.build();
        memory.shrink(memory.size().saturating_sub(contaminants.bytes()));
        Ok(Read { contaminants, sets, memory })
    }
}

fn grow(memory: &MemoryReservation, bytes: usize) -> Result<()> {
    memory.try_grow(bytes).map_err(|error| {
        Error::new(ErrorKind::Resource, "evaluation sets are held in memory, and there is too little of it")
            .with_source(error)
            .with_hint("raise engine.memory, or name fewer sets")
    })
}

/// The files of an object, as they come by.
struct Files<'a> {
    sets: &'a mut Sets,
    set: usize,
    part: &'a EvaluationSet,
    url: &'a str,
    /// The one at hand.
    file: Vec<u8>,
    failed: Option<Error>,
}

impl Files<'_> {
    fn go_on(&mut self, done: Result<()>) -> ControlFlow<()> {
        match done {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    /// Takes in the items of the file at hand.
    fn take(&mut self, report: &LeafReport) -> Result<()> {
        let place = match report.label.as_str() {
            "" => self.url.to_owned(),
            label => format!("{} › {label}", self.url),
        };
        if report.end != End::Complete {
            let (end, detail) = (report.end.name(), report.end.detail());
            return Err(Error::new(
                ErrorKind::Input,
                format!("{place} could not be read whole: {end}: {detail}"),
            ));
        }
        let name = if report.label.is_empty() { self.url } else { report.label.as_str() };
        let format = Format::of(self.part.format, name).ok_or_else(|| {
            let message = format!("the name of {place} does not say how items stand in it");
            Error::new(ErrorKind::Usage, message).with_hint("give the set a format: jsonl, csv, tsv or text")
        })?;
        let file = std::mem::take(&mut self.file);
        let (sets, set) = (&mut *self.sets, self.set);
        format
            .items(&file, &self.part.field, &mut |text| sets.add(set, text))
            .map_err(|error| error.with_context(place))?;
        self.sets.memory.shrink(file.len());
        Ok(())
    }
}

impl Visitor for Files<'_> {
    fn start(&mut self, _label: &str) -> ControlFlow<()> {
        self.file.clear();
        ControlFlow::Continue(())
    }

    fn data(&mut self, chunk: &[u8]) -> ControlFlow<()> {
        let grown = grow(&self.sets.memory, chunk.len());
        self.file.extend_from_slice(chunk);
        self.go_on(grown)
    }

    fn end(&mut self, report: LeafReport) -> ControlFlow<()> {
        let taken = self.take(&report);
        self.go_on(taken)
    }
}
