//! tar: members one after the other, each behind a header that its checksum proves.

pub(super) mod header;

use std::io;

use header::{BLOCK_BYTES, Block, Kind, Member, parse, parse_pax};

use super::report::{End, RangeReport, Start};
use super::stream::{Section, Source, drain, fill, settle};
use super::walker::{Place, Stop, Walker, join};
use crate::source::blob::Blob;

/// Longest body of a long-name or pax header that is read.
const EXTENDED_BYTES: u64 = 1 << 20;

/// Which members of a tar to read.
pub(super) struct Scope<'b> {
    start: Start,
    /// Members that start at or after this offset are left alone.
    end: u64,
    /// The tar itself, where it can be read out of order: then a header found by searching must be
    /// proved by the one after its body.
    blob: Option<&'b dyn Blob>,
}

impl Scope<'static> {
    /// All of a tar that can only be read as it comes.
    pub(super) fn whole() -> Self {
        Self { start: Start::Exact(0), end: u64::MAX, blob: None }
    }
}

impl<'b> Scope<'b> {
    /// Members of `blob` that start between `start` and `end`.
    pub(super) fn range(blob: &'b dyn Blob, start: Start, end: u64) -> Self {
        Self { start, end, blob: Some(blob) }
    }
}

pub(super) struct Outcome {
    pub(super) range: RangeReport,
    /// The source ended or failed inside a member or a header, and that was reported.
    pub(super) cut: bool,
}

/// How the next block is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// A header is due here.
    InSequence,
    /// Something is wrong, or the archive's end marker was passed: any block may be a header.
    Searching,
}

/// What long-name and pax headers said about the member that follows them.
struct Group {
    start: u64,
    name: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

/// Reads the members of the tar in `source`, which begins at the scope's start (rounded up to a block).
pub(super) fn walk(
    walker: &mut Walker<'_>,
    source: &mut dyn Source,
    scope: Scope<'_>,
    place: Place<'_>,
) -> Result<Outcome, Stop> {
    let at = scope.start.offset();
    let mode = if matches!(scope.start, Start::Exact(_)) { Mode::InSequence } else { Mode::Searching };
    let mut tar = Tar { walker, source, scope, place, at, mode, group: None, first: None };
    let cut = tar.walk()?;
    Ok(Outcome { range: RangeReport { first: tar.first, stop: tar.at }, cut })
}

struct Tar<'a, 'v> {
    walker: &'a mut Walker<'v>,
    source: &'a mut dyn Source,
    scope: Scope<'a>,
    place: Place<'a>,
    /// Offset of the next block.
    at: u64,
    mode: Mode,
    group: Option<Group>,
    first: Option<u64>,
}

impl Tar<'_, '_> {
    /// Reads up to the end of the scope; whether the source ended where it shouldn't, and was reported.
    fn walk(&mut self) -> Result<bool, Stop> {
        let resync = matches!(self.scope.start, Start::Resync(_));
        loop {
            // A searching range that found nothing gives up at its end; any other goes on to the next
            // header, because that is where the next range will start.
            if resync && self.first.is_none() && self.at >= self.scope.end {
                return Ok(false);
            }
            let mut block = [0; BLOCK_BYTES as usize];
            let n = fill(self.source, &mut block)?;
            if n < block.len() {
                return self.ended(&block[..n]);
            }
            let outside = self.group.is_none() && self.at >= self.scope.end;
            match parse(&block) {
                Block::Zero if self.group.is_none() => self.mode = Mode::Searching,
                Block::Zero => self.damaged("no tar header: all zeros")?,
                Block::Damaged(_) if outside && self.mode == Mode::InSequence => return Ok(false),
                Block::Damaged(why) => self.damaged(why)?,
                Block::Member(member) if self.mode == Mode::Searching && !self.is_proved(&member)? => {}
                Block::Member(_) if outside => return Ok(false),
                Block::Member(member) => {
                    self.mode = Mode::InSequence;
                    if self.group.is_none() {
                        self.first.get_or_insert(self.at);
                    }
                    self.at += BLOCK_BYTES;
                    if self.member(member)? {
                        return Ok(true);
                    }
                    continue;
                }
            }
            self.at += BLOCK_BYTES;
        }
    }

    /// The source ended within or at the start of a block.
    fn ended(&mut self, partial: &[u8]) -> Result<bool, Stop> {
        let damage = settle(self.source.pull(&mut [0]))?.err();
        let torn = self.mode == Mode::InSequence && partial.iter().any(|&byte| byte != 0);
        if torn && self.group.is_none() && self.at >= self.scope.end {
            return Ok(false);
        }
        // Two blocks of zeros end every tar, and after the first of them the mode is another. Where not even that
        // is there, a member was the last to be read: so one range says it, whichever reads that member.
        let unmarked = partial.is_empty() && self.mode == Mode::InSequence && self.first.is_some();
        let whole = damage.is_none() && !torn && !unmarked && self.group.is_none();
        if !whole {
            let early = || {
                let end = if unmarked && self.group.is_none() {
                    "without its end marker"
                } else {
                    "inside a header"
                };
                End::Truncated(format!("the tar ends {end}"))
            };
            self.notice(damage.unwrap_or_else(early))?;
        }
        self.at += partial.len() as u64;
        Ok(!whole)
    }

