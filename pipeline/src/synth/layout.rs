//! How minutes are packed into files: the archives of each era, and bare NDJSON.
//!
//! Names follow the archive's own clock, seven hours behind UTC. One archive holds one day of it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use zip::write::SimpleFileOptions;

use super::clock::{ARCHIVE_OFFSET_MS, Civil};
use crate::error::{Error, ErrorKind, Result};

/// How the lines are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A tar a day, members `YYYY/MM/DD/HH/MM.json.bz2`: the public archive until 2020.
    TarBz2,
    /// A tar a day, members `YYYYMMDD/YYYYMMDDHHMMSS.json.gz`: the public archive from August 2021.
    TarGz,
    /// A zip a day, stored, with folder entries, members as in `tar-bz2`: the public archive in early 2021.
    ZipBz2,
    /// Folders `YYYY/MM/DD/HH` of files `MM.json.bz2`: an unpacked archive.
    DirBz2,
    /// NDJSON as it is.
    Ndjson,
    /// NDJSON packed with gzip, a gzip member a minute.
    NdjsonGz,
    /// NDJSON packed with bzip2, a bzip2 stream a minute.
    NdjsonBz2,
    /// NDJSON packed with Zstandard, a frame a minute.
    NdjsonZst,
}

impl Layout {
    /// Every layout.
    pub const ALL: [Self; 8] = [
        Self::TarBz2,
        Self::TarGz,
        Self::ZipBz2,
        Self::DirBz2,
        Self::Ndjson,
        Self::NdjsonGz,
        Self::NdjsonBz2,
        Self::NdjsonZst,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::TarBz2 => "tar-bz2",
            Self::TarGz => "tar-gz",
            Self::ZipBz2 => "zip-bz2",
            Self::DirBz2 => "dir-bz2",
            Self::Ndjson => "ndjson",
            Self::NdjsonGz => "ndjson-gz",
            Self::NdjsonBz2 => "ndjson-bz2",
            Self::NdjsonZst => "ndjson-zst",
        }
    }

    /// Whether it is bare NDJSON, packed or not.
    pub fn is_ndjson(self) -> bool {
        matches!(self, Self::Ndjson | Self::NdjsonGz | Self::NdjsonBz2 | Self::NdjsonZst)
    }

    pub(super) fn codec(self) -> Codec {
        match self {
            Self::TarBz2 | Self::ZipBz2 | Self::DirBz2 | Self::NdjsonBz2 => Codec::Bz2,
            Self::TarGz | Self::NdjsonGz => Codec::Gz,
            Self::Ndjson => Codec::Plain,
            Self::NdjsonZst => Codec::Zst,
        }
    }
}

impl FromStr for Layout {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|layout| layout.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
            format!("there is no layout {name}; choose one of {}", names.join(", "))
        })
    }
}

/// How bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Plain,
    Gz,
    Bz2,
    Zst,
}

/// Packs the lines of one minute, on whichever thread makes them.
pub(super) enum Packer {
    Plain(Vec<u8>),
    Gz(flate2::write::GzEncoder<Vec<u8>>),
    Bz2(bzip2::write::BzEncoder<Vec<u8>>),
    Zst(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Packer {
    /// A packer for a minute that begins at `ms`.
    pub(super) fn new(codec: Codec, ms: i64) -> io::Result<Self> {
        Ok(match codec {
            Codec::Plain => Self::Plain(Vec::new()),
            Codec::Gz => Self::Gz(
                flate2::GzBuilder::new()
                    .mtime(u32::try_from(ms / 1000).unwrap_or(0))
                    .write(Vec::new(), flate2::Compression::default()),
            ),
            Codec::Bz2 => Self::Bz2(bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best())),
            Codec::Zst => Self::Zst(zstd::stream::write::Encoder::new(Vec::new(), 3)?),
        })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.write_all(bytes),
            Self::Gz(out) => out.write_all(bytes),
            Self::Bz2(out) => out.write_all(bytes),
            Self::Zst(out) => out.write_all(bytes),
        }
    }

    pub(super) fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Plain(out) => Ok(out),
            Self::Gz(out) => out.finish(),
            Self::Bz2(out) => out.finish(),
            Self::Zst(out) => out.finish(),
        }
    }
}

/// Where a minute goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// File, relative to the folder of raw archives.
    pub(super) file: String,
    /// Name inside the archive.
    pub(super) member: Option<String>,
}

impl Place {
    /// The place of the minute that begins at `ms`, UTC.
    pub(super) fn of(layout: Layout, minute_files: bool, ms: i64) -> Self {
        let Civil { year, month, day, hour, minute, second, .. } = Civil::from_ms(ms + ARCHIVE_OFFSET_MS);
        let nested = || format!("{year}/{month:02}/{day:02}/{hour:02}/{minute:02}.json.bz2");
        let date = format!("{year}{month:02}{day:02}");
        let dashed = format!("{year}-{month:02}-{day:02}");
        let time = format!("{date}{hour:02}{minute:02}{second:02}");
        let ndjson = |suffix: &str| {
            let name = if minute_files { format!("{date}/{time}") } else { format!("twitter-stream-{date}") };
            (format!("{name}.ndjson{suffix}"), None)
        };
        let (file, member) = match layout {
            Layout::TarBz2 => (format!("twitter-stream-{dashed}.tar"), Some(nested())),
            Layout::TarGz => (format!("twitter-stream-{date}.tar"), Some(format!("{date}/{time}.json.gz"))),
            Layout::ZipBz2 => (format!("twitter-stream-{dashed}.zip"), Some(nested())),
            Layout::DirBz2 => (nested(), None),
            Layout::Ndjson => ndjson(""),
            Layout::NdjsonGz => ndjson(".gz"),
            Layout::NdjsonBz2 => ndjson(".bz2"),
            Layout::NdjsonZst => ndjson(".zst"),
        };
        Self { file, member }
    }
}

