//! Pages, server functions and static files as an Axum router, and errors as pages.

use std::{any::Any, path::Path, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::{self, Next, map_response},
    response::{IntoResponse, Response},
    routing::get,
};
use leptos::prelude::*;
use leptos_axum::{AxumRouteListing, LeptosRoutes};
use server::{
    http::{
        ApiError, CachePolicy, Caller, ProblemParts, RequestId, RouteName, Writer, body_max_bytes, csrf_layer,
        is_upload, limit_classes, present_problem, remember_writes, tell_route,
    },
    metrics::{METHODS, PKG, STATIC, UNMATCHED},
    releases::Releases,
    services::Services,
};
use tower::{ServiceBuilder, ServiceExt};
use tower_http::{catch_panic::CatchPanicLayer, services::ServeDir};

use crate::{
    app::App,
    assets::Assets,
    context::{Failure, FormState, Known, Left},
    document::end_with_the_document,
    pages::error::ErrorDocument,
    shell::shell,
};

/// What pages need from the program. Every layer takes a copy for every request, so all of it is shared.
#[derive(Clone)]
pub struct PageContext {
    /// The domains.
    pub services: Services,
    /// Names of the built files.
    pub assets: Arc<Assets>,
    /// The folder they are in.
    pub site: Arc<Path>,
    /// Leptos's own options.
    pub options: Arc<LeptosOptions>,
    /// The release that this program is.
    pub release: Arc<str>,
}

impl PageContext {
    /// Puts everything into the context of a request.
    pub(crate) fn provide(&self) {
        provide_context(self.services.clone());
        provide_context(Arc::clone(&self.assets));
        // Nothing here is hydrated as a whole: without this, every resource would be written into the page as a script.
        if let Some(shared) = Owner::current_shared_context() {
            shared.set_is_hydrating(false);
        }
    }
}

impl axum::extract::FromRef<PageContext> for LeptosOptions {
    fn from_ref(context: &PageContext) -> Self {
        (*context.options).clone()
    }
}

/// Where server functions are.
const FUNCTIONS: &str = "/fn/{*name}";

/// Every answer of the program: pages, server functions, files, and the routes for programs, with errors in the asker's terms.
pub fn routes(context: PageContext) -> Router {
    let pages: Vec<AxumRouteListing> = {
        let context = context.clone();
        leptos_axum::generate_route_list_with_exclusions_and_ssg_and_context(App, None, move || context.provide()).0
    };
    context.services.vitals.know_site(&context.release, patterns(&pages));
    expect(&context.services, &pages);
    let provide = {
        let context = context.clone();
        move || context.provide()
    };
    let pages = Router::new()
        .leptos_routes_with_context(&context, pages, provide, shell)
        .fallback(file_or_not_found)
        .with_state(context.clone())
        .layer(map_response(end_with_the_document))
        .layer(middleware::from_fn(tell_route));
    // In front of the pages' router: that one registers server functions at their own addresses, without what is done here for errors.
    let functions = Router::new().route(FUNCTIONS, get(function).post(function)).with_state(context.clone());
    #[cfg(feature = "bench")]
    let functions = functions
        .merge(Router::new().route("/bench/table", get(crate::pages::bench::table)).with_state(context.clone()));
    let functions = functions
        .nest_service("/pkg", pkg(&context))
        .merge(server::http::routes(context.services.clone()))
        .fallback_service(pages)
        .layer(middleware::from_fn(tell_route));
    // The rest as one service: a router would put each layer around each of its routes, boxed, and copy them all for every request.
    let service = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(context.clone(), present_errors))
        .layer(middleware::from_fn(in_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(context.services.clone(), limit_classes))
        .layer(csrf_layer())
        .layer(middleware::from_fn_with_state(context.services.clone(), remember_writes))
        .layer(middleware::from_fn_with_state(context, know_caller))
        .service(functions);
    Router::new().fallback_service(service)
}

/// Where pages are. They are few and the same for as long as the program runs.
fn patterns(pages: &[AxumRouteListing]) -> Vec<&'static str> {
    pages.iter().map(|page| &*page.path().to_owned().leak()).collect()
}

/// Tells the metrics what else than routes for programs can fail: pages, forms, files, and what no route is asked for.
fn expect(services: &Services, pages: &[AxumRouteListing]) {
    let metrics = &services.metrics.http;
    pages.iter().for_each(|page| metrics.expect(page.path(), &["GET"]));
    metrics.expect(FUNCTIONS, &["GET", "POST"]);
    [STATIC, PKG].iter().for_each(|files| metrics.expect(files, &["GET"]));
    metrics.expect(UNMATCHED, &METHODS);
}

