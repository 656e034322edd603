//! The way to Redis: one server, the one of several that sentinels call the primary, or a cluster. Whoever asks Redis asks this, and need not know which.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use redis::{
    Client, Cmd, ConnectionAddr, ErrorKind, IntoConnectionInfo, Pipeline, ProtocolVersion, PushInfo, RedisError,
    RedisFuture, RedisResult, ServerErrorKind, Value,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig, SendError},
    cluster::ClusterClientBuilder,
    cluster_async::ClusterConnection,
    sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType},
};
use tokio::{sync::Notify, time::timeout};

use crate::config::{RedisConfig, RedisPlace};

const CONNECT_WITHIN: Duration = Duration::from_secs(2);
const ANSWER_WITHIN: Duration = Duration::from_millis(500);
const RETRIES: usize = 2;
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Takes messages as they come.
pub(super) type Hear = Arc<dyn Fn(&PushInfo) + Send + Sync>;

/// A connection to Redis, whichever way; copies are the same connection. It comes back by itself.
#[derive(Clone)]
pub struct Redis(Way);

#[derive(Clone)]
enum Way {
    One(ConnectionManager),
    Led(Arc<Led>),
    Cluster(ClusterConnection),
}

/// The connection to the primary of several servers, as far as it is known.
struct Led {
    now: RwLock<(ConnectionAddr, ConnectionManager)>,
    /// It may not be the primary any more.
    doubted: Notify,
}

/// Asks sentinels which server is the primary.
pub(super) struct Leader {
    sentinels: SentinelClient,
    hear: Hear,
    led: Arc<Led>,
}

impl Redis {
    /// Connects; Redis must answer now. With sentinels, somebody is to ask them again ([`Leader::follow`]).
    pub(super) async fn connect(config: &RedisConfig, hear: Hear) -> RedisResult<(Self, Option<Leader>)> {
        match &config.place {
            RedisPlace::One(url) => {
                let info = url.as_str().into_connection_info()?;
                // Only RESP3 delivers messages on the connection that sends commands.
                let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
                let client = Client::open(info.set_redis_settings(settings))?;
                Ok((Self(Way::One(manager(client, &hear).await?)), None))
            }
            RedisPlace::Sentinel { sentinels, primary, user, password, database } => {
                let sentinels = sentinels.iter().map(|(host, port)| ConnectionAddr::Tcp(host.clone(), *port));
                let mut builder = SentinelClientBuilder::new(sentinels, primary, SentinelServerType::Master)?
                    .set_client_to_redis_protocol(ProtocolVersion::RESP3)
                    .set_client_to_redis_db(*database);
                if let Some(user) = user {
                    builder = builder.set_client_to_redis_username(user);
                }
                if let Some(password) = password {
                    builder = builder.set_client_to_redis_password(password);
                }
                let mut sentinels = builder.build()?;
                let (address, client) = primary_of(&mut sentinels).await?;
                let now = RwLock::new((address, manager(client, &hear).await?));
                let led = Arc::new(Led { now, doubted: Notify::new() });
                Ok((Self(Way::Led(Arc::clone(&led))), Some(Leader { sentinels, hear, led })))
            }
            RedisPlace::Cluster(nodes) => {
                let builder = ClusterClientBuilder::new(nodes.iter().map(String::as_str))
                    .use_protocol(ProtocolVersion::RESP3)
                    .connection_timeout(CONNECT_WITHIN)
                    .response_timeout(ANSWER_WITHIN)
                    .push_sender(told(hear));
                let cluster = builder.build()?.get_async_connection().await?;
                Ok((Self(Way::Cluster(cluster)), None))
            }
        }
    }

    /// Whether keys that are asked for together must lie in one slot, which the part of their names in braces says.
    pub fn has_slots(&self) -> bool {
        matches!(self.0, Way::Cluster(_))
    }

    /// Whether the server may become another one, which is to be told anew what is listened to.
    pub(super) fn is_led(&self) -> bool {
        matches!(self.0, Way::Led(_))
    }

