//! Tools for single pieces: a bar beside the one under the pointer or chosen by keyboard, editing in place, locks, and shortcuts.
//!
//! Everything here only makes nicer what the page's links and forms do without it.

use std::{cell::RefCell, rc::Rc};

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Document, Element, Event, FocusEvent, HtmlDialogElement, HtmlElement, HtmlFormElement, KeyboardEvent, MouseEvent,
    UrlSearchParams, Window,
};

use super::page::{Posted, all, closest, fetch_page, listen, mark, piece_at, post, post_fields, show_part};

/// Parts of the page that depend on more than one piece; after a change they are taken from the server anew.
const DEPENDENT: &str = "[data-refresh]";
/// Where the pieces of a part stand.
const SLOT: &str = "[data-slot]";

struct Tools {
    root: Element,
    window: Window,
    document: Document,
    bar: HtmlElement,
    chosen: RefCell<Option<Element>>,
}

/// Attaches the tools to the editor, if the page has the bar for them.
pub(super) fn attach(root: &Element) {
    let Some(window) = web_sys::window() else { return };
    let Some(document) = window.document() else { return };
    let bar = root.query_selector("[data-piece-bar]").ok().flatten().and_then(|bar| bar.dyn_into::<HtmlElement>().ok());
    let (Some(bar), Ok(Some(live))) = (bar, root.query_selector("[data-generation]")) else { return };
    let tools = Rc::new(Tools { root: live, window, document, bar, chosen: RefCell::default() });
    mark(&tools.root);
    tools.listen();
}

impl Tools {
    fn listen(self: &Rc<Self>) {
        let tools = Rc::clone(self);
        listen(&self.root, "pointerover", move |event: Event| {
            // Between pieces, and on the bar itself, the one pointed at last stays chosen.
            if let Some(piece) = closest(&event, "[data-piece]").filter(|_| !tools.is_editing()) {
                tools.choose(Some(piece));
            }
        });
        let tools = Rc::clone(self);
        listen(&self.root, "focusin", move |event: FocusEvent| {
            if let Some(piece) = closest(&event, "[data-piece]").filter(|_| !tools.is_editing()) {
                tools.choose(Some(piece));
            }
        });
        let tools = Rc::clone(self);
        listen(&self.bar, "click", move |event: MouseEvent| tools.clicked(&event));
        let tools = Rc::clone(self);
        listen(&self.root, "submit", move |event: Event| tools.submitted(&event));
        let tools = Rc::clone(self);
        listen(&self.document, "keydown", move |event: KeyboardEvent| tools.typed(&event));
    }

    fn all(&self, selector: &str) -> Vec<Element> {
        all(&self.root, selector)
    }

    fn piece_at(&self, address: &str) -> Option<Element> {
        piece_at(&self.root, address)
    }

    fn address_of(piece: &Element) -> Option<String> {
        let stage = piece.closest("[data-stage]").ok().flatten()?.get_attribute("data-stage")?;
        Some(format!("{stage}/{}", piece.get_attribute("data-piece")?))
    }

    /// Puts the bar beside a piece, or away.
    fn choose(&self, piece: Option<Element>) {
        if let Some(before) = self.chosen.replace(piece.clone()) {
            let _ = before.remove_attribute("data-chosen");
        }
        // What is hidden has no place to be put in relation to.
        self.bar.set_hidden(false);
        let placed = piece.and_then(|piece| {
            let address = Self::address_of(&piece)?;
            let _ = piece.set_attribute("data-chosen", "");
            let (own, around) =
                (piece.get_bounding_client_rect(), self.bar.offset_parent()?.get_bounding_client_rect());
            // Whole pixels: what writes numbers with a point is ten kilobytes of the program.
            #[expect(clippy::cast_possible_truncation, reason = "no page is that long")]
            let top = (own.top() - around.top()) as i32;
            self.bar.style().set_property("top", &format!("{top}px")).ok()?;
            let edit = self.bar.query_selector("[data-edit]").ok().flatten()?;
            edit.set_attribute("href", &format!("{}/{address}", self.window.location().pathname().ok()?)).ok()?;
            let lock = self.bar.query_selector("[data-lock]").ok().flatten()?;
            lock.set_text_content(Some(if piece.has_attribute("data-locked") { "Unlock" } else { "Lock" }));
            Some(())
        });
        self.bar.set_hidden(placed.is_none());
    }

