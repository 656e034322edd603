//! The client of QStash, by itself.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use pretty_assertions::assert_eq;
use server::{
    config::QstashKey,
    jobs::{Message, QstashClient, QstashError, Sameness},
};

use crate::{
    fake::{FakeQstash, TOKEN},
    support::{PATIENCE, until},
    web::{client, listen, serve},
};

/// A client, and a place to deliver to that notes what comes.
async fn outside() -> (FakeQstash, QstashClient, String, Arc<Mutex<Vec<String>>>) {
    let fake = FakeQstash::start().await;
    let qstash = QstashClient::new(client(), &fake.url, QstashKey::new(TOKEN), server::clock::Clock::system());
    let (listener, url) = listen().await;
    let came = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&came);
    let note = axum::routing::post(move |body: String| async move { notes.lock().unwrap().push(body) });
    serve(listener, axum::Router::new().route("/in", note));
    (fake, qstash, format!("{url}/in"), came)
}

fn message(destination: &str, body: &str) -> Message {
    Message { destination: destination.to_owned(), body: body.to_owned(), ..Message::default() }
}

#[tokio::test]
async fn the_client_publishes_alone_and_in_batches_and_knows_duplicates() {
    let (_fake, qstash, url, came) = outside().await;
    let by_id = |body| Message { sameness: Sameness::ById("a".to_owned()), ..message(&url, body) };
    let first = qstash.publish(&by_id("1")).await.unwrap();
    let second = qstash.publish(&by_id("2")).await.unwrap();
    assert_eq!((second.message_id, first.deduplicated, second.deduplicated), (first.message_id, false, true));
    let by_content = Message { sameness: Sameness::ByContent, ..message(&url, "3") };
    let batch = [by_content.clone(), by_content, message("nowhere", "4"), message(&url, "5")];
    let answers = qstash.publish_batch(&batch).await.unwrap();
    assert!(
        matches!(&answers[..], [Ok(a), Ok(b), Err(QstashError::Refused { .. }), Ok(_)] if a.message_id == b.message_id && b.deduplicated)
    );
    let soon = time::OffsetDateTime::now_utc() + Duration::from_secs(2);
    let (began, later) = (Instant::now(), Message { not_before: Some(soon), ..message(&url, "6") });
    qstash.publish(&later).await.unwrap();
    let all = async {
        while came.lock().unwrap().len() < 4 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(900));
    let mut came = came.lock().unwrap().clone();
    came.sort();
    assert_eq!(came, ["1", "3", "5", "6"]);
    let many = vec![message(&url, "7"); 101];
    assert!(matches!(qstash.publish_batch(&many).await, Err(QstashError::TooMany(101))));
    assert!(qstash.publish_batch(&many[..100]).await.unwrap().iter().all(Result::is_ok));
}

#[tokio::test]
async fn the_client_keeps_schedules() {
    let (fake, qstash, url, came) = outside().await;
    let id = qstash.create_schedule("nightly", "* * * * *", "Europe/Lisbon", &message(&url, "tick")).await.unwrap();
    qstash.create_schedule("nightly", "* * * * *", "Europe/Lisbon", &message(&url, "tock")).await.unwrap();
    let schedules = qstash.schedules().await.unwrap();
    assert_eq!((schedules.len(), &schedules[0].schedule_id, &schedules[0].destination), (1, &id, &url));
    assert_eq!(schedules[0].cron, "CRON_TZ=Europe/Lisbon * * * * *");
    let refused = qstash.create_schedule("daily", "tomorrow", "UTC", &message(&url, "")).await;
    assert!(matches!(refused, Err(QstashError::Refused { status: 400, words }) if words == "invalid cron"));
    fake.pass_a_minute();
    qstash.delete_schedule(&id).await.unwrap();
    assert!(matches!(qstash.delete_schedule(&id).await, Err(QstashError::Refused { status: 404, .. })));
    assert!(matches!(qstash.delete_schedule("").await, Err(QstashError::Refused { status: 404, .. })));
    fake.pass_a_minute();
    until("it comes", async || !came.lock().unwrap().is_empty()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(*came.lock().unwrap(), ["tock"]);
}

#[tokio::test]
async fn the_client_says_what_went_wrong() {
    let (fake, qstash, url, _) = outside().await;
    let sent = message(&url, "1");
    fake.fail_next(429, Some("7"));
    let seven = Some(Duration::from_secs(7));
    assert!(matches!(qstash.publish(&sent).await, Err(QstashError::Busy { retry_after }) if retry_after == seven));
    fake.fail_next(429, Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    let now = Some(Duration::ZERO);
    assert!(matches!(qstash.publish(&sent).await, Err(QstashError::Busy { retry_after }) if retry_after == now));
    fake.fail_next(502, None);
    assert!(matches!(qstash.publish(&sent).await, Err(QstashError::Away(_))));
    let stranger = QstashClient::new(client(), &fake.url, QstashKey::new("other"), server::clock::Clock::system());
    assert!(matches!(stranger.publish(&sent).await, Err(QstashError::Denied)));
    let nobody =
        QstashClient::new(client(), "http://127.0.0.1:9", QstashKey::new(TOKEN), server::clock::Clock::system());
    assert!(matches!(nobody.publish(&sent).await, Err(QstashError::Away(_))));
    let colon = Message { sameness: Sameness::ById("a:b".to_owned()), ..sent };
    assert!(
        matches!(qstash.publish(&colon).await, Err(QstashError::Refused { status: 400, words }) if words.contains(':'))
    );
}
