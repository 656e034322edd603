//! Every long-lived client and domain, made once at start and handed down. There is no other global.

use std::{ops::Deref, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    accounts::{Accounts, AccountsError, Parts, TidyAccounts},
    archive::Archive,
    blobs::{Blobs, TidyBlobs},
    bus::Bus,
    cache::Cache,
    clock::Clock,
    composer::{Composer, Unsound},
    config::Config,
    db::{Database, DbError},
    events::{
        Dedup, Events, FiguresSubscriber, Hooks, NoteHooks, Subscriber, TidyEvents,
        pusher::{Pusher, PusherSubscriber},
        webhooks::{Webhooks, WebhooksSubscriber},
    },
    images::{self, Images},
    jobs::{CannotGoOutside, Jobs, JobsError, Kinds, Qstash, Schedule, TidyJobs},
    limits::Limits,
    mail::{Postman, TidyMail, Transport},
    metrics::Metrics,
    notices::{self, House, LookAtHouse, Notices, TidyNotices},
    outbound::NoClient,
    projects::{Projects, TidyProjects},
    providers::Providers,
    push::{NoPush, Push},
    releases::Releases,
    rooms::{self, MadeSubscriber, Rooms, TidyRooms},
    shown::{Shown, ShownSubscriber},
    studio::{ComposerEngine, Engines, Studio},
    tasks::Tasks,
    vitals::{
        TidyVitals, Vitals,
        checks::{CheckGeneration, CheckPaths, Checks, TidyChecks},
    },
};

/// What the whole program works with. Every route and every layer of a request takes a copy of its own, so a copy is one counter.
#[derive(Clone)]
pub struct Services(Arc<Everything>);

/// The clients and domains themselves, reached through [`Services`].
pub struct Everything {
    /// How it was configured.
    pub config: Config,
    /// Time and ids.
    pub clock: Clock,
    /// PostgreSQL.
    pub db: Database,
    /// Redis.
    pub bus: Bus,
    /// What is kept of what is asked for often.
    pub cache: Cache,
    /// How often who may try what.
    pub limits: Limits,
    /// Tasks of this process.
    pub tasks: Tasks,
    /// Work that is done later, by whichever process is free.
    pub jobs: Jobs,
    /// What happens, told to whoever subscribes.
    pub events: Events,
    /// Whom it is told to outside.
    pub webhooks: Webhooks,
    /// The service that tells pages and apps, if there is one.
    pub pusher: Option<Pusher>,
    /// Jobs that another delivers.
    pub qstash: Qstash,
    /// What is measured.
    pub metrics: Metrics,
    /// People.
    pub accounts: Accounts,
    /// Mail.
    pub postman: Postman,
    /// Projects.
    pub projects: Projects,
    /// Generations.
    pub studio: Studio,
    /// Where people talk.
    pub rooms: Rooms,
    /// What people are told of while they look elsewhere.
    pub notices: Notices,
    /// Files under the hash of their content.
    pub blobs: Blobs,
    /// What everybody is shown.
    pub shown: Shown,
    /// Files of this release and of others.
    pub releases: Releases,
    /// Pictures that people bring.
    pub images: Images,
    /// Webhooks of others.
    pub hooks: Hooks,
    /// Taking projects away and bringing them back.
    pub archive: Archive,
    /// What visitors feel.
    pub vitals: Vitals,
    /// How the program looks after itself.
    pub checks: Checks,
    /// When this process began.
    pub began: Instant,
}

impl Deref for Services {
    type Target = Everything;

    fn deref(&self) -> &Everything {
        &self.0
    }
}

