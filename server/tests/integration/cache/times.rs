//! What becomes of things as time passes, and when they cannot be made.

use std::time::Duration;

use pretty_assertions::assert_eq;
use server::cache::Unmade;

use crate::{
    cache::node::{Ahead, Away, Node, Origin, Refused, THINGS, key, tag},
    support::{OwnRedis, in_one_of_three, until},
};

#[tokio::test]
async fn what_is_past_its_time_is_served_at_once_and_made_anew_behind_the_scenes() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::slow(50));
    let node = Node::start(&redis.url, &ahead).await;
    assert_eq!(origin.text(&node, &key(1)).await, "version 0");
    origin.write();
    ahead.pass(120);
    assert_eq!(origin.text(&node, &key(1)).await, "version 0", "nobody waits");
    until("it is made anew", async || origin.text(&node, &key(1)).await == "version 1").await;
    assert_eq!(origin.read(), 2);
    node.stop().await;
}

#[tokio::test]
async fn a_new_instance_has_what_the_others_made() {
    let (redis, ahead) = (OwnRedis::start().await, Ahead::default());
    let one = Node::start(&redis.url, &ahead).await;
    in_one_of_three("it is made once", 1, async |round| {
        one.until_shared().await;
        let origin = Origin::default();
        assert_eq!(origin.text(&one, &key(round)).await, "version 0");
        let new = Node::start(&redis.url, &ahead).await;
        assert_eq!(origin.text(&new, &key(round)).await, "version 0");
        new.stop().await;
        origin.read()
    })
    .await;
    one.stop().await;
}

#[tokio::test]
async fn an_old_thing_is_served_while_it_cannot_be_made_and_not_for_ever() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let node = Node::start(&redis.url, &ahead).await;
    assert_eq!(origin.text(&node, &key(1)).await, "version 0");
    origin.fail(true);
    ahead.pass(1_000);
    assert_eq!(origin.text(&node, &key(1)).await, "version 0");
    let tried = origin.read();
    for _ in 0..20 {
        assert_eq!(origin.text(&node, &key(1)).await, "version 0");
    }
    assert_eq!(origin.read(), tried, "it is not tried again at once");
    ahead.pass(2_000);
    let failure = origin.by(&node, &key(1)).await.unwrap_err();
    assert!(failure.origin::<Away>().is_some(), "{failure}");
    origin.fail(false);
    assert_eq!(origin.text(&node, &key(1)).await, "version 0");
    node.stop().await;
}

#[tokio::test]
async fn a_new_instance_falls_back_on_what_the_others_made_while_it_cannot_be_made() {
    let (redis, ahead) = (OwnRedis::start().await, Ahead::default());
    let one = Node::start(&redis.url, &ahead).await;
    in_one_of_three("it is served each time, and not tried again at once", (5, 2), async |round| {
        one.until_shared().await;
        let origin = Origin::default();
        assert_eq!(origin.text(&one, &key(round)).await, "version 0");
        origin.fail(true);
        ahead.pass(1_000);
        let new = Node::start(&redis.url, &ahead).await;
        let mut served = 0;
        for _ in 0..5 {
            let text = origin.by(&new, &key(round)).await;
            served += u32::from(text.is_ok_and(|text| text.as_deref() == Some("version 0")));
        }
        let read = origin.read();
        new.cache.forget(&[tag()]).await;
        assert!(origin.by(&new, &key(round)).await.is_err(), "what was changed is none");
        new.stop().await;
        (served, read)
    })
    .await;
    one.stop().await;
}

#[tokio::test]
async fn what_may_be_kept_no_more_is_served_no_more_though_nobody_told_of_it() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let (node, other) = (Node::start(&redis.url, &ahead).await, Node::start(&redis.url, &ahead).await);
    for number in [1, 2] {
        assert_eq!(origin.text(&node, &key(number)).await, "version 0");
    }
    origin.refuse();
    // Past its time it is served once more, while somebody finds out.
    ahead.pass(120);
    origin.text(&node, &key(1)).await;
    until("it is found out", async || origin.by(&node, &key(1)).await.is_err()).await;
    // Long past it nobody is served what is only good while it cannot be made.
    ahead.pass(1_000);
    for node in [&node, &other] {
        let refused = origin.by(node, &key(2)).await.unwrap_err();
        assert!(refused.origin::<Refused>().is_some(), "{refused}");
    }
    origin.fail(true);
    assert!(origin.by(&node, &key(2)).await.is_err(), "nothing of it is left to fall back on");
    node.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn whoever_makes_a_thing_that_is_changed_meanwhile_is_served_what_they_made() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let node = Node::start(&redis.url, &ahead).await;
    assert_eq!(origin.text(&node, &key(1)).await, "version 0");
    ahead.pass(1_000);
    // Longer than anybody waits who has something old, which is gone by then.
    origin.take(900);
    let (asked, changed) = (key(1), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        node.cache.forget(&[tag()]).await;
    });
    let (served, ()) = tokio::join!(origin.text(&node, &asked), changed);
    assert_eq!(served, "version 0");
    node.stop().await;
}

