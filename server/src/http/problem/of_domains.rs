//! What domains say went wrong, as a status and words.

use std::time::Duration;

use axum::http::StatusCode;
use model::{BadCursor, BadDirective, BadId};

use super::ApiError;
use crate::{
    accounts::AccountsError,
    archive::ArchiveError,
    cache::Unmade,
    db::DbError,
    events::{BadSignature, HookError, webhooks::WebhooksError},
    images::ImagesError,
    jobs::{JobsError, ReceiveError},
    limits::Limited,
    notices::NoticesError,
    projects::ProjectsError,
    rooms::RoomsError,
    studio::StudioError,
    vitals::BadBeacon,
};

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        match error {
            _ if error.is_of_text() => Self::bad_request("The text holds a character that cannot be stored (U+0000)."),
            DbError::Away(error) => {
                tracing::warn!(%error, "answered 503: the database is away");
                Self::unavailable()
            }
            DbError::Refused(error) => {
                tracing::error!(%error, "answered 500: the database refused");
                Self::internal()
            }
        }
    }
}

impl From<Unmade> for ApiError {
    fn from(error: Unmade) -> Self {
        match error.origin::<DbError>() {
            Some(DbError::Away(_)) => {
                tracing::warn!(%error, "answered 503: the database is away");
                Self::unavailable()
            }
            _ if matches!(error, Unmade::Late) => Self::unavailable(),
            _ => {
                tracing::error!(%error, "answered 500");
                Self::internal()
            }
        }
    }
}

impl From<AccountsError> for ApiError {
    fn from(error: AccountsError) -> Self {
        match error {
            AccountsError::Db(error) => error.into(),
            AccountsError::NotFound => Self::not_found(),
            AccountsError::Limited(limited) => Self::limited(error.to_string(), limited.retry_after),
            AccountsError::Busy => Self::limited(error.to_string(), Duration::from_secs(3)),
            AccountsError::WrongCredentials | AccountsError::WrongPassword => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong-credentials", "Not signed in", error.to_string())
            }
            AccountsError::Disabled | AccountsError::NotMember => {
                Self::new(StatusCode::FORBIDDEN, "no-account", "Not allowed", error.to_string())
            }
            AccountsError::BadLink => {
                Self::new(StatusCode::GONE, "bad-link", "The link does not work", error.to_string())
            }
            AccountsError::AddressTaken => {
                Self::new(StatusCode::CONFLICT, "address-taken", "The address is taken", error.to_string())
            }
            AccountsError::Address(_)
            | AccountsError::Password(_)
            | AccountsError::Name
            | AccountsError::NoScope
            | AccountsError::BadLifetime
            | AccountsError::TooManyTokens(_) => Self::unprocessable("bad-form", error.to_string()),
            AccountsError::NoRandomness(_) | AccountsError::Hashing(_) => {
                tracing::error!(%error, "answered 500");
                Self::internal()
            }
        }
    }
}

impl From<ProjectsError> for ApiError {
    fn from(error: ProjectsError) -> Self {
        match error {
            ProjectsError::NotFound => Self::not_found(),
            ProjectsError::BadTitle(detail) => Self::unprocessable("bad-title", detail),
            ProjectsError::SearchTooLong => Self::bad_request(error.to_string()),
            ProjectsError::Limited(limited) => Self::limited(error.to_string(), limited.retry_after),
            ProjectsError::BadCursor(error) => error.into(),
            ProjectsError::NoRandomness(error) => {
                tracing::error!(%error, "answered 500");
                Self::internal()
            }
            ProjectsError::Db(error) => error.into(),
            ProjectsError::Unmade(error) => error.into(),
        }
    }
}

