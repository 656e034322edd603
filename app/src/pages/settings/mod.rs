//! What people change about themselves.

mod devices;
mod notices;
mod tokens;
mod webhook;
mod webhooks;

use leptos::{either::Either, prelude::*};
use leptos_router::{
    components::Redirect,
    hooks::{use_params_map, use_query_map},
};
use model::Theme;
use server::{
    accounts::{ApiToken, Device, Profile, Visitor},
    http::ApiError,
    images::{Subject, Waiting},
    notices::Settings as NoticeSettings,
};

use super::{error::error_view, signup::PASSWORD_HELP};
use crate::{
    components::{
        form::{Field, FormError, Notice, state_of},
        photo::PERSON,
        picture_form::PictureForm,
        title::PageTitle,
    },
    context::{caller, services},
    functions::{look_again, looks_so_far},
};
use devices::Devices;
use notices::Notices;
use tokens::Tokens;
pub(crate) use {webhook::Webhook, webhooks::Webhooks};

/// What the page says about what was just done, by the word in its query.
const DONE: [(&str, &str); 11] = [
    ("name", "Your name is changed."),
    (
        "address-sent",
        "We wrote to the new address. The account has it once you have followed the link in the letter, in this browser.",
    ),
    ("address", "Your address is changed."),
    ("password", "Your password is changed, and every other browser is signed out."),
    ("theme", "Saved. Pages that are the same for everybody follow your device."),
    ("devices", "Signed out there."),
    ("tokens", "The token is revoked: nothing gets in with it any more."),
    ("picture", "The picture arrived."),
    ("no-picture", "The picture is taken away."),
    ("notices", "Saved."),
    ("welcome", "Welcome."),
];

/// Everything the page shows.
struct Loaded {
    visitor: Visitor,
    profile: Profile,
    /// What is known of the picture that was sent last.
    waiting: Option<Waiting>,
    devices: Vec<Device>,
    notices: NoticeSettings,
    tokens: Vec<ApiToken>,
}

/// `/settings`. Whoever has no session is sent to sign in.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    let done = use_query_map().read_untracked().get("done");
    let (sent_picture, looks) = (done.as_deref() == Some("picture"), looks_so_far());
    let done = done.and_then(|word| DONE.iter().find(|(known, _)| *known == word)).map(|(_, text)| *text);
    let page = Suspend::new(async move {
        match load(sent_picture, looks).await {
            Ok(Some(loaded)) => Either::Left(view! { <Sections loaded done /> }),
            Ok(None) => Either::Right(Either::Left(view! { <Redirect path="/login?next=/settings" /> })),
            Err(error) => Either::Right(Either::Right(error_view(&error))),
        }
    });
    view! {
        <PageTitle text="Settings" />
        <Suspense>{page}</Suspense>
    }
}

async fn load(sent_picture: bool, looks: u32) -> Result<Option<Loaded>, ApiError> {
    let Some(visitor) = caller().await?.visitor().cloned() else { return Ok(None) };
    let services = services();
    let accounts = &services.accounts;
    let profile = accounts.profile(&visitor).await?;
    let waiting = services.images.waiting(Subject::User(visitor.user)).await?;
    if sent_picture && waiting == Some(Waiting::ForItsTurn) {
        look_again("/settings?done=picture", "picture", looks);
    }
    let devices = accounts.devices(&visitor).await?;
    let notices = services.notices.settings(visitor.user).await?;
    let tokens = if visitor.is_member() { accounts.tokens(&visitor).await? } else { Vec::new() };
    Ok(Some(Loaded { visitor, profile, waiting, devices, notices, tokens }))
}

#[component]
fn Sections(loaded: Loaded, done: Option<&'static str>) -> impl IntoView {
    let Loaded { visitor, profile, waiting, devices, notices, tokens } = loaded;
    let push_key = services().notices.push_key().to_owned();
    let is_member = visitor.is_member();
    let head = if is_member {
        Either::Left(view! { <Account profile=profile.clone() waiting /> })
    } else {
        Either::Right(view! { <Guest /> })
    };
    view! {
        {done.map(|text| view! { <Notice text /> })}
        <div class="settings">
            <h1>"Settings"</h1>
            {head}
            <Appearance theme=profile.theme />
            <Notices settings=notices push_key />
            <Devices devices here=visitor.session />
            {is_member.then(|| view! { <Tokens tokens /> <WebhooksElsewhere /> })}
            <YourData is_member />
        </div>
    }
}

/// A section of the page with its heading in the margin.
#[component]
pub(super) fn Section(id: &'static str, title: &'static str, children: Children) -> impl IntoView {
    let label = format!("{id}-heading");
    view! {
        <section class="setting" id=id aria-labelledby=label.clone()>
            <h2 id=label.clone()>{title}</h2>
            <div class="setting-body">{children()}</div>
        </section>
    }
    .into_any()
}

#[component]
fn WebhooksElsewhere() -> impl IntoView {
    view! {
        <Section id="webhooks" title="Webhooks">
            <p>"They tell your own programs what happens to your projects, when it happens."</p>
            <p><a href="/settings/webhooks">"Set up webhooks"</a></p>
        </Section>
    }
}

#[component]
fn Guest() -> impl IntoView {
    view! {
        <Section id="account" title="Account">
            <p>"You are here as a guest: your projects belong to this browser, and to nobody else. With an account they open anywhere, and outlive its cookies."</p>
            <p class="row"><a class="button primary" href="/signup">"Sign up"</a> <a href="/login?next=/settings">"Sign in"</a></p>
        </Section>
    }
}

