//! Messages between instances.

use std::time::{Duration, Instant};

use bytes::Bytes;
use pretty_assertions::assert_eq;
use server::{bus::Bus, tasks::Tasks};
use tokio::{
    sync::broadcast::Receiver,
    time::{sleep, timeout},
};

use crate::support::{PATIENCE, Scratch, until};

const CHANNEL: &str = "atlas9:test:talk";

fn say(bus: &Bus, words: &str) {
    bus.publish_elsewhere(CHANNEL, || Some(words.into()));
}

/// Until an instance knows that another one listens, what it says may be for nobody.
async fn until_heard(bus: &Bus, words: &str, listener: &mut Receiver<Bytes>) {
    until("it is heard", async || {
        say(bus, words);
        sleep(Duration::from_millis(10)).await;
        listener.try_recv().is_ok_and(|message| message == words)
    })
    .await;
}

/// The next message that is not this one.
async fn heard_after(said: &str, listener: &mut Receiver<Bytes>) -> Bytes {
    loop {
        let message = timeout(PATIENCE, listener.recv()).await.expect("a message in time").unwrap();
        if message != said {
            return message;
        }
    }
}

#[tokio::test]
async fn what_is_said_elsewhere_is_heard_and_what_is_said_here_does_not_come_back() {
    let (scratch, tasks) = (Scratch::alone().await, Tasks::default());
    let redis = scratch.config().redis;
    let (one, two) = (Bus::connect(&redis, &tasks).await.unwrap(), Bus::connect(&redis, &tasks).await.unwrap());
    let (mut at_one, mut at_two) = (one.listen_elsewhere(CHANNEL), two.listen_elsewhere(CHANNEL));
    until_heard(&one, "hello", &mut at_two).await;
    until_heard(&two, "and to you", &mut at_one).await;
    say(&two, "");
    say(&two, "how are you");
    assert_eq!(heard_after("and to you", &mut at_one).await, "");
    assert_eq!(heard_after("and to you", &mut at_one).await, "how are you");
    say(&one, "well");
    assert_eq!(heard_after("hello", &mut at_two).await, "well", "and not its own words");
    tasks.stop(PATIENCE).await;
}

#[tokio::test]
async fn what_nobody_listens_to_elsewhere_is_not_sent_until_somebody_does() {
    let (scratch, tasks) = (Scratch::alone().await, Tasks::default());
    let redis = scratch.config().redis;
    let one = Bus::connect(&redis, &tasks).await.unwrap();
    let _here = one.listen_elsewhere(CHANNEL);
    let mut made = 0;
    let mut is_made = || {
        let before = made;
        one.publish_elsewhere(CHANNEL, || {
            made += 1;
            Some(Vec::new())
        });
        made > before
    };
    until("it knows that it is alone", async || {
        sleep(Duration::from_millis(10)).await;
        !is_made()
    })
    .await;
    // It asks again now and then.
    until("it asks", async || {
        sleep(Duration::from_millis(10)).await;
        is_made()
    })
    .await;
    let asked = Instant::now();
    let two = Bus::connect(&redis, &tasks).await.unwrap();
    let mut at_two = two.listen_elsewhere(CHANNEL);
    until_heard(&one, "hello", &mut at_two).await;
    assert!(asked.elapsed() < Duration::from_secs(4), "it was greeted, and did not find out by asking again");
    // Whoever's connection is lost comes back, and is told again.
    let lost: u32 = one
        .ask(redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").arg("SKIPME").arg("yes").clone(), PATIENCE)
        .await
        .unwrap();
    assert_eq!(lost, 1);
    until_heard(&one, "again", &mut at_two).await;
    tasks.stop(PATIENCE).await;
}
