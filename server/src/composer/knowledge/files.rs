//! The knowledge folder as it was when the program was built.

use std::{fmt, fs, io, path::Path};

use include_dir::{Dir, include_dir};
use serde::de::DeserializeOwned;

/// Packed by `build.rs`.
static EMBEDDED: Dir<'static> = include_dir!("$OUT_DIR/knowledge");

/// What a knowledge folder consists of.
const FOLDERS: [&str; 8] =
    ["actions", "archetypes", "architecture", "brand", "capabilities", "design", "domains", "lexicon"];

/// What only later sections need.
const LATER: [&str; 3] = ["architecture", "brand", "design"];

/// A mistake in a knowledge file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which file, from the knowledge folder.
    pub file: String,
    /// What is wrong, with the field.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.reason)
    }
}

impl std::error::Error for Fault {}

/// A set of knowledge files, by their paths from the knowledge folder.
#[derive(Debug)]
pub struct Files(pub(super) Vec<(String, Content)>);

/// What a file says.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// As it was written: TOML.
    Text(String),
    /// As the program carries it: MessagePack.
    Packed(&'static [u8]),
}

impl Files {
    /// The files this program was built with.
    pub fn embedded() -> Self {
        let packed = EMBEDDED.dirs().flat_map(Dir::files).filter_map(|file| {
            let path = file.path().with_extension("toml");
            Some((path.to_str()?.to_owned(), Content::Packed(file.contents())))
        });
        let mut files: Vec<(String, Content)> = packed.collect();
        files.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self(files)
    }

    /// The files of a folder with the same shape, so that an author can try an addition without building the program. Files that are
    /// not TOML are left alone.
    ///
    /// # Errors
    /// [`io::Error`] when the folder or a file in it cannot be read.
    pub fn from_folder(root: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        for folder in FOLDERS {
            let entries = match fs::read_dir(root.join(folder)) {
                // Whoever tries an archetype need not have those of later sections; they then say which ones are missing.
                Err(error) if error.kind() == io::ErrorKind::NotFound && LATER.contains(&folder) => continue,
                entries => entries?,
            };
            for entry in entries {
                let path = entry?.path();
                if path.extension().is_some_and(|extension| extension == "toml") {
                    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    files.push((format!("{folder}/{name}"), Content::Text(fs::read_to_string(&path)?)));
                }
            }
        }
        files.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Self(files))
    }

    /// The files of one folder alone.
    pub fn of_folder(&self, folder: &str) -> Self {
        let prefix = format!("{folder}/");
        Self(self.0.iter().filter(|(path, _)| path.starts_with(&prefix)).cloned().collect())
    }

    /// Files given as text, for tests.
    #[cfg(test)]
    pub fn from_texts(texts: &[(&str, &str)]) -> Self {
        let text = |(path, text): &(&str, &str)| ((*path).to_owned(), Content::Text((*text).to_owned()));
        Self(texts.iter().map(text).collect())
    }

    /// Paths and texts of the files that this program was built from, for tests.
    #[cfg(test)]
    pub fn sources() -> Vec<(String, String)> {
        let written = Self::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge")).unwrap();
        let text = |(path, content)| match content {
            Content::Text(text) => (path, text),
            Content::Packed(_) => unreachable!("a folder holds texts"),
        };
        written.0.into_iter().map(text).collect()
    }

    /// Parses one file of a folder.
    ///
    /// # Errors
    /// A [`Fault`] when it is missing or does not have the shape of `T`.
    pub fn parse<T: DeserializeOwned>(&self, folder: &str, name: &str) -> Result<T, Fault> {
        let path = format!("{folder}/{name}.toml");
        let fault = |reason: String| Fault { file: path.clone(), reason };
        let (_, content) =
            self.0.iter().find(|(p, _)| *p == path).ok_or_else(|| fault("the file is missing".to_owned()))?;
        match content {
            Content::Text(text) => toml::from_str(text).map_err(|e| fault(e.to_string().trim().to_owned())),
            Content::Packed(bytes) => rmp_serde::from_slice(bytes).map_err(|e| fault(e.to_string())),
        }
    }

    /// Parses every file of a folder; and the faults of those that cannot be.
    pub(super) fn all<T: DeserializeOwned + Named>(&self, folder: &str) -> (Vec<T>, Vec<Fault>) {
        let prefix = format!("{folder}/");
        let names = self.0.iter().filter_map(|(path, _)| path.strip_prefix(&prefix)?.strip_suffix(".toml"));
        let (mut modules, mut faults) = (Vec::new(), Vec::new());
        for name in names {
            match self.parse::<T>(folder, name) {
                Ok(module) if module.id() == name => modules.push(module),
                Ok(module) => faults.push(Fault {
                    file: format!("{folder}/{name}.toml"),
                    reason: format!("id is \"{}\" but must be the file's name", module.id()),
                }),
                Err(fault) => faults.push(fault),
            }
        }
        (modules, faults)
    }
}

/// What has the name of its file.
pub(super) trait Named {
    /// Its id.
    fn id(&self) -> &str;
}
