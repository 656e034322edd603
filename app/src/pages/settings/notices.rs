//! What one is told of while one looks elsewhere, and where.

use leptos::prelude::*;
use leptos_meta::Script;
use server::notices::Settings;

use super::Section;
use crate::{context::assets, pages::moment};

/// How long quiet lasts, in hours and in words.
const QUIET: [(u32, &str); 3] = [(1, "an hour"), (8, "eight hours"), (168, "a week")];

/// Mail, browsers and quiet.
#[component]
pub(super) fn Notices(settings: Settings, push_key: String) -> impl IntoView {
    let Settings { has_address, mail, quiet_until, browsers } = settings;
    let script = assets().push.clone().map(|src| view! { <Script type_="module" src=src /> });
    let mail = has_address.then(|| mail_form(mail));
    let quiet = match quiet_until {
        Some(until) => view! {
            <form method="post" action="/fn/set_quiet" class="row">
                <input type="hidden" name="hours" value="0" />
                <p>"Quiet until " {moment(until)} "."</p>
                <button type="submit">"End it now"</button>
            </form>
        }
        .into_any(),
        None => {
            let options = QUIET.map(|(hours, words)| view! { <option value=hours>{words}</option> }).collect_view();
            view! {
                <form method="post" action="/fn/set_quiet" class="row">
                    <label for="quiet">"No mail and nothing pushed for"</label>
                    <select id="quiet" name="hours">{options}</select>
                    <button type="submit">"Be quiet"</button>
                </form>
            }
            .into_any()
        }
    };
    let pushed = match browsers {
        0 => None,
        1 => Some("One browser of yours shows notices.".to_owned()),
        many => Some(format!("{many} browsers of yours show notices.")),
    };
    view! {
        <Section id="notices" title="Notices">
            <p>
                "What is said in your rooms while you are not there stands among your " <a href="/notices">"notices"</a>
                ". How much of a room you want to be told, you say there."
            </p>
            {mail}
            {quiet}
            {pushed.map(|words| view! { <p class="quiet">{words}</p> })}
            <div data-push=push_key hidden>
                <button type="button">"Show notices in this browser"</button>
                <p class="quiet" role="status"></p>
            </div>
            {script}
        </Section>
    }
}

fn mail_form(wanted: bool) -> AnyView {
    view! {
        <form method="post" action="/fn/set_notice_mail" class="row">
            <label><input type="checkbox" name="mail" checked=wanted /> " Write me a letter of what I have not seen, every quarter of an hour at most"</label>
            <button type="submit">"Save"</button>
        </form>
    }
    .into_any()
}
