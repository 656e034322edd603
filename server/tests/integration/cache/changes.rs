//! Who makes a thing, and what becomes of it when what it hangs on changes.

use std::time::{Duration, Instant};

use futures::future::join_all;
use pretty_assertions::assert_eq;

use crate::{
    cache::node::{Ahead, Node, Origin, connection, key, tag},
    support::{OwnRedis, in_one_of_three, until},
};

#[tokio::test]
async fn a_thousand_who_want_a_thing_at_once_have_it_made_once() {
    let (redis, ahead) = (OwnRedis::start().await, Ahead::default());
    let (node, origin) = (Node::start(&redis.url, &ahead).await, Origin::slow(50));
    let (one, thing) = (key(1), "version 0");
    let all = join_all((0..1_000).map(|_| origin.text(&node, &one))).await;
    assert!(all.iter().all(|text| text == thing));
    assert_eq!(origin.read(), 1);
    node.stop().await;
}

#[tokio::test]
async fn three_instances_that_want_a_thing_at_once_make_it_once() {
    let (redis, ahead) = (OwnRedis::start().await, Ahead::default());
    let nodes = join_all((0..3).map(|_| Node::start(&redis.url, &ahead))).await;
    in_one_of_three("it is made once", 1, async |round| {
        join_all(nodes.iter().map(Node::until_shared)).await;
        let (origin, one) = (Origin::slow(100), key(round));
        let all = join_all((0..300).map(|n| origin.text(&nodes[n % 3], &one))).await;
        assert!(all.iter().all(|text| text == "version 0"));
        origin.read()
    })
    .await;
    join_all(nodes.into_iter().map(Node::stop)).await;
}

#[tokio::test]
async fn what_takes_long_is_made_once_and_whoever_dies_over_it_is_taken_over_from() {
    let (redis, ahead) = (OwnRedis::start().await, Ahead::default());
    let nodes = join_all((0..2).map(|_| Node::start(&redis.url, &ahead))).await;
    let mut connection = connection(&redis).await;
    in_one_of_three("made once, waited for, and made by another", (1, true, 2), async |round| {
        join_all(nodes.iter().map(Node::until_shared)).await;
        let (origin, one) = (Origin::slow(3_000), key(round));
        let both = async { tokio::join!(origin.text(&nodes[0], &one), origin.text(&nodes[1], &one)) };
        let meanwhile = async {
            let (pattern, mut makers) = (format!("atlas9:cache:*:maker:things:1:{round}"), Vec::<String>::new());
            until("it is being made", async || {
                makers = redis::cmd("KEYS").arg(&pattern).query_async(&mut connection).await.unwrap();
                !makers.is_empty() || origin.read() > 1
            })
            .await;
            makers.pop()
        };
        let (_, maker) = tokio::join!(both, meanwhile);
        let (once, Some(maker)) = (origin.read(), maker) else { return (origin.read(), false, 0) };

        // As one leaves it who dies over it.
        join_all(nodes.iter().map(Node::until_shared)).await;
        nodes[0].cache.forget(&[tag()]).await;
        origin.take(0);
        let mut dead = redis::cmd("SET");
        dead.arg(maker).arg("dead").arg("PX").arg(2_000);
        dead.exec_async(&mut connection).await.unwrap();
        let began = Instant::now();
        assert_eq!(origin.text(&nodes[1], &one).await, "version 0");
        let took = began.elapsed();
        assert!(took < Duration::from_secs(10), "took {took:?}");
        (once, took >= Duration::from_millis(1_500), origin.read())
    })
    .await;
    join_all(nodes.into_iter().map(Node::stop)).await;
}

#[tokio::test]
async fn the_others_hear_of_a_change_and_do_not_only_look_for_it() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let (here, there) = (Node::start(&redis.url, &ahead).await, Node::start(&redis.url, &ahead).await);
    let mut times = Vec::new();
    for version in 1..10 {
        origin.text(&there, &key(1)).await;
        origin.write();
        here.cache.forget(&[tag()]).await;
        let (began, text) = (Instant::now(), format!("version {version}"));
        until("the others know it", async || origin.text(&there, &key(1)).await == text).await;
        times.push(began.elapsed());
    }
    times.sort();
    // They look once in a second: half of the changes would take half of it.
    assert!(times[4] < Duration::from_millis(250), "{times:?}");
    here.stop().await;
    there.stop().await;
}

#[tokio::test]
async fn whoever_changes_something_reads_what_they_wrote_and_the_others_soon_do() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let (here, there) = (Node::start(&redis.url, &ahead).await, Node::start(&redis.url, &ahead).await);
    for version in 0..20 {
        let text = format!("version {version}");
        assert_eq!(origin.text(&here, &key(1)).await, text);
        until("the others hear of it", async || origin.text(&there, &key(1)).await == text).await;
        origin.write();
        here.cache.forget(&[tag()]).await;
    }
    assert!(origin.read() <= 40, "read {} times", origin.read());
    here.stop().await;
    there.stop().await;
}

#[tokio::test]
async fn what_is_outdated_is_served_once_more_while_it_is_made_anew() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::slow(30));
    let node = Node::start(&redis.url, &ahead).await;
    assert_eq!(origin.text(&node, &key(1)).await, "version 0");
    origin.write();
    node.cache.outdate(&[tag()]).await;
    assert_eq!(origin.text(&node, &key(1)).await, "version 0");
    until("it is made anew", async || origin.text(&node, &key(1)).await == "version 1").await;
    assert_eq!(origin.read(), 2);
    node.stop().await;
}

#[tokio::test]
async fn what_was_begun_before_a_change_is_not_taken_for_what_came_after() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::slow(200));
    let (here, there) = (Node::start(&redis.url, &ahead).await, Node::start(&redis.url, &ahead).await);
    let one = key(1);
    let (began, ()) = tokio::join!(origin.text(&there, &one), async {
        until("it is begun", async || origin.read() == 1).await;
        origin.write();
        here.cache.forget(&[tag()]).await;
        // Whoever asks now is behind the change, and does not get what is under way.
        assert_eq!(origin.text(&here, &one).await, "version 1");
    });
    assert_eq!(began, "version 0", "asked before the change");
    until("the others hear of it", async || origin.text(&there, &one).await == "version 1").await;
    here.stop().await;
    there.stop().await;
}

#[tokio::test]
async fn a_thing_is_made_to_its_end_though_whoever_asked_went_away() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::slow(100));
    let (node, one) = (Node::start(&redis.url, &ahead).await, key(1));
    let gave_up = tokio::time::timeout(Duration::from_millis(20), origin.text(&node, &one)).await;
    assert!(gave_up.is_err());
    assert_eq!(origin.text(&node, &one).await, "version 0");
    assert_eq!(origin.read(), 1);
    node.stop().await;
}

#[tokio::test]
async fn everything_goes_when_everything_is_forgotten() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let (here, there) = (Node::start(&redis.url, &ahead).await, Node::start(&redis.url, &ahead).await);
    in_one_of_three("the others have it from Redis", 5, async |round| {
        tokio::join!(here.until_shared(), there.until_shared());
        let before = origin.read();
        for number in 5 * round..5 * (round + 1) {
            origin.text(&here, &key(number)).await;
            origin.text(&there, &key(number)).await;
        }
        origin.read() - before
    })
    .await;
    origin.write();
    here.cache.forget(&[server::cache::Tag::everything()]).await;
    for number in 0..5 {
        assert_eq!(origin.text(&here, &key(number)).await, "version 1");
        until("the others hear of it", async || origin.text(&there, &key(number)).await == "version 1").await;
    }
    here.stop().await;
    there.stop().await;
}
