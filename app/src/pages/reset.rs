//! A new password for somebody who has forgotten theirs.

use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_params_map;
use server::http::ApiError;

use super::{
    error::error_view,
    signup::{MailFolder, PASSWORD_HELP},
};
use crate::{
    components::{
        form::{Field, FormError},
        title::PageTitle,
    },
    context::{for_everybody, services},
};

/// `/reset`: the same bytes for everyone.
#[component]
pub(crate) fn RequestReset() -> impl IntoView {
    for_everybody([]);
    view! {
        <PageTitle text="Forgot the password?" />
        <div class="narrow">
            <h1>"Forgot the password?"</h1>
            <p class="lede">"Type the address of your account. We write to it with a link to choose a new one."</p>
            <form method="post" action="/fn/request_reset" class="fields">
                <FormError form="request_reset" />
                <Field form="request_reset" name="email" label="Mail address" autocomplete="username" />
                <button class="primary" type="submit">"Write to me"</button>
            </form>
            <p class="elsewhere"><a href="/login">"Back to signing in"</a></p>
        </div>
    }
}

/// `/reset/sent`.
#[component]
pub(crate) fn ResetSent() -> impl IntoView {
    view! {
        <PageTitle text="Check your mail" />
        <div class="narrow">
            <h1>"Check your mail"</h1>
            <p class="lede">"If the address has an account, a letter with a link is on its way. The link works once, within an hour."</p>
            <MailFolder />
            <p>"Nothing there after a few minutes? Perhaps the account has another address: " <a href="/reset">"try again"</a> "."</p>
        </div>
    }
}

/// `/reset/{token}`.
#[component]
pub(crate) fn ResetPassword() -> impl IntoView {
    let token = use_params_map().read_untracked().get("token").unwrap_or_default();
    let page = Suspend::new(async move {
        match services().accounts.reset_link(&token).await {
            Ok(()) => Either::Left(view! {
                <div class="narrow">
                    <h1>"Choose a new password"</h1>
                    <form method="post" action="/fn/reset_password" class="fields">
                        <FormError form="reset_password" />
                        <input type="hidden" name="token" value=token />
                        <Field form="reset_password" name="password" label="New password" kind="password" autocomplete="new-password" help=PASSWORD_HELP />
                        <p class="help">"Every browser that is signed in will be signed out."</p>
                        <button class="primary" type="submit">"Change it"</button>
                    </form>
                </div>
            }),
            Err(error) => Either::Right(error_view(&ApiError::from(error))),
        }
    });
    view! {
        <PageTitle text="Choose a new password" />
        <Suspense>{page}</Suspense>
    }
}
