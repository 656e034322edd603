//! Links between pieces, and lists of facts that hold them. Every piece of a list can be linked to.
//!
//! A link's words come from its id, or from the product, which every later stage is made from: they are the same whatever else is there.

use leptos::prelude::*;
use model::sections::{Product, ScreenKind};

use super::with_code;

/// The id of a piece's element: `features-list-thing`. No two stages have lists of one name.
pub(crate) fn anchor(part: &str, id: &str) -> String {
    format!("{part}-{id}")
}

/// Where a link leads, and its words.
pub(super) struct Link {
    /// Nothing where there is no such piece.
    target: Option<String>,
    words: String,
    is_code: bool,
}

impl Link {
    fn to(part: &str, id: &str, words: String) -> Self {
        Self { target: Some(format!("#{}", anchor(part, id))), words, is_code: false }
    }

    fn code(part: &str, id: &str, words: String) -> Self {
        Self { is_code: true, ..Self::to(part, id, words) }
    }

    /// Words of an id that leads nowhere.
    fn dead(id: &str) -> Self {
        Self { target: None, words: in_words(id), is_code: false }
    }

    /// The link as markup, on its project's own page.
    pub(super) fn view(self) -> AnyView {
        self.view_on("")
    }

    /// The link as markup; `project` is the address of the page where its target stands, empty for the same page.
    fn view_on(self, project: &str) -> AnyView {
        let words = if self.is_code {
            view! { <code>{self.words}</code> }.into_any()
        } else {
            view! { <bdi>{self.words}</bdi> }.into_any()
        };
        match self.target {
            Some(target) => view! { <a href=format!("{project}{target}")>{words}</a> }.into_any(),
            None => words,
        }
    }
}

/// Features under their titles.
pub(super) fn features(product: &Product, ids: &[String]) -> Vec<Link> {
    let title =
        |id: &String| product.features.iter().find(|feature| feature.id == *id).map(|feature| feature.title.clone());
    ids.iter().map(|id| title(id).map_or_else(|| Link::dead(id), |title| Link::to("features", id, title))).collect()
}

/// Features by their numbers in the product, for where many things serve many of them; their titles are said when asked for.
pub(super) fn numbered_features(product: &Product, ids: &[String]) -> Option<AnyView> {
    let numbered = product.features.iter().zip(1..).filter(|(feature, _)| ids.contains(&feature.id));
    let links: Vec<AnyView> = numbered
        .map(|(feature, number): (_, u32)| {
            let (target, title) = (format!("#{}", anchor("features", &feature.id)), feature.title.clone());
            view! { " " <a href=target title=title>{number}</a> }.into_any()
        })
        .collect();
    let word = if links.len() == 1 { "for feature" } else { "for features" };
    (!links.is_empty()).then(|| view! { <p class="numbers quiet">{word} {links}</p> }.into_any())
}

/// Entities under their names.
pub(super) fn entities(product: &Product, ids: &[String]) -> Vec<Link> {
    let name = |id: &String| product.entities.iter().find(|entity| entity.id == *id).map(|entity| entity.name.clone());
    ids.iter().map(|id| name(id).map_or_else(|| Link::dead(id), |name| Link::code("entities", id, name))).collect()
}

/// An entity by its id, wherever its name is not known.
pub(super) fn entity(id: &str) -> AnyView {
    Link::code("entities", id, id.to_owned()).view()
}

/// Screens, by the words of their ids: what they show, and how. Their titles are not known before they come.
pub(super) fn screens(ids: &[String]) -> Vec<Link> {
    let words = |id: &String| match id.split_once('-') {
        Some((kind, thing)) if kind.parse::<ScreenKind>().is_ok() => format!("{}, {kind}", in_words(thing)),
        _ => in_words(id),
    };
    ids.iter().map(|id| Link::to("screens", id, words(id))).collect()
}

/// Components, by the words of their ids.
pub(super) fn components(ids: &[String]) -> Vec<Link> {
    ids.iter().map(|id| Link::to("components", id, in_words(id))).collect()
}

/// Tokens, by their ids.
pub(super) fn tokens(ids: &[String]) -> Vec<Link> {
    ids.iter().map(|id| Link::code("tokens", id, id.clone())).collect()
}

/// Roles, by the words of their ids.
pub(super) fn roles(ids: &[String]) -> Vec<Link> {
    ids.iter().map(|id| Link::to("roles", id, in_words(id))).collect()
}

/// Operations, by their ids.
pub(super) fn operations(ids: &[String]) -> Vec<Link> {
    ids.iter().map(|id| Link::code("operations", id, id.clone())).collect()
}

/// Tables, under the names their ids stand for.
pub(super) fn tables(ids: &[String]) -> Vec<Link> {
    ids.iter().map(|id| Link::code("tables", id, id.replace('-', "_"))).collect()
}

/// The words of an id: `collector-who-buys`.
pub(super) fn in_words(id: &str) -> String {
    id.replace('-', " ")
}

/// A line of a list of facts whose fact is links; nothing when there are none.
pub(super) fn linked(name: &'static str, links: Vec<Link>) -> Option<AnyView> {
    linked_on("", name, links)
}

/// Likewise, where what the links lead to stands on the page `project`.
pub(super) fn linked_on(project: &str, name: &'static str, links: Vec<Link>) -> Option<AnyView> {
    if links.is_empty() {
        return None;
    }
    let links = links.into_iter().map(|link| view! { <li>{link.view_on(project)}</li> }).collect_view();
    Some(view! { <div><dt>{name}</dt><dd><ul class="refs" role="list">{links}</ul></dd></div> }.into_any())
}

/// A line of a list of facts whose fact is a text; nothing when it is empty.
pub(super) fn told(name: &str, text: &str) -> Option<AnyView> {
    let (name, told) = (name.to_owned(), with_code(text));
    (!text.is_empty()).then(|| view! { <div><dt dir="auto">{name}</dt><dd dir="auto">{told}</dd></div> }.into_any())
}

/// A list of facts; nothing when there are none.
pub(super) fn facts(lines: impl IntoIterator<Item = Option<AnyView>>) -> Option<AnyView> {
    let lines: Vec<AnyView> = lines.into_iter().flatten().collect();
    (!lines.is_empty()).then(|| view! { <dl class="about">{lines}</dl> }.into_any())
}

/// What is wider than its page scrolls by itself, also by keyboard.
pub(super) fn source(label: String, text: String) -> AnyView {
    view! { <pre class="scroll" tabindex="0" role="group" aria-label=label><code>{text}</code></pre> }.into_any()
}