/// The file being written.
enum Open {
    Tar(tar::Builder<BufWriter<File>>),
    Zip(Box<zip::ZipWriter<BufWriter<File>>>, BTreeSet<String>),
    Bare(BufWriter<File>),
}

/// Writes packed minutes to files, in order, one file after another.
pub(super) struct Shelf {
    folder: PathBuf,
    open: Option<(String, Open)>,
    /// Bytes of the files that are finished.
    packed_bytes: u64,
}

impl Shelf {
    /// Files go under `folder`.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, open: None, packed_bytes: 0 }
    }

    /// Puts a packed minute that begins at `ms` in its place.
    pub(super) fn put(&mut self, place: &Place, ms: i64, packed: &[u8]) -> Result<()> {
        if self.open.as_ref().is_none_or(|(file, _)| *file != place.file) {
            self.close()?;
            self.open = Some((place.file.clone(), self.create(place)?));
        }
        let Some((file, open)) = &mut self.open else { return Ok(()) };
        let done = match (open, &place.member) {
            (Open::Tar(tar), Some(member)) => put_tar(tar, member, ms, packed),
            (Open::Zip(zip, folders), Some(member)) => put_zip(zip, folders, member, ms, packed),
            (Open::Bare(bare), _) => bare.write_all(packed),
            (_, None) => Err(io::Error::other("an archive needs a member's name")),
        };
        done.map_err(|error| unwritable(&self.folder.join(file), error))
    }

    /// Finishes the last file, and tells the bytes of all.
    pub(super) fn finish(mut self) -> Result<u64> {
        self.close()?;
        Ok(self.packed_bytes)
    }

    fn create(&self, place: &Place) -> Result<Open> {
        let path = self.folder.join(&place.file);
        let create = || -> io::Result<BufWriter<File>> {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            Ok(BufWriter::with_capacity(1 << 20, File::create(&path)?))
        };
        let file = create().map_err(|error| unwritable(&path, error))?;
        Ok(match place.member {
            None => Open::Bare(file),
            Some(_) if Path::new(&place.file).extension().is_some_and(|extension| extension == "zip") => {
                Open::Zip(Box::new(zip::ZipWriter::new(file)), BTreeSet::new())
            }
            Some(_) => Open::Tar(tar::Builder::new(file)),
        })
    }

    fn close(&mut self) -> Result<()> {
        let Some((file, open)) = self.open.take() else { return Ok(()) };
        let path = self.folder.join(file);
        let close = || -> io::Result<u64> {
            let buffer = match open {
                Open::Tar(tar) => tar.into_inner()?,
                Open::Zip(zip, _) => zip.finish()?,
                Open::Bare(bare) => bare,
            };
            let file = buffer.into_inner().map_err(io::IntoInnerError::into_error)?;
            Ok(file.metadata()?.len())
        };
        self.packed_bytes += close().map_err(|error| unwritable(&path, error))?;
        Ok(())
    }
}

fn put_tar(tar: &mut tar::Builder<BufWriter<File>>, member: &str, ms: i64, packed: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o644);
    header.set_mtime(u64::try_from(ms / 1000).unwrap_or(0));
    header.set_size(packed.len() as u64);
    tar.append_data(&mut header, member, packed)
}

fn put_zip(
    zip: &mut zip::ZipWriter<BufWriter<File>>,
    folders: &mut BTreeSet<String>,
    member: &str,
    ms: i64,
    packed: &[u8],
) -> io::Result<()> {
    let Civil { year, month, day, hour, minute, second, .. } = Civil::from_ms(ms + ARCHIVE_OFFSET_MS);
    let year = u16::try_from(year).unwrap_or(1980);
    let time = zip::DateTime::from_date_and_time(year, month, day, hour, minute, second).unwrap_or_default();
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(time)
        .unix_permissions(0o644);
    for (at, _) in member.match_indices('/') {
        let folder = member.get(..at).unwrap_or_default();
        if folders.insert(folder.to_owned()) {
            zip.add_directory(folder, options.unix_permissions(0o755))?;
        }
    }
    zip.start_file(member, options)?;
    zip.write_all(packed)
}

/// A file of ours that can't be written; a full disk keeps its own message.
pub(super) fn unwritable(path: &Path, error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::StorageFull {
        return Error::new(ErrorKind::Resource, format!("no space left to write {}", path.display()))
            .with_source(error)
            .with_hint("ask for less, or write to a larger disk");
    }
    Error::new(ErrorKind::Store, format!("{} could not be written", path.display())).with_source(error)
}
