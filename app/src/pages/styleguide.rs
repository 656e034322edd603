//! What pages are made of, side by side: for whoever builds one. Served where `ATLAS9_STYLEGUIDE` is set, and nowhere else.

pub(crate) mod sample;

use leptos::{either::Either, prelude::*};
use server::http::ApiError;

use super::error::error_view;
use crate::{
    components::{
        directive_form::DirectiveForm,
        form::{Field as FormField, Notice},
        sections::{Around, Rendered},
        title::PageTitle,
    },
    context::{for_everybody, services},
};

/// `/styleguide`.
#[component]
pub(crate) fn Styleguide() -> impl IntoView {
    if services().config.http.styleguide {
        for_everybody([]);
        Either::Left(view! { <Guide /> })
    } else {
        Either::Right(error_view(&ApiError::not_found()))
    }
}

#[component]
fn Guide() -> impl IntoView {
    view! {
        <PageTitle text="Style guide" />
        <div class="styleguide">
            <h1>"Style guide"</h1>
            <p class="lede">"Everything pages are made of. The words behind it are in docs/design.md."</p>
            <Colours />
            <Type />
            <Controls />
            <Messages />
            <Lists />
            <h2>"A project"</h2>
            {Rendered::of(Around { sections: &sample::sections(), files: None }).view(&std::collections::BTreeMap::new())}
        </div>
    }
    .into_any()
}

/// Roles of colour, as style/tokens.css names them.
const COLOURS: [(&str, &str); 8] = [
    ("paper", "Behind everything"),
    ("raised", "Fields and notices"),
    ("ink", "Text"),
    ("quiet", "Text that may wait"),
    ("edge", "Borders of controls"),
    ("line", "Hairlines"),
    ("accent", "What can be acted on, and the reader's own words"),
    ("wash", "Behind the reader's own words"),
];

#[component]
fn Colours() -> impl IntoView {
    let swatches = COLOURS.map(|(role, purpose)| {
        view! {
            <li>
                <span class=format!("swatch of-{role}") aria-hidden="true"></span>
                <code>{format!("--{role}")}</code>
                <span class="quiet">{purpose}</span>
            </li>
        }
    });
    view! {
        <section aria-labelledby="guide-colours">
            <h2 id="guide-colours">"Colours"</h2>
            <ul class="swatches">{swatches.into_iter().collect_view()}</ul>
        </section>
    }
    .into_any()
}

#[component]
fn Type() -> impl IntoView {
    view! {
        <section aria-labelledby="guide-type">
            <h2 id="guide-type">"Type"</h2>
            <p class="lede">"A lede in the display face, a size above the text."</p>
            <h3>"A heading of the third rank"</h3>
            <p>"Running text with " <a href="#guide-type">"a link"</a> ", " <strong>"weight"</strong> ", " <em>"emphasis"</em> ", " <code>"code_of_some_kind()"</code> " and " <q>"words of the reader"</q> "."</p>
            <p class="quiet">"Quiet text, 0123456789 in figures of one width."</p>
            <p class="label">"A label"</p>
        </section>
    }
    .into_any()
}

#[component]
fn Controls() -> impl IntoView {
    view! {
        <section aria-labelledby="guide-controls">
            <h2 id="guide-controls">"Controls"</h2>
            <p class="row">
                <button type="button" class="primary">"Primary"</button>
                <button type="button">"Ordinary"</button>
                <button type="button" class="quiet">"Quiet"</button>
                <button type="button" class="danger">"Dangerous"</button>
                <button type="button" disabled>"Not now"</button>
                <a class="button" href="#guide-controls">"A link as a button"</a>
            </p>
            <form class="fields" method="get" action="/styleguide">
                <FormField form="guide" name="name" label="A field" help="What helps to type the right thing." value="Typed" />
                <div class="field">
                    <label for="guide-wrong">"A field that is wrong"</label>
                    <p class="error" id="guide-wrong-error">"What is wrong, and what to do."</p>
                    <input id="guide-wrong" name="wrong" value="Typed wrong" aria-invalid="true" aria-describedby="guide-wrong-error" />
                </div>
                <fieldset>
                    <legend>"A choice"</legend>
                    <div class="choice">
                        <input type="radio" id="guide-one" name="choice" value="one" checked=true />
                        <label for="guide-one"><strong>"One"</strong> " " <span class="help">"what it means"</span></label>
                    </div>
                    <div class="choice">
                        <input type="radio" id="guide-other" name="choice" value="other" />
                        <label for="guide-other"><strong>"Other"</strong> " " <span class="help">"what it means"</span></label>
                    </div>
                </fieldset>
                <details>
                    <summary>"More, when wanted"</summary>
                    <p>"Folded away until then."</p>
                </details>
            </form>
            <DirectiveForm />
        </section>
    }
    .into_any()
}

#[component]
fn Messages() -> impl IntoView {
    view! {
        <section aria-labelledby="guide-messages">
            <h2 id="guide-messages">"Messages"</h2>
            <Notice text="Archived: A register of village bridges">
                <button type="button" class="quiet">"Undo"</button>
            </Notice>
            <p class="error whole">"Something is wrong with the whole form, and what to do."</p>
            <p class="caveat">"What a reader should know about the limits of what follows."</p>
            <div class="empty">
                <p class="lede">"Nothing here yet, and what will be."</p>
                <p><a class="button primary" href="#guide-messages">"Start something"</a></p>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Lists() -> impl IntoView {
    view! {
        <section aria-labelledby="guide-lists">
            <h2 id="guide-lists">"Lists"</h2>
            <ol class="projects">
                <li>
                    <a href="#guide-lists">"A register of village bridges"</a>
                    <p class="words">"Where engineers record the condition of bridges, offline, with photos"</p>
                    <div class="row-foot">
                        <p class="quiet">
                            <time datetime="2026-01-31">"2026-01-31"</time> " · " <span class="state running">"being made"</span>
                            " · " <span class="visibility">"public"</span>
                        </p>
                        <div class="row-actions">
                            <button type="button" class="quiet">"Archive"</button>
                            <button type="button" class="quiet">"Delete"</button>
                        </div>
                    </div>
                </li>
            </ol>
            <ul class="lines">
                <li>
                    <div>
                        <strong>"Firefox on Linux"</strong>
                        <p class="quiet">"Last used 2026-01-31"</p>
                    </div>
                    <span class="tag">"this one"</span>
                </li>
            </ul>
        </section>
    }
    .into_any()
}
