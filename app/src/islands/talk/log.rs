//! What the list shows: messages that come, change and go.

use std::rc::Rc;

use js_sys::JsString;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlTemplateElement};

use super::{
    Talk,
    socket::{field, number},
};
use crate::islands::page::{all, fetch_page, one, text};

/// What stands in the page's templates where a message's id will.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
/// Messages that the page holds, however long the history is: those furthest from where somebody reads go, and come back when they are asked for.
const KEPT: u32 = 300;
/// Whoever is this close to the end of the page, in pixels, sees what comes.
const CLOSE: f64 = 200.0;

/// Shows what happened.
pub(super) fn apply(talk: &Rc<Talk>, kind: &str, data: &JsValue, offset: i32) {
    match kind {
        "message" => message(talk, data, offset),
        "edited" => with(talk, data, |message| {
            fill(message, "[data-body]", data);
            show(message, "[data-edited]", true);
        }),
        "deleted" => with(talk, data, taken_back),
        "reacted" => with(talk, data, |message| reacted(talk, message, data)),
        "pictured" => with(talk, data, |message| {
            let _ = pictured(talk, message, &field(data, "picture"));
        }),
        "pinned" => with(talk, data, |message| show(message, "[data-pinned]", field(data, "on").is_truthy())),
        "made" => super::watching::made(talk, data),
        _ => {}
    }
}

/// Says among the messages that something happened.
pub(super) fn note(talk: &Talk, words: &str) {
    if talk.thread.is_some() || !talk.root.has_attribute("data-latest") {
        return;
    }
    let Ok(line) = talk.document.create_element("li") else { return };
    line.set_class_name("quiet");
    line.set_text_content(Some(words));
    add(talk, &line);
}

fn message(talk: &Rc<Talk>, data: &JsValue, offset: i32) {
    super::composer::arrived(talk, &text(data, "client_id").unwrap_or_default());
    let thread = text(data, "thread");
    if thread != talk.thread {
        if let Some(of) = thread {
            one_reply_more(talk, &of);
        }
        return;
    }
    // Whoever reads what was said earlier finds it on the latest page.
    if !talk.root.has_attribute("data-latest") {
        return;
    }
    let Some(made) = make(talk, data, offset) else { return };
    add(talk, &made);
}

/// A message as the page's template has it.
pub(super) fn make(talk: &Talk, data: &JsValue, offset: i32) -> Option<Element> {
    let author = field(data, "author");
    let is_own = text(&author, "id").is_some_and(|id| id == talk.reader);
    let which = if is_own { "own" } else { "other" };
    let template = one(&talk.root, &format!("template[data-template=\"{which}\"]"))?;
    let template = template.dyn_into::<HtmlTemplateElement>().ok()?;
    let id = text(data, "id")?;
    let made = talk.document.create_element("template").ok()?.dyn_into::<HtmlTemplateElement>().ok()?;
    let markup = JsString::from(template.inner_html()).replace_all(NOBODY, &id);
    made.set_inner_html(&String::from(markup));
    let made = made.content().first_element_child()?;
    let _ = made.set_attribute("data-offset", &offset.to_string());
    let author = text(&author, "name");
    if let (Some(who), Some(name)) = (one(&made, "[data-author]"), author) {
        who.set_text_content(Some(&name));
    }
    if let (Some(time), Some(at)) = (one(&made, "[data-when]"), text(data, "created_at")) {
        let _ = time.set_attribute("datetime", &at);
    }
    fill(&made, "[data-body]", data);
    tell_about(talk, &made, &field(data, "anchor"));
    talk.tell_times(&made);
    Some(made)
}

/// What a message is about, as a link to it.
fn tell_about(talk: &Talk, message: &Element, anchor: &JsValue) -> Option<()> {
    let (stage, revision) = (text(anchor, "stage")?, number(anchor, "revision")?);
    let project = talk.root.get_attribute("data-project")?;
    let line = talk.document.create_element("p").ok()?;
    line.set_class_name("about quiet");
    let link = talk.document.create_element("a").ok()?;
    link.set_attribute("href", &format!("/projects/{project}/revisions/{stage}/{revision}")).ok()?;
    link.set_text_content(Some(&format!("About {stage}, revision {revision}")));
    line.append_child(&link).ok()?;
    let body = one(message, "[data-body]")?;
    message.insert_before(&line, Some(&body)).ok().map(drop)
}

