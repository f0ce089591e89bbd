//! What a run may take, from a quick look at its inputs.

use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::config::RunConfig;
use crate::error::Result;
use crate::evaluation::Evaluation;
use crate::progress::Progress;
use crate::quantity::{bytes, count, duration};
use crate::run;
use crate::sink::manifest::Pinned;
use crate::source::limits::ReadLimits;
use crate::source::unit::{Beginning, Unit};
use crate::stages::buckets::BucketLayout;
use crate::stages::canonical;
use crate::stages::decided::Decided;
use crate::stages::documents::{self, Sharding};
use crate::stages::normalize::Normalize;
use crate::stages::side_files;
use crate::workspace::Workspace;

/// Work units that are looked at, spread over all of them.
const PROBES: usize = 8;

/// Decompressed bytes that are read of each, about.
const PROBE_BYTES: u64 = 4 << 20;

/// The tick of the CPU times that Linux tells, in whatever it is configured.
const TICKS_A_SECOND: f64 = 100.0;

/// What a run may take, scaled up from a few beginnings: an order of magnitude, not a promise.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// Work units looked at.
    looked_units: usize,
    /// All work units.
    units: usize,
    /// Stored bytes looked at.
    looked_bytes: u64,
    /// All stored bytes.
    stored_bytes: u64,
    /// Threads of the run.
    threads: usize,
    lines: u64,
    decompressed_bytes: u64,
    records: u64,
    /// At the most: copies that are far apart are not seen.
    documents: u64,
    scratch_bytes: u64,
    shard_bytes: u64,
    /// None where the system does not tell.
    cpu: Option<Duration>,
}

/// What the beginnings took.
#[derive(Debug, Clone, Copy, Default)]
struct Measured {
    stored_bytes: u64,
    decompressed_bytes: u64,
    lines: u64,
    records: u64,
    documents: u64,
    scratch_bytes: u64,
    shard_bytes: u64,
    cpu_seconds: Option<f64>,
}

/// Runs the beginnings of a few of `units` through all stages up to the shards, in scratch space and without
/// history, and scales up what that took: first of one, then of all, so that the fixed cost of a plan
/// shows and is not scaled.
pub async fn estimate(
    workspace: &Workspace,
    (config, evaluation): (&RunConfig, &Evaluation),
    units: &[Unit],
    pinned: &Pinned,
) -> Result<Estimate> {
    let layout = BucketLayout::new(0, &config.split, &workspace.engine);
    let sharding = Arc::new(Sharding::new(config, pinned, layout)?);
    let probes = probes(units);
    let one = probes.first().cloned().into_iter().collect();
    let one = measure(workspace, (config, evaluation), one, &sharding, "look-at-one").await?;
    let all = measure(workspace, (config, evaluation), probes.clone(), &sharding, "look-at-all").await?;
    let stored_bytes = units.iter().map(Unit::bytes).sum();
    let scaled = |part: u64| {
        (u128::from(part) * u128::from(stored_bytes)).checked_div(u128::from(all.stored_bytes)).unwrap_or(0)
            as u64
    };
    Ok(Estimate {
        looked_units: probes.len(),
        units: units.len(),
        looked_bytes: all.stored_bytes,
        stored_bytes,
        threads: config.engine.threads.get(),
        lines: scaled(all.lines),
        decompressed_bytes: scaled(all.decompressed_bytes),
        records: scaled(all.records),
        documents: scaled(all.documents),
        scratch_bytes: scaled(all.scratch_bytes),
        shard_bytes: scaled(all.shard_bytes),
        cpu: cpu(one, all, stored_bytes),
    })
}

/// The beginnings of units spread evenly over all of them.
fn probes(units: &[Unit]) -> Vec<Unit> {
    let number = units.len().min(PROBES);
    let beginning = Some(Beginning { lines: u64::MAX, bytes: PROBE_BYTES });
    let probe = |(at, ordinal)| {
        let unit: &Unit = units.get(at)?;
        Some(Unit { ordinal, beginning, ..unit.clone() })
    };
    (0..number).map(|probe| probe * units.len() / number).zip(0..).filter_map(probe).collect()
}

/// CPU time of the whole, by what every byte more costs.
fn cpu(one: Measured, all: Measured, stored_bytes: u64) -> Option<Duration> {
    let (one_seconds, all_seconds) = (one.cpu_seconds?, all.cpu_seconds?);
    let more_bytes = all.stored_bytes.saturating_sub(one.stored_bytes) as f64;
    let left_bytes = stored_bytes.saturating_sub(all.stored_bytes) as f64;
    let a_byte = if more_bytes > 0.0 {
        (all_seconds - one_seconds).max(0.0) / more_bytes
    } else {
        all_seconds / (all.stored_bytes.max(1) as f64)
    };
    Duration::try_from_secs_f64(all_seconds + a_byte * left_bytes).ok()
}