impl From<StudioError> for ApiError {
    fn from(error: StudioError) -> Self {
        let detail = capitalised(&error.to_string());
        match error {
            StudioError::NotFound => Self::not_found(),
            StudioError::ReadOnly => Self::new(StatusCode::FORBIDDEN, "not-in-your-role", "Not allowed", detail),
            StudioError::Busy => Self::new(StatusCode::CONFLICT, "busy", "A generation is under way", detail),
            StudioError::TooMany => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-generations", "Too much at once", detail)
            }
            StudioError::Limited(limited) => Self::limited(detail, limited.retry_after),
            StudioError::Conflict { .. } => {
                Self::new(StatusCode::CONFLICT, "changed-meanwhile", "Changed meanwhile", detail)
            }
            StudioError::NothingStale => {
                Self::new(StatusCode::CONFLICT, "nothing-stale", "Nothing is out of date", detail)
            }
            StudioError::NoSuchEngine(..) => Self::unprocessable("unknown-provider", detail),
            StudioError::Missing { .. } => Self::unprocessable("stage-missing", detail),
            StudioError::TooManyLocks => Self::unprocessable("too-many-locks", detail),
            StudioError::BadPiece(_) => Self::unprocessable("bad-piece", detail),
            StudioError::Unreadable => {
                tracing::error!(error = detail, "answered 500");
                Self::internal()
            }
            StudioError::NoteTooLong(_) | StudioError::BadNote(_) => Self::unprocessable("bad-note", detail),
            StudioError::Db(error) => error.into(),
        }
    }
}

impl From<ArchiveError> for ApiError {
    fn from(error: ArchiveError) -> Self {
        let detail = capitalised(&error.to_string());
        match error {
            ArchiveError::Nothing => Self::new(StatusCode::CONFLICT, "nothing-made", "Nothing is made yet", detail),
            ArchiveError::TooBig(_) => Self::unprocessable("too-big-to-export", detail),
            ArchiveError::Bad(_) => Self::unprocessable("bad-archive", detail),
            ArchiveError::Limited(limited) => Self::limited(detail, limited.retry_after),
            ArchiveError::Busy => Self::busy(detail),
            ArchiveError::Failed(_) => {
                tracing::error!(error = detail, "answered 500");
                Self::internal()
            }
            ArchiveError::Studio(error) => error.into(),
            ArchiveError::Db(error) => error.into(),
        }
    }
}

impl From<ImagesError> for ApiError {
    fn from(error: ImagesError) -> Self {
        let detail = capitalised(&error.to_string());
        match error {
            ImagesError::NotFound => Self::not_found(),
            ImagesError::Bad(_) => Self::unprocessable("bad-picture", detail),
            ImagesError::BadDescription => Self::unprocessable("bad-description", detail),
            ImagesError::Limited(limited) => Self::limited(detail, limited.retry_after),
            ImagesError::Busy => Self::busy(detail),
            ImagesError::Blobs(error) => {
                tracing::error!(%error, "answered 503: a picture cannot be stored or read");
                Self::unavailable()
            }
            ImagesError::Jobs(error) => error.into(),
            ImagesError::Notices(error) => error.into(),
            ImagesError::Db(error) => error.into(),
        }
    }
}

impl From<JobsError> for ApiError {
    fn from(error: JobsError) -> Self {
        let detail = capitalised(&error.to_string());
        match error {
            JobsError::NotFound => Self::not_found(),
            JobsError::Invalid { .. } | JobsError::TooMany(_) => Self::unprocessable("bad-job", detail),
            JobsError::BadSchedule(_) => Self::unprocessable("bad-schedule", detail),
            JobsError::LeaseLost | JobsError::NoToken => {
                Self::new(StatusCode::CONFLICT, "lease-lost", "Somebody else has the job", detail)
            }
            JobsError::Db(error) => error.into(),
        }
    }
}

impl From<WebhooksError> for ApiError {
    fn from(error: WebhooksError) -> Self {
        let detail = error.to_string();
        match error {
            WebhooksError::NotFound => Self::not_found(),
            WebhooksError::NotMember => Self::new(StatusCode::FORBIDDEN, "no-account", "Not allowed", detail),
            WebhooksError::Disabled => Self::new(StatusCode::CONFLICT, "switched-off", "Switched off", detail),
            WebhooksError::Limited(limited) => Self::limited(detail, limited.retry_after),
            WebhooksError::Url(_)
            | WebhooksError::NoEvents
            | WebhooksError::UnknownEvent(_)
            | WebhooksError::Description
            | WebhooksError::TooMany => Self::unprocessable("bad-form", detail),
            WebhooksError::BadCursor(error) => error.into(),
            WebhooksError::NoRandomness(_) => {
                tracing::error!(error = detail, "answered 500");
                Self::internal()
            }
            WebhooksError::Db(error) => error.into(),
        }
    }
}