/// Hashed files: kept for a year, sent as they were compressed at build time; those of other releases from the store.
fn pkg(context: &PageContext) -> Router {
    let files = ServeDir::new(context.site.join("pkg")).precompressed_br().precompressed_gzip();
    let (hashed, releases) = (context.options.hash_files, context.services.releases.clone());
    Router::new().fallback_service(files).layer(middleware::from_fn(move |request: Request, next: Next| {
        let releases = releases.clone();
        async move {
            let name = request.uri().path().trim_start_matches('/').to_owned();
            let mut response = if may_be_a_file(request.uri().path()) { next.run(request).await } else { no_file() };
            if hashed && response.status() == StatusCode::NOT_FOUND {
                response = of_another_release(&releases, &name).await;
            }
            if response.status() == StatusCode::NOT_FOUND {
                response = ApiError::not_found().into_response();
            } else {
                in_utf8(&mut response);
                response.extensions_mut().insert(if hashed { CachePolicy::Immutable } else { CachePolicy::Private });
            }
            response.extensions_mut().insert(RouteName(PKG));
            response
        }
    }))
}

/// A page of the release before, or of the one that is being rolled out, asks any instance for its files.
async fn of_another_release(releases: &Releases, name: &str) -> Response {
    match releases.file(name).await {
        Ok(Some(file)) => ([(header::CONTENT_TYPE, file.media_type)], file.bytes).into_response(),
        Ok(None) => no_file(),
        Err(error) => {
            tracing::warn!(%error, name, "a file of another release cannot be read");
            ApiError::unavailable().into_response()
        }
    }
}

/// A file of the site folder; else the page that says that there is nothing.
async fn file_or_not_found(State(context): State<PageContext>, request: Request) -> Response {
    let path = request.uri().path();
    if matches!(*request.method(), Method::GET | Method::HEAD) && path != "/" && may_be_a_file(path) {
        let (parts, _) = request.into_parts();
        let asked = Request::from_parts(parts.clone(), Body::empty());
        let files = ServeDir::new(&context.site)
            .precompressed_br()
            .precompressed_gzip()
            .append_index_html_on_directories(false);
        if let Ok(mut response) = files.oneshot(asked).await.map(IntoResponse::into_response)
            && response.status() != StatusCode::NOT_FOUND
        {
            in_utf8(&mut response);
            response.extensions_mut().insert(CachePolicy::Hour);
            response.extensions_mut().insert(RouteName(STATIC));
            return response;
        }
    }
    ApiError::not_found().into_response()
}

/// The longest name of a file that file systems know, in bytes: asked for a longer one they fail.
const FILE_NAME_MAX: usize = 255;

fn may_be_a_file(path: &str) -> bool {
    path.split('/').all(|name| name.len() <= FILE_NAME_MAX)
}

fn no_file() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