/// Puts a message at the end; whoever was there sees it.
pub(super) fn add(talk: &Talk, message: &Element) {
    let Some(list) = one(&talk.root, "[data-log]") else { return };
    let is_close = is_at_end(talk);
    for empty in all(&talk.root, "[data-empty]") {
        empty.remove();
    }
    let _ = list.append_child(message);
    while list.child_element_count() > KEPT
        && let Some(first) = list.first_element_child()
    {
        first.remove();
        lead_to_earlier(talk, &list);
    }
    if is_close {
        message.scroll_into_view_with_bool(false);
    }
}

/// Has the link above the messages lead to those before the first that is there.
fn lead_to_earlier(talk: &Talk, list: &Element) -> Option<()> {
    let first = one(list, "[data-message]")?.get_attribute("data-offset")?;
    let above = one(&talk.root, "[data-earlier]")?;
    let link = match one(&above, "a") {
        Some(link) => link,
        None => {
            let made = talk.document.create_element("a").ok()?;
            made.set_class_name("older");
            made.set_attribute("rel", "next").ok()?;
            made.set_text_content(Some("Earlier messages"));
            above.append_child(&made).ok()?;
            made
        }
    };
    link.set_attribute("href", &format!("?cursor={first}")).ok()
}

/// What was said last is not there any more: there is a link to it, and whatever is said meanwhile comes with it.
fn leave_the_latest(talk: &Talk) -> Option<()> {
    let _ = talk.root.remove_attribute("data-latest");
    let below = one(&talk.root, "[data-later]")?;
    if one(&below, "a").is_some() {
        return None;
    }
    let link = talk.document.create_element("a").ok()?;
    link.set_class_name("older");
    link.set_attribute("href", &talk.window.location().pathname().ok()?).ok()?;
    link.set_text_content(Some("To the latest"));
    below.append_child(&link).ok().map(drop)
}

fn is_at_end(talk: &Talk) -> bool {
    let Some(page) = talk.document.document_element() else { return true };
    let seen = f64::from(page.scroll_top() + page.client_height());
    f64::from(page.scroll_height()) - seen < CLOSE + f64::from(page.client_height()) / 2.0
}

/// The markup is the server's own.
fn fill(message: &Element, part: &str, data: &JsValue) {
    if let (Some(body), Some(html)) = (one(message, part), text(data, "html")) {
        body.set_inner_html(&html);
    }
}

fn show(message: &Element, part: &str, is_shown: bool) {
    if let Some(part) = one(message, part) {
        let _ = part.toggle_attribute_with_force("hidden", !is_shown);
    }
}

/// The picture of a message is ready: of its sizes the one in the middle, with its room.
fn pictured(talk: &Talk, message: &Element, picture: &JsValue) -> Option<()> {
    let sizes = js_sys::Array::from(&field(picture, "sizes"));
    let size = sizes.get(sizes.length() / 2);
    let image = talk.document.create_element("img").ok()?;
    image.set_attribute("src", &format!("/images/{}.webp", text(&size, "webp")?)).ok()?;
    image.set_attribute("alt", &text(picture, "description")?).ok()?;
    for name in ["width", "height"] {
        image.set_attribute(name, &number(&size, name)?.to_string()).ok()?;
    }
    let whole = talk.document.create_element("a").ok()?;
    whole.set_class_name("shown");
    let largest = sizes.get(sizes.length() - 1);
    whole.set_attribute("href", &format!("/images/{}.webp", text(&largest, "webp")?)).ok()?;
    whole.append_child(&image).ok()?;
    let shown = one(message, "[data-picture]")?;
    shown.set_inner_html("");
    shown.append_child(&whole).ok().map(drop)
}

fn taken_back(message: &Element) {
    if let Some(body) = one(message, "[data-body]") {
        body.set_inner_html("<p class=\"quiet\">This message was taken back.</p>");
    }
    for verb in all(message, ".marks, .verbs details, [data-picture] > *") {
        verb.remove();
    }
    show(message, "[data-pinned]", false);
}

