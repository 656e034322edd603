//! The code section: the program, file by file.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{BadPiece, bad, put, shaped};
use crate::{Piece, PiecePath};

const SECTION: &str = "code";
/// The most bytes one file may have.
pub const FILE_MAX_BYTES: usize = 512 * 1_024;

/// The program. Files are in the order in which a reader should meet them; ids and paths are unique.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Code {
    /// What it is and how it is run, in two or three sentences.
    pub overview: String,
    /// The files.
    pub files: Vec<SourceFile>,
}

/// A file of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Its path with hyphens: `src-routes-listings-rs`; unique among files. See [`file_id`].
    pub id: String,
    /// Its path in the program's folder: `src/routes/listings.rs`.
    pub path: String,
    /// What it is there for.
    pub purpose: String,
    /// What it holds.
    pub content: String,
    /// Ids of the operations it handles.
    #[serde(default)]
    pub operations: Vec<String>,
    /// Ids of the tables it reads, writes or makes.
    #[serde(default)]
    pub tables: Vec<String>,
    /// Ids of the features it serves.
    #[serde(default)]
    pub features: Vec<String>,
}

super::identified!(SourceFile);

impl Code {
    /// The file at a path.
    pub fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The section as the pieces it streams as, in reading order. [`Code::apply`] puts them together again.
    pub fn pieces(&self) -> Vec<Piece> {
        let overview = (!self.overview.is_empty()).then(|| ("overview".to_owned(), json!(self.overview)));
        let files = self.files.iter().map(|file| (format!("files/{}", file.id), json!(file)));
        let pieces = overview.into_iter().chain(files);
        pieces.filter_map(|(path, value)| Some(Piece { path: PiecePath::parse(&path).ok()?, value })).collect()
    }

    /// Puts one piece in its place; a path that is taken is replaced, so that applying a piece twice changes nothing.
    ///
    /// # Errors
    /// [`BadPiece`] when the section has no such part, the value does not have its shape, or a file's path could lead out of the
    /// program's folder. The section is left as it was.
    pub fn apply(&mut self, piece: &Piece) -> Result<(), BadPiece> {
        match piece.path.part() {
            "overview" => self.overview = shaped(SECTION, piece)?,
            "files" => self.put_file(piece)?,
            _ => return Err(bad(SECTION, piece, "there is no such part")),
        }
        Ok(())
    }

    fn put_file(&mut self, piece: &Piece) -> Result<(), BadPiece> {
        let file: SourceFile = shaped(SECTION, piece)?;
        if !is_file_path(&file.path) {
            return Err(bad(SECTION, piece, "its path must be relative, of plain names, and stay in its folder"));
        }
        if file.content.len() > FILE_MAX_BYTES {
            return Err(bad(SECTION, piece, &format!("a file may have {FILE_MAX_BYTES} bytes")));
        }
        if self.files.iter().any(|other| other.path.eq_ignore_ascii_case(&file.path) && other.id != file.id) {
            return Err(bad(SECTION, piece, "another file has that path"));
        }
        put(SECTION, &mut self.files, piece)
    }

    /// Appends text to a file that is being written.
    ///
    /// # Errors
    /// [`BadPiece`] when there is no such file, or it would be too long.
    pub fn append(&mut self, path: &PiecePath, text: &str) -> Result<(), BadPiece> {
        let refused = |reason: &str| BadPiece { section: SECTION, path: path.clone(), reason: reason.to_owned() };
        if path.as_str() == "overview" {
            self.overview.push_str(text);
            return Ok(());
        }
        let file = self.files.iter_mut().find(|file| path.part() == "files" && path.id() == Some(&file.id));
        let file = file.ok_or_else(|| refused("there is no such file"))?;
        if file.content.len() + text.len() > FILE_MAX_BYTES {
            return Err(refused("the file would be too long"));
        }
        file.content.push_str(text);
        Ok(())
    }
}

/// The id of the file at a path: what is no letter or digit becomes a hyphen.
pub fn file_id(path: &str) -> String {
    path.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// Whether a path is relative, of plain names that every file system takes, and stays in its folder.
pub fn is_file_path(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name = |part: &str| {
        let device = part.split('.').next().unwrap_or_default().to_ascii_uppercase();
        let reserved = ["CON", "PRN", "AUX", "NUL"].contains(&device.as_str());
        !part.is_empty() && part.len() <= 100 && part.chars().all(plain) && !part.ends_with('.') && !reserved
    };
    path.len() <= 180 && path.split('/').count() <= 8 && path.split('/').all(name)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn file(path: &str) -> Piece {
        let id = file_id(path);
        let value = json!({ "id": id, "path": path, "purpose": "x", "content": "fn main() {}" });
        Piece { path: PiecePath::parse(&format!("files/{id}")).unwrap(), value }
    }

    #[test]
    fn files_stay_in_their_folder() {
        let mut code = Code::default();
        for good in ["Cargo.toml", ".github/workflows/ci.yml", "src/routes/listings.rs", "migrations/0001_init.sql"] {
            code.apply(&file(good)).unwrap();
            assert!(code.file(good).is_some(), "{good}");
        }
        for bad in ["/etc/passwd", "../up", "a/../b", "a//b", "a\\b", "C:x", "", ".", "..", "nul.txt", "a b", "é"] {
            assert!(!is_file_path(bad), "{bad}");
        }
        assert!(code.apply(&file("cargo.toml")).is_err() || code.files.len() == 4, "one path, one file");
    }

    #[test]
    fn a_file_may_be_written_bit_by_bit_but_not_without_end() {
        let mut code = Code::default();
        let piece = file("src/main.rs");
        code.apply(&piece).unwrap();
        code.append(&piece.path, "\n// more").unwrap();
        assert_eq!(code.files[0].content, "fn main() {}\n// more");
        assert!(code.append(&piece.path, &"x".repeat(FILE_MAX_BYTES)).is_err());
        assert!(code.append(&PiecePath::parse("files/other").unwrap(), "x").is_err());
    }
}
