//! Requests by way of PgBouncer: everything works, and no query may run for ever.

use std::{
    env, fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use model::PageLimit;
use server::projects::Listing;
use tokio::net::TcpStream;

use crate::support::{SYNTHESIZERS, Scratch, free_port, is_root, until};

/// PgBouncer in front of a server.
struct Pooler {
    process: Child,
    folder: PathBuf,
    port: u16,
}

impl Pooler {
    async fn start(url: &str) -> Self {
        let (host, port) = (url.split('@').nth(1).unwrap().split(':').next().unwrap(), free_port().await);
        let target = url.rsplit(':').next().unwrap().split('/').next().unwrap();
        let folder = env::temp_dir().join(format!("atlas9-pgbouncer-{port}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("users"), "\"atlas9\" \"\"\n").unwrap();
        let users = folder.join("users").display().to_string();
        let settings = format!(
            "[databases]\n* = host={host} port={target} user=atlas9\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\nauth_file = {users}\npool_mode = session\ndefault_pool_size = 20\n"
        );
        fs::write(folder.join("pgbouncer.ini"), settings).unwrap();
        let mut command = Command::new("pgbouncer");
        command.env("PATH", format!("{}:/usr/sbin", env::var("PATH").unwrap_or_default()));
        // It refuses to serve as root, and becomes somebody else.
        if is_root() {
            assert!(Command::new("chown").args(["-R", "postgres"]).arg(&folder).status().unwrap().success());
            command.args(["-u", "postgres"]);
        }
        let process = command.arg(folder.join("pgbouncer.ini")).stderr(Stdio::null()).stdout(Stdio::null()).spawn();
        let pooler = Self { process: process.unwrap(), folder, port };
        until("PgBouncer listens", async || TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
        pooler
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
async fn by_way_of_pgbouncer_everything_works_within_its_limits() {
    let scratch = Scratch::new().await;
    let pooler = Pooler::start(&scratch.url).await;
    let database = scratch.url.rsplit_once('/').unwrap().1;
    let url = format!("postgres://atlas9@127.0.0.1:{}/{database}", pooler.port);
    let scratch = scratch.with("DATABASE_POOLER_URL", &url);
    let instance = scratch.worker().await;
    let services = &instance.services;
    let port = services.db.primary().connect_options().get_port();
    assert_eq!(port, pooler.port, "requests go through it");
    let limit: String = sqlx::query_scalar("select current_setting('statement_timeout')")
        .fetch_one(services.db.primary())
        .await
        .unwrap();
    assert_eq!(limit, "15s");
    let user = instance.guest().await;
    // More at once than there are connections, and each query more than once.
    let everything = Listing::default();
    let wants = (0..40).map(|_| services.projects.list(Some(user), &everything, None, PageLimit::DEFAULT));
    for page in futures::future::join_all(wants).await {
        assert!(page.unwrap().items.is_empty());
    }
    let started = instance.start(user, SYNTHESIZERS).await;
    instance.log(user, started.generation, 0).await;
    let page = services.projects.list(Some(user), &Listing::default(), None, PageLimit::DEFAULT).await.unwrap();
    assert_eq!(page.items.len(), 1);
    scratch.finish([instance]).await;
}
