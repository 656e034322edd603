//! Notices beside real services: what is said while somebody is away, told once, where they want to hear it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
};
use model::{Notify, RoomId, RoomRole, UserId};
use p256::{PublicKey, SecretKey, elliptic_curve::sec1::ToSec1Point};
use pretty_assertions::assert_eq;
use server::{
    accounts::Client,
    notices::{About, Notice, NoticesError},
    rooms::Saying,
};
use tokio::net::TcpListener;

use crate::support::{Instance, SYNTHESIZERS, Scratch, until};

const WEEK: time::Duration = time::Duration::days(7);

/// Says soon what happened, and writes soon.
async fn scratch() -> Scratch {
    Scratch::new().await.with("ATLAS9_NOTICES_AFTER_S", "1").with("ATLAS9_NOTICES_MAIL_EVERY_S", "2")
}

/// The owner of a room, somebody else who is in it, and the room.
async fn room(instance: &Instance) -> (UserId, UserId, RoomId) {
    let (owner, other) = (instance.guest().await, instance.guest().await);
    let project = instance.start(owner, SYNTHESIZERS).await.project;
    let rooms = &instance.services.rooms;
    let room = rooms.of_project(Some(owner), project).await.unwrap().room;
    let invited = rooms.invite(Some(owner), room, RoomRole::Commenter, None, (WEEK, 1)).await.unwrap();
    rooms.accept(other, &invited.token).await.unwrap();
    (owner, other, room)
}

async fn say(instance: &Instance, user: UserId, room: RoomId, body: &str) -> i64 {
    let saying = Saying { client_id: body.to_owned(), body: body.to_owned(), anchor: None, thread: None };
    instance.services.rooms.say(Some(user), room, saying).await.unwrap().place.offset
}

/// What somebody was told: how much was said, how much of it to them, how the last of it begins, and whether they have seen it.
async fn told(instance: &Instance, user: UserId) -> Vec<(u32, u32, String, bool)> {
    let notices = instance.services.notices.list(user).await.unwrap();
    let of = |notice: Notice| match notice.about {
        About::Room { said, named, excerpt, .. } => (said, named, excerpt, notice.is_seen),
        About::Words { title, .. } => (0, 0, title, notice.is_seen),
    };
    notices.into_iter().map(of).collect()
}

