//! Readers of screens are told of every message that comes, unless their listener wants quiet. The browser remembers that, and nothing else of rooms.

use std::rc::Rc;

use web_sys::Event;

use super::Talk;
use crate::islands::page::{all, listen, one};

const REMEMBERED: &str = "atlas9-room-quiet";

/// Shows the button and does as it says.
pub(super) fn attach(talk: &Rc<Talk>) {
    let Some(button) = one(&talk.root, "[data-quiet]") else { return };
    let store = talk.window.local_storage().ok().flatten();
    let remembered = store.as_ref().and_then(|store| store.get_item(REMEMBERED).ok().flatten());
    let _ = button.remove_attribute("hidden");
    tell(talk, remembered.is_some());
    let (talk, target) = (Rc::clone(talk), button.clone());
    listen(&button, "click", move |_: Event| {
        let is_quiet = target.get_attribute("aria-pressed").as_deref() != Some("true");
        tell(&talk, is_quiet);
        let Some(store) = &store else { return };
        // Where nothing can be remembered it holds for this page.
        let _ = if is_quiet { store.set_item(REMEMBERED, "1") } else { store.remove_item(REMEMBERED) };
    });
}

fn tell(talk: &Talk, is_quiet: bool) {
    if let Some(button) = one(&talk.root, "[data-quiet]") {
        let _ = button.set_attribute("aria-pressed", if is_quiet { "true" } else { "false" });
    }
    for log in all(&talk.root, "[role=\"log\"]") {
        let _ = log.set_attribute("aria-live", if is_quiet { "off" } else { "polite" });
    }
}
