//! Webhooks in: what a source tells is taken once however often it is told, whoever is away meanwhile, and what it did not sign is not believed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{StreamExt, stream};
use pretty_assertions::assert_eq;
use server::{
    events::{Consumed, Dedup, HOOK_BODY_MAX, HookConsumer, Hooks, ReceivedHook, Seen, SigningSecret},
    http,
    jobs::Kinds,
};

use crate::{
    support::{Instance, OwnRedis, PATIENCE, Scratch, Wire},
    web::{Hook, client, listen, serve},
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEXT: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDC2FVsBQIhrs=";
const PAID: &str = r#"{"type":"order.paid","timestamp":"2026-11-21T12:00:00Z","data":{"order": 1.10}}"#;

fn secret() -> SigningSecret {
    SigningSecret::parse(SECRET).unwrap()
}

fn configured(scratch: Scratch) -> Scratch {
    scratch.with("ATLAS9_HOOKS", &format!("shop={SECRET},shop={NEXT},bank={SECRET}"))
}

/// An instance that answers over HTTP.
async fn site(scratch: &Scratch) -> (Instance, String) {
    let instance = scratch.instance().await;
    let (listener, url) = listen().await;
    serve(listener, http::routes(instance.services.clone()));
    (instance, url)
}

/// Notes what it is told.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl HookConsumer for Notes {
    fn receive<'a>(&'a self, hook: &'a ReceivedHook) -> Consumed<'a> {
        let kind = hook.kind().unwrap_or_default();
        self.0.lock().unwrap().push(format!("{} {} {kind} {}", hook.source, hook.id, hook.body.get()));
        Box::pin(async { Ok(()) })
    }
}

impl Notes {
    /// Hands over all that was taken, and whatever will be.
    fn on(instance: &Instance) -> Self {
        let (notes, services) = (Self::default(), &instance.services);
        let (config, jobs, clock) = (services.config.hooks.clone(), services.jobs.clone(), services.clock.clone());
        let dedup = Dedup::new(services.bus.connection(), clock.clone());
        let hooks = Hooks::new(config, dedup, jobs.clone(), clock, vec![Arc::new(notes.clone())]);
        services.tasks.spawn("worker", jobs.worker(hooks.kinds(Kinds::default())).run());
        notes
    }

    /// What was handed over, once nothing waits.
    async fn all(&self, scratch: &Scratch) -> Vec<String> {
        let done = async {
            while scratch.count("select count(*) from jobs").await > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, done).await.expect("webhooks are handed over in time");
        self.0.lock().unwrap().clone()
    }
}

