//! Archives packed byte by byte: as they should be, and as nobody should make them.

use std::{collections::BTreeMap, io::Write as _};

use serde_json::{Value, json};
use sha2::Digest as _;

/// Files that pack as tightly as bombs.
pub const BLANK: [&str; 3] = ["code/blank.txt", "code.json", "code.md"];

pub fn sha256(bytes: &[u8]) -> String {
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub type Files = BTreeMap<String, Vec<u8>>;

pub fn unzipped(archive: &[u8]) -> Files {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let mut read = |name: &String| {
        let mut bytes = Vec::new();
        std::io::copy(&mut zip.by_name(name).unwrap(), &mut bytes).unwrap();
        (name.clone(), bytes)
    };
    names.iter().map(&mut read).collect()
}

pub fn packed(files: &Files) -> Vec<u8> {
    let file = |(name, bytes): (&String, &Vec<u8>)| match Raw::file(name.as_bytes(), bytes) {
        file if BLANK.contains(&name.as_str()) => Raw { method: 0, data: bytes.clone(), ..file },
        file => file,
    };
    raw(&files.iter().map(file).collect::<Vec<_>>())
}

/// An archive whose files were changed behind the manifest's back.
pub fn changed(sound: &Files, change: impl Fn(&mut Files)) -> Vec<u8> {
    let mut files = sound.clone();
    change(&mut files);
    packed(&files)
}

pub fn push(files: &mut Files, name: &str, more: &str) {
    files.entry(name.to_owned()).or_default().extend(more.as_bytes());
}

/// An archive that was changed by somebody who knows how to make a manifest.
pub fn sealed(sound: &Files, change: impl Fn(&mut Files, &mut Value)) -> Vec<u8> {
    let mut files = sound.clone();
    let mut manifest: Value = serde_json::from_slice(&files.remove("manifest.json").unwrap()).unwrap();
    change(&mut files, &mut manifest);
    for section in manifest["sections"].as_array_mut().unwrap() {
        section["sha256"] = json!(sha256(&files[section["file"].as_str().unwrap()]));
    }
    let listed = files.iter().map(|(path, bytes)| json!({"path": path, "bytes": bytes.len(), "sha256": sha256(bytes)}));
    manifest["files"] = listed.collect();
    files.insert("manifest.json".to_owned(), manifest.to_string().into_bytes());
    packed(&files)
}

/// Likewise with a section changed.
pub fn section(sound: &Files, stage: &str, change: impl Fn(&mut Value)) -> Vec<u8> {
    sealed(sound, |files, _| {
        let bytes = files.get_mut(&format!("{stage}.json")).unwrap();
        let mut section: Value = serde_json::from_slice(bytes).unwrap();
        change(&mut section);
        *bytes = section.to_string().into_bytes();
    })
}

pub fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!([inner]))
}

/// A file of an archive, and what is said of it, true or not.
pub struct Raw {
    pub name: Vec<u8>,
    pub inner_name: Vec<u8>,
    pub flags: u16,
    pub method: u16,
    pub crc: u32,
    pub size: u32,
    pub mode: u32,
    pub data: Vec<u8>,
}

impl Raw {
    pub fn file(name: &[u8], bytes: &[u8]) -> Self {
        let data = miniz(bytes);
        Self {
            name: name.to_vec(),
            inner_name: Vec::new(),
            flags: 1 << 11,
            method: 8,
            crc: crc(bytes),
            size: bytes.len().try_into().unwrap(),
            mode: 0,
            data,
        }
    }

    /// One that says how big it is and is not packed tightly enough to be a bomb by itself.
    pub fn loose(name: &str, size: u32) -> Self {
        Self { size, data: vec![1; 60_000], ..Self::file(name.as_bytes(), b"") }
    }
}

pub fn miniz(bytes: &[u8]) -> Vec<u8> {
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("x", options).unwrap();
    writer.write_all(bytes).unwrap();
    let archive = writer.finish().unwrap().into_inner();
    let size = {
        let mut read = zip::ZipArchive::new(std::io::Cursor::new(&archive)).unwrap();
        let file = read.by_index(0).unwrap();
        (usize::try_from(file.data_start().unwrap()).unwrap(), usize::try_from(file.compressed_size()).unwrap())
    };
    archive[size.0..size.0 + size.1].to_vec()
}

pub fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    }) ^ !0
}

/// An archive of these, byte for byte as they say.
pub fn raw(files: &[Raw]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for file in files {
        let inner = if file.inner_name.is_empty() { &file.name } else { &file.inner_name };
        let head = |name: &[u8]| {
            let mut head = Vec::new();
            [20, file.flags, file.method, 0, 0x21].iter().for_each(|value: &u16| head.extend(value.to_le_bytes()));
            [file.crc, file.data.len() as u32, file.size].iter().for_each(|value| head.extend(value.to_le_bytes()));
            [name.len() as u16, 0].iter().for_each(|value| head.extend(value.to_le_bytes()));
            head
        };
        directory.extend(0x0201_4b50_u32.to_le_bytes());
        directory.extend((3_u16 << 8 | 20).to_le_bytes());
        directory.extend(head(&file.name));
        directory.extend([0; 6]);
        directory.extend((file.mode << 16).to_le_bytes());
        directory.extend(u32::try_from(archive.len()).unwrap().to_le_bytes());
        directory.extend(&file.name);
        archive.extend(0x0403_4b50_u32.to_le_bytes());
        archive.extend(head(inner));
        archive.extend(inner);
        archive.extend(&file.data);
    }
    end(archive, &directory, files.len())
}

pub fn end(mut archive: Vec<u8>, directory: &[u8], count: usize) -> Vec<u8> {
    let offset = archive.len() as u32;
    archive.extend(directory);
    archive.extend(0x0605_4b50_u32.to_le_bytes());
    [0, 0, count as u16, count as u16].iter().for_each(|value: &u16| archive.extend(value.to_le_bytes()));
    [directory.len() as u32, offset].iter().for_each(|value| archive.extend(value.to_le_bytes()));
    archive.extend([0; 2]);
    archive
}

/// Two files of which the second lies in the first one's bytes, as in the bombs that David Fifield describes.
pub fn overlapping() -> Vec<u8> {
    let inner = raw(&[Raw::file(b"b", b"hello hello hello")]);
    let local = 30 + 1 + miniz(b"hello hello hello").len();
    let outer = Raw { method: 0, ..Raw::file(b"a", &inner[..local]) };
    let outer = Raw { data: inner[..local].to_vec(), ..outer };
    let one = raw(&[outer]);
    let (first, second) = (one.len() - 22 - 47, inner.len() - 22 - 47);
    let mut directory = one[first..one.len() - 22].to_vec();
    let mut listed = inner[second..inner.len() - 22].to_vec();
    listed[42..46].copy_from_slice(&31_u32.to_le_bytes());
    directory.extend(listed);
    end(one[..first].to_vec(), &directory, 2)
}

/// With a 16-bit value of the last record changed.
pub fn patched(archive: &[u8], from_end: usize, value: u16) -> Vec<u8> {
    let mut archive = archive.to_vec();
    let at = archive.len() - from_end;
    archive[at..at + 2].copy_from_slice(&value.to_le_bytes());
    archive
}

/// With a 32-bit value of the last record saying that it is elsewhere.
pub fn patched32(archive: &[u8], at: usize) -> Vec<u8> {
    let mut archive = archive.to_vec();
    let at = archive.len() - 22 + at;
    archive[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    archive
}
