//! What model providers stream: its first byte says in how large pieces it comes.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some((first, rest)) = bytes.split_first() {
        server::fuzzed::stream(rest, usize::from(*first));
    }
});
