//! What is not deterministic about a run, noted while it goes on: times, host, units, members.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::time::Instant;

use crate::build::build_id;
use crate::config::RunConfig;
use crate::error::Result;
use crate::schema::FORMAT_VERSION;
use crate::sink::manifest::{InputRecord, MemberRecord, RunRecord, UnitRecord};
use crate::source::listing::Object;
use crate::stages::canonical::Canonical;

/// The objects a run reads, as they are compared with those of earlier runs.
pub(crate) fn input_records(objects: &[Object]) -> Vec<InputRecord> {
    let record = |object: &Object| InputRecord {
        url: object.url(),
        bytes: object.meta.size,
        version: object.version(),
    };
    objects.iter().map(record).collect()
}

/// The run's record while the run goes on.
#[derive(Debug)]
pub struct RunLog {
    /// What is written.
    pub(crate) record: RunRecord,
    last: Instant,
}

impl RunLog {
    /// A record of a run that starts now.
    pub fn start(config: &RunConfig) -> Result<Self> {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let record = RunRecord {
            format_version: FORMAT_VERSION,
            id: format!("{}-{}", config.run, random_id()?),
            commit: 0,
            label: config.run.clone(),
            program: build_id().map_or_else(
                || env!("CARGO_PKG_VERSION").to_owned(),
                |build| format!("{} ({build})", env!("CARGO_PKG_VERSION")),
            ),
            host: host.trim().to_owned(),
            engine: "local".to_owned(),
            started: now(),
            ended: None,
            seconds: BTreeMap::new(),
            inputs: Vec::new(),
            units: Vec::new(),
            provenance: Vec::new(),
            rejects: Vec::new(),
        };
        Ok(Self { record, last: Instant::now() })
    }

    /// Notes the wall-clock time since the last step under the name of the step that ends now.
    pub fn step(&mut self, name: &str) {
        let seconds = self.last.elapsed().as_secs_f64();
        *self.record.seconds.entry(name.to_owned()).or_default() += (seconds * 1000.0).round() / 1000.0;
        self.last = Instant::now();
    }

    /// Notes that the run is done.
    pub(crate) fn end(&mut self) {
        self.step("committing");
        self.record.ended = Some(now());
    }

    /// Notes what was read.
    pub fn read(&mut self, objects: &[Object], canonical: &Canonical) {
        self.step("reading");
        self.record.inputs = input_records(objects);
        for (unit, members) in &canonical.units {
            let span = unit.span();
            self.record.units.push(UnitRecord {
                unit: unit.ordinal,
                url: unit.object.url(),
                range: unit.range.map(|_| (span.start, span.end)),
                members: members
                    .iter()
                    .zip(0..)
                    .map(|(member, ordinal)| MemberRecord {
                        member: ordinal,
                        label: member.label.clone(),
                        state: member.end_state.clone(),
                        detail: member.detail.clone(),
                        lines: member.lines,
                    })
                    .collect(),
            });
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "owner of the clock: times stand in the run's record alone")]
fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// 16 hex digits from the operating system's randomness: no two runs have the same, on whatever host.
fn random_id() -> Result<String> {
    let mut bytes = [0; 8];
    File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut bytes))?;
    Ok(format!("{:016x}", u64::from_le_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn random_ids_are_hex_and_differ() {
        let (one, other) = (random_id().unwrap(), random_id().unwrap());
        assert!(one != other && one.len() == 16 && one.bytes().all(|digit| digit.is_ascii_hexdigit()));
    }
}
