//! The body of one member of a zip.

use std::io;

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::local::{Local, begins_header, u32_at, u64_at};
use crate::source::container::limits::{Guard, Meter};
use crate::source::container::report::End;
use crate::source::container::stream::{Fault, Source, fill, settle};
use crate::source::container::walker::{Place, Stop, Walker};

/// Bytes held at a time; longer than any local header.
const BUFFER_BYTES: usize = 256 << 10;

/// Where a zip goes on after a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// With the next header.
    Next,
    /// Nobody knows: the length of the member was to be told behind it.
    Lost,
    /// Nowhere: the source ended inside the member, and that was reported.
    Cut,
}

/// Reads the member whose body is next in `from`; its label is `place.archive`.
pub(super) fn visit(
    walker: &mut Walker<'_>,
    from: &mut Buffered<'_>,
    local: &Local,
    place: Place<'_>,
) -> Result<After, Stop> {
    let known = !local.has_descriptor();
    let refused = match local.method {
        _ if local.is_encrypted() => Some("encrypted".to_owned()),
        Local::STORED if !known => Some("stored without its length".to_owned()),
        Local::STORED | Local::DEFLATED => None,
        method => Some(format!("compression method {method}")),
    };
    let meter = Meter::default();
    let outermost = place.outermost.unwrap_or(&meter);
    let mut body = Body {
        from,
        inflate: (refused.is_none() && local.method == Local::DEFLATED).then(|| Decompress::new(false)),
        remaining: known.then_some(local.stored),
        checks: if refused.is_some() { Checks::None } else { Checks::of(local) },
        crc: Crc::new(),
        consumed: 0,
        produced: 0,
        guard: Guard::new(walker.limits, place.outermost, &meter),
        end: None,
        cut: false,
    };
    match refused {
        Some(why) if known => walker.unopened(place, &mut body, End::Unsupported(why))?,
        Some(why) => {
            walker.notice(place, End::Unsupported(why))?;
            return Ok(After::Lost);
        }
        None if local.method == Local::DEFLATED => {
            walker.file(&mut body, Place { outermost: Some(outermost), ..place })?;
        }
        None => walker.file(&mut body, place)?,
    }
    let Body { remaining, end, cut, .. } = body;
    Ok(match (cut, remaining, end) {
        (true, ..) => After::Cut,
        (_, Some(rest), _) => {
            from.skip(rest)?;
            After::Next
        }
        (_, None, Some(End::Complete)) => After::Next,
        (_, None, _) => After::Lost,
    })
}

/// What the decompressed bytes must agree with.
enum Checks {
    Known {
        crc: u32,
        size: u64,
    },
    /// Told in a record behind the body.
    Descriptor,
    None,
}

impl Checks {
    fn of(local: &Local) -> Self {
        let Local { crc, size, .. } = *local;
        if local.has_descriptor() { Self::Descriptor } else { Self::Known { crc, size } }
    }
}

/// The decompressed bytes of a member, checked at their end.
struct Body<'b, 'a> {
    from: &'b mut Buffered<'a>,
    /// `None`: stored as it is.
    inflate: Option<Decompress>,
    /// Compressed bytes left; `None`: as many as there are.
    remaining: Option<u64>,
    checks: Checks,
    crc: Crc,
    consumed: u64,
    produced: u64,
    guard: Guard<'b>,
    end: Option<End>,
    /// The source itself ended.
    cut: bool,
}

impl Source for Body<'_, '_> {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        loop {
            match &self.end {
                Some(End::Complete) => return Ok(0),
                Some(end) => return Err(Fault::Damage(end.clone())),
                None => {}
            }
            let produced = self.step(out).map_err(Fault::Read)?;
            if produced > 0 {
                return Ok(produced);
            }
        }
    }
}

impl Body<'_, '_> {
    /// Decodes some bytes, or sets the end, or both.
    fn step(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = self.remaining.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        let input = self.from.ensure(usize::from(most > 0))?;
        let input = &input[..input.len().min(most)];
        let (starved, over) = (input.is_empty(), most == 0);
        let (consumed, produced, status) = match &mut self.inflate {
            None => {
                let n = input.len().min(out.len());
                out[..n].copy_from_slice(&input[..n]);
                (n, n, Ok(if over { Status::StreamEnd } else { Status::Ok }))
            }
            Some(inflate) => {
                let before = (inflate.total_in(), inflate.total_out());
                let status = inflate.decompress(input, out, FlushDecompress::None);
                let after = (inflate.total_in(), inflate.total_out());
                ((after.0 - before.0) as usize, (after.1 - before.1) as usize, status)
            }
        };
        self.from.consume(consumed);
        self.remaining = self.remaining.map(|left| left - consumed as u64);
        self.consumed += consumed as u64;
        self.produced += produced as u64;
        self.crc.update(&out[..produced]);
        let bomb = self.inflate.is_some().then(|| self.guard.step(consumed, produced)).flatten();
        let end = match status {
            _ if bomb.is_some() => bomb,
            Ok(Status::StreamEnd) => Some(self.check()?),
            Err(error) => Some(End::Corrupt(format!("deflate: {error}"))),
            Ok(_) if consumed > 0 || produced > 0 => None,
            Ok(_) if over => Some(End::Corrupt("deflate: the stream runs past its member".to_owned())),
            Ok(_) if starved => {
                self.cut = true;
                let early = || End::Truncated("the zip ends inside the member".to_owned());
                Some(self.from.damage().unwrap_or_else(early))
            }
            Ok(_) => Some(End::Corrupt("deflate: the stream makes no sense".to_owned())),
        };
        let lost = matches!(end, Some(End::Bomb(_)));
        self.end = end;
        Ok(if lost { 0 } else { produced })
    }

