//! Axum routers for what is not a page, and what holds for every answer: problems, cache policy, security headers.

mod api;
mod archive;
mod cache;
mod classes;
mod compression;
mod csrf;
mod events;
mod expected;
mod export;
mod extract;
mod headers;
mod health;
mod images;
mod observe;
mod overload;
mod problem;
mod ready;
mod upload;
mod validators;
mod writes;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::Method,
    routing::{self, any},
};
use model::sections::FILE_MAX_BYTES;

pub use archive::UPLOAD_MAX_BYTES;
pub use cache::{CachePolicy, write_cache_headers};
pub use classes::limit_classes;
pub use compression::compression_layer;
pub use csrf::csrf_layer;
pub(crate) use csrf::is_of_own_page;
pub use events::{EVENT_STREAM, event_frame, event_frames, last_event_id};
pub use extract::{Caller, client_of};
pub use headers::{policy_with_style, security_headers};
pub use observe::{RequestId, RouteName, observe, tell_route};
pub use overload::{Overload, OverloadMetrics, refuse_excess};
pub use problem::{ApiError, ProblemParts, present_problem};
pub use ready::{Keeping, ReadyPages, serve_ready};
pub use validators::{tag_answers, tell_encodings};
pub use writes::{Writer, remember_writes};

use crate::{
    events::HOOK_BODY_MAX,
    jobs::{Kinds, Qstash},
    services::Services,
    vitals::BEACON_MAX,
};
use expected::{Routes, delete, get, patch, post, put};
use images::PICTURE_MAX_BYTES;

/// The largest body of a form or API call: a directive of 4,000 characters, each percent-encoded from four bytes, and some room.
const BODY_MAX_BYTES: usize = 64 * 1_024;

/// The largest body that changes a piece by hand: a file of the program, each byte percent-encoded, and some room.
const PIECE_BODY_MAX_BYTES: usize = 3 * FILE_MAX_BYTES + BODY_MAX_BYTES;

/// How many bytes the body of a form or API call may have at this address.
pub fn body_max_bytes(path: &str) -> usize {
    let is_piece = path == "/fn/edit_piece" || (path.starts_with("/api/projects/") && path.contains("/pieces/"));
    if is_piece { PIECE_BODY_MAX_BYTES } else { BODY_MAX_BYTES }
}

/// Whether a request brings a file of some megabytes, which takes longer to arrive than a form.
pub fn is_upload(method: &Method, path: &str) -> bool {
    let is_picture = path.starts_with("/api/projects/") && path.ends_with("/cover")
        || path.starts_with("/api/rooms/") && path.ends_with("/picture")
        || path == "/api/account/picture";
    ["/api/projects/import", "/fn/import_archive", "/fn/set_picture", "/fn/say_with_picture"].contains(&path)
        || is_picture && method == Method::PUT
}

/// `/metrics` alone, for a listener of its own that only machines reach.
pub fn metrics_routes(services: Services) -> Router {
    Router::new().route("/metrics", routing::get(health::metrics_for_anyone)).with_state(services)
}

