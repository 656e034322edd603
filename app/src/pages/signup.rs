//! Signing up: the form, what to do next, and the page behind the link.

use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_params_map;
use server::accounts::PASSWORD_MIN_CHARS;

use super::error::error_view;
use crate::{
    components::{
        form::{Field, FormError},
        title::PageTitle,
    },
    context::{caller, for_everybody, services},
};

/// `/signup`: the same bytes for everyone.
#[component]
pub(crate) fn SignUpPage() -> impl IntoView {
    for_everybody([]);
    view! {
        <PageTitle text="Sign up" />
        <div class="narrow">
            <h1>"Sign up"</h1>
            <p class="lede">"An account keeps your projects when this browser forgets them, and opens them in others. What you made as a guest comes along."</p>
            <form method="post" action="/fn/sign_up" class="fields">
                <FormError form="sign_up" />
                <Field form="sign_up" name="name" label="What should we call you?" autocomplete="name" />
                <Field form="sign_up" name="email" label="Mail address" autocomplete="username" help="We write to it once, with a link." />
                <Field form="sign_up" name="password" label="Password" kind="password" autocomplete="new-password" help=PASSWORD_HELP />
                <button class="primary" type="submit">"Sign up"</button>
            </form>
            <p class="elsewhere">"Have an account? " <a href="/login">"Sign in"</a></p>
        </div>
    }
}

const _: () = assert!(PASSWORD_MIN_CHARS == 10, "the help below says so");
/// What helps to choose one.
pub(crate) const PASSWORD_HELP: &str = "At least 10 characters that nobody would guess. A few unrelated words do well.";

/// `/signup/sent`.
#[component]
pub(crate) fn SignUpSent() -> impl IntoView {
    view! {
        <PageTitle text="Check your mail" />
        <div class="narrow">
            <h1>"Check your mail"</h1>
            <p class="lede">"We wrote to your address. Follow the link in the letter within 24 hours, best in this browser, and the account is yours."</p>
            <MailFolder />
            <p>"Nothing there after a few minutes? Look into the folder for unwanted mail, or " <a href="/signup">"try again"</a> "."</p>
            <p>"Until then you can go on as a guest: " <a href="/projects">"your projects"</a> " are where you left them."</p>
        </div>
    }
}

/// Where mail is on a machine that has no server for it.
#[component]
pub(crate) fn MailFolder() -> impl IntoView {
    let folder = services().accounts.mail_folder().map(|folder| folder.display().to_string());
    folder.map(|folder| {
        view! { <p class="caveat">"This installation has no mail server (ATLAS9_SMTP_URL), so the letter was written to the folder " <code>{folder}</code> " on it."</p> }
    })
}

/// `/signup/confirm/{token}`. Following a link changes nothing yet: programs that look for harmful links follow them as well.
#[component]
pub(crate) fn ConfirmSignUp() -> impl IntoView {
    let token = use_params_map().read_untracked().get("token").unwrap_or_default();
    let page = Suspend::new(async move {
        let asked = match caller().await {
            Ok(caller) => services().accounts.sign_up_link(&token, caller.visitor()).await.map_err(Into::into),
            Err(error) => Err(error),
        };
        match asked {
            Ok(needs_password) => Either::Left(view! { <Confirm token needs_password /> }),
            Err(error) => Either::Right(error_view(&error)),
        }
    });
    view! {
        <PageTitle text="Confirm your address" />
        <Suspense>{page}</Suspense>
    }
}

#[component]
fn Confirm(token: String, needs_password: bool) -> impl IntoView {
    let password = needs_password.then(|| {
        view! {
            <Field
                form="confirm_sign_up"
                name="current"
                label="The password you chose"
                kind="password"
                autocomplete="current-password"
                help="Asked for because this is another browser than the one that signed up."
            />
        }
    });
    view! {
        <div class="narrow">
            <h1>"Your address works"</h1>
            <p class="lede">"One more step makes the account and signs you in."</p>
            <form method="post" action="/fn/confirm_sign_up" class="fields">
                <FormError form="confirm_sign_up" />
                <input type="hidden" name="token" value=token />
                {password}
                <button class="primary" type="submit">"Make my account"</button>
            </form>
        </div>
    }
}
