//! What pages ask of the accounts domain.

use axum::http::{StatusCode, header};
use leptos::prelude::*;
use model::{LocalPath, Scope, SessionId, Theme, TokenId};
use server::{
    accounts::{AccountsError, Client, Entry, NewApiToken, Registration, Visitor},
    http::ApiError,
};

use super::{FnError, answer_header, fail, fail_form, see_other, show_form, url_encoded};
use crate::context::{FormState, caller, client, services};

/// Where somebody who came in goes when they wished nothing else.
const HOME: &str = "/projects";

async fn visitor() -> Result<Visitor, FnError> {
    let caller = caller().await.map_err(fail)?;
    caller.visitor().cloned().ok_or_else(|| fail(AccountsError::NotMember))
}

fn from_where() -> Result<Client, FnError> {
    client().ok_or_else(|| fail(ApiError::internal()))
}

/// The field of a form that an error is about.
fn field(error: &AccountsError) -> Option<&'static str> {
    match error {
        AccountsError::Address(_) | AccountsError::AddressTaken => Some("email"),
        AccountsError::Password(_) => Some("password"),
        AccountsError::WrongPassword => Some("current"),
        AccountsError::Name => Some("name"),
        AccountsError::NoScope => Some("read"),
        AccountsError::BadLifetime => Some("days"),
        _ => None,
    }
}

fn again(error: AccountsError, form: FormState) -> FnError {
    let form = FormState { field: field(&error), ..form };
    fail_form(error, form)
}

fn next_page(next: &str) -> String {
    LocalPath::parse(next).map_or_else(|| HOME.to_owned(), |next| next.as_str().to_owned())
}

/// The address of a page with one more thing in its query.
fn with_query(page: &str, name: &str, value: &str) -> String {
    format!("{page}?{name}={}", url_encoded(value))
}

/// Asks for an account. The answer is the same whether the address has one or not.
#[server(prefix = "/fn", endpoint = "sign_up")]
pub(crate) async fn sign_up(
    #[server(default)] name: String,
    #[server(default)] email: String,
    #[server(default)] password: String,
) -> Result<(), FnError> {
    let form = FormState::of("sign_up", "/signup").with("name", &name).with("email", &email);
    let (caller, client) = (caller().await.map_err(fail)?, from_where()?);
    let typed = Registration { name, email, password };
    let guest = services().accounts.sign_up(typed, caller.visitor(), &client).await.map_err(|e| again(e, form))?;
    if let Some(guest) = &guest {
        answer_header(header::SET_COOKIE, &guest.set_cookie);
    }
    see_other("/signup/sent");
    Ok(())
}

/// Makes the account of a link, and signs its browser in.
#[server(prefix = "/fn", endpoint = "confirm_sign_up")]
pub(crate) async fn confirm_sign_up(token: String, #[server(default)] current: String) -> Result<(), FnError> {
    let form = FormState::of("confirm_sign_up", format!("/signup/confirm/{}", url_encoded(&token)));
    let (caller, client) = (caller().await.map_err(fail)?, from_where()?);
    let opened = services().accounts.confirm_sign_up(&token, Some(&current), caller.visitor(), &client).await;
    let opened = opened.map_err(|e| again(e, form))?;
    answer_header(header::SET_COOKIE, &opened.set_cookie);
    see_other("/projects?notice=welcome");
    Ok(())
}