#[component]
fn Account(profile: Profile, waiting: Option<Waiting>) -> impl IntoView {
    let email = profile.email.clone().unwrap_or_default();
    view! {
        <Section id="profile" title="Profile">
            <form method="post" action="/fn/set_name" class="fields">
                <FormError form="set_name" />
                <Field form="set_name" name="name" label="Name" autocomplete="name" value=profile.name.unwrap_or_default() />
                <button type="submit">"Save"</button>
            </form>
        </Section>
        <Section id="picture" title="Picture">
            <PictureForm
                picture=profile.avatar
                waiting
                frame=PERSON
                label="A picture of you"
                help="The middle of it is shown, as wide as high. JPEG, PNG, WebP or GIF, up to 12 MB; where it was taken, and with what, is not kept."
            />
        </Section>
        <Section id="address" title="Mail address">
            <p>"Now: " <strong dir="auto">{email}</strong></p>
            <details open=state_of("change_address").error.is_some()>
                <summary>"Change the address"</summary>
                <form method="post" action="/fn/change_address" class="fields">
                    <FormError form="change_address" />
                    <Field form="change_address" name="email" label="New address" autocomplete="email" help="We write to it; it counts once you have followed the link." />
                    <Field form="change_address" name="current" label="Your password" kind="password" autocomplete="current-password" />
                    <button type="submit">"Write to the new address"</button>
                </form>
            </details>
        </Section>
        <Section id="password" title="Password">
            <details open=state_of("change_password").error.is_some()>
                <summary>"Change the password"</summary>
                <form method="post" action="/fn/change_password" class="fields">
                    <FormError form="change_password" />
                    <Field form="change_password" name="current" label="Your password now" kind="password" autocomplete="current-password" />
                    <Field form="change_password" name="password" label="New password" kind="password" autocomplete="new-password" help=PASSWORD_HELP />
                    <p class="help">"Every other browser is signed out."</p>
                    <button type="submit">"Change it"</button>
                </form>
            </details>
        </Section>
    }
}

const THEMES: [(Theme, &str); 3] = [(Theme::System, "As my device"), (Theme::Light, "Light"), (Theme::Dark, "Dark")];

#[component]
fn Appearance(theme: Theme) -> impl IntoView {
    let choices = THEMES.map(|(choice, label)| {
        let id = format!("theme-{}", choice.as_str());
        view! {
            <div class="choice">
                <input type="radio" id=id.clone() name="theme" value=choice.as_str() checked=choice == theme />
                <label for=id>{label}</label>
            </div>
        }
    });
    view! {
        <Section id="appearance" title="Appearance">
            <form method="post" action="/fn/set_theme">
                <fieldset class="inline">
                    <legend class="visually-hidden">"Theme"</legend>
                    {choices.into_iter().collect_view()}
                </fieldset>
                <p class="help">"For your own pages. Those that are the same bytes for everybody, such as the first one, follow your device."</p>
                <button type="submit">"Save"</button>
            </form>
        </Section>
    }
}

#[component]
fn YourData(is_member: bool) -> impl IntoView {
    let password = is_member.then(|| {
        view! { <Field form="delete_everything" name="current" label="Your password" kind="password" autocomplete="current-password" /> }
    });
    let state = state_of("delete_everything");
    let unsure = state.error.clone().filter(|_| state.field == Some("sure"));
    view! {
        <Section id="data" title="Your data">
            <p>"Everything we have of you, in one file: profile, devices, tokens, and every project with all its sections."</p>
            <p><a class="button" href="/api/account/export" download="atlas9-export.json">"Export everything"</a></p>
            <details class="danger" open=state.error.is_some()>
                <summary>"Delete everything"</summary>
                <form method="post" action="/fn/delete_everything" class="fields">
                    <FormError form="delete_everything" />
                    <p>"Your account, your projects, shared ones too, and all their revisions go at once. This cannot be taken back."</p>
                    {password}
                    {unsure.map(|error| view! { <p class="error" role="alert">{error}</p> })}
                    <div class="choice">
                        <input type="checkbox" id="delete-sure" name="sure" value="yes" />
                        <label for="delete-sure">"Yes, delete everything"</label>
                    </div>
                    <button class="danger" type="submit">"Delete everything"</button>
                </form>
            </details>
        </Section>
    }
}

/// `/settings/confirm/{token}`: the page behind the link to a new address.
#[component]
pub(crate) fn ConfirmAddress() -> impl IntoView {
    let token = use_params_map().read_untracked().get("token").unwrap_or_default();
    let page = Suspend::new(async move {
        match caller().await {
            Ok(caller) if caller.visitor().is_some_and(Visitor::is_member) => Either::Left(view! {
                <div class="narrow">
                    <h1>"Your new address works"</h1>
                    <p class="lede">"One more step gives it to your account."</p>
                    <form method="post" action="/fn/confirm_address" class="fields">
                        <input type="hidden" name="token" value=token />
                        <button class="primary" type="submit">"Use this address"</button>
                    </form>
                </div>
            }),
            Ok(_) => {
                let path = format!("/login?next=/settings/confirm/{token}");
                Either::Right(Either::Left(view! { <Redirect path /> }))
            }
            Err(error) => Either::Right(Either::Right(error_view(&error))),
        }
    });
    view! {
        <PageTitle text="Confirm your new address" />
        <Suspense>{page}</Suspense>
    }
}
