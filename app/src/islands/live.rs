//! Events into the page: what has arrived is put in place once per animation frame, so that a fast stream never blocks typing.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use js_sys::{JSON, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    Element, Event, EventSource, FormData, HtmlElement, HtmlFormElement, MessageEvent, RequestInit, RequestRedirect,
    UrlSearchParams, Window,
};

/// One change to the page.
enum Change {
    /// A piece's markup, for the place of this address.
    Piece { stage: String, path: String, html: String },
    /// What is being written into a file of the program: its beginning, or more of it.
    Writing { file: String, text: String, is_more: bool },
    /// A stage begins again: what it showed goes.
    Restart(String),
    /// What screen readers hear and eyes see of the progress.
    Say(String),
    /// Likewise, of the connection; afterwards the progress holds again.
    Interrupt(String),
    /// The progress holds again.
    Resume,
    /// How the whole is doing: `running`, `done`, `failed` or `cancelled`.
    State(&'static str),
}

/// How long a frame may be worked on, in milliseconds: what is left then waits for the next one, so that typing is never held up.
const FRAME_MS: f64 = 6.0;

/// How many bits of a file that is being written stay on the page.
const WRITTEN_MAX: u32 = 200;

/// The page being kept up to date.
struct Page {
    root: Element,
    window: Window,
    /// What arrived and is not on the page yet, in order.
    waiting: RefCell<VecDeque<Change>>,
    /// Whether a frame was asked for.
    due: Cell<bool>,
    /// What the generation last said of itself, to be said again after an interruption.
    said: RefCell<String>,
}

/// Follows the generation that the page names, unless it has ended.
pub(super) fn follow(root: &Element) {
    let (Some(window), Ok(Some(live))) = (web_sys::window(), root.query_selector("[data-generation]")) else { return };
    let (Some(generation), Some(seq)) = (live.get_attribute("data-generation"), live.get_attribute("data-seq")) else {
        return;
    };
    let page = Rc::new(Page {
        root: live,
        window,
        waiting: RefCell::default(),
        due: Cell::new(false),
        said: RefCell::default(),
    });
    if page.root.get_attribute("data-state").as_deref() != Some("running") {
        return;
    }
    // Pieces that come from now on may be seen coming; those of the page itself do not move.
    let _ = page.root.set_attribute("data-live", "");
    stop_in_place(&page);
    let address = format!("/fn/follow_generation?generation={generation}&after={seq}&html=true");
    if let Ok(source) = EventSource::new(&address) {
        listen(&page, &source);
    }
}

fn listen(page: &Rc<Page>, source: &EventSource) {
    on(page, source, "status", |data| text(data, "message").map(Change::Say).into_iter().collect());
    on(page, source, "piece", |data| piece(data).into_iter().chain(writing(data, false)).collect());
    on(page, source, "delta", |data| piece(data).into_iter().chain(writing(data, true)).collect());
    on(page, source, "checks", piece);
    on(page, source, "receipt", piece);
    on(page, source, "fallback", |data| {
        text(data, "to").map(|to| Change::Say(format!("{to} takes over"))).into_iter().collect()
    });
    on(page, source, "restart", |data| {
        let stage = text(data, "stage").map(Change::Restart);
        stage.into_iter().chain([Change::Say("Beginning again".to_owned())]).collect()
    });
    on(page, source, "stage_done", |data| {
        let stage = text(data, "stage").unwrap_or_default();
        vec![Change::Say(format!("The {stage} section is complete"))]
    });
    last(page, source, "done", |_| vec![Change::State("done"), Change::Say("Done".to_owned())]);
    last(page, source, "cancelled", |_| {
        vec![Change::State("cancelled"), Change::Say("Stopped. What was made is kept.".to_owned())]
    });
    last(page, source, "failed", |data| {
        vec![Change::State("failed"), Change::Say(text(data, "message").unwrap_or_else(|| "It failed".to_owned()))]
    });
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
fn on(page: &Rc<Page>, source: &EventSource, kind: &str, changes: impl Fn(&JsValue) -> Vec<Change> + 'static) {
    let page = Rc::clone(page);
    let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let data = event.data().as_string().and_then(|data| JSON::parse(&data).ok()).unwrap_or(JsValue::NULL);
        page.add(changes(&data));
    });
    // An EventSource delivers its events even when nobody else holds its listeners; they live as long as the page.
    let _ = source.add_event_listener_with_callback(kind, heard.as_ref().unchecked_ref());
    heard.forget();
}

