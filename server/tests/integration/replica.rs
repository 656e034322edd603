//! Reads from a real streaming replica: nobody misses what they wrote themselves, and a replica that is away or behind costs nobody anything.

use std::{ptr, time::Duration};

use model::{Directive, PageLimit, UserId};
use server::{projects::Listing, services::Services};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::{Instance, OwnPostgres, OwnRedis, Scratch, in_one_of_three, until};

/// A primary with a replica, and an instance that reads from it.
struct Pair {
    primary: OwnPostgres,
    replica: OwnPostgres,
    scratch: Scratch,
}

impl Pair {
    async fn start() -> Self {
        let primary = OwnPostgres::start().await;
        let replica = primary.replica().await;
        let scratch = Scratch::on(&primary.url).await;
        let database = scratch.url.rsplit_once('/').unwrap().1;
        let url = format!("{}/{database}", replica.url.rsplit_once('/').unwrap().0);
        Self { primary, replica, scratch: scratch.with("DATABASE_REPLICA_URL", &url) }
    }

    /// An instance that has seen the replica at work.
    async fn instance(&self) -> Instance {
        let instance = self.scratch.instance().await;
        until("the replica is read from", async || reads_from_replica(&instance.services, nobody(&instance)).await)
            .await;
        instance
    }

    /// Lets nothing that comes from the primary be seen on the replica, or again.
    async fn hold(&self, held: bool) {
        let verb = if held { "pause" } else { "resume" };
        let mut replica = PgConnection::connect(&self.replica.url).await.unwrap();
        sqlx::query(AssertSqlSafe(format!("select pg_wal_replay_{verb}()"))).execute(&mut replica).await.unwrap();
    }
}

fn nobody(instance: &Instance) -> UserId {
    UserId(instance.services.clock.new_id())
}

async fn reads_from_replica(services: &Services, user: UserId) -> bool {
    !ptr::eq(services.db.reader_for(user).await, services.db.primary())
}

async fn titles(services: &Services, user: UserId) -> Vec<String> {
    let page = services.projects.list(Some(user), &Listing::default(), None, PageLimit::DEFAULT).await.unwrap();
    page.items.into_iter().map(|project| project.title).collect()
}

async fn start(services: &Services, user: UserId, directive: &str) {
    services.studio.start_project(user, &Directive::parse(directive).unwrap()).await.unwrap();
    services.db.wrote(user).await;
}

/// The servers go, and what is in them.
async fn stop(instances: impl IntoIterator<Item = Instance>) {
    for instance in instances {
        assert!(instance.services.stop(Duration::from_secs(5)).await, "background work ends");
    }
}

#[tokio::test]
async fn whoever_wrote_reads_from_the_primary_until_the_replica_has_it() {
    let pair = Pair::start().await;
    let (instance, other) = (pair.instance().await, pair.instance().await);
    let both = [&instance.services, &other.services];
    let expected = vec![("primary", true, "replica"); 2];
    in_one_of_three("where the writer reads, whether it is found, and where others read", expected, async |_| {
        let (writer, reader) = (instance.guest().await, instance.guest().await);
        for services in both {
            until("the replica has both", async || reads_from_replica(services, reader).await).await;
        }
        pair.hold(true).await;
        start(&instance.services, writer, "A bakery").await;
        let mut seen = Vec::new();
        for services in both {
            let from = async |user| if reads_from_replica(services, user).await { "replica" } else { "primary" };
            let is_found = titles(services, writer).await == ["A bakery"];
            seen.push((from(writer).await, is_found, from(reader).await));
        }
        pair.hold(false).await;
        for services in both {
            until("the replica has it", async || reads_from_replica(services, writer).await).await;
            assert_eq!(titles(services, writer).await, ["A bakery"]);
        }
        seen
    })
    .await;
    stop([instance, other]).await;
}

#[tokio::test]
async fn without_redis_nobody_who_may_have_written_elsewhere_reads_from_the_replica() {
    let pair = Pair::start().await;
    let mut redis = OwnRedis::start().await;
    let scratch = pair.scratch.variables();
    let mut own = Scratch::on(&pair.primary.url).await.with("REDIS_URL", &redis.url);
    for (name, value) in scratch.iter().filter(|(name, _)| name == "DATABASE_REPLICA_URL" || name == "DATABASE_URL") {
        own.set(name, value);
    }
    let instance = own.instance().await;
    until("the replica is read from", async || reads_from_replica(&instance.services, nobody(&instance)).await).await;
    redis.kill();
    assert!(!reads_from_replica(&instance.services, nobody(&instance)).await);
    stop([instance]).await;
}

#[tokio::test]
async fn a_replica_that_falls_behind_or_dies_is_left_alone() {
    let pair = Pair::start().await;
    let instance = pair.instance().await;
    let (services, writer) = (&instance.services, instance.guest().await);
    pair.hold(true).await;
    start(services, writer, "A bakery").await;
    until("it is too far behind", async || services.db.behind() > Some(Duration::from_secs(6))).await;
    assert!(!reads_from_replica(services, nobody(&instance)).await, "for anybody");
    pair.hold(false).await;
    until("it is read from again", async || reads_from_replica(services, nobody(&instance)).await).await;
    pair.replica.kill();
    let asked = tokio::time::timeout(Duration::from_secs(15), titles(services, writer));
    assert_eq!(asked.await.expect("nobody waits long"), ["A bakery"]);
    until("the primary reads", async || !reads_from_replica(services, nobody(&instance)).await).await;
    assert_eq!(titles(services, writer).await, ["A bakery"]);
    stop([instance]).await;
}
