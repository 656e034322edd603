//! What goes over the wire when something went wrong: RFC 9457 problem details.

use serde::{Deserialize, Serialize};

/// An error as a program receives it (`application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A stable name for this kind of problem, as a URI reference (`/problems/bad-cursor`).
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words; the same for every occurrence.
    pub title: String,
    /// The HTTP status code.
    pub status: u16,
    /// This occurrence in words, with what to do about it.
    pub detail: String,
    /// The id under which the server's log knows this request.
    pub request_id: String,
}