/// Sends the same so many times, many at once, and counts the answers by status. Whoever gets no connection in time comes again, as a source would.
async fn flood(hook: &Hook, times: usize) -> HashMap<u16, usize> {
    let client = client();
    let sent = stream::iter(0..times).map(|_| {
        let (hook, client) = (hook.clone(), client.clone());
        async move {
            loop {
                match hook.send(&client).await.status().as_u16() {
                    503 => tokio::time::sleep(Duration::from_millis(50)).await,
                    status => return status,
                }
            }
        }
    });
    let mut counts = HashMap::new();
    for status in sent.buffer_unordered(100).collect::<Vec<_>>().await {
        *counts.entry(status).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_told_a_thousand_times_at_once_is_one_job() {
    let scratch = configured(Scratch::alone().await);
    let (instance, url) = site(&scratch).await;
    let answers = flood(&Hook::new(&url, "shop", "evt_1", PAID, &secret()), 1_000).await;
    assert!(answers[&202] >= 1, "{answers:?}");
    assert_eq!(answers[&202] + answers[&200], 1_000, "{answers:?}");
    assert_eq!(answers[&202], 1, "one was new, {answers:?}");
    let notes = Notes::on(&instance);
    assert_eq!(notes.all(&scratch).await, [format!("shop evt_1 order.paid {PAID}")]);
    // Another source's event of the same id is another event.
    let other = Hook::new(&url, "bank", "evt_1", "{}", &secret());
    assert_eq!(flood(&other, 10).await.get(&202), Some(&1));
    assert_eq!(notes.all(&scratch).await[1..], ["bank evt_1  {}"]);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_is_answered_without_the_database() {
    let mut scratch = configured(Scratch::alone().await);
    let wire = Wire::to(&scratch.url).await;
    let by_wire = wire.instead_of(&scratch.url);
    let direct = std::mem::replace(&mut scratch.url, by_wire);
    let (instance, url) = site(&scratch).await;
    let (client, hook) = (client(), Hook::new(&url, "shop", "evt_1", PAID, &secret()));
    assert_eq!(hook.send(&client).await.status(), 202);
    wire.cut();
    assert_eq!(hook.send(&client).await.status(), 200);
    // What is new has to wait, and is forgotten again so that it can come back.
    let new = Hook::new(&url, "shop", "evt_2", PAID, &secret());
    let away = new.send(&client).await;
    assert_eq!(away.status(), 503);
    assert!(away.headers().contains_key("retry-after"));
    assert_eq!(away.headers()["content-type"], "application/problem+json");
    wire.mend();
    let (mut status, mut tries) = (503, 0);
    while status == 503 && tries < 100 {
        status = new.send(&client).await.status().as_u16();
        tries += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(status, 202);
    assert_eq!(new.send(&client).await.status(), 200);
    scratch.url = direct;
    assert_eq!(Notes::on(&instance).all(&scratch).await.len(), 2);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_the_database_tells_events_apart() {
    let mut redis = OwnRedis::start().await;
    let mut scratch = configured(Scratch::new().await);
    scratch.redis = redis.url.clone();
    let (instance, url) = site(&scratch).await;
    redis.freeze();
    let frozen = Hook::new(&url, "shop", "evt_1", PAID, &secret());
    let answers = flood(&frozen, 50).await;
    assert_eq!((answers.get(&202), answers.get(&200)), (Some(&1), Some(&49)), "{answers:?}");
    redis.thaw();
    redis.kill();
    let answers = flood(&Hook::new(&url, "shop", "evt_2", PAID, &secret()), 1_000).await;
    assert_eq!((answers.get(&202), answers.get(&200)), (Some(&1), Some(&999)), "{answers:?}");
    assert_eq!(Notes::on(&instance).all(&scratch).await.len(), 2);
    scratch.finish([instance]).await;
}

#[tokio::test]
async fn a_process_that_dies_between_claim_and_commit_loses_nothing() {
    let scratch = configured(Scratch::alone().await);
    let (instance, url) = site(&scratch).await;
    let dedup = Dedup::new(instance.services.bus.connection(), instance.services.clock.clone());
    let Seen::Never(claim) = dedup.claim("shop", "evt_1").await else { panic!("claimed") };
    assert_eq!(dedup.claim("shop", "evt_1").await, Seen::Claimed);
    // Its process is gone by now; the source tells it again.
    let (client, hook) = (client(), Hook::new(&url, "shop", "evt_1", PAID, &secret()));
    assert_eq!(hook.send(&client).await.status(), 202);
    assert_eq!(hook.send(&client).await.status(), 200);
    // Whoever wakes up late cannot make others forget it.
    dedup.release(&claim).await;
    assert_eq!(dedup.claim("shop", "evt_1").await, Seen::Done);
    assert_eq!(Notes::on(&instance).all(&scratch).await.len(), 1);
    scratch.finish([instance]).await;
}

#[tokio::test]
async fn many_are_asked_for_as_one_is() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let dedup = Dedup::new(instance.services.bus.connection(), instance.services.clock.clone());
    dedup.confirm("shop", "b").await;
    let seen = dedup.claim_many("shop", &["a", "b", "a", "c"]).await;
    assert!(matches!(seen[..], [Seen::Never(_), Seen::Done, Seen::Claimed, Seen::Never(_)]), "{seen:?}");
    let Seen::Never(claim) = &seen[0] else { panic!("claimed") };
    dedup.release(claim).await;
    assert!(matches!(dedup.claim("shop", "a").await, Seen::Never(_)));
    assert!(dedup.claim_many("shop", &[]).await.is_empty());
    scratch.finish([instance]).await;
}

#[tokio::test]
async fn only_what_a_known_source_signed_lately_is_taken() {
    let scratch = configured(Scratch::alone().await);
    let (instance, url) = site(&scratch).await;
    let client = client();
    let hook = Hook::new(&url, "shop", "evt_1", PAID, &secret());
    let status = async |hook: Hook| {
        let answer = hook.send(&client).await;
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        answer.status().as_u16()
    };
    assert_eq!(status(Hook { url: format!("{url}/api/hooks/nobody"), ..hook.clone() }).await, 404);
    assert_eq!(status(Hook { body: "{}".to_owned(), ..hook.clone() }).await, 401);
    assert_eq!(status(Hook { id: "evt_2".to_owned(), ..hook.clone() }).await, 401);
    assert_eq!(status(Hook { signature: "v1,bm8=".to_owned(), ..hook.clone() }).await, 401);
    assert_eq!(status(Hook { signature: "nonsense".to_owned(), ..hook.clone() }).await, 401);
    assert_eq!(status(Hook::new(&url, "shop", "evt_1", PAID, &SigningSecret::new([1; 32]))).await, 401);
    let old = hook.timestamp - 301;
    assert_eq!(status(Hook::at(&url, "shop", "evt_1", PAID, &secret(), old)).await, 401);
    assert_eq!(status(Hook { signature: String::new(), ..hook.clone() }).await, 400);
    assert_eq!(status(Hook { id: String::new(), ..hook.clone() }).await, 400);
    assert_eq!(status(Hook::new(&url, "shop", &"x".repeat(257), PAID, &secret())).await, 400);
    assert_eq!(status(Hook::new(&url, "shop", "evt_1", "order paid", &secret())).await, 400);
    let unsigned = client.post(&hook.url).body(PAID).send().await.unwrap();
    assert_eq!(unsigned.status(), 400);
    let large = format!("\"{}\"", "x".repeat(HOOK_BODY_MAX));
    assert_eq!(status(Hook::new(&url, "shop", "evt_1", &large, &secret())).await, 413);
    assert_eq!(scratch.count("select count(*) from jobs").await, 0);
    // The largest that is possible, and one signed with the secret that comes next.
    let largest = format!("\"{}\"", "x".repeat(HOOK_BODY_MAX - 2));
    assert_eq!(Hook::new(&url, "shop", &"x".repeat(256), &largest, &secret()).send(&client).await.status(), 202);
    let next = Hook::new(&url, "shop", "evt_1", PAID, &SigningSecret::parse(NEXT).unwrap());
    assert_eq!(next.send(&client).await.status(), 202);
    assert_eq!(
        Hook::new(&url, "bank", "evt_1", PAID, &SigningSecret::parse(NEXT).unwrap()).send(&client).await.status(),
        401
    );
    assert_eq!(Notes::on(&instance).all(&scratch).await.len(), 2);
    scratch.finish([instance]).await;
}

#[tokio::test]
async fn what_was_taken_is_counted_by_its_source() {
    let scratch = configured(Scratch::alone().await);
    let (instance, url) = site(&scratch).await;
    instance.work();
    let client = client();
    for id in ["evt_1", "evt_2", "evt_2"] {
        Hook::new(&url, "shop", id, PAID, &secret()).send(&client).await;
    }
    let counted = async {
        while !instance.services.metrics.encode().contains("atlas9_hooks_received_total{source=\"shop\"} 2") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, counted).await.expect("counted in time");
    scratch.finish([instance]).await;
}
