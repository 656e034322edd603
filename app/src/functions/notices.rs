//! What pages ask of the notices domain.

use std::time::Duration;

use leptos::prelude::*;
use model::UserId;
use server::http::ApiError;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{FnError, fail, see_other};
use crate::context::{caller, services};

const SETTINGS: &str = "/settings?done=notices#notices";

async fn person() -> Result<UserId, FnError> {
    caller().await.map_err(fail)?.user().ok_or_else(|| fail(ApiError::not_found()))
}

/// Everything that there was at a moment is seen. May be sent twice.
#[server(prefix = "/fn", endpoint = "notices_seen")]
pub(crate) async fn notices_seen(until: String) -> Result<(), FnError> {
    let until = OffsetDateTime::parse(&until, &Rfc3339);
    let until = until.map_err(|_| fail(ApiError::bad_request("`until` cannot be read.")))?;
    services().notices.seen(person().await?, until).await.map_err(fail)?;
    see_other("/notices");
    Ok(())
}

/// Whether mail is wanted. May be sent twice.
#[server(prefix = "/fn", endpoint = "set_notice_mail")]
pub(crate) async fn set_notice_mail(#[server(default)] mail: Option<String>) -> Result<(), FnError> {
    services().notices.set_mail(person().await?, mail.is_some()).await.map_err(fail)?;
    see_other(SETTINGS);
    Ok(())
}

/// Nothing is mailed or pushed for so many hours; for none, it is again. May be sent twice.
#[server(prefix = "/fn", endpoint = "set_quiet")]
pub(crate) async fn set_quiet(hours: u32) -> Result<(), FnError> {
    let quiet = Duration::from_secs(u64::from(hours) * 3_600);
    services().notices.set_quiet(person().await?, quiet).await.map_err(fail)?;
    see_other(SETTINGS);
    Ok(())
}
