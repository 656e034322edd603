//! The room as it goes on: what others say comes in, what is typed goes out, and nothing is missed in between.

mod composer;
mod log;
mod quiet;
mod socket;
mod watching;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, Event, HtmlFormElement, SubmitEvent, Window};

use super::page::{all, closest, listen, one, text};
use composer::Pending;
use socket::{Asked, Refusal, Socket, field, number};
use watching::Watching;

/// How long after the last sign somebody is told to be typing, in milliseconds.
const TYPING_FOR: i32 = 3_000;
/// How long until something is tried again that a server could not do, in milliseconds.
const AGAIN_AFTER: i32 = 2_000;

/// The room and what is known of it.
struct Talk {
    root: Element,
    window: Window,
    document: Document,
    socket: Socket,
    room: String,
    reader: String,
    /// The thread that is open, if one is.
    thread: Option<String>,
    epoch: String,
    /// The newest entry that this page has.
    offset: Cell<i32>,
    /// Sent, and not in the log yet.
    pending: RefCell<Vec<Rc<Pending>>>,
    /// Whether one of them is on its way: they go one after the other, so that they stay in order.
    is_sending: Cell<bool>,
    /// Counts signs of somebody typing, so that the latest is the one that runs out.
    typing: Cell<u32>,
    /// Whether the reader may not come back.
    is_out: Cell<bool>,
    /// What is being made of the project, if anything is.
    watching: RefCell<Option<Rc<Watching>>>,
}

/// Attaches itself to the room in an element, once the page's module that connects is there.
pub(super) fn attach(element: &Element) {
    let (Some(window), Some(root)) = (web_sys::window(), one(element, "[data-room]")) else { return };
    if socket::is_ready() {
        begin(root, window);
        return;
    }
    let target = window.clone();
    listen(&target, "atlas9:rooms", move |_: Event| begin(root.clone(), window.clone()));
}

fn begin(root: Element, window: Window) {
    let attribute = |name: &str| root.get_attribute(name).unwrap_or_default();
    let Some(document) = window.document() else { return };
    let thread = one(&root, "[data-thread]").and_then(|thread| thread.get_attribute("data-thread"));
    let talk = Rc::new(Talk {
        document,
        window,
        socket: Socket::open(),
        room: attribute("data-room"),
        reader: attribute("data-reader"),
        thread,
        epoch: attribute("data-epoch"),
        offset: Cell::new(attribute("data-offset").parse().unwrap_or_default()),
        pending: RefCell::default(),
        is_sending: Cell::default(),
        typing: Cell::default(),
        is_out: Cell::default(),
        watching: RefCell::default(),
        root,
    });
    talk.tell_times(&talk.root);
    talk.listen();
    composer::attach(&talk);
    watching::attach(&talk);
    quiet::attach(&talk);
}

impl Talk {
    fn listen(self: &Rc<Self>) {
        let talk = Rc::clone(self);
        self.socket.hear("connect", Box::new(move |_, _| talk.enter()));
        let talk = Rc::clone(self);
        self.socket.hear(
            "disconnect",
            Box::new(move |reason, _| {
                if talk.is_out.get() {
                    return;
                }
                talk.say_connection("Connection lost. Reconnecting …");
                // Whatever else ends it, socket.io comes back by itself.
                if reason.as_string().as_deref() == Some("io server disconnect") {
                    talk.come_back();
                }
            }),
        );
        let talk = Rc::clone(self);
        self.socket.hear(
            "connect_error",
            Box::new(move |error, _| {
                let words = text(&error, "message").unwrap_or_default();
                // Whoever was refused is not brought back by socket.io.
                if [r#"{"code":"not-signed-in"}"#, r#"{"code":"wrong-origin"}"#].contains(&&*words) {
                    talk.say_connection("You are signed out. Reload the page to go on.");
                    return;
                }
                talk.say_connection("No connection. Trying again …");
                if words.starts_with('{') {
                    talk.come_back();
                }
            }),
        );
        let talk = Rc::clone(self);
        self.socket.hear(
            "entry",
            Box::new(move |room, entry| {
                if room.as_string().as_deref() == Some(&talk.room) {
                    talk.take(&entry);
                }
            }),
        );
        let talk = Rc::clone(self);
        self.socket.hear("generated", Box::new(move |generation, events| watching::heard(&talk, &generation, &events)));
        let talk = Rc::clone(self);
        self.socket.hear("typing", Box::new(move |told, _| talk.somebody_types(&told)));
        let talk = Rc::clone(self);
        self.socket.hear(
            "notice",
            Box::new(move |_, _| {
                if let Some(line) = one(&talk.root, "[data-notices]") {
                    line.set_inner_html("<a href=\"/notices\">You have new notices</a>");
                }
            }),
        );
        let talk = Rc::clone(self);
        self.socket.hear("presence", Box::new(move |told, _| talk.show_presence(&told)));
        let talk = Rc::clone(self);
        self.socket.hear(
            "out",
            Box::new(move |told, _| {
                let words = match text(&told, "reason").as_deref() {
                    Some("taken-out") => "You are in this room no more.",
                    Some("signed-out") => "You are signed out.",
                    _ => return,
                };
                talk.is_out.set(true);
                talk.say_connection(words);
            }),
        );
        let talk = Rc::clone(self);
        listen(&self.root, "submit", move |event: SubmitEvent| talk.submitted(&event));
        let talk = Rc::clone(self);
        listen(&self.root, "click", move |event: Event| {
            if let Some(link) = closest(&event, "a[rel=\"next\"]") {
                event.prevent_default();
                log::earlier(&talk, link);
            }
        });
    }