/// Says of a text in which encoding it is: no file of ours is in another, and browsers guess.
fn in_utf8(response: &mut Response) {
    let Some(kind) = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else { return };
    if kind.starts_with("text/")
        && !kind.contains("charset")
        && let Ok(kind) = HeaderValue::try_from(format!("{kind}; charset=utf-8"))
    {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
}

/// A server function, called by a form or a program. What it could not do becomes a page for people and a problem for programs.
async fn function(State(context): State<PageContext>, request: Request) -> Response {
    match sound(request).await {
        Err(error) => error.into_response(),
        Ok(request) => call(context, request).await,
    }
}

/// A request whose function exists and whose body has a size and type that it takes.
async fn sound(request: Request) -> Result<Request, ApiError> {
    let (parts, body) = request.into_parts();
    if server_fn::axum::get_server_fn_service(parts.uri.path(), parts.method.clone()).is_none() {
        return Err(ApiError::not_found());
    }
    if parts.method == Method::POST && !is_form(&parts.headers) {
        return Err(ApiError::unsupported("application/x-www-form-urlencoded"));
    }
    let limit = body_max_bytes(parts.uri.path());
    let body = to_bytes(body, limit).await.map_err(|_| ApiError::larger_than(limit))?;
    Ok(Request::from_parts(parts, Body::from(body)))
}

async fn call(context: PageContext, request: Request) -> Response {
    let for_person = accepts_html(request.headers());
    let (parts, body) = request.into_parts();
    let request_parts = parts.clone();
    let request = Request::from_parts(parts, body);
    let failure = Failure::default();
    let provide = {
        let (context, failure) = (context.clone(), failure.clone());
        move || {
            context.provide();
            provide_context(failure.clone());
        }
    };
    let response = leptos_axum::handle_server_fns_with_context(provide, request).await.into_response();
    match failure.take() {
        Some(Left::Form(parts, form)) if for_person => {
            let mut response = form_again(context, request_parts, *form).await;
            // Its headers tell when it is worth trying again.
            let problem = ApiError(Box::new(parts)).into_response();
            *response.status_mut() = problem.status();
            response.headers_mut().extend(problem.headers().clone());
            response
        }
        Some(Left::Form(parts, _) | Left::Problem(parts)) => ApiError(Box::new(parts)).into_response(),
        Some(Left::Shown(form)) if for_person => form_again(context, request_parts, *form).await,
        // For a program, which asks with other routes, what a page shows once is of no use.
        Some(Left::Shown(_)) => ApiError::bad_request("Ask for text/html: this answer is a page.").into_response(),
        // What a function does not explain is arguments it could not read.
        None if response.status().is_server_error() => {
            ApiError::bad_request("A field of the form is missing or malformed.").into_response()
        }
        None => response,
    }
}

/// The page of a form again, with what was typed and what is wrong with it: nothing is lost.
async fn form_again(context: PageContext, asked: Parts, form: FormState) -> Response {
    let mut request = Request::from_parts(asked, Body::empty());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = form.page.parse().unwrap_or_default();
    let provide = move || {
        context.provide();
        provide_context(form.clone());
    };
    let mut response = leptos_axum::render_app_async_with_context(provide, shell)(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    end_with_the_document(response).await
}

/// Pages that are the same bytes for everybody: who asks is not even looked up.
const PUBLIC: [&str; 9] =
    ["/", "/explore", "/speed", "/status", "/login", "/signup", "/reset", "/styleguide", "/offline"];
/// Those of them that say on what they hang, so that they are kept as ready bytes. `/speed` and `/status` hang on what is measured, which changes with every
/// visit and every minute: whoever looks wants it as it is.
pub const READY: [&str; 7] = ["/", "/explore", "/login", "/signup", "/reset", "/styleguide", "/offline"];
const PUBLIC_BELOW: [&str; 7] = ["/p/", "/pkg/", "/fonts/", "/images/", "/api/", "/signup/sent", "/reset/sent"];

/// Pages of keys, addresses and other people's affairs: no browser keeps them.
const NEVER_KEPT: [&str; 4] = ["/settings", "/jobs", "/operations", "/invitations"];

/// Finds out once who asks, where it matters.
async fn know_caller(State(context): State<PageContext>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_public = PUBLIC.contains(&path) || PUBLIC_BELOW.iter().any(|below| path.starts_with(below));
    if !is_public && request.headers().contains_key(header::COOKIE) {
        let known = Caller::of(request.headers(), &context.services).await;
        if let Some(writer) = request.extensions().get::<Writer>() {
            writer.is(known.as_ref().ok().and_then(Caller::user));
        }
        request.extensions_mut().insert(Known(known));
    }
    let is_kept = !NEVER_KEPT.iter().any(|page| path_is(request.uri().path(), page));
    let mut response = next.run(request).await;
    if !is_kept && response.extensions().get::<CachePolicy>().is_none() {
        response.extensions_mut().insert(CachePolicy::Never);
    }
    response
}

/// Whether a path is this page or one below it.
fn path_is(path: &str, page: &str) -> bool {
    path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// No answer waits longer than this for its first byte, whatever hangs behind it.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A file of some megabytes takes longer to arrive than a form.
const UPLOAD_WITHIN: Duration = Duration::from_secs(60);

async fn in_time(request: Request, next: Next) -> Response {
    // A job that is delivered from outside has its own time limit.
    let path = request.uri().path();
    if path.starts_with("/api/jobs/") && !path.ends_with("/failure") {
        return next.run(request).await;
    }
    let is_upload = is_upload(request.method(), path);
    let limit = if is_upload { UPLOAD_WITHIN } else { ANSWER_WITHIN };
    let answered = tokio::time::timeout(limit, next.run(request)).await;
    answered.unwrap_or_else(|_| ApiError::unavailable().into_response())
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let words = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = words.unwrap_or("unknown"), "a handler panicked");
    ApiError::internal().into_response()
}

/// Gives errors their body: a page for people, problem details for programs.
async fn present_errors(State(context): State<PageContext>, request: Request, next: Next) -> Response {
    let for_program = ["/api/", "/metrics"].iter().any(|path| request.uri().path().starts_with(path));
    let for_person = accepts_html(request.headers()) && !for_program;
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let mut response = next.run(request).await;
    let parts = response.extensions_mut().remove::<ProblemParts>();
    // What the framework refuses before a handler sees it has a status and no words.
    let refused = for_program && response.status().is_client_error();
    let Some(parts) = parts.or_else(|| refused.then(|| *ApiError::refused(response.status()).0)) else {
        return response;
    };
    if for_person { error_page(&context, response, &parts, &id) } else { present_problem(response, parts, &id) }
}

fn error_page(context: &PageContext, mut response: Response, parts: &ProblemParts, request_id: &str) -> Response {
    let owner = Owner::new();
    let html = owner.with(|| {
        context.provide();
        view! { <ErrorDocument status=parts.status.as_u16() title=parts.title detail=parts.detail.clone() request_id=request_id.to_owned() /> }
            .to_html()
    });
    *response.body_mut() = Body::from(html);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type
        .split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}
