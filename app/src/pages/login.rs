//! Signing in.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::LocalPath;

use crate::{
    components::{
        form::{Field, FormError, Notice},
        title::PageTitle,
    },
    context::for_everybody,
};

/// What a page says about what was just done, by the word in its query.
const DONE: [(&str, &str); 3] = [
    ("reset", "Your password is changed, and every browser is signed out. Sign in with the new one."),
    ("signed-out", "You are signed out on this device."),
    ("deleted", "Your account and everything in it are deleted."),
];

/// `/login?next=`: the same bytes for everyone.
#[component]
pub(crate) fn LogIn() -> impl IntoView {
    for_everybody([]);
    let query = use_query_map().read_untracked().clone();
    let next = query.get("next").and_then(|next| LocalPath::parse(&next)).map(|next| next.as_str().to_owned());
    let done = query.get("done").and_then(|word| DONE.iter().find(|(known, _)| *known == word)).map(|(_, text)| *text);
    view! {
        <PageTitle text="Sign in" />
        <div class="narrow">
            {done.map(|text| view! { <Notice text /> })}
            <h1>"Sign in"</h1>
            <form method="post" action="/fn/sign_in" class="fields">
                <FormError form="sign_in" />
                <Field form="sign_in" name="email" label="Mail address" autocomplete="username" />
                <Field form="sign_in" name="password" label="Password" kind="password" autocomplete="current-password" />
                <input type="hidden" name="next" value=next.unwrap_or_default() />
                <button class="primary" type="submit">"Sign in"</button>
            </form>
            <p class="elsewhere"><a href="/reset">"Forgot the password?"</a></p>
            <p class="elsewhere">"No account yet? " <a href="/signup">"Sign up"</a> ", or go on as a guest: nothing here needs one."</p>
        </div>
    }
}
