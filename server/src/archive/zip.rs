//! Zip files: written in one way only, so that the same files give the same bytes; read with suspicion, so that there is one way only to
//! understand what is read.
//!
//! Layout: PKWARE's APPNOTE 6.3.10, without encryption, splitting and ZIP64, which nothing here needs.

use std::{collections::BTreeSet, ops::Range};

use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};

/// The most bytes of an archive.
pub const ARCHIVE_MAX_BYTES: usize = 8 * 1_024 * 1_024;
/// The most files of an archive.
pub const FILES_MAX: usize = 2_000;
/// The most bytes of one of them.
pub const FILE_MAX_BYTES: usize = 8 * 1_024 * 1_024;
/// The most bytes of all together, unpacked.
pub const UNPACKED_MAX_BYTES: usize = 48 * 1_024 * 1_024;
/// The longest name, in bytes, and the most folders in each other.
const NAME_MAX_BYTES: usize = 240;
const DEPTH_MAX: usize = 12;
/// How much bigger a file may get when it is unpacked. Text gets some ten times bigger, and bombs a thousand times.
const RATIO_MAX: usize = 150;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;
const COMMENT_MAX_BYTES: usize = 0xffff;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Flags: encrypted, a patch, strong encryption, masked headers; and that the name is UTF-8.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
const PATCH: u16 = 1 << 5;
const UTF_8: u16 = 1 << 11;
/// The first of January 1980, when time begins for zip files.
const NO_DATE: u16 = 0x21;
/// A plain file that everybody may read, as Unix has it.
const PLAIN_FILE: u32 = 0o100_644 << 16;
const LEVEL: u8 = 6;

