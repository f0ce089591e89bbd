//! Archives → the first boundary: every record once, with its derived columns, in buckets.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::dataframe::DataFrame;
use datafusion::prelude::{SessionContext, col, lit};

use crate::engine::{Engine, Joins};
use crate::error::Result;
use crate::progress::Progress;
use crate::sink::manifest::Inputs;
use crate::source::chain;
use crate::source::container::{End, RangeReport};
use crate::source::file_source::Archives;
use crate::source::limits::ReadLimits;
use crate::source::member_counts::MemberCounts;
use crate::source::member_report::{MemberReport, Report};
use crate::source::unit::Unit;
use crate::stages::boundary::Boundary;
use crate::stages::buckets;
use crate::stages::fates::Framed;
use crate::stages::normalize::{self, Normalize};
use crate::steps::Steps;

/// The records of a run, and what was read to get them.
#[derive(Debug)]
pub struct Canonical {
    boundaries: Vec<Boundary>,
    /// Units whose records don't count: see [`chain`].
    discarded: BTreeSet<i32>,
    /// Units that count, in order, each with its members in order.
    pub units: Vec<(Unit, Vec<MemberReport>)>,
}

/// Most steps that the units of a run are read in, and what each of them holds at the least: a run that is killed loses an
/// eighth of its reading, and every step makes another set of files.
const STEPS: u64 = 8;
const STEP_BYTES: u64 = 4 << 30;

/// Whoever reads units.
pub trait Reader {
    /// How many of them, in order, are read in one step.
    fn in_steps(&self, units: Vec<Unit>) -> Vec<Vec<Unit>>;

    /// Reads `units` to the end in the step `name`.
    fn read(&self, name: &str, units: Vec<Unit>) -> impl Future<Output = Result<Boundary>> + Send;
}

/// Reads on this machine, in a few of the run's steps.
pub struct OwnReader<'a> {
    /// Where plans run.
    pub engine: &'a Engine,
    /// What a member and a line may take.
    pub limits: &'a ReadLimits,
    /// Told what is read.
    pub progress: &'a Arc<Progress>,
    /// What records are made of.
    pub normalize: &'a Normalize,
    /// Where finished steps are found again.
    pub steps: &'a Steps,
}

impl Reader for OwnReader<'_> {
    fn in_steps(&self, units: Vec<Unit>) -> Vec<Vec<Unit>> {
        let all = units.iter().map(Unit::bytes).sum::<u64>();
        in_steps(units, (all / STEPS).max(STEP_BYTES))
    }

    async fn read(&self, name: &str, units: Vec<Unit>) -> Result<Boundary> {
        let Self { engine, limits, progress, normalize, steps } = self;
        if let Some(boundary) = steps.finished(name).await? {
            progress.add_bytes(units.iter().map(Unit::bytes).sum());
            return Ok(boundary);
        }
        let (threads, buffer) = (engine.threads(), engine.writer_bytes());
        let read = async |folder: PathBuf| {
            read_once(engine, (threads, buffer), units, limits, progress, normalize, &folder).await
        };
        steps.make(name, read).await
    }
}

/// Lets `reader` read `units` to the end; stretches where ranges don't meet are read again.
pub async fn read(engine: &Engine, reader: &impl Reader, mut units: Vec<Unit>) -> Result<Canonical> {
    let mut boundaries = Vec::new();
    let mut discarded = BTreeSet::new();
    let mut ranges = BTreeMap::new();
    let mut members: BTreeMap<i32, BTreeMap<i32, MemberReport>> = BTreeMap::new();
    let mut next_ordinal = units.len() as i32;
    let mut reading = reader.in_steps(units.clone());
    loop {
        for units in reading {
            let boundary = reader.read(&format!("read-{}", boundaries.len()), units).await?;
            collect_reports(engine, &boundary, &mut ranges, &mut members).await?;
            boundaries.push(boundary);
        }
        let repair = chain::check(&units, &ranges, next_ordinal)?;
        if repair.is_empty() {
            break;
        }
        next_ordinal += repair.again.len() as i32;
        discarded.extend(&repair.discard);
        let again = repair.again.clone();
        chain::replace(&mut units, repair);
        if again.is_empty() {
            break;
        }
        reading = vec![again];
    }
    Ok(Canonical { boundaries, discarded, units: with_members(units, members) })
}

/// Reads the beginnings of `units` into `folder`. Where ranges stopped is not looked at: nothing read so
/// may be committed.
pub async fn beginnings(
    engine: &Engine,
    units: Vec<Unit>,
    limits: &ReadLimits,
    progress: &Arc<Progress>,
    normalize: &Normalize,
    folder: &Path,
) -> Result<Canonical> {
    let boundary = read_once(
        engine,
        (engine.threads(), engine.writer_bytes()),
        units.clone(),
        limits,
        progress,
        normalize,
        &folder.join("canonical"),
    )
    .await?;
    let (mut ranges, mut members) = (BTreeMap::new(), BTreeMap::new());
    collect_reports(engine, &boundary, &mut ranges, &mut members).await?;
    Ok(Canonical {
        boundaries: vec![boundary],
        discarded: BTreeSet::new(),
        units: with_members(units, members),
    })
}

/// Units in order, cut where a step has `step_bytes`.
pub fn in_steps(units: Vec<Unit>, step_bytes: u64) -> Vec<Vec<Unit>> {
    let mut steps: Vec<Vec<Unit>> = Vec::new();
    let mut bytes = 0;
    for unit in units {
        bytes += unit.bytes();
        match steps.last_mut() {
            Some(last) if bytes <= step_bytes => last.push(unit),
            _ => {
                bytes = unit.bytes();
                steps.push(vec![unit]);
            }
        }
    }
    steps
}

