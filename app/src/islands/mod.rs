//! The parts of pages that run in the browser. They hold no page, no router and no server function: markup comes from the server.

mod editor;
#[cfg(feature = "hydrate")]
mod frames;
#[cfg(feature = "hydrate")]
mod live;
#[cfg(feature = "hydrate")]
mod page;
mod room;
#[cfg(feature = "hydrate")]
mod talk;
#[cfg(feature = "hydrate")]
mod tools;

pub use editor::Editor;
pub use room::Room;