/// Why the program cannot start, in one sentence with what to do.
#[derive(Debug, thiserror::Error)]
pub enum CannotStart {
    /// No PostgreSQL.
    #[error("PostgreSQL does not answer at {address} ({reason}). Start it, or set DATABASE_URL.")]
    NoDatabase {
        /// Where it was looked for, without the password.
        address: String,
        /// What happened.
        reason: String,
    },
    /// No Redis.
    #[error("Redis does not answer at {address} ({reason}). Start it, or set REDIS_URL.")]
    NoRedis {
        /// Where it was looked for, without the password.
        address: String,
        /// What happened.
        reason: String,
    },
    /// Mail cannot be sent as configured.
    #[error("{0}")]
    BadMail(String),
    /// Files cannot be kept as configured.
    #[error("{0}. Set ATLAS9_BLOBS to a folder or to s3://bucket/prefix.")]
    NoBlobs(String),
    /// Passwords cannot be hashed here.
    #[error("passwords cannot be hashed: {0}")]
    NoAccounts(#[from] AccountsError),
    /// Model providers cannot be reached from here.
    #[error(transparent)]
    NoProviders(#[from] NoClient),
    /// Browsers cannot be told.
    #[error(transparent)]
    NoPush(#[from] NoPush),
    /// Jobs cannot go outside as configured.
    #[error(transparent)]
    BadQstash(#[from] CannotGoOutside),
    /// The knowledge is broken.
    #[error(transparent)]
    Unsound(#[from] Unsound),
}

const CONNECT_WITHIN: Duration = Duration::from_secs(5);

impl Services {
    /// Connects to everything and makes all domains.
    ///
    /// # Errors
    /// [`CannotStart`] when PostgreSQL or Redis does not answer within five seconds.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, CannotStart> {
        let composer = Arc::new(Composer::new()?);
        let db = database(&config).await?;
        let tasks = Tasks::default();
        let bus = bus(&config, &tasks).await?;
        let limits = Limits::new(bus.connection(), clock.clone());
        let metrics = Metrics::new(&tasks);
        let cache = Cache::new(
            bus.connection(),
            &identity(&config, &db).await?,
            clock.clone(),
            tasks.clone(),
            metrics.cache.clone(),
        );
        let vitals = Vitals::new(db.clone(), clock.clone(), limits.clone(), metrics.vitals.clone());
        let jobs = Jobs::new(db.clone(), clock.clone(), config.jobs.clone(), metrics.jobs.clone(), tasks.clone());
        let transport = Transport::new(&config.mail).map_err(CannotStart::BadMail)?;
        let postman = Postman::new(db.clone(), clock.clone(), jobs.clone(), transport);
        let webhooks =
            Webhooks::new(db.clone(), clock.clone(), jobs.clone(), limits.clone(), postman.clone(), &config.webhooks)?;
        let client = crate::providers::client(&config.providers)?;
        let shown = Shown::new(cache.clone(), jobs.clone(), tasks.clone(), client.clone(), config.shared_cache.clone());
        let push = Push::new(&config.secret, &config.site(), &config.webhooks, clock.clone())?;
        let notices = Notices::new(notices::Parts {
            db: db.clone(),
            bus: bus.clone(),
            clock: clock.clone(),
            jobs: jobs.clone(),
            limits: limits.clone(),
            postman: postman.clone(),
            push,
            config: config.notices.clone(),
        });
        let rooms = Rooms::new(rooms::Parts {
            db: db.clone(),
            bus: bus.clone(),
            clock: clock.clone(),
            limits: limits.clone(),
            tasks: tasks.clone(),
            jobs: jobs.clone(),
            notices: notices.clone(),
            site: config.site(),
        });
        let pusher = config.pusher.clone();
        let pusher = pusher.map(|pusher| Pusher::new(pusher, client.clone(), clock.clone(), jobs.clone()));
        let mut subscribers: Vec<Arc<dyn Subscriber>> = vec![
            Arc::new(WebhooksSubscriber(webhooks.clone())),
            Arc::new(ShownSubscriber(shown.clone())),
            Arc::new(FiguresSubscriber),
            Arc::new(MadeSubscriber(rooms.clone())),
        ];
        if let Some(pusher) = &pusher {
            subscribers.push(Arc::new(PusherSubscriber(pusher.clone())));
        }
        let events = Events::new(db.clone(), clock.clone(), jobs.clone(), subscribers);
        let qstash = Qstash::new(&config.qstash, &config.site(), client.clone(), jobs.clone());
        let visitor = client.clone();
        let providers = Providers::new(
            config.providers.clone(),
            client,
            Some(bus.connection()),
            clock.clone(),
            &metrics,
            tasks.clone(),
        );
        let engines = Engines::new(providers.chain(), Arc::new(ComposerEngine::new(composer, config.studio.pace)));
        let studio = Studio::new(
            db.clone(),
            bus.clone(),
            clock.clone(),
            engines,
            jobs.clone(),
            events.clone(),
            metrics.clone(),
            tasks.clone(),
            limits.clone(),
            shown.clone(),
        );
        let parts = Parts {
            db: db.clone(),
            clock: clock.clone(),
            bus: bus.clone(),
            shown: shown.clone(),
            limits: limits.clone(),
            postman: postman.clone(),
            events: events.clone(),
            metrics: metrics.sessions.clone(),
            site: config.site(),
        };
        let blobs = Blobs::new(db.clone(), clock.clone(), &config.blobs).map_err(CannotStart::NoBlobs)?;
        let images = Images::new(images::Parts {
            db: db.clone(),
            clock: clock.clone(),
            shown: shown.clone(),
            blobs: blobs.clone(),
            jobs: jobs.clone(),
            limits: limits.clone(),
            rooms: rooms.clone(),
        });
        let dedup = Dedup::new(bus.connection(), clock.clone());
        let consumers = vec![Arc::new(NoteHooks(metrics.hooks.clone())) as _];
        let accounts = Accounts::new(parts, &config.secret)?;
        let checks = Checks::new(
            db.clone(),
            clock.clone(),
            jobs.clone(),
            accounts.clone(),
            visitor,
            config.checks.clone(),
            config.site(),
        );
        let services = Self(Arc::new(Everything {
            hooks: Hooks::new(config.hooks.clone(), dedup, jobs.clone(), clock.clone(), consumers),
            archive: Archive::new(studio.clone(), blobs.clone(), limits.clone()),
            releases: Releases::new(db.clone(), clock.clone(), blobs.clone()),
            blobs,
            images,
            accounts,
            checks,
            postman,
            projects: Projects::new(
                db.clone(),
                cache.clone(),
                clock.clone(),
                events.clone(),
                limits.clone(),
                shown.clone(),
            ),
            rooms,
            notices,
            limits,
            shown,
            studio,
            events,
            webhooks,
            pusher,
            vitals,
            metrics,
            cache,
            tasks,
            jobs,
            qstash,
            bus,
            db,
            clock,
            config,
            began: Instant::now(),
        }));
        services.qstash.forwarding(services.kinds())?;
        services.expect();
        services.share_cache();
        Ok(services)
    }

    /// Whoever asks or changes something hears what others change, and what a replica does not have yet.
    fn share_cache(&self) {
        let (cache, bus) = (self.cache.clone(), self.bus.clone());
        self.tasks.keep("cache", move || cache.clone().keep(bus.clone()));
        self.db.share_writes(self.bus.connection());
        let (db, tasks) = (self.db.clone(), self.tasks.clone());
        self.tasks.keep("replica", move || db.clone().watch_replica(tasks.clone()));
        let (accounts, tasks) = (self.accounts.clone(), self.tasks.clone());
        self.tasks.keep("ended sessions", move || accounts.clone().hear_of_sessions(tasks.clone()));
    }

    /// Tells the metrics of which kinds jobs and of whom webhooks can come, so that all of them are counted from 0 on.
    fn expect(&self) {
        self.metrics.jobs.expect(&self.kinds().names());
        self.metrics.jobs.expect(&self.qstash.kinds_outside());
        self.config.hooks.sources().for_each(|source| self.metrics.hooks.expect(source));
    }

    /// Begins the work that goes on behind all requests.
    pub fn start_work(&self) {
        let (jobs, kinds) = (self.jobs.clone(), self.kinds());
        // What cannot go outside is told at the start, where it ends the program.
        let kinds = self.qstash.forwarding(kinds.clone()).unwrap_or(kinds);
        self.tasks.keep("worker", move || jobs.worker(kinds.clone()).run());
        let (accounts, tasks) = (self.accounts.clone(), self.tasks.clone());
        self.tasks.keep("sessions", move || accounts.clone().keep_cache_told(tasks.clone()));
        let services = self.clone();
        self.tasks.spawn("schedules", async move { services.keep_schedules().await });
    }

    /// Begins what belongs to serving pages.
    pub fn start_serving(&self) {
        let (vitals, tasks) = (self.vitals.clone(), self.tasks.clone());
        self.tasks.keep("vitals", move || vitals.clone().write(tasks.clone()));
        let (vitals, tasks) = (self.vitals.clone(), self.tasks.clone());
        self.tasks.keep("releases", move || vitals.clone().keep_releases(tasks.clone()));
    }

    /// Every kind of job, and how it is done.
    pub fn kinds(&self) -> Kinds {
        let kinds = self.hooks.kinds(self.studio.kinds(Kinds::default()));
        let kinds = self.postman.kinds(kinds, Arc::new(self.accounts.clone()));
        let kinds = self.shown.kinds(self.images.kinds(self.checks.kinds(kinds)));
        let kinds = self.vitals.kinds(self.webhooks.kinds(self.events.kinds(kinds)));
        let house = House::new(self.notices.clone(), self.jobs.clone(), self.checks.clone(), self.vitals.clone());
        let kinds = house.kinds(self.notices.kinds(kinds));
        let kinds = if let Some(pusher) = &self.pusher { pusher.kinds(kinds) } else { kinds };
        self.jobs.kinds(self.rooms.kinds(self.accounts.kinds(self.blobs.kinds(self.projects.kinds(kinds)))))
    }

    /// Sets down what is done again and again, however long the database is away.
    async fn keep_schedules(&self) {
        while let Err(error) = self.set_schedules().await {
            tracing::debug!(%error, "schedules are not set down yet");
            tokio::select! { () = self.tasks.stopping() => return, () = tokio::time::sleep(CONNECT_WITHIN) => {} }
        }
    }

    async fn set_schedules(&self) -> Result<(), JobsError> {
        let every =
            |name: &str, cron: &str| Schedule { name: name.to_owned(), cron: cron.to_owned(), zone: "UTC".to_owned() };
        let hourly = |name: &str, minute: u8| every(name, &format!("{minute} * * * *"));
        self.jobs.schedule(&hourly("tidy-accounts", 7), &TidyAccounts {}).await?;
        self.jobs.schedule(&hourly("tidy-blobs", 17), &TidyBlobs {}).await?;
        self.jobs.schedule(&hourly("tidy-projects", 27), &TidyProjects {}).await?;
        self.jobs.schedule(&hourly("tidy-mail", 37), &TidyMail {}).await?;
        self.jobs.schedule(&hourly("tidy-events", 57), &TidyEvents {}).await?;
        self.jobs.schedule(&hourly("tidy-vitals", 6), &TidyVitals {}).await?;
        self.jobs.schedule(&hourly("tidy-checks", 12), &TidyChecks {}).await?;
        self.jobs.schedule(&hourly("tidy-rooms", 22), &TidyRooms {}).await?;
        self.jobs.schedule(&hourly("tidy-notices", 32), &TidyNotices {}).await?;
        self.jobs.schedule(&every("look-at-house", "* * * * *"), &LookAtHouse {}).await?;
        if self.config.checks.are_run {
            self.jobs.schedule(&every("check-paths", "* * * * *"), &CheckPaths {}).await?;
            self.jobs.schedule(&every("check-generation", "*/5 * * * *"), &CheckGeneration {}).await?;
        }
        self.jobs.schedule(&hourly("tidy-jobs", 47), &TidyJobs {}).await
    }

    /// Stops background work and closes connections; says whether all work ended in time.
    pub async fn stop(&self, patience: Duration) -> bool {
        let ended = self.tasks.stop(patience).await;
        let closed = tokio::time::timeout(Duration::from_secs(1), self.db.close()).await;
        ended && closed.is_ok()
    }
}

/// Connects to PostgreSQL, for commands that need nothing else.
///
/// # Errors
/// [`CannotStart::NoDatabase`].
pub async fn database(config: &Config) -> Result<Database, CannotStart> {
    match tokio::time::timeout(CONNECT_WITHIN, Database::connect(&config.database)).await {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(DbError::Away(error) | DbError::Refused(error))) => Err(no_database(config, error.to_string())),
        Err(_) => Err(no_database(config, "no answer within 5 seconds".to_owned())),
    }
}

fn no_database(config: &Config, reason: String) -> CannotStart {
    CannotStart::NoDatabase { address: crate::config::without_password(&config.database.primary), reason }
}

/// What tells this database from all others that share the Redis.
async fn identity(config: &Config, db: &Database) -> Result<String, CannotStart> {
    match db.identity().await {
        Ok(identity) => Ok(identity),
        Err(DbError::Away(error)) => Err(no_database(config, error.to_string())),
        // Some services keep the identifier to themselves: then it is the address.
        Err(DbError::Refused(error)) => {
            tracing::warn!(%error, "the database does not say which it is: instances that reach it by different addresses do not share their cache");
            Ok(crate::config::without_password(&config.database.primary))
        }
    }
}

/// Connects to Redis, for commands that need nothing else.
///
/// # Errors
/// [`CannotStart::NoRedis`].
pub async fn bus(config: &Config, tasks: &Tasks) -> Result<Bus, CannotStart> {
    let no =
        |reason: String| CannotStart::NoRedis { address: crate::config::without_password(&config.redis.url), reason };
    match tokio::time::timeout(CONNECT_WITHIN, Bus::connect(&config.redis, tasks)).await {
        Ok(Ok(bus)) => Ok(bus),
        Ok(Err(error)) => Err(no(error.to_string())),
        Err(_) => Err(no("no answer within 5 seconds".to_owned())),
    }
}