fn reacted(talk: &Talk, message: &Element, data: &JsValue) {
    let (Some(emoji), Some(by)) = (text(data, "emoji"), text(data, "by")) else { return };
    let is_on = field(data, "on").is_truthy();
    let Some(marks) = one(message, "[data-marks]") else { return };
    let given = all(&marks, "button").into_iter().find(|mark| mark.get_attribute("value").as_deref() == Some(&emoji));
    let given = match given {
        Some(given) => given,
        None => {
            let Ok(made) = talk.document.create_element("button") else { return };
            let _ = made.set_attribute("value", &emoji);
            let _ = marks.append_child(&made);
            made
        }
    };
    let count: i32 = given.get_attribute("data-count").and_then(|count| count.parse().ok()).unwrap_or(0);
    let count = (count + if is_on { 1 } else { -1 }).max(0);
    if count == 0 {
        given.remove();
        return;
    }
    let _ = given.set_attribute("data-count", &count.to_string());
    given.set_text_content(Some(&format!("{emoji} {count}")));
    if by == talk.reader {
        let _ = given.set_attribute("aria-pressed", if is_on { "true" } else { "false" });
        let _ = given.set_attribute("name", if is_on { "off" } else { "on" });
    } else if !given.has_attribute("name") {
        let _ = given.set_attribute("aria-pressed", "false");
        let _ = given.set_attribute("name", "on");
    }
    let words = if given.get_attribute("name").as_deref() == Some("off") { "take yours back" } else { "join" };
    let _ = given.set_attribute("aria-label", &format!("{emoji} {count}, {words}"));
}

fn one_reply_more(talk: &Talk, of: &str) {
    let Some(message) = found(talk, of) else { return };
    let Some(link) = one(&message, "[data-replies]") else { return };
    let count = link.get_attribute("data-replies").and_then(|count| count.parse::<u32>().ok()).unwrap_or_default() + 1;
    let _ = link.set_attribute("data-replies", &count.to_string());
    link.set_text_content(Some(&if count == 1 { "1 reply".to_owned() } else { format!("{count} replies") }));
}

fn with(talk: &Talk, data: &JsValue, change: impl FnOnce(&Element)) {
    if let Some(message) = text(data, "id").and_then(|id| found(talk, &id)) {
        change(&message);
    }
}

/// Ids hold letters, digits and hyphens only, so that they can stand in a selector.
fn found(talk: &Talk, id: &str) -> Option<Element> {
    one(&talk.root, &format!("[data-message=\"{id}\"]"))
}

/// What was said earlier, above what is there, which stays where it is.
pub(super) fn earlier(talk: &Rc<Talk>, link: Element) {
    let Some(address) = link.get_attribute("href") else { return };
    let talk = Rc::clone(talk);
    let words = link.text_content();
    link.set_text_content(Some("Loading …"));
    spawn_local(async move {
        let Ok(page) = fetch_page(&talk.window, &address).await else {
            link.set_text_content(Some("That did not work. Try again."));
            return;
        };
        let (Some(list), Some(found)) = (one(&talk.root, "[data-log]"), page.document_element()) else {
            return;
        };
        let first = list.first_element_child();
        let before = first.as_ref().map(|first| first.get_bounding_client_rect().top());
        for message in all(&found, "[data-log] > [data-message]") {
            let _ = list.insert_before(&message, first.as_deref());
        }
        while list.child_element_count() > KEPT
            && let Some(last) = list.last_element_child()
        {
            last.remove();
            leave_the_latest(&talk);
        }
        talk.tell_times(&list);
        if let (Some(first), Some(before)) = (first, before) {
            talk.window.scroll_by_with_x_and_y(0.0, first.get_bounding_client_rect().top() - before);
        }
        match all(&found, "a[rel=\"next\"]").first().and_then(|next| next.get_attribute("href")) {
            Some(next) => {
                let _ = link.set_attribute("href", &next);
                link.set_text_content(words.as_deref());
            }
            None => link.remove(),
        }
    });
}