    /// Hears a channel from now on, also after the connection was lost.
    pub(super) async fn subscribe(&self, channel: &str) -> RedisResult<()> {
        match self.0.clone() {
            Way::One(mut one) => one.subscribe(channel).await,
            Way::Led(led) => led.manager().subscribe(channel).await,
            Way::Cluster(mut cluster) => cluster.subscribe(channel).await,
        }
    }

    /// Hears it no longer.
    pub(super) async fn unsubscribe(&self, channel: &str) -> RedisResult<()> {
        match self.0.clone() {
            Way::One(mut one) => one.unsubscribe(channel).await,
            Way::Led(led) => led.manager().unsubscribe(channel).await,
            Way::Cluster(mut cluster) => cluster.unsubscribe(channel).await,
        }
    }
}

impl ConnectionLike for Redis {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match &mut self.0 {
            Way::One(one) => one.req_packed_command(command),
            Way::Cluster(cluster) => cluster.req_packed_command(command),
            Way::Led(led) => Box::pin(async move {
                let answer = led.manager().req_packed_command(command).await;
                answer.inspect_err(|error| led.look_at(error))
            }),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        commands: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match &mut self.0 {
            Way::One(one) => one.req_packed_commands(commands, offset, count),
            Way::Cluster(cluster) => cluster.req_packed_commands(commands, offset, count),
            Way::Led(led) => Box::pin(async move {
                let answers = led.manager().req_packed_commands(commands, offset, count).await;
                answers.inspect_err(|error| led.look_at(error))
            }),
        }
    }

    fn get_db(&self) -> i64 {
        match &self.0 {
            Way::One(one) => one.get_db(),
            Way::Cluster(cluster) => cluster.get_db(),
            Way::Led(led) => led.manager().get_db(),
        }
    }
}

impl Led {
    fn manager(&self) -> ConnectionManager {
        self.now.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// A server that is gone, or takes no writes, is not the primary.
    fn look_at(&self, error: &RedisError) {
        let is_replica = error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly);
        if is_replica || error.is_io_error() || error.is_connection_dropped() || error.is_timeout() {
            self.doubted.notify_one();
        }
    }
}

impl Leader {
    /// Resolves when the primary may be another.
    pub(super) async fn doubted(&self) {
        self.led.doubted.notified().await;
    }

    /// Asks the sentinels, and goes over to another primary if they name one; says whether they did. What the old one was told to hear, the new one is not.
    pub(super) async fn follow(&mut self) -> RedisResult<bool> {
        let (address, client) = primary_of(&mut self.sentinels).await?;
        if self.led.now.read().unwrap_or_else(PoisonError::into_inner).0 == address {
            return Ok(false);
        }
        let manager = manager(client, &self.hear).await?;
        tracing::info!(%address, "Redis has another primary");
        *self.led.now.write().unwrap_or_else(PoisonError::into_inner) = (address, manager);
        Ok(true)
    }
}

/// The primary, as sentinels say that agree with it about that.
async fn primary_of(sentinels: &mut SentinelClient) -> RedisResult<(ConnectionAddr, Client)> {
    let late = |_| RedisError::from((ErrorKind::Io, "no sentinel answers"));
    let client = timeout(CONNECT_WITHIN, sentinels.async_get_client()).await.map_err(late)??;
    Ok((client.get_connection_info().addr().clone(), client))
}

async fn manager(client: Client, hear: &Hear) -> RedisResult<ConnectionManager> {
    let options = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECT_WITHIN))
        .set_response_timeout(Some(ANSWER_WITHIN))
        .set_number_of_retries(RETRIES)
        .set_max_delay(PAUSE_MAX)
        .set_push_sender(told(Arc::clone(hear)))
        .set_automatic_resubscription();
    ConnectionManager::new_with_config(client, options).await
}

fn told(hear: Hear) -> impl Fn(PushInfo) -> Result<(), SendError> + Send + Sync + 'static {
    move |push| {
        hear(&push);
        Ok(())
    }
}
