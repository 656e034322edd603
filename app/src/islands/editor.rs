//! The streaming editor.

use leptos::prelude::*;

/// Keeps the page it wraps up to date while a generation runs. Its children are the page as the server rendered it; without script they
/// are all there is, and enough.
///
/// It has no props: what it needs to know stands in `data-*` attributes of its children, so that no JSON reader has to be shipped.
#[island]
pub fn Editor(children: Children) -> impl IntoView {
    let root = NodeRef::<leptos::html::Div>::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        if let Some(element) = root.get() {
            super::tools::attach(&element);
            super::live::follow(&element);
        }
    });
    view! { <div class="editor" node_ref=root>{children()}</div> }
}
