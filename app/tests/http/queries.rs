//! No page asks the database more often because it shows more.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::http::{Method, StatusCode};
use tracing::{
    Event, Metadata, Subscriber,
    instrument::WithSubscriber,
    span::{Attributes, Id, Record},
};

use super::{
    browser::{Browser, project},
    support::{SYNTHESIZERS, Scratch},
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
        let many = asked_for(&mut browser, path).await;
        assert!(many <= few.max(1), "{path}: {few} queries for one row, {many} for a page of them");
    }
    assert_eq!(browser.api(Method::GET, "/api/projects", "").await.json()["items"].as_array().unwrap().len(), 20);
    scratch.finish([instance]).await;
}