/// Signs somebody in and sends them where they wished to go.
#[server(prefix = "/fn", endpoint = "sign_in")]
pub(crate) async fn sign_in(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Result<(), FnError> {
    let next = next_page(&next);
    let form = FormState::of("sign_in", with_query("/login", "next", &next)).with("email", &email);
    let (caller, client) = (caller().await.map_err(fail)?, from_where()?);
    let opened = services().accounts.sign_in(Entry { email, password }, caller.visitor(), &client).await;
    let opened = opened.map_err(|e| again(e, form))?;
    answer_header(header::SET_COOKIE, &opened.set_cookie);
    see_other(&next);
    Ok(())
}

/// Ends this browser's session. May be sent twice.
#[server(prefix = "/fn", endpoint = "sign_out")]
pub(crate) async fn sign_out() -> Result<(), FnError> {
    let (caller, client) = (caller().await.map_err(fail)?, from_where()?);
    let cookie = services().accounts.sign_out(caller.visitor(), client.over_tls).await.map_err(fail)?;
    answer_header(header::SET_COOKIE, &cookie);
    see_other("/login?done=signed-out");
    Ok(())
}

/// Asks for a letter with a link to a new password. The answer is the same whether the address has an account or not.
#[server(prefix = "/fn", endpoint = "request_reset")]
pub(crate) async fn request_reset(#[server(default)] email: String) -> Result<(), FnError> {
    let form = FormState::of("request_reset", "/reset").with("email", &email);
    services().accounts.request_reset(&email, &from_where()?).await.map_err(|e| again(e, form))?;
    see_other("/reset/sent");
    Ok(())
}

/// Sets a new password by a link.
#[server(prefix = "/fn", endpoint = "reset_password")]
pub(crate) async fn reset_password(token: String, #[server(default)] password: String) -> Result<(), FnError> {
    let form = FormState::of("reset_password", format!("/reset/{}", url_encoded(&token)));
    services().accounts.reset_password(&token, &password).await.map_err(|e| again(e, form))?;
    see_other("/login?done=reset");
    Ok(())
}

/// Changes what somebody is called.
#[server(prefix = "/fn", endpoint = "set_name")]
pub(crate) async fn set_name(#[server(default)] name: String) -> Result<(), FnError> {
    let form = FormState::of("set_name", "/settings").with("name", &name);
    services().accounts.rename(&visitor().await?, &name).await.map_err(|e| again(e, form))?;
    see_other("/settings?done=name");
    Ok(())
}

/// Asks for a letter to a new address.
#[server(prefix = "/fn", endpoint = "change_address")]
pub(crate) async fn change_address(
    #[server(default)] email: String,
    #[server(default)] current: String,
) -> Result<(), FnError> {
    let form = FormState::of("change_address", "/settings").with("email", &email);
    let (visitor, client) = (visitor().await?, from_where()?);
    services().accounts.change_address(&visitor, &current, &email, &client).await.map_err(|e| again(e, form))?;
    see_other("/settings?done=address-sent");
    Ok(())
}

/// Gives the account the address of a link.
#[server(prefix = "/fn", endpoint = "confirm_address")]
pub(crate) async fn confirm_address(token: String) -> Result<(), FnError> {
    services().accounts.confirm_address(&visitor().await?, &token).await.map_err(fail)?;
    see_other("/settings?done=address");
    Ok(())
}

/// Changes the password, and signs every other browser out.
#[server(prefix = "/fn", endpoint = "change_password")]
pub(crate) async fn change_password(
    #[server(default)] current: String,
    #[server(default)] password: String,
) -> Result<(), FnError> {
    let form = FormState::of("change_password", "/settings");
    let (visitor, client) = (visitor().await?, from_where()?);
    let opened = services().accounts.change_password(&visitor, &current, &password, &client).await;
    answer_header(header::SET_COOKIE, &opened.map_err(|e| again(e, form))?.set_cookie);
    see_other("/settings?done=password");
    Ok(())
}

/// Light, dark, or as the device says.
#[server(prefix = "/fn", endpoint = "set_theme")]
pub(crate) async fn set_theme(#[server(default)] theme: String) -> Result<(), FnError> {
    let theme: Theme =
        theme.parse().map_err(|e: String| fail(ApiError::unprocessable("bad-theme", format!("{e}."))))?;
    services().accounts.set_theme(&visitor().await?, theme).await.map_err(fail)?;
    see_other("/settings?done=theme");
    Ok(())
}

/// Ends one session, or all but this one. May be sent twice.
#[server(prefix = "/fn", endpoint = "sign_out_device")]
pub(crate) async fn sign_out_device(#[server(default)] session: String) -> Result<(), FnError> {
    let (visitor, services) = (visitor().await?, services());
    if session.is_empty() {
        services.accounts.sign_out_elsewhere(&visitor).await.map_err(fail)?;
    } else {
        let session: SessionId = session.parse().map_err(fail)?;
        services.accounts.sign_out_device(&visitor, session).await.map_err(fail)?;
    }
    see_other("/settings?done=devices");
    Ok(())
}

/// Makes an API token, and shows it this once.
#[server(prefix = "/fn", endpoint = "create_token")]
pub(crate) async fn create_token(
    #[server(default)] name: String,
    #[server(default)] read: Option<String>,
    #[server(default)] write: Option<String>,
    #[server(default)] days: String,
) -> Result<(), FnError> {
    let form = FormState::of("create_token", "/settings").with("name", &name).with("days", &days);
    let wanted = [(read, Scope::Read), (write, Scope::Write)];
    let scopes = wanted.into_iter().filter_map(|(ticked, scope)| ticked.map(|_| scope)).collect();
    let days = match days.trim() {
        "" | "0" => Ok(None),
        days => days.parse().map(Some).map_err(|_| AccountsError::BadLifetime),
    };
    let days = days.map_err(|e| again(e, form.clone()))?;
    let wish = NewApiToken { name, scopes, days };
    let words = services().accounts.create_token(&visitor().await?, wish).await.map_err(|e| again(e, form))?;
    show_form(FormState { secret: Some(words), ..FormState::of("create_token", "/settings") });
    Ok(())
}

/// Revokes an API token. May be sent twice.
#[server(prefix = "/fn", endpoint = "revoke_token")]
pub(crate) async fn revoke_token(token: String) -> Result<(), FnError> {
    let token: TokenId = token.parse().map_err(fail)?;
    services().accounts.revoke_token(&visitor().await?, token).await.map_err(fail)?;
    see_other("/settings?done=tokens");
    Ok(())
}

/// Deletes the account and everything in it, for good.
#[server(prefix = "/fn", endpoint = "delete_everything")]
pub(crate) async fn delete_everything(
    #[server(default)] current: String,
    #[server(default)] sure: Option<String>,
) -> Result<(), FnError> {
    let form = FormState::of("delete_everything", "/settings");
    let (visitor, client) = (visitor().await?, from_where()?);
    if sure.is_none() {
        let detail = "Tick the box: this cannot be taken back.";
        let error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "not-sure", "Nothing was deleted", detail);
        return Err(fail_form(error, FormState { field: Some("sure"), ..form }));
    }
    let cookie = services().accounts.delete_everything(&visitor, &current, &client).await;
    answer_header(header::SET_COOKIE, &cookie.map_err(|e| again(e, form))?);
    see_other("/login?done=deleted");
    Ok(())
}
