//! Parts of pages, rendered on the server.

pub(crate) mod directive_form;
pub(crate) mod generation_forms;
pub(crate) mod layout;
pub(crate) mod product;
pub(crate) mod progress;
