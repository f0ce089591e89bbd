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

use crate::error::{Error, ErrorKind, Result};
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
/// `next_ordinal` is the first ordinal not yet given to a unit. A unit without a report is a defect: its
/// records would count although nobody knows whether they are all there.
pub fn check(units: &[Unit], reports: &BTreeMap<i32, RangeReport>, next_ordinal: i32) -> Result<Repair> {
    let mut repair = Repair::default();
    let mut stops: BTreeMap<String, Option<u64>> = BTreeMap::new();
    for unit in units {
        let Some(report) = reports.get(&unit.ordinal) else { return Err(unreported(unit)) };
        let Some((start, end)) = unit.range else { continue };
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
                let range = Some((Start::Exact(at), end));
                repair.again.push(Unit { ordinal, object, range, beginning: None });
                *stop = None;
            }
        }
    }
    Ok(repair)
}

fn unreported(unit: &Unit) -> Error {
    let (url, span) = (unit.object.url(), unit.span());
    Error::new(
        ErrorKind::Defect,
        format!("nobody reported how far {url} was read from byte {} to {}", span.start, span.end),
    )
    .with_hint("this should be impossible: please report it with the run's log")
}

/// Puts the units read again in the place of the ones discarded.
pub fn replace(units: &mut Vec<Unit>, repair: Repair) {
    units.retain(|unit| !repair.discard.contains(&unit.ordinal));
    units.extend(repair.again);
    units.sort_by_cached_key(|unit| (unit.object.url(), unit.span().start));
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use object_store::ObjectMeta;
    use object_store::path::Path;

    use super::*;
    use crate::config::Shape;
    use crate::engine::Storage;
    use crate::source::listing::Object;

    /// A range of an archive: its name, where it starts and ends, and from where to where it was read.
    type Read = (&'static str, Start, u64, (Option<u64>, u64));

    use Start::{Exact, Resync};

    fn object(name: &str) -> Arc<Object> {
        let location = Storage::new().locate(&format!("/archives/{name}")).unwrap();
        let meta = ObjectMeta {
            location: Path::from(format!("archives/{name}")),
            last_modified: chrono::DateTime::UNIX_EPOCH,
            size: 400,
            e_tag: None,
            version: None,
        };
        Arc::new(Object { location, meta, shape: Shape::Auto })
    }

    fn units(reads: &[Read]) -> (Vec<Unit>, BTreeMap<i32, RangeReport>) {
        let unit = |(read, ordinal): (&Read, i32)| Unit {
            ordinal,
            object: object(read.0),
            range: Some((read.1, read.2)),
            beginning: None,
        };
        let report =
            |(read, ordinal): (&Read, i32)| (ordinal, RangeReport { first: read.3.0, stop: read.3.1 });
        (reads.iter().zip(0..).map(unit).collect(), reads.iter().zip(0..).map(report).collect())
    }

    /// Ordinals, starts and ends.
    fn spans(units: &[Unit]) -> Vec<(i32, u64, u64)> {
        units.iter().map(|unit| (unit.ordinal, unit.span().start, unit.span().end)).collect()
    }

    #[test]
    fn ranges_that_do_not_meet_are_discarded_or_read_again() {
        type Case = (&'static str, Vec<Read>, Vec<i32>, Vec<(i32, u64, u64)>);
        let cases: Vec<Case> = vec![
            (
                "every range meets the next",
                vec![
                    ("a", Exact(0), 100, (Some(0), 120)),
                    ("a", Resync(100), 200, (Some(120), 210)),
                    ("a", Resync(200), 400, (Some(210), 400)),
                ],
                vec![],
                vec![],
            ),
            (
                "a member reaches past a whole range, which found no header",
                vec![
                    ("a", Exact(0), 100, (Some(0), 250)),
                    ("a", Resync(100), 200, (None, 200)),
                    ("a", Resync(200), 400, (Some(250), 400)),
                ],
                vec![1],
                vec![],
            ),
            (
                "a tar in the tar fools the range it fills, the tail meets the truth again",
                vec![
                    ("a", Exact(0), 100, (Some(0), 250)),
                    ("a", Resync(100), 200, (Some(110), 205)),
                    ("a", Resync(200), 400, (Some(250), 400)),
                ],
                vec![1],
                vec![],
            ),
            (
                "a tar in the tar fools the range it ends in",
                vec![
                    ("a", Exact(0), 100, (Some(0), 150)),
                    ("a", Resync(100), 200, (Some(110), 210)),
                    ("a", Resync(200), 400, (Some(210), 400)),
                ],
                vec![1],
                // What follows is judged when it is known where this stops.
                vec![(3, 150, 200)],
            ),
            (
                "several ranges lie inside one member",
                vec![
                    ("a", Exact(0), 100, (Some(0), 400)),
                    ("a", Resync(100), 200, (Some(110), 210)),
                    ("a", Resync(200), 300, (Some(210), 310)),
                    ("a", Resync(300), 400, (None, 400)),
                ],
                vec![1, 2, 3],
                vec![],
            ),
            (
                "the tail found no header though a member starts in it",
                vec![("a", Exact(0), 200, (Some(0), 300)), ("a", Resync(200), 400, (None, 400))],
                vec![1],
                vec![(2, 300, 400)],
            ),
            (
                "one stretch an archive is read again at a time, in every archive",
                vec![
                    ("a", Exact(0), 100, (Some(0), 110)),
                    ("a", Resync(100), 200, (Some(120), 200)),
                    ("a", Resync(200), 300, (Some(250), 300)),
                    ("b", Exact(0), 100, (Some(0), 130)),
                    ("b", Resync(100), 200, (Some(140), 200)),
                    ("c", Exact(0), 100, (Some(0), 100)),
                    ("c", Resync(100), 400, (Some(100), 400)),
                ],
                vec![1, 4],
                vec![(7, 110, 200), (8, 130, 200)],
            ),
        ];
        for (story, reads, discard, again) in cases {
            let (units, reports) = units(&reads);
            let repair = check(&units, &reports, units.len() as i32).unwrap();
            assert_eq!(repair.discard, discard, "{story}");
            assert_eq!(spans(&repair.again), again, "{story}");
            assert!(repair.again.iter().all(|unit| matches!(unit.range, Some((Exact(_), _)))), "{story}");
            assert_eq!(repair.is_empty(), discard.is_empty(), "{story}");
        }
    }

    #[test]
    fn what_is_read_again_takes_its_place_and_decides_about_the_rest() {
        let (mut units, mut reports) = units(&[
            ("a", Exact(0), 100, (Some(0), 150)),
            ("a", Resync(100), 200, (Some(110), 205)),
            ("a", Resync(200), 300, (Some(205), 310)),
            ("a", Resync(300), 400, (Some(310), 400)),
        ]);
        let repair = check(&units, &reports, 4).unwrap();
        replace(&mut units, repair);
        assert_eq!(spans(&units), [(0, 0, 100), (4, 150, 200), (2, 200, 300), (3, 300, 400)]);

        // The member that starts at 150 reaches to 290: what range 2 found was inside it as well.
        reports.insert(4, RangeReport { first: Some(150), stop: 290 });
        let repair = check(&units, &reports, 5).unwrap();
        assert_eq!((repair.discard.as_slice(), spans(&repair.again)), ([2].as_slice(), vec![(5, 290, 300)]));
        replace(&mut units, repair);
        reports.insert(5, RangeReport { first: Some(290), stop: 310 });
        assert!(check(&units, &reports, 6).unwrap().is_empty());
        assert_eq!(spans(&units), [(0, 0, 100), (4, 150, 200), (5, 290, 300), (3, 300, 400)]);
    }

    // Records of a unit that nobody reported on used to count without having been judged.
    #[test]
    fn a_unit_without_a_report_is_a_defect() {
        let whole = Unit { ordinal: 2, object: object("b"), range: None, beginning: None };
        let (mut units, reports) =
            units(&[("a", Exact(0), 100, (Some(0), 100)), ("a", Resync(100), 400, (Some(100), 400))]);
        units.push(whole);
        for missing in 0..3 {
            let mut reports = reports.clone();
            reports.insert(2, RangeReport { first: Some(0), stop: 400 });
            assert!(check(&units, &reports, 3).unwrap().is_empty());
            reports.remove(&missing);
            let error = check(&units, &reports, 3).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Defect, "{error}");
        }
    }
}