fn with_members(
    units: Vec<Unit>,
    mut members: BTreeMap<i32, BTreeMap<i32, MemberReport>>,
) -> Vec<(Unit, Vec<MemberReport>)> {
    let with_members = |unit: Unit| {
        let members = members.remove(&unit.ordinal).unwrap_or_default();
        (unit, members.into_values().collect())
    };
    units.into_iter().map(with_members).collect()
}

/// Reads `units` into `folder`, so many partitions at once, whose writers hold so many bytes together.
pub async fn read_once(
    engine: &Engine,
    (partitions, buffer_bytes): (NonZeroUsize, usize),
    units: Vec<Unit>,
    limits: &ReadLimits,
    progress: &Arc<Progress>,
    normalize: &Normalize,
    folder: &Path,
) -> Result<Boundary> {
    let session = engine.session(partitions, Joins::Merge)?;
    let archives = Archives::new(units, limits.clone(), Arc::clone(progress)).without_retweet_texts();
    let records = normalize::apply(session.read_table(Arc::new(archives))?, normalize)?;
    Boundary::write(records, folder, buffer_bytes).await
}

async fn collect_reports(
    engine: &Engine,
    boundary: &Boundary,
    ranges: &mut BTreeMap<i32, RangeReport>,
    members: &mut BTreeMap<i32, BTreeMap<i32, MemberReport>>,
) -> Result<()> {
    let session = engine.session(engine.threads(), Joins::Merge)?;
    let reports = boundary
        .read(&session, |bucket| bucket == buckets::REPORTS)?
        .select_columns(&["kind", "unit", "member", "raw"])?
        .collect()
        .await?;
    for batch in &reports {
        for report in Report::from_rows(batch)? {
            match report {
                Report::Unit { unit, range } => {
                    ranges.insert(unit, range);
                }
                Report::Member { unit, member, report } => {
                    members.entry(unit).or_default().insert(member, report);
                }
            }
        }
    }
    Ok(())
}

impl Canonical {
    /// Records that others read, of which no more is known than where they are and which don't count.
    pub fn of(boundaries: Vec<Boundary>, discarded: impl IntoIterator<Item = i32>) -> Self {
        Self { boundaries, discarded: discarded.into_iter().collect(), units: Vec::new() }
    }

    /// Where the records are.
    pub fn boundaries(&self) -> &[Boundary] {
        &self.boundaries
    }

    /// Units whose records don't count.
    pub fn discarded(&self) -> impl Iterator<Item = i32> {
        self.discarded.iter().copied()
    }

    /// The records in the buckets that `wanted` accepts.
    pub fn records(&self, session: &SessionContext, wanted: impl Fn(i32) -> bool) -> Result<DataFrame> {
        let mut frames = Vec::new();
        for boundary in &self.boundaries {
            frames.push(boundary.read(session, &wanted)?);
        }
        let Some(mut all) = frames.pop() else {
            return Ok(session.read_empty()?);
        };
        for frame in frames {
            all = all.union(frame)?;
        }
        if self.discarded.is_empty() {
            return Ok(all);
        }
        let discarded = self.discarded.iter().map(|unit| lit(*unit)).collect();
        Ok(all.filter(col("unit").in_list(discarded, true))?)
    }

    /// How many records there are, reports left out.
    pub async fn count(&self, engine: &Engine) -> Result<u64> {
        if self.discarded.is_empty() {
            let rows = |boundary: &Boundary| boundary.rows(|bucket| bucket != buckets::REPORTS);
            return Ok(self.boundaries.iter().map(rows).sum());
        }
        let session = engine.session(engine.threads(), Joins::Merge)?;
        let records = self.records(&session, |bucket| bucket != buckets::REPORTS)?;
        Ok(records.count().await? as u64)
    }

    /// The members of the counted units by how reading them ended.
    pub fn members(&self) -> MemberCounts {
        self.units.iter().flat_map(|(_, members)| members).map(|member| &member.end_state).collect()
    }

    /// Members that were not read whole, each with the URL of its object, in order.
    pub fn damaged(&self) -> impl Iterator<Item = (String, &MemberReport)> {
        let complete = End::Complete.name();
        self.units.iter().flat_map(move |(unit, members)| {
            let damaged = members.iter().filter(move |member| member.end_state != complete);
            damaged.map(move |member| (unit.object.url(), member))
        })
    }

    /// Bytes of the archives that the units lie in, as they are stored.
    pub fn stored_bytes(&self) -> u64 {
        self.units.iter().map(|(unit, _)| unit.bytes()).sum()
    }

    /// What the members of the counted units say they held.
    pub fn framed(&self) -> Framed {
        let mut framed = Framed::default();
        for member in self.units.iter().flat_map(|(_, members)| members) {
            framed.lines += member.lines;
            framed.harvested += member.harvested;
        }
        framed
    }

    /// What was read, whatever it was packed in: blake3 over the sorted set of the members' digests.
    pub fn identity(&self) -> Inputs {
        let digests: BTreeSet<&str> = self
            .units
            .iter()
            .flat_map(|(_, members)| members)
            // Damage between members is reported as a member of no bytes.
            .filter(|member| member.stored_bytes > 0)
            .map(|member| member.stored_digest.as_str())
            .collect();
        let mut hasher = blake3::Hasher::new();
        for digest in &digests {
            hasher.update(digest.as_bytes());
            hasher.update(b"\n");
        }
        Inputs { digest: hasher.finalize().to_hex().to_string(), members: digests.len() as u64 }
    }
}
