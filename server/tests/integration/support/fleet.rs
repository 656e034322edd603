//! Redis as several servers of one's own.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use redis::{Client, cmd};
use uuid::Uuid;

use crate::support::{free_port, until};

/// Servers in a folder of their own, which go with it.
pub struct Fleet {
    folder: PathBuf,
    servers: Vec<(u16, Child)>,
}

impl Fleet {
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("atlas9-redis-{}", Uuid::new_v4().simple()));
        fs::create_dir(&folder).unwrap();
        Self { folder, servers: Vec::new() }
    }

    /// Starts one with these lines of configuration.
    pub fn start(&mut self, port: u16, lines: &str, mode: &[&str]) {
        let file = self.folder.join(format!("{port}.conf"));
        let usual = format!("port {port}\nbind 127.0.0.1\ndir {}\nsave \"\"\n", self.folder.display());
        fs::write(&file, usual + lines).unwrap();
        let mut server = Command::new("redis-server");
        let server = server.arg(&file).args(mode).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.servers.push((port, server));
    }

    /// A cluster of three that is ready, and its address.
    pub async fn cluster() -> (Self, String) {
        let mut fleet = Self::new();
        let mut ports = Vec::new();
        while ports.len() < 3 {
            // Its nodes speak to each other ten thousand ports above.
            let port = free_port().await;
            if port < 55_000 && !ports.contains(&port) {
                ports.push(port);
                let file =
                    format!("cluster-enabled yes\ncluster-config-file {port}.nodes\ncluster-node-timeout 2000\n");
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
            until("the cluster is up", async || said(*port, &["CLUSTER", "INFO"]).await.contains("cluster_state:ok"))
                .await;
        }
        (fleet, format!("redis+cluster://{}", nodes.join(",")))
    }

    pub fn kill(&mut self, port: u16) {
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
pub async fn said(port: u16, words: &[&str]) -> String {
    let Ok(client) = Client::open(format!("redis://127.0.0.1:{port}")) else { return String::new() };
    let Ok(mut connection) = client.get_multiplexed_async_connection().await else { return String::new() };
    let mut command = cmd(words[0]);
    command.arg(&words[1..]);
    command.query_async::<redis::Value>(&mut connection).await.map(|value| format!("{value:?}")).unwrap_or_default()
}
