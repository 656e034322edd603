//! The connection of a room: socket.io's own client, asked as `docs/realtime.md` says.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::islands::page::text;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = atlas9Connect)]
    fn connect() -> Socket;

    /// A connection.
    #[derive(Clone)]
    pub(super) type Socket;

    #[wasm_bindgen(method)]
    fn on(this: &Socket, event: &str, heard: &Function);

    #[wasm_bindgen(method, catch, js_name = emitWithAck)]
    fn emit_with_ack(this: &Socket, event: &str, asked: &JsValue) -> Result<Promise, JsValue>;

    /// Connects again after a server ended it; does nothing while that is under way.
    #[wasm_bindgen(method, js_name = connect)]
    pub(super) fn reconnect(this: &Socket);

    #[wasm_bindgen(method, getter)]
    pub(super) fn connected(this: &Socket) -> bool;
}

/// Why something was not done.
pub(super) enum Refusal {
    /// Nobody answered, or nobody can right now: it may be asked again.
    NotNow,
    /// It was refused, for this reason.
    Refused(String),
}

/// Whether the module of the page that connects is there already.
pub(super) fn is_ready() -> bool {
    Reflect::has(&js_sys::global(), &JsValue::from_str("atlas9Connect")).unwrap_or_default()
}

impl Socket {
    /// Connects, and again whenever the connection is lost.
    pub(super) fn open() -> Self {
        connect()
    }

    /// Hears events of one kind, with the first two things that they hold, for as long as the page lives.
    pub(super) fn hear(&self, event: &str, heard: Box<dyn Fn(JsValue, JsValue)>) {
        let heard = Closure::wrap(heard);
        self.on(event, heard.as_ref().unchecked_ref());
        heard.forget();
    }

    /// Asks for something; `then` is told what comes of it. One function for all, whatever they do then: each kind of task is code of its own.
    pub(super) fn ask(&self, event: &'static str, asked: Asked, then: Box<dyn FnOnce(Result<JsValue, Refusal>)>) {
        let socket = self.clone();
        spawn_local(async move { then(socket.answer(event, asked).await) });
    }

    async fn answer(&self, event: &str, asked: Asked) -> Result<JsValue, Refusal> {
        let answer = self.emit_with_ack(event, &asked.0).map_err(|_| Refusal::NotNow)?;
        let answer = JsFuture::from(answer).await.map_err(|_| Refusal::NotNow)?;
        let error = field(&answer, "error");
        if !error.is_object() {
            return Ok(field(&answer, "ok"));
        }
        Err(match text(&error, "code").as_deref() {
            Some("unavailable" | "too-many") => Refusal::NotNow,
            _ => Refusal::Refused(text(&error, "message").unwrap_or_default()),
        })
    }
}

/// What is asked for.
#[derive(Clone)]
pub(super) struct Asked(Object);

impl Asked {
    /// Of a room.
    pub(super) fn of(room: &str) -> Self {
        Self(Object::new()).with_text("room", room)
    }

    /// With something more.
    pub(super) fn with(self, name: &str, value: &JsValue) -> Self {
        let _ = Reflect::set(&self.0, &JsValue::from_str(name), value);
        self
    }

    /// With a text more.
    pub(super) fn with_text(self, name: &str, text: &str) -> Self {
        self.with(name, &JsValue::from_str(text))
    }

    /// With a part that has parts itself.
    pub(super) fn with_parts(self, name: &str, parts: Self) -> Self {
        self.with(name, &parts.0)
    }

    /// With nothing.
    pub(super) fn empty() -> Self {
        Self(Object::new())
    }
}

/// A field of an object.
pub(super) fn field(data: &JsValue, name: &str) -> JsValue {
    Reflect::get(data, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// A field of an object that is a whole number. Those with a point would bring tables of their own to be read and written, of many kilobytes.
pub(super) fn number(data: &JsValue, name: &str) -> Option<i32> {
    #[expect(clippy::cast_possible_truncation, reason = "no room comes to have two thousand million entries")]
    field(data, name).as_f64().map(|number| number as i32)
}
