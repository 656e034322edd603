//! What has arrived is put in place once per animation frame, so that a fast stream never blocks typing.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use js_sys::JSON;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, HtmlElement, Window};

use super::page::{mark, show_part};

/// One change to the page.
pub(super) enum Change {
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

/// What arrived, as it arrived: many events come at once, and to read them would hold up whoever types.
pub(super) enum Arrived {
    Event { data: JsValue, read: Read },
    Change(Change),
}

/// What an event of a kind changes, by its data.
pub(super) type Read = fn(&JsValue) -> Vec<Change>;

/// How long a frame may be worked on, in milliseconds: what is left then waits for the next one, so that typing is never held up.
const FRAME_MS: f64 = 4.0;

/// A window that is not looked at gets a frame a second or less, in which more is done.
const RARE_AFTER_MS: f64 = 250.0;
const RARE_FRAME_MS: f64 = 40.0;

/// With more than this waiting, pieces are put in place at once instead of fading in: a hundred fades at a time hold everything up.
const FADING_MAX: usize = 12;

/// How many bits of a file that is being written stay on the page.
const WRITTEN_MAX: u32 = 200;

/// The page being kept up to date.
pub(super) struct Page {
    pub(super) root: Element,
    pub(super) window: Window,
    /// What arrived and is not on the page yet, in order.
    waiting: RefCell<VecDeque<Arrived>>,
    /// Whether a frame was asked for.
    due: Cell<bool>,
    /// What the generation last said of itself, to be said again after an interruption.
    said: RefCell<String>,
}

impl Page {
    pub(super) fn new(root: Element, window: Window) -> Self {
        Self { root, window, waiting: RefCell::default(), due: Cell::new(false), said: RefCell::default() }
    }

    /// Keeps changes for the next frame, and asks for one if none is due.
    pub(super) fn add(self: &Rc<Self>, arrived: impl IntoIterator<Item = Arrived>) {
        self.waiting.borrow_mut().extend(arrived);
        if self.hidden() {
            self.apply(f64::INFINITY);
        } else if !self.due.get() && !self.waiting.borrow().is_empty() {
            self.ask_for_a_frame();
        }
    }

    fn ask_for_a_frame(self: &Rc<Self>) {
        self.due.set(true);
        let (page, asked) = (Rc::clone(self), self.now());
        let frame = Closure::once_into_js(move || {
            page.due.set(false);
            let now = page.now();
            page.apply(now + if now - asked > RARE_AFTER_MS { RARE_FRAME_MS } else { FRAME_MS });
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

    /// Puts what waits in place, until a moment in time; at least one event.
    fn apply(&self, until: f64) {
        let fades = self.waiting.borrow().len() <= FADING_MAX;
        if fades != self.root.has_attribute("data-live") {
            let _ = self.root.toggle_attribute_with_force("data-live", fades);
        }
        loop {
            let Some(arrived) = self.waiting.borrow_mut().pop_front() else { return };
            match arrived {
                Arrived::Change(change) => self.make(change),
                Arrived::Event { data, read } => {
                    let parsed = match data.as_string() {
                        Some(text) => JSON::parse(&text).unwrap_or(JsValue::NULL),
                        None => data,
                    };
                    read(&parsed).into_iter().for_each(|change| self.make(change));
                }
            }
            if self.now() >= until {
                return;
            }
        }
    }

    fn make(&self, change: Change) {
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
                // What came anew does not know yet that it is locked.
                mark(&self.root);
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

    /// Shows a part, its stage and the entries of the contents that lead there; or hides both, and the part's entry.
    fn show_entry(&self, slot: &Element, is_shown: bool) {
        let Some(part) = slot.get_attribute("data-slot") else { return };
        let Ok(Some(section)) = slot.closest("[data-stage]") else { return };
        let Some(stage) = section.get_attribute("data-stage") else { return };
        show_part(slot, is_shown);
        let _ = section.toggle_attribute_with_force("data-bare", !is_shown);
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
