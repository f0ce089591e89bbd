//! zip: by its directory where it can be read out of order, else header by header as it comes.

mod directory;
mod entry;
mod local;

use std::io;

use super::report::{End, RangeReport, Start};
use super::stream::{BlobStream, Section, Source, fill};
use super::walker::{Place, Stop, Walker, join};
use crate::source::blob::Blob;
use directory::Member;
use entry::{After, Buffered, visit};
use local::{LOCAL_BYTES, Local};

/// Reads the members of the zip `blob` whose local headers start between `start` and `end`.
///
/// Without a directory, as in a download that broke off, the range at offset 0 reads all that is there
/// as it comes, and the others nothing.
pub(super) fn walk_blob(
    walker: &mut Walker<'_>,
    blob: &dyn Blob,
    start: Start,
    end: u64,
    place: Place<'_>,
) -> Result<RangeReport, Stop> {
    let start = start.offset();
    let Some(directory) = directory::read(blob, &(start..end))? else {
        if start > 0 {
            return Ok(RangeReport { first: None, stop: blob.size() });
        }
        walk_stream(walker, &mut BlobStream::new(blob, 0), place)?;
        return Ok(RangeReport { first: Some(0), stop: blob.size() });
    };
    let mut stream = BlobStream::new(blob, start);
    for (member, overlaps) in &directory.members {
        if member.local.is_directory() {
            continue;
        }
        let label = join(place.archive, &member.local.name);
        if *overlaps {
            let place = Place { archive: &label, ..place };
            walker.notice(place, End::Corrupt("overlaps another member".to_owned()))?;
        } else {
            member_at(walker, &mut stream, member, Place { archive: &label, ..place })?;
        }
    }
    let first = directory.members.first().map(|(member, _)| member.offset);
    Ok(RangeReport { first, stop: directory.next.unwrap_or(blob.size()) })
}

/// Reads one member where the directory says it is.
fn member_at(
    walker: &mut Walker<'_>,
    stream: &mut BlobStream<'_>,
    member: &Member,
    place: Place<'_>,
) -> Result<(), Stop> {
    stream.seek(member.offset)?;
    let mut head = [0; LOCAL_BYTES];
    let whole = fill(stream, &mut head)? == head.len();
    let Some(lengths) = local::lengths(&head).filter(|_| whole) else {
        let text = format!("no member at offset {}, where the directory puts it", member.offset);
        return walker.notice(place, End::Corrupt(text));
    };
    let mut body = Section::new(stream, (lengths.name + lengths.extra) as u64);
    super::stream::drain(&mut body)?;
    let mut body = Section::new(stream, member.local.stored);
    visit(walker, &mut Buffered::new(&mut body), &member.local, place)?;
    Ok(())
}

/// Reads the members of a zip as they come, up to its directory; whether `source` ended before that,
/// which was reported.
pub(super) fn walk_stream(
    walker: &mut Walker<'_>,
    source: &mut dyn Source,
    place: Place<'_>,
) -> Result<bool, Stop> {
    let mut from = Buffered::new(source);
    loop {
        let at = from.offset();
        let damage = match next_header(&mut from)? {
            Header::Directory => return Ok(false),
            Header::Cut => {
                let early = || End::Truncated("the zip ends before its directory".to_owned());
                walker.notice(place, from.damage().unwrap_or_else(early))?;
                return Ok(true);
            }
            Header::Damaged => Some(End::Corrupt("no zip header".to_owned())),
            Header::Member(local) if local.is_directory() && local.has_descriptor() => None,
            Header::Member(local) if local.is_directory() => {
                from.skip(local.stored)?;
                continue;
            }
            Header::Member(local) => {
                let label = join(place.archive, &local.name);
                match visit(walker, &mut from, &local, Place { archive: &label, ..place })? {
                    After::Next => continue,
                    After::Cut => return Ok(true),
                    After::Lost => None,
                }
            }
        };
        if let Some(end) = damage {
            from.skip(1)?;
            let label = join(place.archive, &format!("@{at}"));
            walker.notice(Place { archive: &label, ..place }, end)?;
        }
        from.seek_header()?;
    }
}

enum Header {
    Member(Local),
    /// The directory begins: no more members.
    Directory,
    Damaged,
    /// The source ends here.
    Cut,
}

fn next_header(from: &mut Buffered<'_>) -> io::Result<Header> {
    let head = from.ensure(LOCAL_BYTES)?;
    if head.len() >= 4 && local::begins_directory(head) {
        return Ok(Header::Directory);
    }
    let Some(head) = head.first_chunk() else { return Ok(Header::Cut) };
    let Some(lengths) = local::lengths(head) else { return Ok(Header::Damaged) };
    let bytes = lengths.total();
    let Some(header) = from.ensure(bytes)?.get(..bytes) else { return Ok(Header::Cut) };
    let local = Local::parse(header, lengths);
    from.consume(bytes);
    Ok(Header::Member(local))
}