/// Likewise for an event after which none follows: the stream is closed, or the browser would open it again for ever.
fn last(page: &Rc<Page>, source: &EventSource, kind: &str, changes: impl Fn(&JsValue) -> Vec<Change> + 'static) {
    let closing = source.clone();
    on(page, source, kind, move |data| {
        closing.close();
        changes(data)
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
        when_lost.add(vec![Change::Interrupt(words.to_owned())]);
    });
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    on_error.forget();
    let (when_back, flag) = (Rc::clone(page), lost);
    let on_open = Closure::<dyn Fn(Event)>::new(move |_| {
        if flag.replace(false) {
            when_back.add(vec![Change::Resume]);
        }
    });
    source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    on_open.forget();
}

impl Page {
    /// Keeps changes for the next frame, and asks for one if none is due.
    fn add(self: &Rc<Self>, changes: Vec<Change>) {
        self.waiting.borrow_mut().extend(changes);
        if self.hidden() {
            self.apply(f64::INFINITY);
        } else if !self.due.get() && !self.waiting.borrow().is_empty() {
            self.ask_for_a_frame();
        }
    }

    fn ask_for_a_frame(self: &Rc<Self>) {
        self.due.set(true);
        let page = Rc::clone(self);
        let frame = Closure::once_into_js(move || {
            page.due.set(false);
            page.apply(page.now() + FRAME_MS);
            if !page.waiting.borrow().is_empty() {
                page.ask_for_a_frame();
            }
        });
        if self.window.request_animation_frame(frame.unchecked_ref()).is_err() {
            self.due.set(false);
            self.apply(f64::INFINITY);
        }
    }

    fn now(&self) -> f64 {
        self.window.performance().map_or(0.0, |clock| clock.now())
    }

    /// A tab in the background gets no frames, and its changes must not pile up.
    fn hidden(&self) -> bool {
        self.window.document().is_some_and(|document| document.hidden())
    }

    /// Puts what waits in place, until a moment in time; at least one change.
    fn apply(&self, until: f64) {
        loop {
            let Some(change) = self.waiting.borrow_mut().pop_front() else { return };
            match change {
                Change::Writing { file, text, is_more } => self.write(&file, &text, is_more),
                Change::Piece { stage, path, html } => self.put(&within(&stage), &path, &html),
                Change::Restart(stage) => self.clear(&within(&stage)),
                Change::Say(words) => {
                    self.say(&words);
                    self.said.replace(words);
                }
                Change::Interrupt(words) => self.say(&words),
                Change::Resume => self.say(&format!("Connected again. {}", self.said.borrow())),
                Change::State(state) => {
                    let _ = self.root.set_attribute("data-state", state);
                    self.put_pen_down();
                }
            }
            if self.now() >= until {
                return;
            }
        }
    }

    /// Shows what is being written into a file, in a window of its own below the tree. Of what was there before, only what fits stays.
    fn write(&self, file: &str, text: &str, is_more: bool) {
        let Some(window) = self.writing_window() else { return };
        let (Ok(Some(name)), Ok(Some(sheet))) = (window.query_selector("p"), window.query_selector("pre")) else {
            return;
        };
        if !(is_more && name.text_content().as_deref() == Some(file)) {
            name.set_text_content(Some(file));
            sheet.set_text_content(None);
        }
        let _ = sheet.append_with_str_1(text);
        while sheet.child_nodes().length() > WRITTEN_MAX
            && let Some(first) = sheet.first_child()
        {
            let _ = sheet.remove_child(&first);
        }
        // The end is seen of what grows, the beginning of what is whole. To scroll would lay the page out for each piece.
        let _ = sheet.toggle_attribute_with_force("data-grows", is_more);
    }

    fn writing_window(&self) -> Option<Element> {
        if let Ok(Some(there)) = self.root.query_selector("[data-writing]") {
            return Some(there);
        }
        let files = self.root.query_selector("[data-stage=\"code\"] [data-slot=\"files\"]").ok().flatten()?;
        // Only to be seen: what is finished is in the list, and readers of screens hear of that.
        let window = "<div class=\"writing\" data-writing=\"\" aria-hidden=\"true\"><p></p><pre></pre></div>";
        files.insert_adjacent_html("beforebegin", window).ok()?;
        self.root.query_selector("[data-writing]").ok().flatten()
    }

    fn put_pen_down(&self) {
        if let Ok(Some(window)) = self.root.query_selector("[data-writing]") {
            window.remove();
        }
    }

