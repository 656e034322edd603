//! What `fuzz/` may reach of what reads bytes of strangers: each takes anything, and must neither panic nor run away.

use crate::{archive, images, providers, vitals};

/// An archive that is brought back.
pub fn archive(bytes: &[u8]) {
    archive::fuzzed(bytes);
}

/// What a browser measured.
pub fn beacon(bytes: &[u8]) {
    vitals::fuzzed(bytes);
}

/// The head of a picture, and a small one as a whole.
pub fn picture(bytes: &[u8]) {
    images::fuzzed(bytes);
}

/// What a model provider streams: server-sent events, and in them objects a line, in pieces of this many bytes.
pub fn stream(bytes: &[u8], at_once: usize) {
    providers::fuzzed(bytes, at_once);
}
