//! The parts of pages that run in the browser. They hold no page, no router and no server function: markup comes from the server.

mod editor;
#[cfg(feature = "hydrate")]
mod live;

pub use editor::Editor;
