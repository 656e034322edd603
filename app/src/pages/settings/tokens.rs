//! Ways in for programs.

use leptos::prelude::*;
use server::accounts::ApiToken;

use super::Section;
use crate::components::form::{Field, FormError, state_of};

/// The tokens, a form for another, and a new one's words, shown this once.
#[component]
pub(super) fn Tokens(tokens: Vec<ApiToken>) -> impl IntoView {
    let state = state_of("create_token");
    let words = state.secret.clone().map(|words| {
        view! {
            <div class="notice secret" role="status">
                <p><strong>"Your new token"</strong> ", shown this once. Keep it where passwords are kept."</p>
                <p><code>{words}</code></p>
                <p class="help">"Send it as " <code>"Authorization: Bearer …"</code></p>
            </div>
        }
    });
    let none = tokens
        .is_empty()
        .then(|| view! { <p class="quiet">"No token yet. Programs use them to reach your projects under /api."</p> });
    let rows = tokens.into_iter().map(|token| view! { <Row token /> }).collect_view();
    let scope_error = state.error.clone().filter(|_| state.field == Some("read"));
    view! {
        <Section id="tokens" title="API tokens">
            {words}
            {none}
            <ul class="lines">{rows}</ul>
            <details open=state.error.is_some()>
                <summary>"New token"</summary>
                <form method="post" action="/fn/create_token" class="fields">
                    <FormError form="create_token" />
                    <Field form="create_token" name="name" label="What is it for?" help="For instance: nightly export" />
                    <fieldset>
                        <legend>"What may it do?"</legend>
                        {scope_error.map(|error| view! { <p class="error" role="alert">{error}</p> })}
                        <div class="choice">
                            <input type="checkbox" id="token-read" name="read" value="yes" checked=true />
                            <label for="token-read"><strong>"Read"</strong> " " <span class="help">"see your projects"</span></label>
                        </div>
                        <div class="choice">
                            <input type="checkbox" id="token-write" name="write" value="yes" />
                            <label for="token-write"><strong>"Write"</strong> " " <span class="help">"start, change, share and delete them"</span></label>
                        </div>
                    </fieldset>
                    <div class="field">
                        <label for="token-days">"How long does it live?"</label>
                        <select id="token-days" name="days">
                            <option value="30">"30 days"</option>
                            <option value="90" selected>"90 days"</option>
                            <option value="366">"A year"</option>
                            <option value="">"Until it is revoked"</option>
                        </select>
                    </div>
                    <button type="submit">"Make a token"</button>
                </form>
            </details>
        </Section>
    }
}

#[component]
fn Row(token: ApiToken) -> impl IntoView {
    let scopes = token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" and ");
    let used = token.last_used_at.map_or_else(|| "never used".to_owned(), |when| format!("last used {}", when.date()));
    let ends = token.expires_at.map_or_else(|| "until revoked".to_owned(), |when| format!("until {}", when.date()));
    let label = format!("Revoke: {}", token.name);
    view! {
        <li>
            <div>
                <strong dir="auto">{token.name}</strong>
                <p class="quiet">{format!("may {scopes}, {ends}, {used}")}</p>
            </div>
            <form method="post" action="/fn/revoke_token">
                <input type="hidden" name="token" value=token.id.to_string() />
                <button type="submit" class="quiet" aria-label=label>"Revoke"</button>
            </form>
        </li>
    }
}
