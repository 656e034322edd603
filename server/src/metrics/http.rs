//! Requests by the pattern of their route: rate, errors and duration for Prometheus, and the last minutes for whoever looks at the operations page.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use model::vitals::Histogram;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        histogram::{Histogram as Buckets, exponential_buckets},
    },
    registry::{Registry, Unit},
};
use time::OffsetDateTime;

/// Minutes that are remembered, the one under way too.
pub const MINUTES: usize = 15;
/// Histograms count in fiftieths of a millisecond: an answer on its way for less is as good as at once, and none takes longer than ten seconds.
const PER_MILLISECOND: f64 = 50.0;
/// What stands for an address that is none of ours, so that nobody can make labels up.
pub const UNMATCHED: &str = "unmatched";
/// What stands for all files that are served as they lie in the site's folder.
pub const STATIC: &str = "static";
/// Likewise for those that the build names by their content.
pub const PKG: &str = "/pkg/{*file}";
/// Methods that are told apart, and what stands for all others.
pub const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", FAILED];
const FAILED: &str = "5xx";

/// A route, a method, and how it went.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByOutcome {
    /// Its pattern.
    pub route: String,
    /// GET, POST, … or `other`.
    pub method: &'static str,
    /// The hundred of its status: `2xx`, `5xx`.
    pub status: &'static str,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByRoute {
    /// Its pattern.
    pub route: String,
}

/// Requests that were answered.
#[derive(Clone)]
pub struct HttpMetrics {
    requests: Family<ByOutcome, Counter>,
    time: Family<ByRoute, Buckets>,
    minutes: Arc<Mutex<VecDeque<Minute>>>,
}

/// One minute.
struct Minute {
    /// Minutes since 1970.
    at: i64,
    routes: HashMap<String, Route>,
    /// Requests of the second under way, which it is, and the most of a second so far.
    second: (i64, u64),
    peak: u64,
}

#[derive(Default, Clone)]
struct Route {
    requests: u64,
    errors: u64,
    time: Histogram,
}

/// The last minutes.
#[derive(Debug, Clone, PartialEq)]
pub struct Traffic {
    /// Each route, the one asked for most first.
    pub routes: Vec<RouteTraffic>,
    /// All of them together.
    pub all: RouteTraffic,
    /// Requests of each minute, the earliest first, with those that failed.
    pub minutes: Vec<(OffsetDateTime, u64, u64)>,
    /// The most requests of one second.
    pub peak: u64,
}

/// One route in the last minutes.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteTraffic {
    /// Its pattern.
    pub route: String,
    /// Requests answered.
    pub requests: u64,
    /// Answers with a status of 500 or above.
    pub errors: u64,
    /// Milliseconds to the first byte: half, nineteen of twenty and ninety-nine of a hundred took no longer.
    pub percentiles: [f64; 3],
}

impl Default for HttpMetrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            time: Family::new_with_constructor(|| Buckets::new(exponential_buckets(0.000_5, 2.0, 15))),
            minutes: Arc::default(),
        }
    }
}