    /// Whether all that was decoded is what was stored.
    fn check(&mut self) -> io::Result<End> {
        let agrees = match self.checks {
            Checks::None => true,
            Checks::Known { crc, size } => crc == self.crc.sum() && size == self.produced,
            Checks::Descriptor => self.descriptor()?,
        };
        Ok(if agrees {
            End::Complete
        } else {
            End::Corrupt("the checksum or the length disagrees".to_owned())
        })
    }

    /// Passes over the record behind the body: checksum and both lengths, of 4 or 8 bytes, with or without
    /// a signature. Nothing says which of the four it is, so it is the one that agrees.
    fn descriptor(&mut self) -> io::Result<bool> {
        let ready = self.from.ensure(24)?;
        let ready = ready[..ready.len().min(24)].to_vec();
        let (crc, lengths) = (self.crc.sum(), (self.consumed, self.produced));
        let unsigned = ready.strip_prefix(b"PK\x07\x08").unwrap_or_default();
        for (record, signature) in [(unsigned, 4), (&ready, 0)] {
            let wide = (u64_at(record, 4), u64_at(record, 12));
            let narrow = (u64::from(u32_at(record, 4)), u64::from(u32_at(record, 8)));
            let bytes = match () {
                () if record.len() < 12 || u32_at(record, 0) != crc => continue,
                () if record.len() >= 20 && wide == lengths => 20,
                () if narrow == (lengths.0 & 0xffff_ffff, lengths.1 & 0xffff_ffff) => 12,
                () => continue,
            };
            self.from.consume(signature + bytes);
            return Ok(true);
        }
        Ok(false)
    }
}

/// A source that can be read ahead of.
pub(super) struct Buffered<'a> {
    inner: &'a mut dyn Source,
    buffer: Box<[u8]>,
    at: usize,
    len: usize,
    offset: u64,
    end: Option<End>,
}

impl<'a> Buffered<'a> {
    pub(super) fn new(inner: &'a mut dyn Source) -> Self {
        let buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
        Self { inner, buffer, at: 0, len: 0, offset: 0, end: None }
    }

    /// Bytes consumed so far.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The damage that the source ended in.
    pub(super) fn damage(&self) -> Option<End> {
        self.end.clone().filter(|end| *end != End::Complete)
    }

    /// The next bytes, at least `n` unless the source ends before.
    pub(super) fn ensure(&mut self, n: usize) -> io::Result<&[u8]> {
        if self.len - self.at < n && self.end.is_none() {
            self.buffer.copy_within(self.at..self.len, 0);
            self.len -= self.at;
            self.at = 0;
            self.len += fill(self.inner, &mut self.buffer[self.len..])?;
            if self.len < self.buffer.len() {
                self.end = Some(settle(self.inner.pull(&mut [0]))?.err().unwrap_or(End::Complete));
            }
        }
        Ok(&self.buffer[self.at..self.len])
    }

    pub(super) fn consume(&mut self, n: usize) {
        self.at = (self.at + n).min(self.len);
        self.offset += n as u64;
    }

    /// Passes over `bytes`, or what there is.
    pub(super) fn skip(&mut self, mut bytes: u64) -> io::Result<()> {
        while bytes > 0 {
            let ready = self.ensure(1)?.len();
            if ready == 0 {
                break;
            }
            let n = bytes.min(ready as u64);
            self.consume(n as usize);
            bytes -= n;
        }
        Ok(())
    }

    /// Passes over everything up to something that looks like a header.
    pub(super) fn seek_header(&mut self) -> io::Result<()> {
        loop {
            let ready = self.ensure(4)?;
            if ready.len() < 4 {
                let rest = ready.len();
                self.consume(rest);
                return Ok(());
            }
            let found = ready.windows(4).position(begins_header);
            let passed = found.unwrap_or(ready.len() - 3);
            self.consume(passed);
            if found.is_some() {
                return Ok(());
            }
        }
    }
}