    /// Connects again, a little later.
    fn come_back(self: &Rc<Self>) {
        let talk = Rc::clone(self);
        self.later(AGAIN_AFTER, move || talk.socket.reconnect());
    }

    /// Asks for everything since this page was made, or since the connection was lost.
    fn enter(self: &Rc<Self>) {
        let place = Asked::empty().with_text("epoch", &self.epoch).with("offset", &self.offset.get().into());
        let (asked, talk) = (Asked::of(&self.room).with_parts("place", place), Rc::clone(self));
        let entered = move |entered: Result<JsValue, Refusal>| match entered {
            Ok(entered) => talk.entered(&entered),
            Err(Refusal::NotNow) => {
                talk.say_connection("No answer. Trying again …");
                let again = Rc::clone(&talk);
                // A connection that is new asks by itself.
                talk.later(AGAIN_AFTER, move || {
                    if again.socket.connected() {
                        again.enter();
                    }
                });
            }
            Err(Refusal::Refused(words)) => talk.say_connection(&words),
        };
        self.socket.ask("enter", asked, Box::new(entered));
    }

    fn entered(self: &Rc<Self>, entered: &JsValue) {
        if field(entered, "reload").is_truthy() {
            self.say_connection("Much has happened. Reload the page to see it.");
            return;
        }
        for entry in Array::from(&field(entered, "entries")).iter() {
            self.take(&entry);
        }
        for id in Array::from(&field(entered, "here")).iter().filter_map(|id| id.as_string()) {
            self.mark_presence(&id, true);
        }
        self.say_connection("");
        let _ = self.root.set_attribute("data-live", "");
        composer::send_next(self);
        watching::ask(self);
        self.read();
    }

    /// An entry of the log, if it is the next one. One that was missed is asked for; one that is known already says nothing new.
    fn take(self: &Rc<Self>, entry: &JsValue) {
        let Some(offset) = number(entry, "offset") else { return };
        let known = self.offset.get();
        if offset <= known {
            return;
        }
        if offset > known + 1 {
            self.enter();
            return;
        }
        self.offset.set(offset);
        log::apply(self, text(entry, "kind").unwrap_or_default().as_str(), &field(entry, "data"), offset);
        self.read();
    }

    /// Whoever looks at the page has read it.
    fn read(self: &Rc<Self>) {
        if self.document.hidden() || !self.root.has_attribute("data-latest") {
            return;
        }
        // Said again with the next entry, should it be lost.
        self.socket.ask("read", Asked::of(&self.room).with("offset", &self.offset.get().into()), Box::new(drop));
    }