/// A file of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path, with slashes.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Why an archive is not read, or not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadZip {
    /// It is something else.
    #[error("this is not a zip file: {0}")]
    NotZip(&'static str),
    /// It is too big to look into.
    #[error("the archive has {0} bytes; {ARCHIVE_MAX_BYTES} is the most")]
    TooBig(usize),
    /// It holds too many files.
    #[error("the archive holds {0} files; {FILES_MAX} is the most")]
    TooMany(usize),
    /// One of its files is too big.
    #[error("\"{0}\" would have {1} bytes when unpacked; {FILE_MAX_BYTES} is the most for one file")]
    FileTooBig(String, usize),
    /// They are too big together.
    #[error("unpacked, the archive would have more than {UNPACKED_MAX_BYTES} bytes")]
    UnpackedTooBig,
    /// It is made to fill a disk.
    #[error("\"{0}\" would become more than {RATIO_MAX} times bigger when unpacked, as no file of a project does")]
    Bomb(String),
    /// A name that leads elsewhere, or that not everybody reads in the same way.
    #[error("the archive holds a file called \"{name}\", {reason}")]
    Name {
        /// The name, shortened, with what cannot be shown as escapes.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Two files of one name.
    #[error("the archive holds \"{0}\" twice")]
    Twice(String),
    /// It cannot be read without a password.
    #[error("\"{0}\" is encrypted; archives to bring back are not")]
    Encrypted(String),
    /// It is packed otherwise.
    #[error("\"{0}\" is packed in a way that this program does not unpack; use Deflate or none")]
    Method(String),
    /// It is a link, or something else that is no file.
    #[error("\"{0}\" is a link or a device, not a file")]
    NotFile(String),
    /// Its parts contradict each other.
    #[error("the archive is damaged at \"{0}\": {1}")]
    Damaged(String, &'static str),
}

/// The files as an archive, in the order of their names.
///
/// # Errors
/// [`BadZip`] when [`read`] would not take it.
pub fn write(mut entries: Vec<Entry>) -> Result<Vec<u8>, BadZip> {
    if entries.len() > FILES_MAX {
        return Err(BadZip::TooMany(entries.len()));
    }
    if entries.iter().map(|entry| entry.bytes.len()).sum::<usize>() > UNPACKED_MAX_BYTES {
        return Err(BadZip::UnpackedTooBig);
    }
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for entry in &entries {
        if entry.bytes.len() > FILE_MAX_BYTES {
            return Err(BadZip::FileTooBig(shown(&entry.name), entry.bytes.len()));
        }
        write_entry(&mut archive, &mut directory, entry);
    }
    let (offset, size) = (archive.len(), directory.len());
    archive.append(&mut directory);
    put_u32(&mut archive, END);
    put_u16s(&mut archive, &[0, 0, short(entries.len()), short(entries.len())]);
    put_u32(&mut archive, long(size));
    put_u32(&mut archive, long(offset));
    put_u16s(&mut archive, &[0]);
    if archive.len() > ARCHIVE_MAX_BYTES { Err(BadZip::TooBig(archive.len())) } else { Ok(archive) }
}

fn write_entry(archive: &mut Vec<u8>, directory: &mut Vec<u8>, entry: &Entry) {
    let packed = compress_to_vec(&entry.bytes, LEVEL);
    // What packs as no text does is left as it is, so that nobody takes it for a bomb.
    let plain = packed.len() >= entry.bytes.len() || is_bomb(entry.bytes.len(), packed.len());
    let (method, data) = if plain { (STORED, &entry.bytes) } else { (DEFLATED, &packed) };
    let mut common = Vec::with_capacity(LOCAL_BYTES);
    put_u16s(&mut common, &[20, UTF_8, method, 0, NO_DATE]);
    put_u32(&mut common, crc32fast::hash(&entry.bytes));
    put_u32(&mut common, long(data.len()));
    put_u32(&mut common, long(entry.bytes.len()));
    put_u16s(&mut common, &[short(entry.name.len()), 0]);

    put_u32(directory, CENTRAL);
    put_u16s(directory, &[3 << 8 | 20]);
    directory.extend(&common);
    put_u16s(directory, &[0, 0, 0]);
    put_u32(directory, PLAIN_FILE);
    put_u32(directory, long(archive.len()));
    directory.extend(entry.name.as_bytes());

    put_u32(archive, LOCAL);
    archive.extend(&common);
    archive.extend(entry.name.as_bytes());
    archive.extend(data);
}

/// What the directory of an archive says of a file.
struct Listed {
    name: String,
    is_folder: bool,
    flags: u16,
    method: u16,
    crc: u32,
    packed: usize,
    size: usize,
    offset: usize,
}

/// The files of an archive. Everything its directory says is looked at before the first byte is unpacked, and no more is unpacked than it
/// says.
///
/// # Errors
/// [`BadZip`] with the first reason found.
pub fn read(archive: &[u8]) -> Result<Vec<Entry>, BadZip> {
    if archive.len() > ARCHIVE_MAX_BYTES {
        return Err(BadZip::TooBig(archive.len()));
    }
    let (directory, count) = directory(archive)?;
    let listed = listed(archive, directory.clone(), count)?;
    let data = data(archive, directory.start, &listed)?;
    listed
        .iter()
        .zip(data)
        .filter(|(file, _)| !file.is_folder)
        .map(|(file, data)| Ok(Entry { name: file.name.clone(), bytes: unpack(file, data)? }))
        .collect()
}

/// Where the directory lies, and how many files it lists.
fn directory(archive: &[u8]) -> Result<(Range<usize>, usize), BadZip> {
    let not = BadZip::NotZip;
    let latest = archive.len().checked_sub(END_BYTES).ok_or(not("it is too short"))?;
    let earliest = latest.saturating_sub(COMMENT_MAX_BYTES);
    let ends = |at: &usize| {
        u32_at(archive, *at) == Some(END) && u16_at(archive, at + 20).map(usize::from) == Some(latest - at)
    };
    let at = (earliest..=latest).rev().find(ends).ok_or(not("it has no directory"))?;
    let short = |place: usize| u16_at(archive, at + place).unwrap_or(u16::MAX);
    let long = |place: usize| u32_at(archive, at + place).unwrap_or(u32::MAX) as usize;
    let (count, size, offset) = (short(10), long(12), long(16));
    if (short(4), short(6)) != (0, 0) || short(8) != count {
        return Err(not("it is a part of a split one"));
    }
    if count == u16::MAX || offset == u32::MAX as usize {
        return Err(not("it is in the ZIP64 format, which a project has no need of"));
    }
    // Anything before, between or behind could be read as another archive by another program.
    if offset.checked_add(size) != Some(at) {
        return Err(not("its directory is not where it says"));
    }
    if usize::from(count) > FILES_MAX {
        return Err(BadZip::TooMany(count.into()));
    }
    Ok((offset..at, count.into()))
}

/// What the directory lists, with everything that can be refused without unpacking refused.
fn listed(archive: &[u8], directory: Range<usize>, count: usize) -> Result<Vec<Listed>, BadZip> {
    let mut at = directory.start;
    let (mut all, mut names, mut total) = (Vec::with_capacity(count), BTreeSet::new(), 0_usize);
    for _ in 0..count {
        let (file, next) = listed_at(archive, at, directory.end)?;
        total += file.size;
        if file.size > FILE_MAX_BYTES {
            return Err(BadZip::FileTooBig(shown(&file.name), file.size));
        }
        if total > UNPACKED_MAX_BYTES {
            return Err(BadZip::UnpackedTooBig);
        }
        if is_bomb(file.size, file.packed) {
            return Err(BadZip::Bomb(shown(&file.name)));
        }
        if !names.insert(file.name.clone()) {
            return Err(BadZip::Twice(shown(&file.name)));
        }
        all.push(file);
        at = next;
    }
    if at == directory.end { Ok(all) } else { Err(BadZip::NotZip("its directory lists more than it says")) }
}

fn listed_at(archive: &[u8], at: usize, end: usize) -> Result<(Listed, usize), BadZip> {
    let short = |place: usize| u16_at(archive, at + place).unwrap_or_default();
    let long = |place: usize| u32_at(archive, at + place).unwrap_or_default();
    let name_end = at + CENTRAL_BYTES + usize::from(short(28));
    let next = name_end + usize::from(short(30)) + usize::from(short(32));
    if u32_at(archive, at) != Some(CENTRAL) || next > end {
        return Err(BadZip::NotZip("its directory is cut short"));
    }
    let raw = archive.get(at + CENTRAL_BYTES..name_end).unwrap_or_default();
    let (flags, method) = (short(8), short(10));
    let name = name(raw, flags)?;
    if flags & ENCRYPTED != 0 {
        return Err(BadZip::Encrypted(shown(&name)));
    }
    if flags & PATCH != 0 || !matches!(method, STORED | DEFLATED) {
        return Err(BadZip::Method(shown(&name)));
    }
    let (packed, size, offset) = (long(20) as usize, long(24) as usize, long(42) as usize);
    let is_folder = name.ends_with('/');
    let kind = (long(38) >> 16) & 0o170_000;
    let expected = if is_folder { 0o040_000 } else { 0o100_000 };
    if kind != 0 && kind != expected {
        return Err(BadZip::NotFile(shown(&name)));
    }
    if short(34) != 0 || (is_folder && size != 0) || (method == STORED && packed != size) {
        return Err(BadZip::Damaged(shown(&name), "its directory contradicts itself"));
    }
    Ok((Listed { is_folder, flags, method, crc: long(16), packed, size, offset, name }, next))
}

/// Where each file's bytes lie. No two share one, and what stands before them says the same as the directory.
fn data<'a>(archive: &'a [u8], end: usize, listed: &[Listed]) -> Result<Vec<&'a [u8]>, BadZip> {
    let mut taken = Vec::with_capacity(listed.len());
    let mut all = Vec::with_capacity(listed.len());
    for file in listed {
        let damaged = |reason| BadZip::Damaged(shown(&file.name), reason);
        let short = |place: usize| u16_at(archive, file.offset + place).unwrap_or_default();
        let (named, extra) = (usize::from(short(26)), usize::from(short(28)));
        let name = archive.get(file.offset + LOCAL_BYTES..file.offset + LOCAL_BYTES + named);
        let agrees = u32_at(archive, file.offset) == Some(LOCAL)
            && name == Some(file.name.as_bytes())
            && (short(6), short(8)) == (file.flags, file.method);
        if !agrees {
            return Err(damaged("what stands before the file contradicts the directory"));
        }
        let start = file.offset + LOCAL_BYTES + named + extra;
        let range = start..start + file.packed;
        if range.end > end {
            return Err(damaged("it is cut short"));
        }
        all.push(archive.get(range.clone()).ok_or_else(|| damaged("it is cut short"))?);
        taken.push((file.offset..range.end, &file.name));
    }
    taken.sort_by_key(|(range, _)| range.start);
    match taken.windows(2).find(|pair| pair[1].0.start < pair[0].0.end) {
        Some(pair) => Err(BadZip::Damaged(shown(pair[1].1), "it shares bytes with another file")),
        None => Ok(all),
    }
}