    /// Puts a piece in its place: over the one of the same address, else at the end of its part. Addresses hold letters, digits and
    /// hyphens only, so that they can stand in a selector; the markup is the server's own.
    fn put(&self, within: &str, path: &str, html: &str) {
        if let Ok(Some(there)) = self.root.query_selector(&format!("{within}[data-piece=\"{path}\"]")) {
            there.set_outer_html(html);
        } else {
            let part = path.split('/').next().unwrap_or_default();
            if let Ok(Some(slot)) = self.root.query_selector(&format!("{within}[data-slot=\"{part}\"]")) {
                let is_first = slot.first_element_child().is_none();
                let _ = slot.insert_adjacent_html("beforeend", html);
                if is_first {
                    self.show_entry(&slot, true);
                }
            }
        }
    }

    fn clear(&self, within: &str) {
        let Ok(slots) = self.root.query_selector_all(&format!("{within}[data-slot]")) else { return };
        for at in 0..slots.length() {
            if let Some(Ok(slot)) = slots.item(at).map(JsCast::dyn_into::<Element>) {
                slot.set_text_content(None);
                self.show_entry(&slot, false);
            }
        }
    }

    /// Shows the entries of the contents that lead to a part and its stage, or hides that of the part.
    fn show_entry(&self, slot: &Element, is_shown: bool) {
        let Some(part) = slot.get_attribute("data-slot") else { return };
        let stage = slot.closest("[data-stage]").ok().flatten().and_then(|stage| stage.get_attribute("data-stage"));
        let Some(stage) = stage else { return };
        let of_stage = if is_shown { format!(", .contents [href=\"#{stage}\"]") } else { String::new() };
        let selector = format!(".contents [href=\"#{stage}-{part}\"]{of_stage}");
        let Ok(links) = self.root.query_selector_all(&selector) else { return };
        for at in 0..links.length() {
            if let Some(Ok(entry)) =
                links.item(at).and_then(|link| link.parent_element()).map(JsCast::dyn_into::<HtmlElement>)
            {
                entry.set_hidden(!is_shown);
            }
        }
    }

    fn say(&self, words: &str) {
        if let Ok(Some(status)) = self.root.query_selector("[data-status]") {
            status.set_text_content(Some(words));
        }
    }
}

/// The beginning of a selector for what stands in a stage's section; of what stands in none when there is no stage.
fn within(stage: &str) -> String {
    if stage.is_empty() { String::new() } else { format!("[data-stage=\"{stage}\"] ") }
}

/// The stop button posts in the background, so that the page keeps following. Should that fail, the form is sent the plain way.
fn stop_in_place(page: &Rc<Page>) {
    let Ok(Some(form)) = page.root.query_selector("form[data-stop]") else { return };
    let Ok(form) = form.dyn_into::<HtmlFormElement>() else { return };
    let page = Rc::clone(page);
    let target = form.clone();
    let on_submit = Closure::<dyn Fn(Event)>::new(move |event: Event| {
        if let Some(sent) = send(&page.window, &target) {
            event.prevent_default();
            page.add(vec![Change::Say("Stopping …".to_owned())]);
            unless_taken(&sent, &target);
        }
    });
    let _ = form.add_event_listener_with_callback("submit", on_submit.as_ref().unchecked_ref());
    on_submit.forget();
}

/// Sends the form the plain way when the request failed or was refused. What was taken is answered with a redirect, which is not
/// followed here and shows as an opaque one.
fn unless_taken(sent: &js_sys::Promise, form: &HtmlFormElement) {
    let plain = form.clone();
    let answered = Closure::once(move |answer: JsValue| {
        let taken = Reflect::get(&answer, &JsValue::from_str("type")).is_ok_and(|kind| kind == "opaqueredirect");
        if !taken {
            let _ = plain.submit();
        }
    });
    let plain = form.clone();
    let failed = Closure::once(move |_: JsValue| {
        let _ = plain.submit();
    });
    let _ = sent.then2(&answered, &failed);
    answered.forget();
    failed.forget();
}

fn send(window: &Window, form: &HtmlFormElement) -> Option<js_sys::Promise> {
    let fields = UrlSearchParams::new().ok()?;
    let data = FormData::new_with_form(form).ok()?;
    if let Some(generation) = data.get("generation").as_string() {
        fields.append("generation", &generation);
    }
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_redirect(RequestRedirect::Manual);
    request.set_body(&fields);
    Some(window.fetch_with_str_and_init(&form.action(), &request))
}

fn text(data: &JsValue, field: &str) -> Option<String> {
    Reflect::get(data, &JsValue::from_str(field)).ok()?.as_string()
}
