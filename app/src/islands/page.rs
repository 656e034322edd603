//! What the parts of the editor share: finding pieces, fetching, forms and parsed pages.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Document, DomParser, Element, Event, EventTarget, FormData, HtmlFormElement, RequestInit, RequestRedirect,
    Response, SupportedType, UrlSearchParams, Window,
};

/// What came of a form that was posted in the background.
pub(super) enum Posted {
    /// It was taken: the answer sends the browser elsewhere, which is not followed.
    Taken,
    /// It was refused, for this reason.
    Refused(String),
}

/// Posts a form as the browser would, in the background.
///
/// # Errors
/// What the browser says when there is no connection.
pub(super) async fn post(window: &Window, form: &HtmlFormElement) -> Result<Posted, JsValue> {
    let data = FormData::new_with_form(form)?;
    // A FormData is a sequence of pairs, which is what this takes.
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&data)?;
    post_fields(window, &form.action(), &fields).await
}

/// Posts fields in the background.
///
/// # Errors
/// As [`post`].
pub(super) async fn post_fields(window: &Window, to: &str, fields: &UrlSearchParams) -> Result<Posted, JsValue> {
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_redirect(RequestRedirect::Manual);
    request.set_body(fields);
    let answer: Response = JsFuture::from(window.fetch_with_str_and_init(to, &request)).await?.dyn_into()?;
    if answer.type_() == web_sys::ResponseType::Opaqueredirect || answer.ok() {
        return Ok(Posted::Taken);
    }
    let problem = JsFuture::from(answer.json()?).await.unwrap_or(JsValue::NULL);
    let detail =
        js_sys::Reflect::get(&problem, &JsValue::from_str("detail")).ok().and_then(|detail| detail.as_string());
    Ok(Posted::Refused(detail.unwrap_or_else(|| "That was not possible. Reload the page and try again.".to_owned())))
}

/// A field of an object that is a text.
pub(super) fn text(data: &JsValue, field: &str) -> Option<String> {
    js_sys::Reflect::get(data, &JsValue::from_str(field)).ok()?.as_string()
}

/// Shows a part of a section, or hides it while it has no pieces.
pub(super) fn show_part(slot: &Element, is_shown: bool) {
    if let Ok(Some(part)) = slot.closest(".part") {
        let _ = part.toggle_attribute_with_force("data-bare", !is_shown);
    }
}

/// Another page of this site, parsed but not shown.
///
/// # Errors
/// What the browser says when there is no connection, or the page cannot be had.
pub(super) async fn fetch_page(window: &Window, address: &str) -> Result<Document, JsValue> {
    let answer: Response = JsFuture::from(window.fetch_with_str(address)).await?.dyn_into()?;
    if !answer.ok() {
        return Err(JsValue::from_str("not found"));
    }
    let text = JsFuture::from(answer.text()?).await?.as_string().unwrap_or_default();
    DomParser::new()?.parse_from_string(&text, SupportedType::TextHtml)
}

/// Listens for as long as the page lives.
pub(super) fn listen<E: wasm_bindgen::convert::FromWasmAbi + JsCast + 'static>(
    target: &EventTarget,
    kind: &str,
    heard: impl Fn(E) + 'static,
) {
    let closure = Closure::<dyn Fn(Event)>::new(move |event: Event| {
        if let Ok(event) = event.dyn_into::<E>() {
            heard(event);
        }
    });
    let _ = target.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// The element that an event happened in, or one around it, that fits a selector.
pub(super) fn closest(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok().flatten()
}

/// The first element below another that fits a selector.
pub(super) fn one(root: &Element, selector: &str) -> Option<Element> {
    root.query_selector(selector).ok().flatten()
}

/// Everything below an element that fits a selector.
pub(super) fn all(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = root.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.item(at)?.dyn_into().ok()).collect()
}

/// The piece at an address. Addresses hold letters, digits, hyphens and slashes only, so that they can stand in a selector.
pub(super) fn piece_at(root: &Element, address: &str) -> Option<Element> {
    let (stage, path) = address.split_once('/')?;
    root.query_selector(&format!("[data-stage=\"{stage}\"] [data-piece=\"{path}\"]")).ok().flatten()
}

/// Shows which pieces are locked or out of date, as the page's root lists them.
pub(super) fn mark(root: &Element) {
    for (list, mark) in [("data-locks", "data-locked"), ("data-stale", "data-is-stale")] {
        for piece in all(root, &format!("[{mark}]")) {
            let _ = piece.remove_attribute(mark);
        }
        for address in root.get_attribute(list).unwrap_or_default().split_whitespace() {
            if let Some(piece) = piece_at(root, address) {
                let _ = piece.set_attribute(mark, "");
            }
        }
    }
}