#[tokio::test]
async fn whoever_could_have_something_old_does_not_wait_long_for_something_new() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let node = Node::start(&redis.url, &ahead).await;
    assert_eq!(origin.text(&node, &key(1)).await, "version 0");
    ahead.pass(1_000);
    origin.write();
    origin.take(1_500);
    assert_eq!(origin.text(&node, &key(1)).await, "version 0", "it is still being made");
    until("it is made to its end", async || origin.text(&node, &key(1)).await == "version 1").await;
    assert_eq!(origin.read(), 2);
    node.stop().await;
}

#[tokio::test]
async fn what_was_changed_is_not_served_even_when_it_cannot_be_made() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let node = Node::start(&redis.url, &ahead).await;
    assert_eq!(origin.text(&node, &key(1)).await, "version 0");
    origin.fail(true);
    node.cache.forget(&[tag()]).await;
    assert!(matches!(origin.by(&node, &key(1)).await, Err(Unmade::Origin(_))));
    node.stop().await;
}

#[tokio::test]
async fn that_there_is_nothing_is_known_for_a_while() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let node = Node::start(&redis.url, &ahead).await;
    origin.remove();
    for _ in 0..5 {
        assert_eq!(origin.by(&node, &key(1)).await.unwrap(), None);
    }
    assert_eq!(origin.read(), 1);
    ahead.pass(400);
    assert_eq!(origin.by(&node, &key(1)).await.unwrap(), None);
    until("it is looked for again", async || origin.read() == 2).await;
    node.stop().await;
}

#[tokio::test]
async fn what_is_too_large_is_made_each_time_and_nothing_breaks() {
    let (redis, ahead) = (OwnRedis::start().await, Ahead::default());
    let node = Node::start(&redis.url, &ahead).await;
    let large = THINGS.key(&[&"large"]);
    for _ in 0..2 {
        let made = || async { Ok::<_, Away>(server::cache::Answer::of("x".repeat(600_000))) };
        assert_eq!(node.cache.get(&large, made).await.unwrap().unwrap().len(), 600_000);
    }
    node.stop().await;
}

#[tokio::test]
async fn memory_is_counted_in_bytes_and_bounded() {
    let (redis, ahead) = (OwnRedis::start().await, Ahead::default());
    let node = Node::start(&redis.url, &ahead).await;
    let made = |bytes| move || async move { Ok::<_, Away>(server::cache::Answer::of("x".repeat(bytes))) };
    for number in 0..100 {
        node.cache.get(&key(number), made(10)).await.unwrap();
    }
    until("a hundred small things are counted", async || node.cache.figures().entries == 100).await;
    let small = node.cache.figures().bytes;
    assert!((40_000..80_000).contains(&small), "{small}");
    node.cache.get(&key(100), made(300_000)).await.unwrap();
    until("a large one counts as it is", async || (300_000..301_000).contains(&(node.cache.figures().bytes - small)))
        .await;
    for number in 200..320 {
        node.cache.get(&key(number), made(400_000)).await.unwrap();
    }
    until("there is room for half of them", async || (50..70).contains(&node.cache.figures().entries)).await;
    assert!(node.cache.figures().bytes <= 24 << 20);
    node.stop().await;
}

#[tokio::test]
async fn everything_that_can_come_of_asking_is_counted() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::slow(20));
    let here = Node::start(&redis.url, &ahead).await;
    let one = key(1);
    tokio::join!(origin.text(&here, &one), origin.text(&here, &one));
    assert_eq!((here.counted("made"), here.counted("joined")), (1, 1));
    origin.text(&here, &one).await;
    assert_eq!(here.counted("memory"), 1);
    ahead.pass(100);
    origin.text(&here, &one).await;
    assert_eq!(here.counted("stale"), 1);
    until("it is made anew", async || origin.read() == 2).await;
    ahead.pass(600);
    origin.fail(true);
    origin.text(&here, &one).await;
    assert_eq!(here.counted("spare"), 1);
    assert!(origin.by(&here, &key(2)).await.is_err());
    assert_eq!(here.counted("failed"), 1);
    let figures = here.cache.figures();
    assert_eq!((figures.asked, figures.hit_rate), (6, Some(0.667)));
    origin.fail(false);
    in_one_of_three("another has it from Redis", (1, Some(1.0)), async |round| {
        here.until_shared().await;
        let (there, another) = (Node::start(&redis.url, &ahead).await, key(10 + round));
        origin.text(&here, &another).await;
        origin.text(&there, &another).await;
        let counted = (there.counted("redis"), there.cache.figures().redis_hit_rate);
        there.stop().await;
        counted
    })
    .await;
    here.stop().await;
}

#[tokio::test]
async fn a_maker_that_panics_leaves_nobody_waiting() {
    let (redis, ahead, origin) = (OwnRedis::start().await, Ahead::default(), Origin::default());
    let node = Node::start(&redis.url, &ahead).await;
    let one = key(1);
    let failed = node.cache.get(&one, || async {
        if true {
            panic!("a fault of the program");
        }
        Err::<server::cache::Answer<String>, _>(Away)
    });
    assert!(matches!(failed.await, Err(Unmade::Lost)));
    assert_eq!(origin.text(&node, &key(1)).await, "version 0");
    node.stop().await;
}
