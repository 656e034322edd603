//! Webhooks: endpoints are told, signed, again when they do not answer, and nothing else is reached.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::Response,
};
use futures::StreamExt;
use model::{GenerationId, PageLimit, ProjectId, UserKind};
use pretty_assertions::assert_eq;
use server::{
    accounts::{Client, Visitor},
    events::{
        About, Event, Selection,
        webhooks::{Disabled, ENDPOINTS_MAX, LOG_MAX, USER_AGENT, Wanted, WebhooksError},
    },
    jobs::Options,
};
use uuid::Uuid;

use super::{
    created, publish,
    receiver::{House, member, wanted},
    until_told,
};
use crate::support::{Scratch, until};

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_told_signed_and_the_old_secret_counts_for_a_day() {
    let house = House::new().await;
    let webhooks = &house.instance.services.webhooks;
    let old = webhooks.reveal(&house.visitor, house.endpoint).await.unwrap();
    let event = house.happen().await;
    let received = house.until_received(1).await.remove(0);
    assert!(received.is_signed_with(&old));
    assert_eq!(received.header("user-agent"), USER_AGENT);
    assert_eq!(received.header("content-type"), "application/json");
    assert_eq!(received.header("webhook-id"), format!("evt_{}", event.0.simple()));
    let body: serde_json::Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!(body["type"], "project.deleted");
    assert_eq!(body["data"]["title"], "A shop");
    assert!(body["timestamp"].as_str().unwrap().ends_with('Z'));
    let logged = house.until_logged(1).await.remove(0);
    assert!(logged.is_ok && logged.status == Some(204) && logged.attempt == 1 && logged.event == event);
    let at = format!("POST {}\n", house.receiver.url("/hooks"));
    assert!(logged.request_headers.starts_with(&at) && logged.request_headers.contains("webhook-signature: v1,"));
    assert_eq!(logged.request_body.as_bytes(), received.body);

    let new = webhooks.rotate(&house.visitor, house.endpoint, None).await.unwrap();
    assert_ne!(new, old);
    let again = webhooks.rotate(&house.visitor, house.endpoint, None).await.unwrap();
    assert_eq!(again, new, "the same page sent twice replaces it once");
    assert_eq!(webhooks.reveal(&house.visitor, house.endpoint).await.unwrap(), new);
    house.happen().await;
    let received = house.until_received(2).await.remove(1);
    assert!(received.is_signed_with(&new) && received.is_signed_with(&old));
    assert_eq!(received.header("webhook-signature").split(' ').count(), 2);

    house.scratch.pass(Duration::from_secs(25 * 3_600));
    house.happen().await;
    let received = house.until_received(3).await.remove(2);
    assert_eq!(received.header("webhook-signature").split(' ').count(), 1, "the old one is over");
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_again_with_the_same_id_and_bytes() {
    let house = House::new().await;
    house.receiver.answer(500, &[]);
    house.receiver.answer(404, &[]);
    house.happen().await;
    house.hurry().await;
    house.until_logged(2).await;
    house.hurry().await;
    let log = house.until_logged(3).await;
    let attempts: Vec<_> = log.iter().map(|delivery| (delivery.attempt, delivery.status, delivery.is_ok)).collect();
    assert_eq!(attempts, [(3, Some(204), true), (2, Some(404), false), (1, Some(500), false)]);
    assert_eq!(log[2].response_body.as_deref(), Some("said the receiver"));
    let received = house.receiver.received();
    assert!(received.iter().all(|one| one.header("webhook-id") == received[0].header("webhook-id")));
    assert!(received.iter().all(|one| one.body == received[0].body));
    assert_eq!(house.state().await.failing_since, None, "a success ends the failing");
    until_told(&house.scratch).await;
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_is_asked_for_is_kept() {
    let house = House::new().await;
    house.receiver.answer(429, &[("retry-after", "900")]);
    house.happen().await;
    let pause = house.pause().await;
    assert!((890..=900).contains(&pause), "{pause} seconds");
    house.receiver.answer(503, &[("retry-after", "1200")]);
    house.hurry().await;
    house.until_logged(2).await;
    let pause = house.pause().await;
    assert!((1_190..=1_200).contains(&pause), "{pause} seconds");
    house.receiver.answer(500, &[("retry-after", "900")]);
    house.hurry().await;
    house.until_logged(3).await;
    let pause = house.pause().await;
    assert!((140..=180).contains(&pause), "only 429 and 503 ask: {pause} seconds");
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_is_told_nothing_more() {
    let house = House::new().await;
    house.scratch.break_it(
        "update users set kind = 'member', email = 'sam@mail.example', email_key = 'sam@mail.example', name = 'Sam', password_hash = 'none'",
    )
    .await;
    house.receiver.answer(410, &[]);
    house.happen().await;
    house.until_logged(1).await;
    until("it is off", async || house.state().await.disabled.is_some()).await;
    assert_eq!(house.state().await.disabled.map(|(_, why)| why), Some(Disabled::Gone));
    until("a letter says so", async || !house.scratch.letters().is_empty()).await;
    let letter = house.scratch.letters().remove(0);
    assert!(
        letter.to.contains("sam@mail.example") && letter.text.contains(&house.receiver.url("/hooks")),
        "{letter:?}"
    );
    house.happen().await;
    until_told(&house.scratch).await;
    assert_eq!(house.receiver.received().len(), 1);
    let webhooks = &house.instance.services.webhooks;
    assert!(matches!(webhooks.test(&house.visitor, house.endpoint).await, Err(WebhooksError::Disabled)));
    for _ in 0..2 {
        webhooks.switch(&house.visitor, house.endpoint, true).await.unwrap();
    }
    house.happen().await;
    house.until_received(2).await;
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_fails_for_three_days_is_switched_off_when_an_event_was_tried_to_the_end() {
    let house = House::new().await;
    for _ in 0..4 {
        house.receiver.answer(500, &[]);
    }
    house.happen().await;
    house.until_logged(1).await;
    let since = house.state().await.failing_since.unwrap();
    house.scratch.pass(Duration::from_secs(71 * 3_600));
    house.hurry().await;
    house.until_logged(2).await;
    assert_eq!(house.state().await.failing_since, Some(since), "the first failure counts");
    assert_eq!(house.state().await.disabled, None, "not three days yet");
    house.scratch.pass(Duration::from_secs(2 * 3_600));
    house.hurry().await;
    let logged = house.until_logged(3).await.remove(0);
    assert_eq!(house.state().await.disabled, None, "this event is still tried again");
    assert!(logged.next_at.is_some());
    house.scratch.break_it("update jobs set max_attempts = 4 where kind = 'send-webhook'").await;
    house.hurry().await;
    until("it is off", async || house.state().await.disabled.is_some()).await;
    assert_eq!(house.state().await.disabled.map(|(_, why)| why), Some(Disabled::Failing));
    assert_eq!(house.log().await[0].next_at, None);
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_attempt_leaves_no_dead_letter() {
    let house = House::new().await;
    house.receiver.answer(500, &[]);
    house.receiver.answer(500, &[]);
    house.happen().await;
    house.until_logged(1).await;
    house.scratch.break_it("update jobs set max_attempts = 2 where kind = 'send-webhook'").await;
    house.hurry().await;
    house.until_logged(2).await;
    let left = "select count(*) from jobs where kind = 'send-webhook'";
    until("it is over", async || house.scratch.count(left).await == 0).await;
    assert_eq!(house.scratch.count("select count(*) from jobs_dead").await, 0);
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_not_followed_and_huge_answers_are_cut() {
    let house = House::new().await;
    house.receiver.answer(302, &[("location", "/elsewhere")]);
    house.happen().await;
    let logged = house.until_logged(1).await.remove(0);
    assert_eq!((logged.status, logged.is_ok), (Some(302), false));
    assert_eq!(house.receiver.received().len(), 1);
    house.receiver.answer_with(|| {
        let endless = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 8_192])));
        Response::new(Body::from_stream(endless))
    });
    house.hurry().await;
    let logged = house.until_logged(2).await.remove(0);
    assert!(logged.is_ok, "{logged:?}");
    assert_eq!(logged.response_body.unwrap().len(), 4_096);
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_is_not_waited_for() {
    let house = House::new().await;
    // Silent altogether: it takes the connection and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let webhooks = &house.instance.services.webhooks;
    webhooks.change(&house.visitor, house.endpoint, &wanted(&url)).await.unwrap();
    house.happen().await;
    let logged = house.until_logged(1).await.remove(0);
    assert!(!logged.is_ok && logged.status.is_none());
    assert!(logged.error.unwrap().contains("10 seconds"));
    assert!((9_900..=20_000).contains(&logged.milliseconds), "{}", logged.milliseconds);
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_in_time_arrived_though_the_rest_of_the_answer_never_comes() {
    let house = House::new().await;
    house.receiver.answer_with(|| {
        let begun = futures::stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"got")) });
        Response::new(Body::from_stream(begun.chain(futures::stream::pending())))
    });
    house.happen().await;
    let logged = house.until_logged(1).await.remove(0);
    assert_eq!((logged.is_ok, logged.status, logged.response_body.as_deref()), (true, Some(200), Some("got")));
    assert!(logged.milliseconds <= 20_000, "{}", logged.milliseconds);
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_silent_keeps_nobody_else_waiting() {
    let house = House::new().await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let webhooks = &house.instance.services.webhooks;
    let other = member(&house.instance).await;
    webhooks.add(&other, &wanted(&url)).await.unwrap();
    for _ in 0..80 {
        publish(&house.instance, &house.instance.services.events, Some(other.user), &created(2)).await;
    }
    until_told(&house.scratch).await;
    house.happen().await;
    house.until_logged(1).await;
    let held = "select coalesce(max(jobs), 0) from (
                    select count(*) as jobs from jobs where kind = 'send-webhook' and state <> 'parked' group by flow
                ) as endpoints";
    assert!(house.scratch.count(held).await <= 2, "two at once to one endpoint");
    house.scratch.break_it("delete from jobs where kind = 'send-webhook'").await;
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_has_an_end_and_goes_with_its_endpoint() {
    let house = House::new().await;
    house.scratch
        .break_it(
            "insert into webhook_deliveries (id, endpoint_id, event_id, name, attempt, status, request_headers, request_body, duration_ms, created_at)
             select gen_random_uuid(), id, gen_random_uuid(), 'project.deleted', 1, 'ok', '', '{}', 1, now() - make_interval(secs => n)
             from webhook_endpoints, generate_series(1, 4500) as n",
        )
        .await;
    let tidy = server::events::TidyEvents {};
    house.instance.services.jobs.publish_now(&tidy, &Options::default()).await.unwrap();
    let left = "select count(*) from webhook_deliveries";
    until("it is shortened", async || house.scratch.count(left).await == LOG_MAX).await;
    let youngest = "select count(*) from webhook_deliveries where created_at > now() - interval '1100 seconds'";
    assert_eq!(house.scratch.count(youngest).await, LOG_MAX, "the newest stay");
    house.instance.services.webhooks.remove(&house.visitor, house.endpoint).await.unwrap();
    assert_eq!(house.scratch.count(left).await, 0);
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_inside_are_refused_when_they_are_typed_and_when_they_are_resolved() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let (webhooks, visitor) = (&instance.services.webhooks, member(&instance).await);
    for url in ["http://127.0.0.1/", "http://2130706433/", "http://[::ffff:10.0.0.1]/", "http://169.254.169.254/"] {
        let refused = webhooks.add(&visitor, &wanted(url)).await;
        assert!(matches!(refused, Err(WebhooksError::Url(_))), "{url}: {refused:?}");
    }
    let endpoint = webhooks.add(&visitor, &wanted("http://localhost:9/")).await.unwrap();
    webhooks.test(&visitor, endpoint).await.unwrap();
    let log = async || webhooks.deliveries(&visitor, endpoint, None, PageLimit::DEFAULT).await.unwrap().items;
    until("it is tried", async || !log().await.is_empty()).await;
    let logged = log().await.remove(0);
    assert_eq!(logged.error.as_deref(), Some("The address does not lead to the public internet."));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_delivered_again_by_hand_has_the_same_id() {
    let house = House::new().await;
    let webhooks = &house.instance.services.webhooks;
    webhooks.test(&house.visitor, house.endpoint).await.unwrap();
    let logged = house.until_logged(1).await.remove(0);
    assert_eq!(logged.name, "webhook.test");
    webhooks.redeliver(&house.visitor, logged.id).await.unwrap();
    let received = house.until_received(2).await;
    assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
    assert_eq!(received[0].body, received[1].body);
    house.until_logged(2).await;
    let replayed = house.instance.services.events.replay(&Selection::default(), Some("webhooks"), false).await.unwrap();
    assert_eq!(replayed.deliveries, 0, "a test did not happen");
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_endpoint_does_not_exist() {
    let house = House::new().await;
    let (webhooks, other) = (&house.instance.services.webhooks, member(&house.instance).await);
    house.happen().await;
    let delivery = house.until_logged(1).await.remove(0).id;
    let id = house.endpoint;
    assert!(webhooks.list(&other).await.unwrap().is_empty());
    let refused = [
        webhooks.get(&other, id).await.map(drop),
        webhooks.change(&other, id, &wanted("https://example.com/")).await,
        webhooks.switch(&other, id, false).await,
        webhooks.reveal(&other, id).await.map(drop),
        webhooks.rotate(&other, id, None).await.map(drop),
        webhooks.deliveries(&other, id, None, PageLimit::DEFAULT).await.map(drop),
        webhooks.redeliver(&other, delivery).await.map(drop),
        webhooks.test(&other, id).await.map(drop),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(WebhooksError::NotFound)), "{refused:?}");
    }
    webhooks.remove(&other, id).await.unwrap();
    assert_eq!(house.state().await.disabled, None, "it is still there");
    publish(&house.instance, &house.instance.services.events, Some(other.user), &created(2)).await;
    until_told(&house.scratch).await;
    assert_eq!(house.receiver.received().len(), 1, "nor is it told what is not its owner's");
    for _ in 0..2 {
        webhooks.remove(&house.visitor, id).await.unwrap();
    }
    assert!(matches!(webhooks.get(&house.visitor, id).await, Err(WebhooksError::NotFound)));
    assert_eq!(house.scratch.count("select count(*) from webhook_deliveries").await, 0);
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_an_endpoint_is_refused_in_words() {
    let house = House::new().await;
    let webhooks = &house.instance.services.webhooks;
    let good = wanted("https://example.com/hooks");
    let guest = Visitor { kind: UserKind::Guest, ..house.visitor.clone() };
    assert!(matches!(webhooks.add(&guest, &good).await, Err(WebhooksError::NotMember)));
    let add = async |wanted: Wanted| webhooks.add(&house.visitor, &wanted).await;
    assert!(matches!(add(Wanted { events: Vec::new(), ..good.clone() }).await, Err(WebhooksError::NoEvents)));
    let unknown = Wanted { events: vec!["account.created".to_owned()], ..good.clone() };
    assert!(matches!(add(unknown).await, Err(WebhooksError::UnknownEvent(_))));
    let long = Wanted { description: "x".repeat(201), ..good.clone() };
    assert!(matches!(add(long).await, Err(WebhooksError::Description)));
    for _ in 1..ENDPOINTS_MAX {
        add(good.clone()).await.unwrap();
    }
    assert!(matches!(add(good).await, Err(WebhooksError::TooMany)));
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_an_endpoint_wants_is_told() {
    let house = House::new().await;
    let webhooks = &house.instance.services.webhooks;
    let only = Wanted { events: vec!["generation.failed".to_owned()], ..wanted(&house.receiver.url("/hooks")) };
    webhooks.change(&house.visitor, house.endpoint, &only).await.unwrap();
    house.happen().await;
    let about = About { project: ProjectId(Uuid::from_u128(1)), title: "A shop".to_owned() };
    let failed = Event::GenerationFailed(
        GenerationId(Uuid::from_u128(2)),
        about,
        "engine-failed".to_owned(),
        "The engine failed.".to_owned(),
    );
    let event = publish(&house.instance, &house.instance.services.events, Some(house.visitor.user), &failed).await;
    until_told(&house.scratch).await;
    let received = house.until_received(1).await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].header("webhook-id"), format!("evt_{}", event.0.simple()));
    house.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_a_month_ago_is_forgotten_and_so_is_whoever_leaves() {
    let house = House::new().await;
    house.happen().await;
    house.until_logged(1).await;
    until_told(&house.scratch).await;
    house.scratch.pass(Duration::from_secs(31 * 24 * 3_600));
    let recent = house.happen().await;
    house.until_logged(2).await;
    let tidy = server::events::TidyEvents {};
    house.instance.services.jobs.publish_now(&tidy, &Options::default()).await.unwrap();
    until("it is forgotten", async || house.log().await.len() == 1).await;
    let left = house.instance.services.events.list(&Selection::default(), 9).await.unwrap();
    assert_eq!(left.iter().map(|event| event.id).collect::<Vec<_>>(), [recent]);
    let nobody = Some(model::UserId(Uuid::from_u128(7)));
    publish(&house.instance, &house.instance.services.events, nobody, &created(2)).await;
    until_told(&house.scratch).await;
    house.instance.services.jobs.publish_now(&tidy, &Options::default()).await.unwrap();
    let strangers = "select count(*) from domain_events";
    until("what was somebody's who is gone is forgotten", async || house.scratch.count(strangers).await == 1).await;
    let guest = Visitor { kind: UserKind::Guest, ..house.visitor.clone() };
    let accounts = &house.instance.services.accounts;
    accounts.delete_everything(&guest, "", &Client::here("a test")).await.unwrap();
    assert_eq!(house.scratch.count("select count(*) from domain_events").await, 0);
    assert_eq!(house.scratch.count("select count(*) from webhook_deliveries").await, 0);
    house.finish().await;
}
