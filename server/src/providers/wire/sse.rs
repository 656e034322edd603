//! Server-sent events, as far as providers use them: the `data` of each event. Bytes may be split anywhere.

use std::collections::VecDeque;

/// The most bytes one event may have.
const EVENT_MAX_BYTES: usize = 1 << 20;

/// An event that has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::providers) struct TooLong;

/// Puts events together from bytes.
#[derive(Debug, Default)]
pub(in crate::providers) struct Events {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// The last byte was a carriage return: a line feed right after it belongs to the same line end.
    after_return: bool,
    ready: VecDeque<String>,
}

impl Events {
    /// Takes bytes as they came.
    pub(in crate::providers) fn feed(&mut self, mut bytes: &[u8]) -> Result<(), TooLong> {
        if self.after_return && !bytes.is_empty() {
            self.after_return = false;
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.line.extend_from_slice(&bytes[..end]);
            let by_return = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            if by_return {
                self.after_return = bytes.is_empty();
                bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
            }
            self.end_line()?;
        }
        self.line.extend_from_slice(bytes);
        if self.line.len() + self.data.len() > EVENT_MAX_BYTES { Err(TooLong) } else { Ok(()) }
    }

    /// The data of the next event that is whole.
    pub(in crate::providers) fn next(&mut self) -> Option<String> {
        self.ready.pop_front()
    }

    /// No more bytes come. Some servers leave out the empty line after the last event.
    pub(in crate::providers) fn finish(&mut self) {
        if self.end_line().is_ok() {
            self.dispatch();
        }
    }

    fn end_line(&mut self) -> Result<(), TooLong> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            self.dispatch();
        } else if let Some(value) = line.strip_prefix(b"data:") {
            if self.has_data {
                self.data.push(b'\n');
            }
            self.has_data = true;
            self.data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
        }
        // Comments and other fields say nothing that is needed here: both protocols repeat an event's name in its data.
        self.line = line;
        self.line.clear();
        if self.data.len() > EVENT_MAX_BYTES { Err(TooLong) } else { Ok(()) }
    }

    fn dispatch(&mut self) {
        if std::mem::take(&mut self.has_data) {
            self.ready.push_back(String::from_utf8_lossy(&self.data).into_owned());
            self.data.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(chunks: &[&[u8]]) -> Vec<String> {
        let mut events = Events::default();
        chunks.iter().for_each(|chunk| events.feed(chunk).unwrap());
        events.finish();
        std::iter::from_fn(|| events.next()).collect()
    }

    const STREAM: &str =
        ": hello\r\n\r\nevent: x\r\ndata: {\"é\":\"🐝\"}\r\n\r\ndata:a\ndata: b\n\nid: 7\n\ndata: \r\rdata: [DONE]";

    #[test]
    fn events_are_their_data_whatever_ends_their_lines() {
        assert_eq!(read(&[STREAM.as_bytes()]), ["{\"é\":\"🐝\"}", "a\nb", "", "[DONE]"]);
    }

    #[test]
    fn an_event_without_end_is_refused() {
        let mut events = Events::default();
        let fed: Result<(), _> = (0..20).try_for_each(|_| events.feed(&[b'x'; 100_000]));
        assert_eq!(fed, Err(TooLong));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_bytes_are_split(mut cuts in proptest::collection::vec(0..STREAM.len(), 0..12)) {
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|cut| &STREAM.as_bytes()[cut[0]..cut[1]]).collect();
            prop_assert_eq!(read(&chunks), read(&[STREAM.as_bytes()]));
        }
    }
}
