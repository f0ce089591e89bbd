//! Do the ranges of an archive meet? Each must start where the one before it stopped.
//!
//! A range finds its first member by looking for a header that verifies. A tar that holds a tar can
//! fool it: the header it finds may belong to the inner archive.
//!
//! ```text
//!            cut                     cut
//!  ──member──┼──[ member: inner tar ]┼── member ──
//!            │      ▲ looks like a   │  ▲ where range 0 really stops
//!            │        header         │
//! ```
//!
//! Where a range started elsewhere than the one before it stopped, its records are discarded and the
//! stretch is read again from the header where reading really is.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::source::container::{RangeReport, Start, Verdict};
use crate::source::unit::Unit;

/// What a check found: units whose records don't count, and the stretches to read in their place.
#[derive(Debug, Default)]
pub struct Repair {
    /// Ordinals of units whose records must be left out.
    pub discard: Vec<i32>,
    /// Units to read instead, with fresh ordinals.
    pub again: Vec<Unit>,
}

impl Repair {
    /// Whether every range met the next.
    pub fn is_empty(&self) -> bool {
        self.discard.is_empty()
    }
}

/// Checks the units that count so far, in order, against what each reported.
///
/// At most one stretch an archive is repaired at a time: where it stops decides about the next.
/// `next_ordinal` is the first ordinal not yet given to a unit.
pub fn check(units: &[Unit], reports: &BTreeMap<i32, RangeReport>, next_ordinal: i32) -> Repair {
    let mut repair = Repair::default();
    let mut stops: BTreeMap<String, Option<u64>> = BTreeMap::new();
    for unit in units {
        let (Some((start, end)), Some(report)) = (unit.range, reports.get(&unit.ordinal)) else { continue };
        let stop = stops.entry(unit.object.url()).or_insert(Some(0));
        // `None`: a stretch of this archive is to be read again; what follows is checked afterwards.
        let Some(before) = *stop else { continue };
        let verdict = match start {
            Start::Exact(_) => Verdict::Accept,
            Start::Resync(_) => report.judge(before, end),
        };
        match verdict {
            Verdict::Accept => *stop = Some(report.stop),
            Verdict::Discard => repair.discard.push(unit.ordinal),
            Verdict::Reread(at) => {
                repair.discard.push(unit.ordinal);
                let ordinal = next_ordinal + repair.again.len() as i32;
                let object = Arc::clone(&unit.object);
                repair.again.push(Unit { ordinal, object, range: Some((Start::Exact(at), end)) });
                *stop = None;
            }
        }
    }
    repair
}

/// Puts the units read again in the place of the ones discarded.
pub fn replace(units: &mut Vec<Unit>, repair: Repair) {
    units.retain(|unit| !repair.discard.contains(&unit.ordinal));
    units.extend(repair.again);
    units.sort_by(|a, b| (a.object.url(), a.span().start).cmp(&(b.object.url(), b.span().start)));
}
