//! The directory at the end of a zip.

use std::io::{self, BufReader, Read};
use std::ops::Range;

use super::local::{LOCAL_BYTES, Local, u16_at, u32_at, u64_at, widen};
use crate::source::blob::Blob;

const ENTRY: &[u8] = b"PK\x01\x02";
const ENTRY_BYTES: usize = 46;
const END: &[u8] = b"PK\x05\x06";
const END_BYTES: usize = 22;
const END64: &[u8] = b"PK\x06\x06";
const END64_BYTES: usize = 56;
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_BYTES: usize = 20;

/// Longest directory that is believed: some 200,000 members, while a month of minutes is 45,000. Each range of
/// an archive reads all of it and keeps its own members, which take up to three times their bytes. A zip with a
/// longer one is read as it comes, like one without.
const DIRECTORY_BYTES: u64 = 16 << 20;

/// Bytes read at a time.
const BUFFER_BYTES: usize = 64 << 10;

/// One member as the directory tells it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Where its local header is.
    pub(super) offset: u64,
    pub(super) local: Local,
}

impl Member {
    /// Up to here it reaches at least: a local header may be longer than the directory says.
    fn end(&self) -> u64 {
        self.offset.saturating_add(LOCAL_BYTES as u64).saturating_add(self.local.stored)
    }
}

/// What the directory says of a range of the archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Directory {
    /// Members whose local headers start in the range, each with whether it overlaps one before it, in
    /// the order in which they lie in the file.
    pub(super) members: Vec<(Member, bool)>,
    /// Where the first member behind the range starts.
    pub(super) next: Option<u64>,
}

/// What the directory says of `range`; `None` where there is no directory that makes sense.
///
/// All of it is read, whatever the range: so all ranges agree on whether it makes sense.
pub(super) fn read(blob: &dyn Blob, range: &Range<u64>) -> io::Result<Option<Directory>> {
    let Some(place) = find(blob)? else { return Ok(None) };
    if place.bytes > DIRECTORY_BYTES || place.offset.saturating_add(place.bytes) > blob.size() {
        return Ok(None);
    }
    let mut input = BufReader::with_capacity(BUFFER_BYTES, blob.reader(place.offset).take(place.bytes));
    let (mut members, mut behind, mut taken) = (Vec::new(), None, 0);
    for _ in 0..place.members {
        match next(&mut input) {
            Ok(Some(member)) if member.offset < range.start => taken = member.end().max(taken),
            Ok(Some(member)) if member.offset < range.end => members.push((member, false)),
            Ok(Some(Member { offset, .. })) => behind = Some(behind.unwrap_or(offset).min(offset)),
            Ok(None) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    members.sort_by_key(|(member, _)| member.offset);
    for (member, overlaps) in &mut members {
        *overlaps = member.offset < taken;
        taken = member.end().max(taken);
    }
    Ok(Some(Directory { members, next: behind }))
}

struct Place {
    members: u64,
    bytes: u64,
    offset: u64,
}

/// Finds the directory through the record at the very end, behind which only a comment may stand.
fn find(blob: &dyn Blob) -> io::Result<Option<Place>> {
    let size = blob.size();
    let bytes = size.min((END_BYTES + LOCATOR_BYTES + usize::from(u16::MAX)) as u64);
    let mut tail = vec![0; bytes as usize];
    blob.read_at(size - bytes, &mut tail)?;
    let is_end = |at: &usize| {
        let end = tail.get(*at..).unwrap_or_default();
        end.starts_with(END) && end.len() >= END_BYTES + usize::from(u16_at(end, 20))
    };
    let Some(at) = (0..=tail.len().saturating_sub(END_BYTES)).rev().find(is_end) else { return Ok(None) };
    let end = &tail[at..];
    let mut place = Place {
        members: u16_at(end, 10).into(),
        bytes: u32_at(end, 12).into(),
        offset: u32_at(end, 16).into(),
    };
    let locator = at.checked_sub(LOCATOR_BYTES).map(|at| &tail[at..]);
    if let Some(locator) = locator.filter(|locator| locator.starts_with(LOCATOR)) {
        let mut end64 = [0; END64_BYTES];
        let at = u64_at(locator, 8);
        if at.saturating_add(END64_BYTES as u64) <= size {
            blob.read_at(at, &mut end64)?;
        }
        if !end64.starts_with(END64) {
            return Ok(None);
        }
        place = Place { members: u64_at(&end64, 32), bytes: u64_at(&end64, 40), offset: u64_at(&end64, 48) };
    }
    Ok(Some(place))
}

/// The next member; `None` where there is something else.
fn next(input: &mut impl Read) -> io::Result<Option<Member>> {
    let mut entry = [0; ENTRY_BYTES];
    input.read_exact(&mut entry)?;
    if !entry.starts_with(ENTRY) {
        return Ok(None);
    }
    let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(u16_at(&entry, at)));
    let mut variable = vec![0; name + extra + comment];
    input.read_exact(&mut variable)?;
    let (name, rest) = variable.split_at(name);
    let mut local = Local {
        name: String::from_utf8_lossy(name).into_owned(),
        flags: u16_at(&entry, 8) & !DESCRIPTOR,
        method: u16_at(&entry, 10),
        crc: u32_at(&entry, 16),
        stored: u32_at(&entry, 20).into(),
        size: u32_at(&entry, 24).into(),
    };
    let mut offset = u32_at(&entry, 42).into();
    widen(&rest[..extra], [&mut local.size, &mut local.stored, &mut offset]);
    Ok(Some(Member { offset, local }))
}

/// The directory knows what a descriptor would tell.
const DESCRIPTOR: u16 = 8;