async fn measure(
    workspace: &Workspace,
    (config, evaluation): (&RunConfig, &Evaluation),
    units: Vec<Unit>,
    sharding: &Arc<Sharding>,
    folder: &str,
) -> Result<Measured> {
    let before = process_cpu_seconds();
    let folder = workspace.scratch().join(folder);
    let progress = Arc::new(Progress::new());
    let normalize = Normalize::new(config, evaluation, sharding.layout);
    let limits = ReadLimits::from(config.limits);
    let canonical =
        canonical::beginnings(&workspace.engine, units, &limits, &progress, &normalize, &folder).await?;
    let canonical = Arc::new(canonical);
    let Decided { records: decided, near, semantic } =
        run::decide(workspace, config, &canonical, &[], sharding.layout, &folder).await?;
    let accounts = run::account(workspace, &canonical, &decided).await?;
    let spool = folder.join("spool");
    let shard_size = config.output.shard_size.as_u64();
    let ids = documents::shards(&accounts.documents, shard_size, 1)?;
    let shards = documents::write(&workspace.engine, &canonical, &decided, ids, sharding, &spool).await?;
    side_files::write(&workspace.engine, &canonical, &decided, (near, semantic), &spool).await?;
    let members = canonical.units.iter().flat_map(|(_, members)| members);
    Ok(Measured {
        stored_bytes: progress.snapshot().bytes,
        decompressed_bytes: members.map(|member| member.bytes).sum(),
        lines: accounts.lines,
        records: accounts.lines + accounts.harvested,
        documents: shards.iter().map(|shard| shard.rows).sum(),
        scratch_bytes: folder_bytes(&folder)?,
        shard_bytes: shards.iter().map(|shard| shard.bytes).sum(),
        cpu_seconds: process_cpu_seconds().zip(before).map(|(after, before)| after - before),
    })
}

/// Bytes of all files below `folder`.
fn folder_bytes(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { folder_bytes(&entry.path())? } else { about.len() };
    }
    Ok(bytes)
}

/// CPU time that this process took so far, where the system tells.
fn process_cpu_seconds() -> Option<f64> {
    let about = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name, which may hold anything, ends at the last parenthesis; times are the 12th and 13th after it.
    let (_, fields) = about.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some((user + system) as f64 / TICKS_A_SECOND)
}

impl Display for Estimate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let looked = (count(self.looked_units as u64), count(self.units as u64));
        writeln!(f, "from a look at the beginnings of {} of {} units", looked.0, looked.1)?;
        let stored = (bytes(self.looked_bytes), bytes(self.stored_bytes));
        writeln!(f, "           ({} of {} as stored); a run may differ", stored.0, stored.1)?;
        let cpu = match self.cpu {
            Some(cpu) => format!("about {}, shared by {} threads", duration(cpu), self.threads),
            None => "unknown: the system does not tell".to_owned(),
        };
        let rows = [
            ("decompressed", format!("about {}", bytes(self.decompressed_bytes))),
            ("lines", format!("about {}", rounded(self.lines))),
            ("records", format!("about {}", rounded(self.records))),
            ("documents", format!("about {} at the most", rounded(self.documents))),
            ("CPU time", cpu),
            ("scratch", format!("about {}", bytes(self.scratch_bytes))),
            ("shards", format!("about {}", bytes(self.shard_bytes))),
        ];
        for (at, (name, value)) in rows.iter().enumerate() {
            let end = if at + 1 < rows.len() { "\n" } else { "" };
            write!(f, "           {name:<13} {value}{end}")?;
        }
        Ok(())
    }
}

/// Three significant digits: more would be invented.
fn rounded(number: u64) -> String {
    let digits = number.checked_ilog10().unwrap_or(0);
    let unit = 10_u64.pow(digits.saturating_sub(2));
    count(number / unit * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_show_no_more_digits_than_they_know() {
        for (number, shown) in [(0, "0"), (7, "7"), (999, "999"), (1_234, "1,230"), (4_567_890, "4,560,000")]
        {
            assert_eq!(rounded(number), shown);
        }
    }

    #[test]
    fn the_fixed_cost_of_a_look_is_not_scaled() {
        let one = Measured { stored_bytes: 10, cpu_seconds: Some(1.5), ..Measured::default() };
        let all = Measured { stored_bytes: 60, cpu_seconds: Some(2.0), ..Measured::default() };
        assert_eq!(cpu(one, all, 1060), Some(Duration::from_secs(12)));
        assert_eq!(cpu(all, all, 60), Some(Duration::from_secs(2)));
        assert_eq!(cpu(Measured::default(), all, 60), None);
    }
}
