//! Parts of pages, rendered on the server.

pub(crate) mod bars;
pub(crate) mod directive_form;
pub(crate) mod form;
pub(crate) mod generation_forms;
pub(crate) mod island_scripts;
pub(crate) mod layout;
pub(crate) mod photo;
pub(crate) mod picture_form;
pub(crate) mod piece_form;
pub(crate) mod progress;
pub(crate) mod project_forms;
pub(crate) mod sections;
pub(crate) mod social;
pub(crate) mod table;
pub(crate) mod title;
pub(crate) mod workbench;

/// A text as HTML, for the two places whose content Leptos does not escape: a title and a textarea (in tachys 0.2, elements whose
/// `ESCAPE_CHILDREN` is false).
pub(crate) fn escaped(text: &str) -> String {
    html_escape::encode_text(text).into_owned()
}