async fn finish(scratch: Scratch, instance: Instance) {
    let unfinished = "select count(*) from generations where finished_at is null";
    until("every product is made", async || scratch.count(unfinished).await == 0).await;
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_at_once_is_told_once_and_what_was_read_is_seen() {
    let scratch = scratch().await;
    let instance = scratch.worker().await;
    let (owner, other, room) = room(&instance).await;
    for body in ["one", "two", "three"] {
        say(&instance, owner, room, body).await;
    }
    until("they are told", async || told(&instance, other).await == [(3, 0, "three".to_owned(), false)]).await;
    assert_eq!(told(&instance, owner).await, [], "nobody is told what they said");
    assert_eq!(instance.services.notices.unseen(other).await.unwrap(), 1);
    let last = say(&instance, owner, room, "four").await;
    until("they are told of the next", async || told(&instance, other).await[0].0 == 4).await;
    instance.services.rooms.read(Some(other), room, last).await.unwrap();
    assert_eq!(told(&instance, other).await, [(4, 0, "four".to_owned(), true)], "one notice of one room");
    assert_eq!(instance.services.notices.unseen(other).await.unwrap(), 0);
    say(&instance, owner, room, "five").await;
    until("what is new is told alone", async || told(&instance, other).await == [(1, 0, "five".to_owned(), false)])
        .await;
    finish(scratch, instance).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_less_is_told_of_less() {
    let scratch = scratch().await;
    let instance = scratch.worker().await;
    let (owner, other, room) = room(&instance).await;
    scratch.break_it("update users set name = 'Ada' where id <> (select owner_id from projects)").await;
    let rooms = &instance.services.rooms;
    rooms.set_notify(Some(other), room, Notify::Mentions).await.unwrap();
    rooms.set_notify(Some(owner), room, Notify::Nothing).await.unwrap();
    say(&instance, owner, room, "for all").await;
    say(&instance, other, room, "for the owner").await;
    let jobs = "select count(*) from jobs where kind = 'notify-room'";
    until("the job is over", async || scratch.count(jobs).await == 0).await;
    assert_eq!(told(&instance, other).await, []);
    assert_eq!(told(&instance, owner).await, []);
    say(&instance, owner, room, "and now for @Ada").await;
    until("whoever is named is told", async || !told(&instance, other).await.is_empty()).await;
    assert_eq!(told(&instance, other).await, [(1, 1, "and now for @Ada".to_owned(), false)]);
    assert_eq!(told(&instance, owner).await, []);
    let stranger = instance.guest().await;
    assert!(rooms.set_notify(Some(stranger), room, Notify::All).await.is_err());
    finish(scratch, instance).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_tells_everything_at_once_and_nobody_is_written_to_who_wants_quiet() {
    let scratch = scratch().await;
    let instance = scratch.worker().await;
    let (owner, other, room) = room(&instance).await;
    scratch
        .break_it(
            "update users set kind = 'member', name = 'Ada', email = 'ada@mail.example', email_key = 'ada@mail.example', password_hash = 'x'
             where id <> (select owner_id from projects)",
        )
        .await;
    let notices = &instance.services.notices;
    say(&instance, owner, room, "are you there?").await;
    until("a letter comes", async || !scratch.letters().is_empty()).await;
    let letters = scratch.letters();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].to.contains("ada@mail.example"), "{}", letters[0].to);
    assert!(letters[0].text.contains("are you there?"), "{}", letters[0].text);
    assert!(letters[0].text.contains("/settings#notices"), "{}", letters[0].text);
    notices.set_quiet(other, Duration::from_secs(3_600)).await.unwrap();
    say(&instance, owner, room, "hello?").await;
    until("they are told in the product", async || told(&instance, other).await[0].0 == 2).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(scratch.letters().len(), 1);
    notices.set_quiet(other, Duration::ZERO).await.unwrap();
    until("what was put off comes", async || scratch.letters().len() == 2).await;
    assert!(scratch.letters()[1].text.contains("hello?"));
    notices.set_mail(other, false).await.unwrap();
    say(&instance, owner, room, "anybody?").await;
    until("they are told in the product", async || told(&instance, other).await[0].0 == 3).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(scratch.letters().len(), 2);
    assert!(matches!(notices.set_quiet(other, Duration::from_secs(1 << 40)).await, Err(NoticesError::TooQuiet)));
    finish(scratch, instance).await;
}

/// A push service that keeps what it is told, and answers so.
async fn push_service(status: StatusCode) -> (String, Arc<Mutex<Vec<(HeaderMap, Bytes)>>>) {
    let heard: Arc<Mutex<Vec<(HeaderMap, Bytes)>>> = Arc::default();
    let keep = Arc::clone(&heard);
    let service = Router::new().fallback(move |headers: HeaderMap, body: Bytes| {
        keep.lock().unwrap().push((headers, body));
        std::future::ready(status)
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/push/secret", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, service).await });
    (address, heard)
}

/// A browser of somebody; addresses without TLS are taken from nobody, so that it is written down by hand.
async fn subscribe(instance: &Instance, user: UserId, address: &str) {
    let key: PublicKey = SecretKey::from_slice(&[7; 32]).unwrap().public_key();
    sqlx::query(
        "insert into push_subscriptions (id, user_id, session_id, endpoint, p256dh, auth, created_at)
         select gen_random_uuid(), $1, id, $2, $3, $4, now() from sessions where user_id = $1",
    )
    .bind(user.0)
    .bind(address)
    .bind(key.to_sec1_point(false).as_bytes())
    .bind([9_u8; 16].as_slice())
    .execute(instance.services.db.primary())
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_pushed_to_and_forgotten_when_it_is_gone() {
    let scratch = scratch().await.with("ATLAS9_WEBHOOKS_ALLOW", "127.0.0.0/8");
    let instance = scratch.worker().await;
    let (owner, other, room) = room(&instance).await;
    let (there, heard) = push_service(StatusCode::CREATED).await;
    let (gone, refused) = push_service(StatusCode::GONE).await;
    subscribe(&instance, other, &there).await;
    subscribe(&instance, other, &gone).await;
    assert_eq!(instance.services.notices.settings(other).await.unwrap().browsers, 2);
    say(&instance, owner, room, "look up").await;
    until("the browser is told", async || !heard.lock().unwrap().is_empty()).await;
    until("the other is forgotten", async || instance.services.notices.settings(other).await.unwrap().browsers == 1)
        .await;
    let pushed = "select count(*) from notices where pushed_at is not null";
    until("it is noted", async || scratch.count(pushed).await == 1).await;
    let heard = heard.lock().unwrap().clone();
    assert_eq!((heard.len(), refused.lock().unwrap().len()), (1, 1));
    let (headers, body) = &heard[0];
    assert_eq!(headers["content-encoding"], "aes128gcm");
    assert!(!body.windows(7).any(|bytes| bytes == b"look up"), "nobody on the way reads it");
    assert!(headers["authorization"].to_str().unwrap().contains(instance.services.notices.push_key()));
    finish(scratch, instance).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_is_told_nobody_any_more_and_whoever_answers_has_seen_the_rest() {
    let scratch = scratch().await;
    let instance = scratch.worker().await;
    let (owner, other, room) = room(&instance).await;
    let rooms = &instance.services.rooms;
    let saying = Saying { client_id: "a".to_owned(), body: "a secret".to_owned(), anchor: None, thread: None };
    let said = rooms.say(Some(owner), room, saying).await.unwrap();
    until("they are told", async || !told(&instance, other).await.is_empty()).await;
    rooms.delete(Some(owner), room, said.id).await.unwrap();
    assert_eq!(told(&instance, other).await, []);
    say(&instance, owner, room, "well then").await;
    until("they are told", async || !told(&instance, other).await.is_empty()).await;
    say(&instance, other, room, "I am here").await;
    assert_eq!(told(&instance, other).await, [(1, 0, "well then".to_owned(), true)]);
    finish(scratch, instance).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_addresses_of_push_services_are_taken_and_only_ones_own_are_forgotten() {
    let scratch = scratch().await;
    let instance = scratch.instance().await;
    let guest = instance.services.accounts.create_guest(&Client::here("a test")).await.unwrap().visitor;
    let (user, session, other) = (guest.user, guest.session, instance.guest().await);
    let notices = &instance.services.notices;
    let keys = serde_json::json!({
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    });
    let told =
        |endpoint: &str| serde_json::json!({ "endpoint": endpoint, "expirationTime": null, "keys": keys }).to_string();
    for bad in ["http://push.example/a", "https://user:word@push.example/a", "nonsense"] {
        let refused = notices.subscribe(user, session, &told(bad)).await;
        assert!(matches!(refused, Err(NoticesError::BadSubscription(_))), "{bad}: {refused:?}");
    }
    assert!(notices.subscribe(user, session, "{}").await.is_err());
    for _ in 0..2 {
        notices.subscribe(user, session, &told("https://push.example/a")).await.unwrap();
    }
    assert_eq!(notices.settings(user).await.unwrap().browsers, 1);
    notices.unsubscribe(other, "https://push.example/a").await.unwrap();
    assert_eq!(notices.settings(user).await.unwrap().browsers, 1, "somebody else's");
    assert!(notices.is_subscribed(user, "https://push.example/a").await.unwrap());
    assert!(!notices.is_subscribed(other, "https://push.example/a").await.unwrap());
    notices.unsubscribe(user, "https://push.example/a").await.unwrap();
    assert_eq!(notices.settings(user).await.unwrap().browsers, 0);
    // Whoever is signed out of a browser is told nothing there any more.
    notices.subscribe(user, session, &told("https://push.example/a")).await.unwrap();
    scratch.break_it("delete from sessions").await;
    assert_eq!(notices.settings(user).await.unwrap().browsers, 0);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_runs_the_house_is_told_once_of_work_that_was_given_up() {
    let scratch = scratch().await;
    let instance = scratch.instance().await;
    let (administrator, other) = (instance.guest().await, instance.guest().await);
    sqlx::query("update users set kind = 'member', role = 'admin', name = 'Ada', email = 'a@b.c', email_key = 'a@b.c', password_hash = 'x' where id = $1")
        .bind(administrator.0)
        .execute(instance.services.db.primary())
        .await
        .unwrap();
    scratch
        .break_it(
            "insert into jobs_dead (id, kind, queue, payload, priority, max_attempts, attempt, crashes, cause, error, created_at)
             values (gen_random_uuid(), 'send-mail', 'mail', '{}', 0, 10, 10, 0, 'attempts', 'the mail server is away', now())",
        )
        .await;
    let looked = "select count(*) from jobs_finished where kind = 'look-at-house'";
    instance.work();
    for times in 1..=2_i64 {
        instance.services.jobs.publish_now(&server::notices::LookAtHouse {}, &Default::default()).await.unwrap();
        until("somebody looks", async || scratch.count(looked).await >= times).await;
    }
    assert_eq!(told(&instance, administrator).await, [(0, 0, "Work was given up: send-mail".to_owned(), false)]);
    assert_eq!(told(&instance, other).await, []);
    scratch.finish([instance]).await;
}
