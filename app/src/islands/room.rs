//! The room.

use leptos::prelude::*;

/// Keeps the room that it wraps up to date, and sends without another page. Its children are the room as the server rendered it; without script they are
/// all there is, and enough.
///
/// It has no props, as the editor has none.
#[island]
pub fn Room(children: Children) -> impl IntoView {
    let root = NodeRef::<leptos::html::Div>::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        if let Some(element) = root.get() {
            super::talk::attach(&element);
        }
    });
    view! { <div node_ref=root>{children()}</div> }
}
