//! Cursors of lists: what is read is written in the same way, and nothing else is read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{Cursor, WordsCursor};

fuzz_target!(|text: &str| {
    if let Ok(cursor) = text.parse::<Cursor>() {
        assert_eq!(cursor.to_string(), text);
        assert!(text.parse::<WordsCursor>().is_err(), "it is of one list or of the other");
    }
    if let Ok(cursor) = text.parse::<WordsCursor>() {
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }
});
