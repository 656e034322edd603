//! A generation's events, as they come over the stream.

use std::{cell::RefCell, rc::Rc};

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, EventSource, HtmlFormElement, MessageEvent};

use super::{
    frames::{Arrived, Change, Page, Read},
    page::{Posted, listen, post, text},
};

/// Follows the generation that the page names, unless it has ended.
pub(super) fn follow(root: &Element) {
    let (Some(window), Ok(Some(live))) = (web_sys::window(), root.query_selector("[data-generation]")) else { return };
    let (Some(generation), Some(seq)) = (live.get_attribute("data-generation"), live.get_attribute("data-seq")) else {
        return;
    };
    let page = Rc::new(Page::new(live, window));
    if page.root.get_attribute("data-state").as_deref() != Some("running") {
        return;
    }
    // Pieces that come from now on may be seen coming; those of the page itself do not move.
    let _ = page.root.set_attribute("data-live", "");
    stop_in_place(&page);
    let address = format!("/fn/follow_generation?generation={generation}&after={seq}&html=true");
    if let Ok(source) = EventSource::new(&address) {
        hear_all(&page, &source);
    }
}

/// What each kind of event changes.
const KINDS: [(&str, Read); 8] = [
    ("status", |data| text(data, "message").map(Change::Say).into_iter().collect()),
    ("piece", |data| piece(data).into_iter().chain(writing(data, false)).collect()),
    ("delta", |data| piece(data).into_iter().chain(writing(data, true)).collect()),
    ("checks", piece),
    ("receipt", piece),
    ("fallback", |data| text(data, "to").map(|to| Change::Say(format!("{to} takes over"))).into_iter().collect()),
    ("restart", |data| {
        let stage = text(data, "stage").map(Change::Restart);
        stage.into_iter().chain([Change::Say("Beginning again".to_owned())]).collect()
    }),
    ("stage_done", |data| {
        let stage = text(data, "stage").unwrap_or_default();
        vec![Change::Say(format!("The {stage} section is complete"))]
    }),
];

/// Likewise of those after which none follows.
const LAST: [(&str, Read); 3] = [
    ("done", |_| vec![Change::State("done"), Change::Say("Done".to_owned())]),
    ("cancelled", |_| vec![Change::State("cancelled"), Change::Say("Stopped. What was made is kept.".to_owned())]),
    ("failed", |data| {
        vec![Change::State("failed"), Change::Say(text(data, "message").unwrap_or_else(|| "It failed".to_owned()))]
    }),
];

/// How an event of a kind is read, whichever way it came.
pub(super) fn reading(kind: &str) -> Option<Read> {
    KINDS.iter().chain(&LAST).find(|(known, _)| *known == kind).map(|(_, read)| *read)
}

fn hear_all(page: &Rc<Page>, source: &EventSource) {
    for (kind, read) in KINDS {
        on(page, source, kind, read);
    }
    for (kind, read) in LAST {
        last(page, source, kind, read);
    }
    connection(page, source);
}

fn writing(data: &JsValue, is_more: bool) -> Option<Change> {
    Some(Change::Writing { file: text(data, "file")?, text: text(data, "text")?, is_more })
}

fn piece(data: &JsValue) -> Vec<Change> {
    let stage = text(data, "stage").unwrap_or_default();
    let change = |(path, html)| Change::Piece { stage, path, html };
    text(data, "path").zip(text(data, "html")).map(change).into_iter().collect()
}

/// Turns events of one kind into changes.
fn on(page: &Rc<Page>, source: &EventSource, kind: &str, read: Read) {
    let page = Rc::clone(page);
    listen(source, kind, move |event: MessageEvent| page.add([Arrived::Event { data: event.data(), read }]));
}

/// Likewise for an event after which none follows: the stream is closed, or the browser would open it again for ever.
fn last(page: &Rc<Page>, source: &EventSource, kind: &str, read: Read) {
    let (page, closing) = (Rc::clone(page), source.clone());
    listen(source, kind, move |event: MessageEvent| {
        closing.close();
        page.add([Arrived::Event { data: event.data(), read }]);
    });
}

/// Says when the connection is lost and when it is back. The browser reconnects by itself, from the last event it saw.
fn connection(page: &Rc<Page>, source: &EventSource) {
    let lost = Rc::new(RefCell::new(false));
    let (when_lost, flag, stream) = (Rc::clone(page), Rc::clone(&lost), source.clone());
    let on_error = Closure::<dyn Fn(Event)>::new(move |_| {
        let gone = stream.ready_state() == EventSource::CLOSED;
        *flag.borrow_mut() = true;
        let words = if gone {
            "The connection was closed. Reload the page to go on."
        } else {
            "Connection lost. Reconnecting …"
        };
        when_lost.add([Arrived::Change(Change::Interrupt(words.to_owned()))]);
    });
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    on_error.forget();
    let (when_back, flag) = (Rc::clone(page), lost);
    let on_open = Closure::<dyn Fn(Event)>::new(move |_| {
        if flag.replace(false) {
            when_back.add([Arrived::Change(Change::Resume)]);
        }
    });
    source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    on_open.forget();
}

/// The stop button posts in the background, so that the page keeps following. Should that fail, the form is sent the plain way.
fn stop_in_place(page: &Rc<Page>) {
    let Ok(Some(form)) = page.root.query_selector("form[data-stop]") else { return };
    let Ok(form) = form.dyn_into::<HtmlFormElement>() else { return };
    let (page, target) = (Rc::clone(page), form.clone());
    listen(&form, "submit", move |event: Event| {
        event.prevent_default();
        page.add([Arrived::Change(Change::Say("Stopping …".to_owned()))]);
        let (page, form) = (Rc::clone(&page), target.clone());
        spawn_local(async move {
            if !matches!(post(&page.window, &form).await, Ok(Posted::Taken)) {
                let _ = form.submit();
            }
        });
    });
}
