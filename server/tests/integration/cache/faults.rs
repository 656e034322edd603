//! Redis killed, frozen, slow, cut off and emptied: nobody sees an error, nobody waits, and what was missed is made up for.

use std::time::{Duration, Instant};

use futures::future::join_all;
use pretty_assertions::assert_eq;
use redis::aio::MultiplexedConnection;

use crate::{
    cache::node::{Ahead, Node, Origin, connection, key, tag},
    support::{OwnRedis, Wire, until},
};

/// The set of all that changed.
async fn marks(connection: &mut MultiplexedConnection) -> String {
    let keys: Vec<String> = redis::cmd("KEYS").arg("atlas9:cache:*:marks").query_async(connection).await.unwrap();
    keys.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_redis_that_hangs_costs_one_wait_and_no_error() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let node = Node::start(&redis.url, &ahead).await;
    redis.freeze();
    let began = Instant::now();
    for number in 0..500 {
        assert_eq!(origin.text(&node, &key(number)).await, "version 0");
        node.cache.forget(&[tag()]).await;
    }
    // A wait each would be twenty seconds.
    assert!(began.elapsed() < Duration::from_secs(5), "took {:?}", began.elapsed());
    redis.thaw();
    node.until_shared().await;
    node.stop().await;
}

#[tokio::test]
async fn a_redis_that_is_slow_is_left_alone() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let wire = Wire::to(&redis.url).await;
    let node = Node::start(&wire.redis(), &ahead).await;
    wire.delay(Duration::from_millis(150));
    let began = Instant::now();
    for number in 0..500 {
        assert_eq!(origin.text(&node, &key(number)).await, "version 0");
    }
    // A wait each would be ten seconds.
    assert!(began.elapsed() < Duration::from_secs(5), "took {:?}", began.elapsed());
    // It answers whoever waits long enough, and is still not asked again.
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!node.cache.is_shared());
    }
    wire.delay(Duration::ZERO);
    node.until_shared().await;
    node.stop().await;
}

#[tokio::test]
async fn a_redis_that_is_killed_costs_no_error_and_is_taken_up_again() {
    let (mut redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let (here, there) = (Node::start(&redis.url, &ahead).await, Node::start(&redis.url, &ahead).await);
    assert_eq!(origin.text(&here, &key(1)).await, "version 0");
    assert_eq!(origin.text(&there, &key(1)).await, "version 0");
    redis.kill();
    for number in 0..20 {
        origin.text(&here, &key(number)).await;
    }
    origin.write();
    here.cache.forget(&[tag()]).await;
    assert_eq!(origin.text(&here, &key(1)).await, "version 1", "here it holds at once");
    redis.start_again().await;
    here.until_shared().await;
    until("the others hear what they missed", async || origin.text(&there, &key(1)).await == "version 1").await;
    there.until_shared().await;
    here.stop().await;
    there.stop().await;
}

#[tokio::test]
async fn what_one_changed_while_it_was_cut_off_reaches_the_others_when_it_is_back() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let wire = Wire::to(&redis.url).await;
    let (cut_off, other) = (Node::start(&wire.redis(), &ahead).await, Node::start(&redis.url, &ahead).await);
    assert_eq!(origin.text(&other, &key(1)).await, "version 0");
    wire.cut();
    origin.write();
    cut_off.cache.forget(&[tag()]).await;
    cut_off.until_alone().await;
    assert_eq!(origin.text(&cut_off, &key(1)).await, "version 1");
    assert_eq!(origin.text(&other, &key(1)).await, "version 0", "it cannot know");
    wire.mend();
    until("it knows", async || origin.text(&other, &key(1)).await == "version 1").await;
    cut_off.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn what_others_changed_while_one_was_cut_off_is_known_before_it_serves_from_redis_again() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let wire = Wire::to(&redis.url).await;
    let (cut_off, other) = (Node::start(&wire.redis(), &ahead).await, Node::start(&redis.url, &ahead).await);
    assert_eq!(origin.text(&cut_off, &key(1)).await, "version 0");
    wire.cut();
    // A key that is in nobody's memory: it has to ask, and notices.
    origin.text(&cut_off, &key(2)).await;
    cut_off.until_alone().await;
    for _ in 0..5 {
        origin.write();
        other.cache.forget(&[tag()]).await;
    }
    wire.mend();
    cut_off.until_shared().await;
    assert_eq!(origin.text(&cut_off, &key(1)).await, "version 5");
    cut_off.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_redis_that_lost_its_memory_brings_nothing_old_back() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let (here, there) = (Node::start(&redis.url, &ahead).await, Node::start(&redis.url, &ahead).await);
    origin.text(&here, &key(1)).await;
    origin.text(&there, &key(1)).await;
    origin.write();
    here.cache.forget(&[tag()]).await;
    origin.text(&here, &key(1)).await;
    // What is known of changes is lost, as when memory runs short; things stay.
    let mut connection = connection(&redis).await;
    let marks = marks(&mut connection).await;
    let _: () = redis::cmd("DEL").arg(marks).query_async(&mut connection).await.unwrap();
    origin.write();
    here.cache.forget(&[tag()]).await;
    assert_eq!(origin.text(&here, &key(1)).await, "version 2");
    until("the others know too", async || origin.text(&there, &key(1)).await == "version 2").await;
    let new = Node::start(&redis.url, &ahead).await;
    assert_eq!(origin.text(&new, &key(1)).await, "version 2");
    join_all([here, there, new].map(Node::stop)).await;
}

#[tokio::test]
async fn a_redis_put_back_to_an_earlier_state_brings_nothing_old_back() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let here = Node::start(&redis.url, &ahead).await;
    let mut connection = connection(&redis).await;
    origin.text(&here, &key(1)).await;
    origin.write();
    here.cache.forget(&[tag()]).await;
    // The count goes back to before the change, as when a replica that lags takes over.
    let marks = marks(&mut connection).await;
    let _: () = redis::cmd("ZREM").arg(&marks).arg("g:origin:1").query_async(&mut connection).await.unwrap();
    let _: () = redis::cmd("ZADD").arg(&marks).arg(5).arg("clock").query_async(&mut connection).await.unwrap();
    origin.text(&here, &key(2)).await;
    let new = Node::start(&redis.url, &ahead).await;
    until("nothing old is served", async || origin.text(&new, &key(1)).await == "version 1").await;
    assert_eq!(origin.text(&here, &key(1)).await, "version 1");
    here.stop().await;
    new.stop().await;
}
