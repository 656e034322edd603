//! No page asks the database more often because it shows more.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::http::{Method, StatusCode};
use tracing::{
    Event, Metadata, Subscriber,
    instrument::WithSubscriber,
    span::{Attributes, Id, Record},
};

use crate::{
    browser::{Browser, administrator, project},
    support::{SYNTHESIZERS, Scratch, in_one_of_three},
};

/// Counts the spans in which the stores ask.
#[derive(Clone, Default)]
struct Asked(Arc<AtomicU64>);

impl Subscriber for Asked {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.name().starts_with("db.")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(self.0.fetch_add(1, Ordering::SeqCst) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

async fn asked_for(browser: &mut Browser, path: &str) -> u64 {
    let asked = Asked::default();
    let page = browser.page(path).with_subscriber(asked.clone()).await;
    assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
    asked.0.load(Ordering::SeqCst)
}

/// Asserts that a page asks no more often than that. After a Redis that was late the database is asked instead, for two seconds.
async fn asks_no_more_often(browser: &mut Browser, path: &str, few: u64) {
    let most = few.max(1);
    in_one_of_three(&format!("queries for {path} with much on it"), most, async |round| {
        tokio::time::sleep(Duration::from_secs(3) * round).await;
        asked_for(browser, path).await.max(most)
    })
    .await;
}

// On one thread, so that what the router hands on is counted as well.
#[tokio::test]
async fn a_long_list_takes_as_many_queries_as_a_short_one() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let mut browser = Browser::of(&instance);
    let (id, _) = project(&mut browser, SYNTHESIZERS).await;
    scratch.break_it("update generations set status = 'done', finished_at = now()").await;
    let pages = [
        "/projects",
        "/projects?q=market",
        "/projects?sort=title",
        "/api/explore",
        "/api/explore?q=market",
        &format!("/projects/{id}/revisions"),
    ];
    let mut few = Vec::new();
    for path in pages {
        browser.page(path).await;
        few.push(asked_for(&mut browser, path).await);
    }
    let many = "insert into projects (id, owner_id, directive, visibility, slug, shared_at, created_at, updated_at)
                select gen_random_uuid(), owner_id, 'A market, again ' || n, 'public', 'a-market-that-is-shown-' || n, now(), now(), now()
                from projects, generate_series(1, 60) n;
                insert into generations (id, project_id, stages, status, created_at, finished_at)
                select gen_random_uuid(), p.id, '{product}', 'done', now(), now() from projects p where p.latest_generation is null;
                insert into revisions (id, project_id, stage, number, content, created_at, accepted_at)
                select gen_random_uuid(), p.id, 'product', n, '{}', now(), now() from projects p, generate_series(1, 60) n";
    scratch.break_it_all(many).await;
    for (path, few) in pages.into_iter().zip(few) {
        asks_no_more_often(&mut browser, path, few).await;
    }
    assert_eq!(browser.api(Method::GET, "/api/projects", "").await.json()["items"].as_array().unwrap().len(), 20);
    scratch.finish([instance]).await;
}

#[tokio::test]
async fn a_page_of_settings_or_of_the_queue_takes_as_many_queries_with_much_on_it() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let mut browser = administrator(&scratch, &instance).await;
    project(&mut browser, SYNTHESIZERS).await;
    let one = "update generations set status = 'done', finished_at = now();
               update projects set visibility = 'unlisted', slug = 'a-market-that-is-shown', shared_at = now();
               insert into webhook_endpoints (id, owner_id, url, events, secret, created_at)
               select '01920000-0000-7000-8000-000000000001', owner_id, 'https://one.example/', '{project.created}', sha256('1'), now()
               from projects";
    scratch.break_it_all(one).await;
    let pages = [
        "/settings",
        "/settings/webhooks",
        "/settings/webhooks/01920000-0000-7000-8000-000000000001",
        "/jobs",
        "/jobs/list",
        "/jobs/dead",
        "/status",
        "/speed",
        "/p/a-market-that-is-shown",
    ];
    let mut few = Vec::new();
    for path in pages {
        browser.page(path).await;
        few.push(asked_for(&mut browser, path).await);
    }
    let many = "insert into api_tokens (id, user_id, name, secret_hash, scopes, created_at)
                select gen_random_uuid(), owner_id, 'token ' || n, sha256(n::text::bytea), '{read}', now() from projects, generate_series(1, 40) n;
                insert into sessions (id, user_id, secret_hash, created_at, last_seen_at, expires_at, ends_at)
                select gen_random_uuid(), owner_id, sha256(n::text::bytea), now(), now(), now() + '1 day', now() + '1 day'
                from projects, generate_series(1, 40) n;
                insert into webhook_endpoints (id, owner_id, url, events, secret, created_at)
                select gen_random_uuid(), owner_id, 'https://one.example/' || n, '{project.created}', sha256('1'), now()
                from projects, generate_series(1, 15) n;
                insert into webhook_deliveries (id, endpoint_id, event_id, name, attempt, status, request_headers, request_body, duration_ms, created_at)
                select gen_random_uuid(), '01920000-0000-7000-8000-000000000001', gen_random_uuid(), 'project.created', 1, 'ok', '', '{}', 1, now()
                from generate_series(1, 60);
                insert into jobs (id, kind, queue, payload, priority, run_at, max_attempts)
                select gen_random_uuid(), 'count-bells', 'usual', '{}', 1, now() + '1 day', 3 from generate_series(1, 60);
                insert into jobs_dead (id, kind, queue, payload, priority, max_attempts, attempt, crashes, cause, error, created_at)
                select gen_random_uuid(), 'count-bells', 'usual', '{}', 1, 3, 3, 0, 'refused', 'no', now() from generate_series(1, 60);
                insert into revisions (id, project_id, stage, number, content, created_at, accepted_at)
                select gen_random_uuid(), id, 'product', n, '{}', now(), now() from projects, generate_series(1, 60) n";
    scratch.break_it_all(many).await;
    for (path, few) in pages.into_iter().zip(few) {
        asks_no_more_often(&mut browser, path, few).await;
    }
    scratch.finish([instance]).await;
}
