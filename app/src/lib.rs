//! What people see of Atlas9. Pages, router and server functions exist on the server only; the browser gets the islands and nothing else.

#[cfg(feature = "ssr")]
mod app;
#[cfg(feature = "ssr")]
pub mod assets;
#[cfg(feature = "ssr")]
mod components;
#[cfg(feature = "ssr")]
mod context;
#[cfg(feature = "ssr")]
mod document;
#[cfg(feature = "ssr")]
mod drawing;
#[cfg(feature = "ssr")]
mod functions;
pub mod islands;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
mod shell;

#[cfg(feature = "ssr")]
pub use drawing::drawing;
#[cfg(feature = "ssr")]
pub use routes::{PageContext, READY, routes};
