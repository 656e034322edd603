//! What is typed: shown at once, sent until it is answered, and said once however often it is sent.

use std::{cell::Cell, rc::Rc};

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlFormElement, HtmlTextAreaElement, KeyboardEvent};

use super::{
    AGAIN_AFTER, Talk, log,
    socket::{Asked, Refusal},
};
use crate::islands::page::{closest, listen, one};

/// How often others are told that somebody types, in milliseconds.
const TELL_TYPING_EVERY: f64 = 2_000.0;

/// Something that was typed and is not in the log yet.
pub(super) struct Pending {
    client_id: String,
    asked: Asked,
    shown: Element,
    state: Cell<State>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It goes when those before it have gone.
    Waits,
    /// It is written down; the log brings it.
    Said,
    /// It was refused, and waits for its writer.
    Refused,
}

/// Takes the form of the page over.
pub(super) fn attach(talk: &Rc<Talk>) {
    let Some(form) = one(&talk.root, "[data-composer]") else { return };
    let Ok(form) = form.dyn_into::<HtmlFormElement>() else { return };
    let Some(field) = one(&form, "textarea") else { return };
    let Ok(field) = field.dyn_into::<HtmlTextAreaElement>() else { return };
    let (sender, from, typed) = (Rc::clone(talk), form.clone(), field.clone());
    listen(&form, "submit", move |event: Event| {
        // What was said last is not on the page: the page that follows has it.
        if sender.thread.is_none() && !sender.root.has_attribute("data-latest") {
            return;
        }
        event.prevent_default();
        event.stop_propagation();
        send(&sender, &from, &typed);
    });
    let (target, from) = (field.clone(), form.clone());
    listen(&field, "keydown", move |event: KeyboardEvent| {
        // While letters are put together, Enter ends that.
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() && !target.value().trim().is_empty() {
            event.prevent_default();
            let _ = from.request_submit();
        }
    });
    let (typer, told) = (Rc::clone(talk), Cell::new(0.0));
    listen(&field, "input", move |_: Event| {
        let now = js_sys::Date::now();
        if now - told.get() > TELL_TYPING_EVERY && typer.socket.connected() {
            told.set(now);
            // Nobody misses it.
            typer.socket.ask("typing", Asked::of(&typer.room), Box::new(drop));
        }
    });
    let retrier = Rc::clone(talk);
    listen(&talk.root, "click", move |event: Event| {
        let Some(message) =
            closest(&event, "[data-again]").and_then(|button| button.closest("[data-client]").ok().flatten())
        else {
            return;
        };
        let id = message.get_attribute("data-client").unwrap_or_default();
        for pending in retrier.pending.borrow().iter().filter(|pending| pending.client_id == id) {
            pending.state.set(State::Waits);
        }
        send_next(&retrier);
    });
}

fn send(talk: &Rc<Talk>, form: &HtmlFormElement, typed: &HtmlTextAreaElement) {
    let body = typed.value();
    if body.trim().is_empty() {
        return;
    }
    let value = |name: &str| {
        let input = one(form, &format!("input[name=\"{name}\"]"));
        input.and_then(|input| input.get_attribute("value")).unwrap_or_default()
    };
    let Some(client_id) = new_id(talk) else { return };
    let mut asked = Asked::of(&talk.room).with_text("client_id", &client_id).with_text("body", &body);
    if let Some(thread) = &talk.thread {
        asked = asked.with_text("thread", thread);
    }
    if !value("stage").is_empty() {
        let revision: i32 = value("revision").parse().unwrap_or_default();
        let mut about = Asked::empty().with_text("stage", &value("stage")).with("revision", &revision.into());
        if !value("piece").is_empty() {
            about = about.with_text("piece", &value("piece"));
        }
        asked = asked.with_parts("anchor", about);
    }
    let Some(shown) = show(talk, &client_id, &body) else { return };
    log::add(talk, &shown);
    typed.set_value("");
    say(&shown, "sending …", false);
    let state = Cell::new(State::Waits);
    talk.pending.borrow_mut().push(Rc::new(Pending { client_id, asked, shown, state }));
    send_next(talk);
}

/// Sends what was typed first of what waits, and then the next, unless one is on its way.
pub(super) fn send_next(talk: &Rc<Talk>) {
    if talk.is_sending.get() {
        return;
    }
    let next = talk.pending.borrow().iter().find(|pending| pending.state.get() == State::Waits).cloned();
    let Some(next) = next else { return };
    talk.is_sending.set(true);
    say(&next.shown, "sending …", false);
    let (sender, asked) = (Rc::clone(talk), next.asked.clone());
    let answered = move |answered| {
        sender.is_sending.set(false);
        match answered {
            Ok(_) => {
                next.state.set(State::Said);
                say(&next.shown, "", false);
            }
            Err(Refusal::NotNow) => {
                say(&next.shown, "not sent yet", true);
                let again = Rc::clone(&sender);
                return sender.later(AGAIN_AFTER, move || send_next(&again));
            }
            Err(Refusal::Refused(words)) => {
                next.state.set(State::Refused);
                say(&next.shown, &words, true);
            }
        }
        send_next(&sender);
    };
    talk.socket.ask("say", asked, Box::new(answered));
}

/// It is in the log: what was shown for it is not needed any more.
pub(super) fn arrived(talk: &Talk, client_id: &str) {
    talk.pending.borrow_mut().retain(|pending| {
        let is_it = pending.client_id == client_id;
        if is_it {
            pending.shown.remove();
        }
        !is_it
    });
}

/// A message as it will be, about; what it becomes, the server says.
fn show(talk: &Talk, client_id: &str, body: &str) -> Option<Element> {
    let made = talk.document.create_element("li").ok()?;
    made.set_class_name("message sending");
    made.set_attribute("data-client", client_id).ok()?;
    let said = talk.document.create_element("p").ok()?;
    said.set_class_name("said plain");
    said.set_attribute("dir", "auto").ok()?;
    said.set_text_content(Some(body));
    let state = talk.document.create_element("p").ok()?;
    state.set_class_name("quiet");
    state.set_attribute("data-state", "").ok()?;
    made.append_child(&said).ok()?;
    made.append_child(&state).ok()?;
    Some(made)
}

fn say(shown: &Element, words: &str, can_try: bool) {
    let Some(state) = one(shown, "[data-state]") else { return };
    state.set_text_content(Some(words));
    let Some(document) = shown.owner_document().filter(|_| can_try) else { return };
    if let Ok(button) = document.create_element("button") {
        button.set_text_content(Some("Try again"));
        let _ = button.set_attribute("type", "button");
        let _ = button.set_attribute("data-again", "");
        let _ = state.append_with_str_1(" ");
        let _ = state.append_child(&button);
    }
}

/// A name for a message that nobody else has. Without one of the browser's own (over plain HTTP there is none), of time and chance.
fn new_id(talk: &Talk) -> Option<String> {
    let crypto = Reflect::get(&talk.window, &JsValue::from_str("crypto")).ok()?;
    let make = Reflect::get(&crypto, &JsValue::from_str("randomUUID")).ok();
    if let Some(make) = make.and_then(|make| make.dyn_into::<js_sys::Function>().ok()) {
        return make.call0(&crypto.unchecked_into::<Object>()).ok()?.as_string();
    }
    // Two numbers of the browser's own, as it writes them.
    let written = |n: f64| js_sys::Number::from(n).to_string_with_radix(36).map(String::from).ok();
    Some(written(js_sys::Date::now())? + &written(js_sys::Math::random())?)
}
