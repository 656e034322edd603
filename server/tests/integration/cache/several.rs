//! Redis as several servers: one of which sentinels call the primary, and a cluster.

use crate::{
    cache::node::{Ahead, Node, Origin, key, tag},
    fleet::{Fleet, said},
    support::{PATIENCE, Scratch, assert_sound, free_port, until, until_within},
};

#[tokio::test(flavor = "multi_thread")]
async fn when_the_primary_dies_the_one_that_sentinels_name_takes_over() {
    let mut fleet = Fleet::new();
    let (primary, replica) = (free_port().await, free_port().await);
    fleet.start(primary, "", &[]);
    fleet.start(replica, &format!("replicaof 127.0.0.1 {primary}\n"), &[]);
    until("the replica follows", async || said(primary, &["INFO", "replication"]).await.contains("state=online")).await;
    let sentinels = [free_port().await, free_port().await, free_port().await];
    for port in sentinels {
        let lines = format!(
            "sentinel monitor main 127.0.0.1 {primary} 2\nsentinel down-after-milliseconds main 3000\n\
             sentinel failover-timeout main 3000\n"
        );
        fleet.start(port, &lines, &["--sentinel"]);
    }
    for port in sentinels {
        let knows_all = async || {
            let info = said(port, &["INFO", "sentinel"]).await;
            info.contains("slaves=1") && info.contains("sentinels=3")
        };
        until("the sentinels know each other and the replica", knows_all).await;
    }
    // One sentinel that is not there keeps nobody from asking the next.
    let nobody = free_port().await;
    let hosts = [nobody, sentinels[0], sentinels[1], sentinels[2]].map(|port| format!("127.0.0.1:{port}")).join(",");
    let (url, ahead) = (format!("redis+sentinel://{hosts}/main"), Ahead::default());
    let (here, there) = (Node::start(&url, &ahead).await, Node::start(&url, &ahead).await);
    changes_are_heard(&here, &there).await;

    fleet.kill(primary);
    // What is changed while there is none is told to the next.
    here.cache.forget(&[tag()]).await;
    here.until_alone().await;
    let takes_over = async || said(replica, &["ROLE"]).await.contains("master");
    // Sentinels that find their clock to have jumped do nothing for half a minute.
    until_within(3 * PATIENCE, "the replica takes over", takes_over).await;
    here.until_shared().await;
    there.until_shared().await;
    changes_are_heard(&here, &there).await;
    changes_are_heard(&there, &here).await;
    here.stop().await;
    there.stop().await;
}

/// What one has is had by the other, and what one changes is old for the other.
async fn changes_are_heard(here: &Node, there: &Node) {
    let (origin, key) = (Origin::default(), key(1));
    // What an earlier round left is old.
    here.cache.forget(&[tag()]).await;
    until("both have the same", async || origin.text(here, &key).await == origin.text(there, &key).await).await;
    let first = origin.text(here, &key).await;
    origin.write();
    here.cache.forget(&[tag()]).await;
    assert_ne!(origin.text(here, &key).await, first);
    until("the other hears of it", async || origin.text(there, &key).await != first).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_with_a_cluster() {
    let (_fleet, url) = Fleet::cluster().await;
    let ahead = Ahead::default();
    let (here, there) = (Node::start(&url, &ahead).await, Node::start(&url, &ahead).await);
    changes_are_heard(&here, &there).await;
    changes_are_heard(&there, &here).await;
    here.stop().await;
    there.stop().await;

    // Sessions, quotas and live events as well.
    let scratch = Scratch::alone().await.with("REDIS_URL", &url);
    let (one, other) = (scratch.worker().await, scratch.instance().await);
    until("both share the cache", async || one.services.cache.is_shared() && other.services.cache.is_shared()).await;
    let client = server::accounts::Client::here("a test");
    let guest = one.services.accounts.create_guest(&client).await.unwrap();
    let cookie = guest.set_cookie.split(';').next().unwrap().to_owned();
    until("the session stands in Redis", async || {
        for instance in [&one, &other] {
            let known = instance.services.accounts.identify(Some(&cookie)).await.unwrap();
            assert_eq!(known.map(|visitor| visitor.user), Some(guest.visitor.user));
        }
        other.services.metrics.sessions.hits.get() > 0
    })
    .await;
    let started = one.start(guest.visitor.user, "A bakery").await;
    let log = other.log(guest.visitor.user, started.generation, 0).await;
    assert_sound(&log);
    one.services.accounts.sign_out(Some(&guest.visitor), false).await.unwrap();
    until("it ends everywhere", async || other.services.accounts.identify(Some(&cookie)).await.unwrap().is_none())
        .await;
    scratch.finish([one, other]).await;
}
