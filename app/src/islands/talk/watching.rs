//! What is made while people talk, as it is made: the same events as the editor's, over the connection of the room.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::{
    AGAIN_AFTER, Talk, log,
    socket::{Asked, Refusal, field, number},
};
use crate::islands::{
    frames::{Arrived, Page},
    live::reading,
    page::{fetch_page, one, text},
};

/// A generation on the page.
pub(super) struct Watching {
    page: Rc<Page>,
    generation: String,
    /// The last event that the page has.
    seq: Cell<i32>,
    /// Whether it was asked what was missed; what comes meanwhile waits.
    is_asking: Cell<bool>,
    waiting: RefCell<Vec<JsValue>>,
    is_over: Cell<bool>,
}

/// Takes what is being made over from the page, if anything is.
pub(super) fn attach(talk: &Rc<Talk>) {
    let Some(root) = one(&talk.root, "[data-generation][data-state=\"running\"]") else { return };
    let attribute = |name: &str| root.get_attribute(name).unwrap_or_default();
    let watching = Watching {
        generation: attribute("data-generation"),
        seq: Cell::new(attribute("data-seq").parse().unwrap_or_default()),
        page: Rc::new(Page::new(root.clone(), talk.window.clone())),
        is_asking: Cell::default(),
        waiting: RefCell::default(),
        is_over: Cell::default(),
    };
    talk.watching.replace(Some(Rc::new(watching)));
    ask(talk);
}

/// Asks for everything since the last event that the page has.
pub(super) fn ask(talk: &Rc<Talk>) {
    let Some(watching) = talk.watching.borrow().clone() else { return };
    if watching.is_over.get() || !talk.socket.connected() || watching.is_asking.replace(true) {
        return;
    }
    let asked = Asked::empty()
        .with_text("generation", &watching.generation)
        .with("after", &watching.seq.get().into())
        .with("html", &true.into());
    let asker = Rc::clone(talk);
    let answered = move |answered: Result<JsValue, Refusal>| {
        watching.is_asking.set(false);
        match answered {
            Ok(answer) => {
                let waiting = watching.waiting.take();
                for event in Array::from(&field(&answer, "events")).iter().chain(waiting) {
                    watching.take(&event);
                }
                if field(&answer, "more").is_truthy() {
                    ask(&asker);
                }
            }
            Err(Refusal::NotNow) => {
                let again = Rc::clone(&asker);
                asker.later(AGAIN_AFTER, move || ask(&again));
            }
            // Whoever may not see it any more sees what is there.
            Err(Refusal::Refused(_)) => watching.is_over.set(true),
        }
    };
    talk.socket.ask("watch", asked, Box::new(answered));
}

/// Events came.
pub(super) fn heard(talk: &Rc<Talk>, generation: &JsValue, events: &JsValue) {
    let Some(watching) = talk.watching.borrow().clone() else { return };
    if generation.as_string().as_ref() != Some(&watching.generation) {
        return;
    }
    for event in Array::from(events).iter() {
        if watching.is_asking.get() {
            watching.waiting.borrow_mut().push(event);
        } else if !watching.take(&event) {
            ask(talk);
        }
    }
}

/// Something is made anew, or that ended: the log says so, and what is made is shown.
pub(super) fn made(talk: &Rc<Talk>, data: &JsValue) {
    let state = text(data, "state").unwrap_or_default();
    let words = match state.as_str() {
        "running" => "Something is made anew.",
        "done" => "Everything asked for is made.",
        "failed" => "It could not be made.",
        _ => "It was stopped.",
    };
    log::note(talk, words);
    if state == "running" && one(&talk.root, "[data-making]").is_some() {
        show(talk);
    }
}

/// Puts what is being made on the page, as the page would have it.
fn show(talk: &Rc<Talk>) {
    let talk = Rc::clone(talk);
    spawn_local(async move {
        let address = talk.window.location().href().unwrap_or_default();
        let Ok(page) = fetch_page(&talk.window, &address).await else { return };
        let new = page.query_selector("[data-making]").ok().flatten();
        let (Some(there), Some(new)) = (one(&talk.root, "[data-making]"), new) else { return };
        there.set_inner_html(&new.inner_html());
        attach(&talk);
    });
}

impl Watching {
    /// Puts the next event on the page; whether it was the next one, or one that is there already.
    fn take(&self, event: &JsValue) -> bool {
        let Some(seq) = number(event, "seq") else { return true };
        let known = self.seq.get();
        if seq > known + 1 {
            return false;
        }
        if seq <= known {
            return true;
        }
        self.seq.set(seq);
        let kind = text(event, "kind").unwrap_or_default();
        let also = field(event, "also");
        let drawn =
            also.is_object().then(|| reading("piece").map(|read| Arrived::Event { data: also, read })).flatten();
        let this = reading(&kind).map(|read| Arrived::Event { data: field(event, "data"), read });
        self.page.add(drawn.into_iter().chain(this));
        if matches!(kind.as_str(), "done" | "failed" | "cancelled") {
            self.is_over.set(true);
        }
        true
    }
}
