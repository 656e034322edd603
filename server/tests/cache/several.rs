//! Redis as several servers: one of which sentinels call the primary, and a cluster.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use redis::{Client, cmd};
use uuid::Uuid;

use crate::{
    node::{Ahead, Node, Origin, key, tag},
    support::{Scratch, assert_sound, free_port, until},
};

/// Servers in a folder of their own, which go with it.
struct Fleet {
    folder: PathBuf,
    servers: Vec<(u16, Child)>,
}

impl Fleet {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("atlas9-redis-{}", Uuid::new_v4().simple()));
        fs::create_dir(&folder).unwrap();
        Self { folder, servers: Vec::new() }
    }

    /// Starts one with these lines of configuration.
    fn start(&mut self, port: u16, lines: &str, mode: &[&str]) {
        let file = self.folder.join(format!("{port}.conf"));
        let usual = format!("port {port}\nbind 127.0.0.1\ndir {}\nsave \"\"\n", self.folder.display());
        fs::write(&file, usual + lines).unwrap();
        let mut server = Command::new("redis-server");
        let server = server.arg(&file).args(mode).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.servers.push((port, server));
    }

    fn kill(&mut self, port: u16) {
        for (_, server) in self.servers.iter_mut().filter(|(of, _)| *of == port) {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for (_, server) in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// What a server says to a command, as text.
async fn said(port: u16, words: &[&str]) -> String {
    let Ok(client) = Client::open(format!("redis://127.0.0.1:{port}")) else { return String::new() };
    let Ok(mut connection) = client.get_multiplexed_async_connection().await else { return String::new() };
    let mut command = cmd(words[0]);
    command.arg(&words[1..]);
    command.query_async::<redis::Value>(&mut connection).await.map(|value| format!("{value:?}")).unwrap_or_default()
}

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
            "sentinel monitor main 127.0.0.1 {primary} 2\nsentinel down-after-milliseconds main 500\n\
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
    until("the replica takes over", takes_over).await;
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
    let mut fleet = Fleet::new();
    let mut ports = Vec::new();
    while ports.len() < 3 {
        // Its nodes speak to each other ten thousand ports above.
        let port = free_port().await;
        if port < 55_000 && !ports.contains(&port) {
            ports.push(port);
            let file = format!("cluster-enabled yes\ncluster-config-file {port}.nodes\ncluster-node-timeout 2000\n");
            fleet.start(port, &file, &[]);
        }
    }
    for port in &ports {
        until("a node is up", async || !said(*port, &["PING"]).await.is_empty()).await;
    }
    let nodes: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let made = Command::new("redis-cli").args(["--cluster", "create"]).args(&nodes).arg("--cluster-yes").output();
    let made = made.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
    for port in &ports {
        until("the cluster is up", async || said(*port, &["CLUSTER", "INFO"]).await.contains("cluster_state:ok")).await;
    }
    let url = format!("redis+cluster://{}", nodes.join(","));
    let ahead = Ahead::default();
    let (here, there) = (Node::start(&url, &ahead).await, Node::start(&url, &ahead).await);
    changes_are_heard(&here, &there).await;
    changes_are_heard(&there, &here).await;
    here.stop().await;
    there.stop().await;

    // Sessions, quotas, sums of money and live events as well.
    let scratch = Scratch::alone().await.with("REDIS_URL", &url);
    let (one, other) = (scratch.worker().await, scratch.instance().await);
    until("both share the cache", async || one.services.cache.is_shared() && other.services.cache.is_shared()).await;
    let client = server::accounts::Client::here("a test");
    let guest = one.services.accounts.create_guest(&client).await.unwrap();
    let cookie = guest.set_cookie.split(';').next().unwrap().to_owned();
    for instance in [&one, &other, &other] {
        let known = instance.services.accounts.identify(Some(&cookie)).await.unwrap();
        assert_eq!(known.map(|visitor| visitor.user), Some(guest.visitor.user));
    }
    assert!(other.services.metrics.sessions.hits.get() > 0, "the session stands in Redis");
    let started = one.start(guest.visitor.user, "A bakery").await;
    let log = other.log(guest.visitor.user, started.generation, 0).await;
    assert_sound(&log);
    one.services.accounts.sign_out(Some(&guest.visitor), false).await.unwrap();
    assert!(other.services.accounts.identify(Some(&cookie)).await.unwrap().is_none(), "it ends everywhere at once");
    scratch.finish([one, other]).await;
}
