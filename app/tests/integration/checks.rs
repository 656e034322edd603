//! Synthetic checks: the program visits itself over HTTP, notes how that went, and tells whoever is to know, once each way.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::StatusCode,
    middleware::{Next, from_fn},
    response::IntoResponse,
    routing::post,
};
use server::vitals::checks::{CheckStatus, Path, State};

use crate::{
    browser::router,
    support::{Instance, Scratch, until},
    web::{listen, serve},
};

/// A site that can be broken, and a receiver of alerts.
struct Site {
    scratch: Scratch,
    instance: Instance,
    broken: Arc<AtomicBool>,
    alerts: Arc<Mutex<Vec<String>>>,
}

impl Site {
    async fn new() -> Self {
        let (listener, url) = listen().await;
        let (receiver, alerts_url) = listen().await;
        let alerts = Arc::<Mutex<Vec<String>>>::default();
        let heard = Arc::clone(&alerts);
        let take = move |body: String| async move {
            let is_first = heard.lock().unwrap().is_empty();
            heard.lock().unwrap().push(body);
            // The first time it has other things to do.
            if is_first { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
        };
        serve(receiver, Router::new().route("/services/T0/B0/secret", post(take)));
        let scratch = Scratch::new().await.with("ATLAS9_CHECKS_URL", &format!("{url}/"));
        let scratch = scratch.with("ATLAS9_ALERTS_URL", &format!("{alerts_url}/services/T0/B0/secret"));
        let instance = scratch.worker().await;
        let broken = Arc::<AtomicBool>::default();
        let breaks = Arc::clone(&broken);
        let pages = router(&instance).layer(from_fn(move |request, next: Next| {
            let is_broken = breaks.load(Ordering::Relaxed);
            async move { if is_broken { StatusCode::BAD_GATEWAY.into_response() } else { next.run(request).await } }
        }));
        serve(listener, pages);
        Self { scratch, instance, broken, alerts }
    }

    /// Visits all paths so often.
    async fn check(&self, times: u32) {
        for _ in 0..times {
            self.instance.services.checks.run(&Path::ALL).await.unwrap();
        }
    }

    async fn of(&self, path: Path) -> CheckStatus {
        let status = self.instance.services.checks.status().await.unwrap();
        status.checks.into_iter().find(|check| check.path == path).unwrap()
    }

    /// Alerts of one path that were taken, besides the one that was not.
    fn alerts_of(&self, path: Path) -> Vec<String> {
        let alerts = self.alerts.lock().unwrap();
        alerts.iter().skip(1).filter(|alert| alert.contains(path.words())).cloned().collect()
    }
}

#[tokio::test]
async fn a_whole_site_passes_and_its_visits_leave_no_trace() {
    let site = Site::new().await;
    let before = site.of(Path::Landing).await;
    assert_eq!((before.state, before.uptime), (State::Unknown, None), "nothing is claimed before anybody looked");
    site.check(2).await;
    for path in Path::ALL {
        let check = site.of(path).await;
        let today = *check.days.last().unwrap();
        assert_eq!((check.state, check.uptime, today.failed), (State::Works, Some(1.0), 0), "{path:?}");
        assert!(check.today.is_some_and(|(p50, p95)| p50 <= p95), "{path:?}");
    }
    let left = "select (select count(*) from users) + (select count(*) from projects)";
    assert_eq!(site.scratch.count(left).await, 0, "guests of checks go");
    site.scratch.pass(Duration::from_secs(20 * 60));
    assert_eq!(site.of(Path::Landing).await.state, State::Unknown, "what was seen long ago says nothing about now");
    site.scratch.finish([site.instance]).await;
}

#[tokio::test]
async fn who_is_to_know_is_told_once_when_a_path_breaks_and_once_when_it_works_again() {
    let site = Site::new().await;
    site.check(1).await;
    site.broken.store(true, Ordering::Relaxed);
    site.check(2).await;
    assert_eq!(site.of(Path::Landing).await.state, State::Works, "two failures are a hiccup");
    site.check(1).await;
    assert_eq!(site.of(Path::Landing).await.state, State::Broken);
    site.check(3).await;
    site.broken.store(false, Ordering::Relaxed);
    site.check(3).await;
    assert_eq!(site.of(Path::Landing).await.state, State::Works);
    // The receiver refuses once, and is told again ten seconds later.
    let told = "select count(*) from jobs where kind = 'send-alert'";
    until("alerts are told", async || site.scratch.count(told).await == 0).await;
    for path in Path::ALL {
        let alerts = site.alerts_of(path);
        let [broken, whole] = &alerts[..] else { panic!("{path:?}: {alerts:?}") };
        let (first, last) = if broken.contains("broken") { (broken, whole) } else { (whole, broken) };
        assert!(first.contains("is broken since") && last.contains("works again"), "{alerts:?}");
    }
    let status = site.instance.services.checks.status().await.unwrap();
    assert_eq!(status.incidents.len(), 4);
    assert!(status.incidents.iter().all(|incident| incident.ended_at.is_some()));
    assert!(status.incidents.iter().any(|incident| incident.reason == "/ answered 502."), "{:?}", status.incidents);
    let landing = site.of(Path::Landing).await;
    assert_eq!(landing.uptime, Some(0.4), "six of ten failed");
    site.scratch.finish([site.instance]).await;
}

#[tokio::test]
async fn a_site_that_does_not_answer_is_noted_with_the_reason() {
    let scratch = Scratch::new().await.with("ATLAS9_CHECKS_URL", "http://127.0.0.1:9");
    let instance = scratch.instance().await;
    instance.services.checks.run(&[Path::Landing]).await.unwrap();
    assert_eq!(
        scratch
            .count("select count(*) from check_runs where outcome = 'failed' and reason like 'There was no answer%'")
            .await,
        1
    );
    scratch.pass(Duration::from_secs(15 * 86_400));
    instance.services.checks.tidy().await.unwrap();
    assert_eq!(scratch.count("select count(*) from check_runs").await, 0);
    assert_eq!(scratch.count("select count(*) from check_days").await, 1);
    scratch.finish([instance]).await;
}
