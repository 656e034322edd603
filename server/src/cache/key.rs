//! Under which names things are kept. Names are built here and nowhere else, so that no two mean the same by accident.

use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::limits::hex;

/// What stands for itself in a part of a name; the rest is percent-encoded, so that no part reaches into the next.
const APART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
/// The tag of everything; no other can be called so, since a star is encoded.
const EVERYTHING: &str = "*";
/// Longer names are kept by their hash.
const NAME_MAX: usize = 160;

/// How long things of a kind are kept, from when they were made.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Served as they are.
    pub fresh: Duration,
    /// After that: served at once, while one task makes them anew.
    pub stale: Duration,
    /// After that: served only when they cannot be made anew.
    pub spare: Duration,
    /// How long it is known that there is nothing.
    pub absent: Duration,
}

/// A kind of thing that is kept, all of one type.
pub struct Space<T> {
    /// Its name, also in metrics.
    pub name: &'static str,
    /// Counts changes of the type: what another release wrote is not read as this one's.
    version: u16,
    pub(super) times: Times,
    of: PhantomData<fn() -> T>,
}

impl<T> Space<T> {
    /// A kind, with the version of its type's shape.
    pub const fn new(name: &'static str, version: u16, times: Times) -> Self {
        Self { name, version, times, of: PhantomData }
    }

    /// The name of one thing of this kind, from what tells it from others.
    pub fn key(&'static self, parts: &[&dyn fmt::Display]) -> Key<T> {
        let name = joined(&format!("{}:{}", self.name, self.version), parts);
        Key { space: self, name: name.into() }
    }
}

/// The name of one thing that is kept.
pub struct Key<T: 'static> {
    pub(super) space: &'static Space<T>,
    pub(super) name: Arc<str>,
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        Self { space: self.space, name: Arc::clone(&self.name) }
    }
}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.name)
    }
}

/// What many things that are kept may hang on: when it changes, all of them go.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(Arc<str>);

impl Tag {
    /// The tag of a kind and what tells it from others of that kind.
    pub fn new(kind: &str, parts: &[&dyn fmt::Display]) -> Self {
        Self(joined(kind, parts).into())
    }

    /// What everything hangs on.
    pub fn everything() -> Self {
        Self(EVERYTHING.into())
    }

    /// As shared caches outside are told of it, who need not know what it is about.
    pub fn for_others(&self) -> String {
        hex(&Sha256::digest(&*self.0)[..8])
    }

    pub(super) fn is_everything(&self) -> bool {
        &*self.0 == EVERYTHING
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// A tag as it was written.
    pub(super) fn written(text: &str) -> Self {
        Self(text.into())
    }
}

fn joined(first: &str, parts: &[&dyn fmt::Display]) -> String {
    let mut name = first.to_owned();
    for part in parts {
        name.push(':');
        name.extend(utf8_percent_encode(&part.to_string(), APART));
    }
    if name.len() <= NAME_MAX { name } else { format!("{first}:#{}", hex(&Sha256::digest(&name))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    static THINGS: Space<String> = Space::new(
        "things",
        3,
        Times { fresh: Duration::ZERO, stale: Duration::ZERO, spare: Duration::ZERO, absent: Duration::ZERO },
    );

    #[test]
    fn names_tell_everything_apart_that_differs() {
        assert_eq!(&*THINGS.key(&[&7, &"a b"]).name, "things:3:7:a%20b");
        assert_ne!(THINGS.key(&[&"a:b"]).name, THINGS.key(&[&"a", &"b"]).name);
        assert_ne!(THINGS.key(&[&""]).name, THINGS.key(&[]).name);
        assert_ne!(Tag::new("project", &[&"a b"]), Tag::new("project", &[&"a+b"]));
    }

    #[test]
    fn long_names_are_kept_by_their_hash() {
        let (one, other) = ("x".repeat(500), format!("{}y", "x".repeat(499)));
        assert!(THINGS.key(&[&one]).name.len() < NAME_MAX);
        assert_ne!(THINGS.key(&[&one]).name, THINGS.key(&[&other]).name);
        assert_ne!(THINGS.key(&[&one]).name, THINGS.key(&[&"#", &one]).name);
    }
}