    /// Marks, pins and deletions go over the connection; without one, the form is sent as it stands.
    fn submitted(self: &Rc<Self>, event: &SubmitEvent) {
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else { return };
        let Some(kind) = form.get_attribute("data-live").filter(|_| self.socket.connected()) else { return };
        let value = |name: &str| {
            let input = one(&form, &format!("input[name=\"{name}\"]"));
            input.and_then(|input| input.get_attribute("value"))
        };
        let asked = Asked::of(&self.room).with_text("id", &value("message").unwrap_or_default());
        let (event_name, asked) = match kind.as_str() {
            "react" => {
                let Some(button) = event.submitter() else { return };
                let is_on = button.get_attribute("name").as_deref() == Some("on");
                let emoji = button.get_attribute("value").unwrap_or_default();
                ("react", asked.with_text("emoji", &emoji).with("on", &is_on.into()))
            }
            "pin" => ("pin", asked.with("on", &value("on").is_some().into())),
            "delete" => ("delete", asked),
            "read" => ("read", Asked::of(&self.room).with("offset", &self.offset.get().into())),
            _ => return,
        };
        event.prevent_default();
        for open in all(&form, "details[open]").into_iter().chain(form.closest("details[open]").ok().flatten()) {
            let _ = open.remove_attribute("open");
        }
        if kind == "read" {
            form.set_hidden(true);
        }
        let talk = Rc::clone(self);
        let answered = move |answered| match answered {
            Ok(_) => {}
            Err(Refusal::Refused(words)) => talk.say_connection(&words),
            Err(Refusal::NotNow) => drop(form.submit()),
        };
        self.socket.ask(event_name, asked, Box::new(answered));
    }

    fn somebody_types(self: &Rc<Self>, told: &JsValue) {
        let Some(name) = text(told, "user").filter(|user| *user != self.reader).and_then(|user| self.name_of(&user))
        else {
            return;
        };
        let Some(line) = one(&self.root, "[data-typing]") else { return };
        line.set_text_content(Some(&format!("{name} is typing …")));
        let sign = self.typing.get().wrapping_add(1);
        self.typing.set(sign);
        let talk = Rc::clone(self);
        self.later(TYPING_FOR, move || {
            if talk.typing.get() == sign {
                line.set_text_content(None);
            }
        });
    }

    fn show_presence(&self, told: &JsValue) {
        if let Some(user) = text(told, "user") {
            self.mark_presence(&user, field(told, "is_here").is_truthy());
        }
    }

    fn mark_presence(&self, user: &str, is_here: bool) {
        for member in all(&self.root, "[data-member]") {
            if member.get_attribute("data-member").as_deref() == Some(user)
                && let Some(mark) = one(&member, "[data-presence]")
            {
                let _ = mark.toggle_attribute_with_force("hidden", !is_here);
            }
        }
        let here = all(&self.root, "[data-presence]:not([hidden])").len();
        if let Some(line) = one(&self.root, "[data-here]") {
            line.set_text_content(Some(&if here > 0 { format!("{here} here") } else { String::new() }));
        }
    }

    /// What a member is called.
    fn name_of(&self, user: &str) -> Option<String> {
        let members = all(&self.root, "[data-member]");
        let member = members.into_iter().find(|member| member.get_attribute("data-member").as_deref() == Some(user))?;
        member.get_attribute("data-name")
    }

    fn say_connection(&self, words: &str) {
        if let Some(line) = one(&self.root, "[data-connection]") {
            line.set_text_content(Some(words));
        }
    }

    /// Tells times as they are where the reader is.
    fn tell_times(&self, within: &Element) {
        for time in all(within, "time[data-when]") {
            let Some(exact) = time.get_attribute("datetime") else { continue };
            let date = js_sys::Date::new(&JsValue::from_str(&exact));
            let options = js_sys::Object::new();
            for (name, value) in [("dateStyle", "medium"), ("timeStyle", "short")] {
                let _ = js_sys::Reflect::set(&options, &JsValue::from_str(name), &JsValue::from_str(value));
            }
            let told = date.to_locale_string("default", &options);
            time.set_text_content(Some(&String::from(told)));
        }
    }

    fn later(&self, milliseconds: i32, what: impl FnOnce() + 'static) {
        let what = wasm_bindgen::closure::Closure::once_into_js(what);
        let _ = self.window.set_timeout_with_callback_and_timeout_and_arguments_0(what.unchecked_ref(), milliseconds);
    }
}
