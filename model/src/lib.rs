//! The words both sides of Atlas9 speak: ids, directive, stages, sections, events, cursors, problems.
//!
//! This crate knows no framework and does no IO. It builds for the server and for `wasm32-unknown-unknown`, and everything
//! that crosses a boundary (log, HTTP, browser, export) is one of its types.

mod address;
pub mod checks;
mod cursor;
mod directive;
mod draft;
mod event;
pub mod fields;
mod generation;
mod ids;
pub mod openapi;
mod person;
mod picture;
mod piece;
mod problem;
mod project;
mod revision;
mod room;
pub mod sections;
mod stage;
pub mod svg;
pub mod trace;
pub mod vitals;
mod words;

pub use address::{Address, BadAddress};
pub use cursor::{BadCursor, CURSOR_WORDS_MAX_CHARS, Cursor, Page, PageLimit, WordsCursor};
pub use directive::{BadDirective, DIRECTIVE_MAX_CHARS, Directive};
pub use draft::{Draft, Ending, StageDraft};
pub use event::{BadEvent, CheckResult, Event, Logged, Seq};
pub use generation::{Engine, GenerationStatus, Receipt, StageReceipt};
pub use ids::{
    BadId, DeliveryId, EndpointId, EventId, GenerationId, ImageId, InvitationId, MailLinkId, MessageId, ProjectId,
    RevisionId, RoomId, SessionId, TokenId, UserId,
};
pub use person::{LocalPath, Role, Scope, Theme, UserKind};
pub use picture::{DESCRIPTION_MAX_CHARS, Picture, PictureFormat, PictureSize};
pub use piece::{BadPath, Piece, PiecePath};
pub use problem::Problem;
pub use project::{PROJECT_TITLE_MAX_CHARS, ProjectSummary, ProjectTitle, SharedSummary, Shelf, Sorting, Visibility};
pub use revision::{Origin, RevisionSummary};
pub use room::{
    Anchor, CLIENT_ID_MAX_CHARS, Contact, Happened, MESSAGE_MAX_CHARS, Making, Member, Message, Notify, REACTIONS,
    Reaction, RoomEntry, RoomPlace, RoomRole, RoomSummary, Speaker,
};
pub use stage::{BadStage, Stage};
pub use words::article;