    fn is_editing(&self) -> bool {
        self.root.query_selector("[data-piece-form]").is_ok_and(|form| form.is_some())
    }

    fn clicked(self: &Rc<Self>, event: &MouseEvent) {
        if event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        if closest(event, "[data-edit]").is_some() {
            event.prevent_default();
            self.edit();
        } else if closest(event, "[data-lock]").is_some() {
            self.toggle_lock();
        }
    }

    /// One key each, as the help sheet says; nothing while somebody types, and nothing that belongs to the browser.
    fn typed(self: &Rc<Self>, event: &KeyboardEvent) {
        let types = closest(event, "input, textarea, select, dialog[open]").is_some();
        if event.key() == "Escape" && self.is_editing() {
            self.stop_editing();
            return;
        }
        if types || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        match event.key().as_str() {
            "j" => self.step(1),
            "k" => self.step(-1),
            "e" => self.edit(),
            "l" => self.toggle_lock(),
            "n" => self.focus("#note"),
            "s" => self.submit_form("form[data-stop]"),
            "?" => self.help(),
            _ => return,
        }
        event.prevent_default();
    }

    fn step(&self, by: i32) {
        let pieces = self.all("[data-piece]");
        let now = self.chosen.borrow().clone();
        let at = now.and_then(|chosen| pieces.iter().position(|piece| *piece == chosen));
        let last = i32::try_from(pieces.len()).unwrap_or(i32::MAX) - 1;
        let to = at.map_or(0, |at| (i32::try_from(at).unwrap_or_default() + by).clamp(0, last));
        let Some(piece) = usize::try_from(to).ok().and_then(|to| pieces.get(to)) else { return };
        self.choose(Some(piece.clone()));
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        piece.scroll_into_view_with_scroll_into_view_options(&options);
        let words = piece.text_content().unwrap_or_default();
        self.say(&words.split_whitespace().take(12).collect::<Vec<_>>().join(" "));
    }