/// All routes under `/api`, the files of shared projects, `/metrics`, and the one form that sends a file.
pub fn routes(services: Services) -> Router {
    let metrics = &services.metrics.http;
    // Jobs are delivered to a router of their own.
    metrics.expect("/api/jobs/{kind}", &["POST"]);
    metrics.expect("/api/jobs/{kind}/failure", &["POST"]);
    Routes::new(metrics.clone())
        .route("/api/projects", get(api::list_projects).post(api::create_project))
        .route("/api/account/export", get(export::export))
        .route("/api/explore", get(api::explore))
        .route("/api/projects/import", post(archive::import).layer(DefaultBodyLimit::max(UPLOAD_MAX_BYTES)))
        .route("/fn/import_archive", post(archive::import).layer(DefaultBodyLimit::max(UPLOAD_MAX_BYTES)))
        .route("/api/projects/{id}", get(api::get_project).patch(api::change_project).delete(api::throw_away))
        .route("/api/projects/{id}/archival", post(api::archive).delete(api::take_back))
        .route("/api/projects/{id}/deletion", post(api::throw_away).delete(api::take_back))
        .route("/api/projects/{id}/generations", post(api::create_generation))
        .route("/api/projects/{id}/state", get(api::state))
        .route("/api/projects/{id}/revisions", get(api::list_revisions))
        .route("/api/projects/{id}/revisions/{stage}/{number}", get(api::get_revision))
        .route("/api/projects/{id}/revisions/{stage}/{number}/restoration", post(api::restore))
        .route(
            "/api/projects/{id}/pieces/{*address}",
            put(api::put_piece).delete(api::remove_piece).layer(DefaultBodyLimit::max(PIECE_BODY_MAX_BYTES)),
        )
        .route("/api/projects/{id}/locks/{*address}", put(api::lock).delete(api::unlock))
        .route("/api/projects/{id}/export.zip", get(archive::export_zip))
        .route("/api/projects/{id}/export.md", get(archive::export_markdown))
        .route("/api/projects/{id}/export.json", get(archive::export_json))
        .route(
            "/api/projects/{id}/cover",
            get(images::get_cover)
                .put(images::put_cover)
                .delete(images::delete_cover)
                .layer(DefaultBodyLimit::max(PICTURE_MAX_BYTES)),
        )
        .route(
            "/api/account/picture",
            get(images::get_avatar)
                .put(images::put_avatar)
                .delete(images::delete_avatar)
                .layer(DefaultBodyLimit::max(PICTURE_MAX_BYTES)),
        )
        .route("/fn/set_picture", post(images::set_from_form).layer(DefaultBodyLimit::max(PICTURE_MAX_BYTES)))
        .route("/images/{name}", get(images::file))
        .route("/p/{slug}/export.zip", get(archive::shared_zip))
        .route("/p/{slug}/export.md", get(archive::shared_markdown))
        .route("/p/{slug}/export.json", get(archive::shared_json))
        .route("/p/{slug}/card.png", get(archive::card))
        .route("/api/generations/{id}", get(api::get_generation))
        .route("/api/generations/{id}/events", get(events::generation_events))
        .route("/api/generations/{id}/cancellation", post(api::cancel_generation))
        .route("/api/generations/{id}/receipt", get(api::receipt))
        .route("/api/generations/{id}/acceptance", post(api::accept))
        .route("/api/generations/{id}/refusal", post(api::refuse))
        .route("/api/generations/{id}/forks", post(api::fork))
        .route("/api/projects/{id}/room", get(api::room_of_project))
        .route("/api/rooms", get(api::list_rooms))
        .route("/api/rooms/{room}/messages", get(api::list_messages).post(api::say))
        .route("/api/rooms/{room}/messages/{message}", patch(api::edit_message).delete(api::delete_message))
        .route("/api/rooms/{room}/messages/{message}/replies", get(api::list_replies))
        .route(
            "/api/rooms/{room}/messages/{message}/reactions/{emoji}",
            put(api::react).delete(api::take_reaction_back),
        )
        .route("/api/rooms/{room}/messages/{message}/pin", put(api::pin).delete(api::unpin))
        .route(
            "/api/rooms/{room}/messages/{message}/picture",
            put(images::put_shown).layer(DefaultBodyLimit::max(PICTURE_MAX_BYTES)),
        )
        .route("/fn/say_with_picture", post(images::say_from_form).layer(DefaultBodyLimit::max(PICTURE_MAX_BYTES)))
        .route("/api/rooms/{room}/notify", put(api::set_notify))
        .route("/api/notices", get(api::list_notices))
        .route("/api/notices/seen", put(api::notices_seen))
        .route("/api/account/push", get(api::is_subscribed).put(api::subscribe).delete(api::unsubscribe))
        .route("/api/people", get(api::list_contacts))
        .route("/api/people/{user}/room", put(api::room_with))
        .route("/api/rooms/{room}/pinned", get(api::list_pinned))
        .route("/api/rooms/{room}/log", get(api::log))
        .route("/api/rooms/{room}/read", put(api::read))
        .route("/api/rooms/{room}/members", get(api::list_members))
        .route("/api/rooms/{room}/members/{user}", put(api::set_role).delete(api::leave))
        .route("/api/rooms/{room}/invitations", get(api::list_invitations).post(api::invite))
        .route("/api/rooms/{room}/invitations/{invitation}", delete(api::close_invitation))
        .route("/api/invitations/{token}", post(api::accept_invitation))
        .route("/api/analytics", post(api::take_beacon).layer(DefaultBodyLimit::max(BEACON_MAX)))
        .route("/api/analytics/summary", get(api::summary))
        .route("/api/hooks/{source}", post(api::take_hook).layer(DefaultBodyLimit::max(HOOK_BODY_MAX)))
        .route("/api/health", get(health::health))
        .route("/api/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .into_router()
        .route("/api/{*rest}", any(api::no_such_route))
        .method_not_allowed_fallback(api::wrong_method)
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .with_state(services.clone())
        .merge(job_routes(services.qstash.clone(), services.kinds()))
}

/// Where QStash delivers jobs, of these kinds. A job may take longer than other answers: it has its kind's own limit.
pub fn job_routes(qstash: Qstash, kinds: Kinds) -> Router {
    Router::new()
        .route("/api/jobs/{kind}", routing::post(api::run_job).layer(DefaultBodyLimit::max(api::JOB_BODY_MAX)))
        .route(
            "/api/jobs/{kind}/failure",
            routing::post(api::bury_job).layer(DefaultBodyLimit::max(api::FAILURE_BODY_MAX)),
        )
        .method_not_allowed_fallback(api::wrong_method)
        .with_state(api::Outside::new(qstash, kinds))
}