impl HttpMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time to the first byte of an answer",
            Unit::Seconds,
            self.time.clone(),
        );
    }

    /// Says that there is such a route, and how it is asked: its failures are counted from 0 on. A series that begins with its first failure has
    /// no step that Prometheus could see.
    pub fn expect(&self, route: &str, methods: &[&'static str]) {
        for method in methods {
            // Nothing is added: that it is there is enough.
            drop(self.requests.get_or_create(&ByOutcome { route: route.to_owned(), method, status: FAILED }));
        }
    }

    /// Counts an answer. `route` is a pattern of ours, [`STATIC`], [`PKG`] or [`UNMATCHED`].
    pub fn answered(&self, route: &str, method: &str, status: u16, took: Duration, at: OffsetDateTime) {
        let class = CLASSES[usize::from(status / 100).clamp(1, 5) - 1];
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other");
        self.requests.get_or_create(&ByOutcome { route: route.to_owned(), method, status: class }).inc();
        self.time.get_or_create(&ByRoute { route: route.to_owned() }).observe(took.as_secs_f64());
        let mut minutes = self.minutes();
        let minute = minute_of(&mut minutes, at);
        minute.count_second(at.unix_timestamp());
        if !minute.routes.contains_key(route) {
            minute.routes.insert(route.to_owned(), Route::default());
        }
        if let Some(counts) = minute.routes.get_mut(route) {
            counts.requests += 1;
            counts.errors += u64::from(status >= 500);
            counts.time.add(took.as_secs_f64() * 1_000.0 * PER_MILLISECOND);
        }
    }

    /// The last [`MINUTES`] before a moment.
    pub fn traffic(&self, now: OffsetDateTime) -> Traffic {
        let oldest = now.unix_timestamp().div_euclid(60) - MINUTES as i64;
        let minutes = self.minutes();
        let (mut routes, mut all, mut told) = (HashMap::<&str, Route>::new(), Route::default(), Vec::new());
        let lately = minutes.iter().filter(|minute| minute.at > oldest);
        for minute in lately.clone() {
            let (mut requests, mut errors) = (0, 0);
            for (name, counts) in &minute.routes {
                routes.entry(name).or_default().add(counts);
                all.add(counts);
                requests += counts.requests;
                errors += counts.errors;
            }
            let at = OffsetDateTime::from_unix_timestamp(minute.at * 60).unwrap_or(now);
            told.push((at, requests, errors));
        }
        let mut routes: Vec<RouteTraffic> = routes.iter().map(|(name, counts)| counts.told(name)).collect();
        routes.sort_by(|one, other| other.requests.cmp(&one.requests).then_with(|| one.route.cmp(&other.route)));
        Traffic { routes, all: all.told(""), minutes: told, peak: lately.map(|minute| minute.peak).max().unwrap_or(0) }
    }

    fn minutes(&self) -> MutexGuard<'_, VecDeque<Minute>> {
        self.minutes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The minute of a moment; the oldest is forgotten when there are too many.
fn minute_of(minutes: &mut VecDeque<Minute>, at: OffsetDateTime) -> &mut Minute {
    let number = at.unix_timestamp().div_euclid(60);
    if minutes.back().is_none_or(|minute| minute.at < number) {
        minutes.push_back(Minute { at: number, routes: HashMap::new(), second: (0, 0), peak: 0 });
    }
    if minutes.len() > MINUTES {
        minutes.pop_front();
    }
    // An answer whose clock was read just before the minute turned counts in the next.
    let last = minutes.len() - 1;
    &mut minutes[last]
}

impl Minute {
    fn count_second(&mut self, second: i64) {
        if self.second.0 != second {
            self.second = (second, 0);
        }
        self.second.1 += 1;
        self.peak = self.peak.max(self.second.1);
    }
}

impl Route {
    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.time.merge(&other.time);
    }

    fn told(&self, route: &str) -> RouteTraffic {
        let at = |share| self.time.quantile(share).unwrap_or_default() / PER_MILLISECOND;
        RouteTraffic {
            route: route.to_owned(),
            requests: self.requests,
            errors: self.errors,
            percentiles: [at(0.5), at(0.95), at(0.99)],
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

    #[test]
    fn the_last_minutes_are_told_by_route_and_older_ones_are_forgotten() {
        let metrics = HttpMetrics::default();
        metrics.answered("/old", "GET", 200, Duration::from_millis(1), NOON - time::Duration::minutes(20));
        for n in 1..=100 {
            metrics.answered("/", "GET", 200, Duration::from_millis(n), NOON);
        }
        metrics.answered("/api/ready", "GET", 503, Duration::from_millis(10), NOON + time::Duration::minutes(1));
        let traffic = metrics.traffic(NOON + time::Duration::minutes(1));
        assert_eq!(traffic.routes.iter().map(|route| route.route.as_str()).collect::<Vec<_>>(), ["/", "/api/ready"]);
        assert_eq!((traffic.all.requests, traffic.all.errors, traffic.peak), (101, 1, 100));
        let [p50, p95, p99] = traffic.routes[0].percentiles;
        assert!((p50 - 50.0).abs() < 2.0 && (p95 - 95.0).abs() < 2.0 && (p99 - 99.0).abs() < 2.0);
        assert_eq!(traffic.minutes.iter().map(|minute| minute.1).collect::<Vec<_>>(), [100, 1]);
        assert_eq!(metrics.traffic(NOON + time::Duration::hours(1)).all.requests, 0);
    }

    #[test]
    fn nobody_makes_labels_up() {
        let metrics = HttpMetrics::default();
        for n in 0..1_000 {
            metrics.answered(UNMATCHED, &format!("M{n}"), 404, Duration::ZERO, NOON);
        }
        let text = told(&metrics);
        assert_eq!(text.lines().filter(|line| line.starts_with("http_requests_total")).count(), 1, "{text}");
        assert!(text.contains(r#"method="other""#));
    }

    #[test]
    fn what_can_fail_is_there_before_it_does() {
        let metrics = HttpMetrics::default();
        metrics.expect("/", &["GET", "POST"]);
        metrics.expect("/", &["GET"]);
        let text = told(&metrics);
        for method in ["GET", "POST"] {
            let series = format!(r#"http_requests_total{{route="/",method="{method}",status="5xx"}}"#);
            assert!(text.contains(&format!("{series} 0\n")), "{text}");
        }
        assert!(metrics.traffic(NOON).routes.is_empty(), "nobody has asked for anything");
        metrics.answered("/", "POST", 503, Duration::ZERO, NOON);
        assert!(told(&metrics).contains(r#"http_requests_total{route="/",method="POST",status="5xx"} 1"#));
    }

    fn told(metrics: &HttpMetrics) -> String {
        let (mut registry, mut text) = (Registry::default(), String::new());
        metrics.register(&mut registry);
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        text
    }
}
