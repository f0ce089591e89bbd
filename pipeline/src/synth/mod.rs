//! A made-up Twitter stream of any size: real in shape, nobody's in content, and known in every detail.
//!
//! Tests, the quickstart and benchmarks run on it. What goes wrong in the wild goes wrong here, at known rates and
//! in known places, and the truth about every record stands beside the archives.
//!
//! ```text
//!             Plan                   Stream                      Layout
//!  ordinal ────────► kind of line, ────────► raw lines a minute, ────────► OUT/raw/…           the archives
//!  (seed)            other tweet             and their records             OUT/truth.json       what was made
//!                                                                          OUT/truth.ndjson.zst the records
//! ```
//!
//! Every tweet is a function of (seed, ordinal), so minutes are made side by side and in constant memory, and equal
//! options make equal lines in every layout and for any number of threads. (Compressed bytes may differ between
//! versions of the compressors.)

mod authors;
mod clock;
mod damage;
mod entities;
mod json;
mod layout;
mod messages;
mod options;
mod plan;
mod rng;
mod status;
mod stream;
mod text;
mod truth;
mod tweet;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use rayon::prelude::*;
use xxhash_rust::xxh3::Xxh3;

pub use layout::Layout;
pub use options::{Amount, Options, Rates};
pub use text::Edit;
pub use truth::{
    COUNTS_FILE, Counts, How, Member, Plant, RECORDS_FILE, Record, RecordKind, Records, Truth, VERSION,
};

use crate::error::{Error, ErrorKind, Result};
use layout::{Packer, Place, Shelf, unwritable};
use stream::Stream;

/// Folder of the archives, inside the folder that is written to.
pub const RAW_FOLDER: &str = "raw";

/// One minute, made and packed.
struct Minute {
    packed: Vec<u8>,
    records: Vec<u8>,
    counts: Counts,
    xxh3: u64,
}

/// Makes a stream and its truth in the folder `out`.
///
/// The file of counts is written last: where it stands, the stream is complete. Refuses a folder that already
/// holds a stream unless `options.overwrite` is set.
pub fn write(options: &Options, out: &Path) -> Result<Truth> {
    options.check()?;
    let threads = options.threads.map_or(0, std::num::NonZero::get);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
        Error::new(ErrorKind::Resource, "threads could not be started").with_source(error)
    })?;
    let stream = open_stream(options)?;
    prepare(out, options.overwrite)?;
    let mut shelf = Shelf::new(out.join(RAW_FOLDER));
    let records_path = out.join(RECORDS_FILE);
    let mut records = if options.records { Some(open_records(&records_path)?) } else { None };
    let mut counts = Counts::default();
    let mut members = Vec::new();
    // Two minutes a thread are in memory at once; they are made side by side and put down in order.
    let batch = 2 * pool.current_num_threads() as u32;
    let mut next = 0;
    while next < stream.plan.minutes {
        let end = stream.plan.minutes.min(next.saturating_add(batch));
        let made: Vec<Result<Minute>> = pool
            .install(|| (next..end).into_par_iter().map(|minute| make(&stream, options, minute)).collect());
        for (minute, made) in (next..end).zip(made) {
            let made = made?;
            let ms = stream.plan.minute_ms(minute);
            let place = Place::of(options.layout, options.minute_files, ms);
            shelf.put(&place, ms, &made.packed)?;
            if let Some(records) = &mut records {
                records.write_all(&made.records).map_err(|error| unwritable(&records_path, error))?;
            }
            counts.add(&made.counts);
            members.push(Member {
                file: place.file,
                path: place.member,
                lines: made.counts.lines,
                bytes: made.counts.bytes,
                xxh3: made.xxh3,
            });
        }
        next = end;
    }
    if let Some(records) = records {
        let closed = records.finish().and_then(|mut file| file.flush());
        closed.map_err(|error| unwritable(&records_path, error))?;
    }
    let truth = Truth {
        version: VERSION,
        seed: options.seed,
        start: options.start.format("%Y-%m-%dT%H:%M:%S").to_string(),
        layout: options.layout.name().into(),
        rates: options.rates,
        counts,
        packed_bytes: shelf.finish()?,
        members,
    };
    let text = serde_json::to_vec_pretty(&truth)
        .map_err(|error| Error::new(ErrorKind::Defect, "the truth can't be written").with_source(error))?;
    let path = out.join(COUNTS_FILE);
    fs::write(&path, text).map_err(|error| unwritable(&path, error))?;
    Ok(truth)
}

fn open_stream(options: &Options) -> Result<Stream> {
    let start_ms = options.start.and_utc().timestamp_millis();
    let open = |lines, minutes| Stream::new(options.seed, lines, minutes, start_ms, &options.rates);
    let lines = match options.amount {
        Amount::Lines(lines) => lines,
        Amount::Bytes(bytes) => {
            // Lines differ in size with the rates: one minute tells how much, and costs 50 ms.
            let sample = open(options::LINES_A_MINUTE, 1).minute(0, |_| Ok(()), None)?;
            (u128::from(bytes) * u128::from(sample.lines) / u128::from(sample.bytes.max(1))).max(1) as u64
        }
    };
    Ok(open(lines, options.minutes(lines)?))
}

/// Makes room for a stream in `out`.
fn prepare(out: &Path, overwrite: bool) -> Result<()> {
    let raw = out.join(RAW_FOLDER);
    if raw.exists() || out.join(COUNTS_FILE).exists() {
        if !overwrite {
            return Err(Error::new(ErrorKind::Usage, format!("{} already holds a stream", out.display()))
                .with_hint("name another folder, or ask to overwrite this one"));
        }
        for file in [COUNTS_FILE, RECORDS_FILE] {
            let path = out.join(file);
            if path.exists() {
                fs::remove_file(&path).map_err(|error| unwritable(&path, error))?;
            }
        }
        if raw.exists() {
            fs::remove_dir_all(&raw).map_err(|error| unwritable(&raw, error))?;
        }
    }
    fs::create_dir_all(&raw).map_err(|error| unwritable(&raw, error))
}

fn open_records(path: &Path) -> Result<zstd::Encoder<'static, BufWriter<File>>> {
    let open = || -> std::io::Result<_> {
        let mut encoder = zstd::Encoder::new(BufWriter::new(File::create(path)?), 3)?;
        writeln!(encoder, "{}", truth::header())?;
        Ok(encoder)
    };
    open().map_err(|error| unwritable(path, error))
}

fn make(stream: &Stream, options: &Options, minute: u32) -> Result<Minute> {
    let mut packer = Packer::new(options.layout.codec(), stream.plan.minute_ms(minute))?;
    let mut records = Vec::new();
    let mut digest = Xxh3::new();
    let counts = stream.minute(
        minute,
        |lines| {
            digest.update(lines);
            packer.write(lines)
        },
        options.records.then_some(&mut records),
    )?;
    Ok(Minute { packed: packer.finish()?, records, counts, xxh3: digest.digest() })
}

#[cfg(test)]
mod tests;
