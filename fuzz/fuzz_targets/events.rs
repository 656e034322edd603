//! Events of a generation's log, a line each: the kind, a blank, the data; and what a draft makes of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{Draft, Event, Logged};

fuzz_target!(|text: &str| {
    let mut draft = Draft::default();
    for (at, line) in text.lines().enumerate() {
        let (kind, data) = line.split_once(' ').unwrap_or((line, ""));
        if let Ok(event) = Event::read(kind, data) {
            let again = Event::read(event.kind(), &event.data());
            assert_eq!(again.as_ref().ok(), Some(&event), "what was read is written in the same way");
        }
        let seq = i64::try_from(at).unwrap_or_default() + 1;
        draft.read([&Logged { seq, kind: kind.to_owned(), data: data.to_owned() }]);
    }
});