    /// Reports a header that is none, once for each gap in the sequence.
    fn damaged(&mut self, why: &str) -> Result<(), Stop> {
        if self.mode == Mode::InSequence {
            self.notice(End::Corrupt(why.to_owned()))?;
        }
        self.mode = Mode::Searching;
        self.group = None;
        Ok(())
    }

    /// Reports damage at the current header or the long-name header before it.
    fn notice(&mut self, end: End) -> Result<(), Stop> {
        let at = self.group.as_ref().map_or(self.at, |group| group.start);
        let label = join(self.place.archive, &format!("@{at}"));
        self.walker.notice(Place { archive: &label, ..self.place }, end)
    }

    /// Whether what follows the body of the member at the current offset is a header or an end, too.
    fn is_proved(&self, member: &Member) -> io::Result<bool> {
        let Some(blob) = self.scope.blob else { return Ok(true) };
        let next = self.at.saturating_add(BLOCK_BYTES).saturating_add(member.padded_size());
        if next.saturating_add(BLOCK_BYTES) > blob.size() {
            return Ok(next == blob.size());
        }
        let mut block = [0; BLOCK_BYTES as usize];
        blob.read_at(next, &mut block)?;
        Ok(!matches!(parse(&block), Block::Damaged(_)))
    }

    /// Reads the body that follows a header; whether the source ended in it, which was reported.
    fn member(&mut self, mut member: Member) -> Result<bool, Stop> {
        match member.kind {
            Kind::LongName | Kind::Pax => return self.extended(&member),
            // A global header, or one for the name of a link, between a long name and its member.
            Kind::Other if self.group.is_some() => return self.pass_over(&member),
            _ => {}
        }
        if let Some(group) = self.group.take() {
            member.name = group.name.unwrap_or(member.name);
            member.size = group.size.unwrap_or(member.size);
            if group.sparse && member.kind == Kind::File {
                member.kind = Kind::Sparse { more: false };
            }
        }
        let label = join(self.place.archive, &String::from_utf8_lossy(&member.name));
        match member.kind {
            // Old archives mark a directory by its name alone.
            Kind::File if label.ends_with('/') => self.pass_over(&member),
            Kind::File => {
                let mut body = Section::new(self.source, member.size);
                self.walker.file(&mut body, Place { archive: &label, ..self.place })?;
                let cut = body.is_cut();
                self.after(&member, cut)
            }
            Kind::Sparse { mut more } => {
                while more {
                    let mut block = [0; BLOCK_BYTES as usize];
                    more = fill(self.source, &mut block)? == block.len() && block[504] != 0;
                    self.at += BLOCK_BYTES;
                }
                let mut body = Section::new(self.source, member.size);
                let place = Place { archive: &label, ..self.place };
                self.walker.unopened(place, &mut body, End::Unsupported("a sparse file".to_owned()))?;
                let cut = body.is_cut();
                self.after(&member, cut)
            }
            Kind::NoBody => Ok(false),
            Kind::LongName | Kind::Pax | Kind::Other => self.pass_over(&member),
        }
    }

    /// Notes what a long-name or pax header says about the member after it.
    fn extended(&mut self, member: &Member) -> Result<bool, Stop> {
        let start = self.at - BLOCK_BYTES;
        let group = self.group.get_or_insert(Group { start, name: None, size: None, sparse: false });
        if member.size > EXTENDED_BYTES {
            let text = format!("an extended header of {} bytes", member.size);
            self.notice(End::Corrupt(text))?;
            return self.pass_over(member);
        }
        let mut body = vec![0; member.size as usize];
        if fill(self.source, &mut body)? < body.len() {
            let end = settle(self.source.pull(&mut [0]))?.err();
            let early = || End::Truncated("the tar ends inside a header".to_owned());
            self.notice(end.unwrap_or_else(early))?;
            return self.after(member, true);
        }
        if member.kind == Kind::LongName {
            let name = body.split(|&byte| byte == 0).next().unwrap_or_default();
            group.name = Some(name.to_vec());
        } else {
            let pax = parse_pax(&body);
            group.name = pax.path.or(group.name.take());
            group.size = pax.size.or(group.size);
            group.sparse |= pax.sparse;
        }
        self.after(member, false)
    }

    /// Skips a body that is not for the visitor.
    fn pass_over(&mut self, member: &Member) -> Result<bool, Stop> {
        let mut body = Section::new(self.source, member.size);
        let end = drain(&mut body)?;
        let cut = body.is_cut();
        if cut {
            self.at -= BLOCK_BYTES;
            self.notice(end)?;
            self.at += BLOCK_BYTES;
        }
        self.after(member, cut)
    }

    /// Goes on behind the padding of a body.
    fn after(&mut self, member: &Member, cut: bool) -> Result<bool, Stop> {
        self.at = self.at.saturating_add(member.padded_size());
        let padding = (member.padded_size() - member.size) as usize;
        if !cut {
            fill(self.source, &mut [0; BLOCK_BYTES as usize][..padding])?;
        }
        Ok(cut)
    }
}