impl From<RoomsError> for ApiError {
    fn from(error: RoomsError) -> Self {
        let detail = capitalised(&error.to_string());
        match error {
            RoomsError::NotFound => Self::not_found(),
            RoomsError::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "not-in-your-role", "Not allowed", detail),
            RoomsError::BadMessage(_) | RoomsError::Bad(_) => Self::unprocessable("bad-message", detail),
            RoomsError::BadCursor(error) => error.into(),
            RoomsError::Limited(limited) => Self::limited(detail, limited.retry_after),
            RoomsError::NoRandomness(_) => {
                tracing::error!(error = detail, "answered 500");
                Self::internal()
            }
            RoomsError::Db(error) => error.into(),
        }
    }
}

impl From<NoticesError> for ApiError {
    fn from(error: NoticesError) -> Self {
        let detail = capitalised(&error.to_string());
        match error {
            NoticesError::NotFound => Self::not_found(),
            NoticesError::BadSubscription(_) => Self::unprocessable("bad-subscription", detail),
            NoticesError::TooQuiet => Self::unprocessable("too-quiet", detail),
            NoticesError::Limited(limited) => Self::limited(detail, limited.retry_after),
            NoticesError::Jobs(JobsError::Db(error)) | NoticesError::Db(error) => error.into(),
            NoticesError::Jobs(_) => {
                tracing::error!(error = detail, "answered 500");
                Self::internal()
            }
        }
    }
}

impl From<HookError> for ApiError {
    fn from(error: HookError) -> Self {
        let detail = capitalised(&error.to_string());
        match error {
            HookError::UnknownSource => Self::not_found(),
            HookError::Signature(BadSignature::Malformed) | HookError::NotJson(_) => Self::bad_request(detail),
            HookError::Signature(BadSignature::Untimely | BadSignature::Wrong) => {
                Self::new(StatusCode::UNAUTHORIZED, "bad-signature", "The signature is not valid", detail)
            }
            HookError::Jobs(JobsError::Db(error)) => error.into(),
            HookError::Jobs(_) => {
                tracing::error!(error = detail, "answered 500");
                Self::internal()
            }
        }
    }
}

impl From<ReceiveError> for ApiError {
    fn from(error: ReceiveError) -> Self {
        let detail = capitalised(&error.to_string());
        match error {
            ReceiveError::UnknownKind => Self::not_found(),
            ReceiveError::Signature(_) => {
                Self::new(StatusCode::UNAUTHORIZED, "bad-signature", "The signature is not valid", detail)
            }
            ReceiveError::Unreadable(_) => Self::bad_request(detail),
            ReceiveError::TooSoon => {
                let mut soon = Self::unavailable();
                soon.0.detail = detail;
                soon
            }
            ReceiveError::Db(error) => error.into(),
        }
    }
}

impl From<BadBeacon> for ApiError {
    fn from(error: BadBeacon) -> Self {
        Self::bad_request(capitalised(&error.to_string()))
    }
}

impl From<Limited> for ApiError {
    fn from(error: Limited) -> Self {
        Self::limited(capitalised(&error.to_string()), error.retry_after)
    }
}

impl From<BadDirective> for ApiError {
    fn from(error: BadDirective) -> Self {
        Self::unprocessable("bad-directive", error.to_string())
    }
}

impl From<BadCursor> for ApiError {
    fn from(error: BadCursor) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-cursor", "The cursor is not valid", capitalised(&error.to_string()))
    }
}

/// An id that cannot be one names nothing, so the answer is the same as for one that does not exist.
impl From<BadId> for ApiError {
    fn from(_: BadId) -> Self {
        Self::not_found()
    }
}

fn capitalised(sentence: &str) -> String {
    let mut chars = sentence.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let end = if sentence.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}