    fn focus(&self, selector: &str) {
        let found = self.root.query_selector(selector).ok().flatten();
        if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            let _ = element.focus();
        }
    }

    fn submit_form(&self, selector: &str) {
        let form = self.root.query_selector(selector).ok().flatten();
        if let Some(form) = form.and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) {
            let _ = form.request_submit();
        }
    }

    fn help(&self) {
        let sheet = self.document.query_selector("dialog[data-help]").ok().flatten();
        if let Some(sheet) = sheet.and_then(|sheet| sheet.dyn_into::<HtmlDialogElement>().ok()) {
            let _ = sheet.show_modal();
        }
    }

    fn say(&self, words: &str) {
        if let Ok(Some(status)) = self.root.query_selector("[data-status]") {
            status.set_text_content(Some(words));
        }
    }

    /// Opens the piece's form in its place. Should that fail, the link leads to its page.
    fn edit(self: &Rc<Self>) {
        let (Some(piece), false) = (self.chosen.borrow().clone(), self.is_editing()) else { return };
        let Some(link) =
            self.bar.query_selector("[data-edit]").ok().flatten().and_then(|link| link.get_attribute("href"))
        else {
            return;
        };
        let tools = Rc::clone(self);
        spawn_local(async move {
            if tools.open_form(&piece, &link).await.is_err() {
                let _ = tools.window.location().set_href(&link);
            }
        });
    }

    async fn open_form(&self, piece: &Element, link: &str) -> Result<(), JsValue> {
        let page = fetch_page(&self.window, link).await?;
        let form = page.query_selector("[data-piece-form]")?.ok_or("no form")?;
        let row = piece.closest("table")?;
        row.as_ref().unwrap_or(piece).insert_adjacent_element("afterend", &form)?;
        let _ = piece.set_attribute("data-being-edited", "");
        self.bar.set_hidden(true);
        self.focus("[data-piece-form] :is(input:not([type=hidden]), textarea)");
        self.say("Editing. Escape leaves everything as it was.");
        Ok(())
    }

    fn stop_editing(&self) {
        if let Ok(Some(form)) = self.root.query_selector("[data-piece-form]") {
            form.remove();
        }
        for piece in self.all("[data-being-edited]") {
            let _ = piece.remove_attribute("data-being-edited");
        }
        self.say("");
    }

    /// Saves in the background. What cannot be taken is said in the form, and nothing typed is lost.
    fn submitted(self: &Rc<Self>, event: &Event) {
        let Some(form) = closest(event, "[data-piece-form]").and_then(|form| form.dyn_into::<HtmlFormElement>().ok())
        else {
            return;
        };
        event.prevent_default();
        let tools = Rc::clone(self);
        spawn_local(async move {
            match post(&tools.window, &form).await {
                Ok(Posted::Taken) => {
                    tools.stop_editing();
                    tools.refresh().await;
                    tools.say("Saved as a new revision.");
                }
                Ok(Posted::Refused(reason)) => tools.complain(&form, &reason),
                Err(_) => tools.complain(&form, "No connection. What you typed is still here; try again."),
            }
        });
    }

    fn complain(&self, form: &HtmlFormElement, reason: &str) {
        if let Ok(Some(before)) = form.query_selector("[role=alert]") {
            before.remove();
        }
        if let Ok(note) = self.document.create_element("p") {
            let _ = note.set_attribute("role", "alert");
            note.set_class_name("error whole");
            note.set_text_content(Some(reason));
            let _ = form.prepend_with_node_1(&note);
        }
    }

    fn toggle_lock(self: &Rc<Self>) {
        let Some(piece) = self.chosen.borrow().clone() else { return };
        let (Some(address), Some(project)) = (Self::address_of(&piece), self.root.get_attribute("data-project")) else {
            return;
        };
        let locks = !piece.has_attribute("data-locked");
        let tools = Rc::clone(self);
        spawn_local(async move {
            let Ok(fields) = UrlSearchParams::new() else { return };
            fields.append("project", &project);
            fields.append("address", &address);
            if locks {
                fields.append("locked", "yes");
            }
            match post_fields(&tools.window, "/fn/lock_piece", &fields).await {
                Ok(Posted::Taken) => {
                    tools.refresh().await;
                    tools.say(if locks { "Locked: it stays as it is." } else { "Unlocked." });
                }
                Ok(Posted::Refused(reason)) => tools.say(&reason),
                Err(_) => tools.say("No connection. Try again."),
            }
        });
    }

    /// Takes what has changed from the server: pieces, and what depends on several of them.
    async fn refresh(&self) {
        let Ok(address) = self.window.location().pathname() else { return };
        let Ok(page) = fetch_page(&self.window, &address).await else { return };
        let Ok(Some(fresh)) = page.query_selector("[data-generation]") else { return };
        for attribute in ["data-locks", "data-stale"] {
            let value = fresh.get_attribute(attribute).unwrap_or_default();
            let _ = self.root.set_attribute(attribute, &value);
        }
        let chosen = self.chosen.borrow().as_ref().and_then(Self::address_of);
        // While a generation runs its stream brings the pieces.
        let is_running = self.root.get_attribute("data-state").as_deref() == Some("running");
        for selector in [SLOT, DEPENDENT].into_iter().filter(|selector| !is_running || *selector == DEPENDENT) {
            self.take_over(&fresh, selector);
        }
        mark(&self.root);
        self.choose(chosen.and_then(|address| self.piece_at(&address)));
    }

    /// Replaces what differs, place by place.
    fn take_over(&self, fresh: &Element, selector: &str) {
        let (Ok(new), old) = (fresh.query_selector_all(selector), self.all(selector)) else { return };
        for (at, old) in old.iter().enumerate() {
            let new = u32::try_from(at).ok().and_then(|at| new.item(at)).and_then(|new| new.dyn_into::<Element>().ok());
            if let Some(new) = new.map(|new| new.inner_html()).filter(|new| *new != old.inner_html()) {
                old.set_inner_html(&new);
                if selector == SLOT {
                    show_part(old, !new.is_empty());
                }
            }
        }
    }
}