fn unpack(file: &Listed, data: &[u8]) -> Result<Vec<u8>, BadZip> {
    let damaged = |reason| BadZip::Damaged(shown(&file.name), reason);
    let bytes = match file.method {
        STORED => data.to_vec(),
        _ => decompress_to_vec_with_limit(data, file.size).map_err(|_| damaged("it cannot be unpacked"))?,
    };
    if bytes.len() != file.size {
        return Err(damaged("it has another size than the directory says"));
    }
    if crc32fast::hash(&bytes) != file.crc { Err(damaged("its checksum is another")) } else { Ok(bytes) }
}

/// A name that everybody reads in the same way, and that leads nowhere else.
fn name(raw: &[u8], flags: u16) -> Result<String, BadZip> {
    let refused = |reason| BadZip::Name { name: shown(&String::from_utf8_lossy(raw)), reason };
    if raw.len() > NAME_MAX_BYTES {
        return Err(refused("a name of more than 240 bytes"));
    }
    let name = std::str::from_utf8(raw).map_err(|_| refused("which is not UTF-8"))?;
    if !name.is_ascii() && flags & UTF_8 == 0 {
        return Err(refused("which does not say that it is UTF-8"));
    }
    if name.chars().any(|c| c.is_control() || matches!(c, '\\' | ':')) {
        return Err(refused("with a character that not every file system takes"));
    }
    if name.starts_with('/') {
        return Err(refused("which is an absolute path"));
    }
    let path = name.strip_suffix('/').unwrap_or(name);
    let mut parts = path.split('/');
    match parts.clone().count() {
        0..=DEPTH_MAX => {}
        _ => return Err(refused("more than 12 folders deep")),
    }
    match parts.find(|part| matches!(*part, "" | "." | "..")) {
        Some("..") => Err(refused("which leads out of its folder")),
        Some(_) => Err(refused("which is no plain path")),
        None => Ok(name.to_owned()),
    }
}

fn is_bomb(size: usize, packed: usize) -> bool {
    size > 64 * 1_024 && size / RATIO_MAX > packed
}

/// A name as an error shows it: short, and with no character that does anything.
fn shown(name: &str) -> String {
    let short: String = name.chars().take(80).collect();
    short.escape_debug().to_string()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn put_u16s(bytes: &mut Vec<u8>, values: &[u16]) {
    values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
}

fn put_u32(bytes: &mut Vec<u8>, value: u32) {
    bytes.extend(value.to_le_bytes());
}

/// Lengths are within the limits of an archive, which are far below these.
fn short(value: usize) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

fn long(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
