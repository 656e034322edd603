//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use model::EventId;
use server::events::EventName;

/// A studio that turns one directive into a whole product.
#[derive(Debug, Parser)]
#[command(version, about, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Environment (all optional):
  DATABASE_URL             PostgreSQL                           [postgres://atlas9@127.0.0.1:5432/atlas9]
  DATABASE_REPLICA_URL     a replica to read from               [the primary]
  DATABASE_POOLER_URL      the primary by way of PgBouncer      [DATABASE_URL]
  DATABASE_POOL            most connections for requests        [20]
  REDIS_URL                Redis                                [redis://127.0.0.1:6379/0]
  ATLAS9_ADDR              where to listen                      [127.0.0.1:3000]
  ATLAS9_CONNECTIONS       most connections of browsers         [10000]
  ATLAS9_UNDER_WAY         most requests answered at once; more get 503 [512]
  ATLAS9_METRICS_ADDR      a listener of its own for /metrics, of workers as well
                           [none: the main one answers this machine]
  ATLAS9_SECRET            signs cookies, at least 32 chars     [made anew at each start]
  ATLAS9_SITE              the built site                       [target/site]
  ATLAS9_WORKERS           generations at once in one process   [256]
  ATLAS9_JOBS              other jobs at once in one process    [256]
  ATLAS9_LEASE_SECONDS     silence after which a worker is dead [15]
  ATLAS9_URL               where people reach the site, for links in mail [http:// and ATLAS9_ADDR]
  ATLAS9_SMTP_URL          the mail server, smtp:// or smtps:// [mail is written to files]
  ATLAS9_MAIL_FROM         the sender of mail                   [Atlas9 <no-reply@atlas9.invalid>]
  ATLAS9_MAIL_DIR          where mail is written without server [.local/mail]
  ATLAS9_BLOBS             exports and pictures: a folder, or s3://bucket/prefix with the
                           usual AWS_ variables for region, endpoint and keys [.local/blobs]
  ATLAS9_PURGE_URL, ATLAS9_PURGE_TOKEN
                           a shared cache in front, told what to forget [none]
  ATLAS9_TRUSTED_PROXIES   networks whose X-Forwarded-For counts [this machine]
  ATLAS9_WEBHOOKS_ALLOW    networks webhooks may reach although they are not public [none]
  ATLAS9_PUSHER_URL        a Pusher service that is told what happens to projects,
                           https://KEY:SECRET@host/apps/APP_ID, see docs/pusher.md [none]
  ATLAS9_CHECKS            whether the program visits itself    [true]
  ATLAS9_CHECKS_URL        where it does                        [ATLAS9_URL]
  ATLAS9_ALERTS_URL        a webhook such as Slack's, told when a check fails and when it
                           passes again                         [nobody is told]
  ATLAS9_RELEASE           what this release is called          [version and build]
  ATLAS9_HOOKS             whose webhooks are taken: shop=whsec_…,bank=whsec_… [nobody's]
  QSTASH_TOKEN, QSTASH_CURRENT_SIGNING_KEY, QSTASH_NEXT_SIGNING_KEY, QSTASH_URL
                           an outside transport for jobs, see docs/qstash.md
  ATLAS9_QSTASH_KINDS      kinds of jobs that go outside        [none]
  ATLAS9_QSTASH_RETRIES    how often its plan delivers again    [3]
  ATLAS9_STYLEGUIDE        serve /styleguide                    [false]
  ATLAS9_COMPOSER_PACE_MS  pause between pieces, for tests      [0]
  ATLAS9_OTLP_URL          a collector of traces, by OTLP over HTTP [nothing is traced]
  ATLAS9_OTLP_HEADERS      what it wants to see: authorization=Bearer%20x,… [nothing]
  ATLAS9_OTLP_SAMPLE       which share of traces it is sent     [1]
  ATLAS9_LOG               what to log, such as info or debug   [info,sqlx=warn]
Model providers (OPENAI_…, ANTHROPIC_…, ATLAS9_PROVIDERS, ATLAS9_MODEL_…, ATLAS9_SPEND_CAP_…) are told of in README.md.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the web site, and work on generations in the same process.
    Serve {
        /// Only serve; other processes do the work.
        #[arg(long)]
        no_worker: bool,
    },
    /// Work on generations without serving pages.
    Work,
    /// Bring the database schema to this version.
    Migrate {
        /// Take every migration back instead. All data is lost.
        #[arg(long)]
        revert_all: bool,
    },
    /// Make a whole product from a directive, with neither database nor server.
    Compose(ComposeArgs),
    /// Check the built site, or the composer's knowledge.
    Check {
        #[command(subcommand)]
        check: Check,
    },
    /// Look after people's accounts.
    Users {
        #[command(subcommand)]
        users: Users,
    },
    /// Look at work that is done later, and decide about what was given up.
    Jobs {
        #[command(subcommand)]
        jobs: Jobs,
    },
    /// Look at what happened, and tell of it again.
    Events {
        #[command(subcommand)]
        events: Events,
    },
    /// Make data up, to try out how the program copes with much of it.
    Seed {
        #[command(subcommand)]
        seed: Seed,
    },
    /// Say what works here, and what to do about what does not.
    Doctor,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Check {
    /// Compare what each route makes a browser load with the budgets of Leptos.toml.
    Budgets,
    /// Compare what browsers measured on a site with the budgets of time in Leptos.toml.
    Speed(Speed),
    /// Check the composer's knowledge, and say file, field and reason of every mistake.
    Knowledge {
        /// A knowledge folder instead of what the program was built with.
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Speed {
    /// Routes, as their patterns: / or /projects/{id}.
    #[arg(required = true, value_name = "ROUTE")]
    pub(crate) routes: Vec<String>,
    /// Where the site is.
    #[arg(long, default_value = "http://127.0.0.1:3000", value_name = "URL")]
    pub(crate) site: String,
    /// Of so many days, today included.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=90))]
    pub(crate) days: u16,
    /// Only of this release.
    #[arg(long)]
    pub(crate) release: Option<String>,
    /// Compare what half had rather than what three of four had: for few visits by a machine.
    #[arg(long)]
    pub(crate) median: bool,
    /// Let every figure be over its budget by so many percent: for machines that others use as well.
    #[arg(long, default_value_t = 0, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) room: u8,
    /// With fewer samples nothing is said, which is not good enough.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) samples: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Seed {
    /// Measurements of browsers, as if visitors had come for weeks. Only where there are none yet.
    Vitals {
        /// So many.
        #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
        samples: u64,
        /// Over so many days, today included.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=90))]
        days: u16,
    },
    /// Guests in rooms, for a load test: a line of JSON for each, with their room and a token that ends after a day.
    Rooms {
        /// So many.
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        users: u32,
        /// In so many rooms.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        rooms: u32,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// List members, the newest first: address, role, since when, how many projects.
    List {
        /// Guests as well.
        #[arg(long)]
        guests: bool,
        /// At most this many.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Make somebody an administrator.
    Promote {
        /// The account's address.
        email: String,
    },
    /// Make an administrator a member like any other.
    Demote {
        /// The account's address.
        email: String,
    },
    /// Keep somebody out and sign them out everywhere. What is theirs stays.
    Disable {
        /// The account's address.
        email: String,
    },
    /// Let somebody in again.
    Enable {
        /// The account's address.
        email: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Jobs {
    /// List jobs that wait or run, the latest first.
    Ls {
        /// Those that do this: running, ready, scheduled, retrying, parked or suspect.
        #[arg(long)]
        state: Option<String>,
        /// Those of this kind, such as send-mail.
        #[arg(long)]
        kind: Option<String>,
        /// At most this many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// One JSON object a line, with what each job carries.
        #[arg(long)]
        json: bool,
    },
    /// Say everything that is known of a job, wherever it is.
    Show {
        /// Its id.
        id: String,
    },
    /// Let a job that waits for its time begin now; or publish it again, if it was given up.
    Retry {
        /// Its id.
        id: String,
    },
    /// End a job that is not over. Whoever is at it stops.
    Cancel {
        /// Its id.
        id: String,
    },
    /// List dead letters with their cause, the latest first.
    Dlq {
        /// Those of this kind.
        #[arg(long)]
        kind: Option<String>,
        /// At most this many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// One JSON object a line, with what each job carried.
        #[arg(long)]
        json: bool,
    },
    /// Publish dead letters again, with all their attempts.
    Redrive(Redrive),
    /// List schedules, with when they publish next.
    Schedules {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Redrive {
    /// This one.
    pub(crate) id: Option<String>,
    /// All of this kind.
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// All of them.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Events {
    /// List what happened, the latest first: when, name, what it is about, and what is told of it.
    Ls {
        /// Only events of this name, such as generation.finished.
        #[arg(long)]
        name: Option<EventName>,
        /// Only from this moment on: 2026-01-31, 2026-01-31T12:00:00Z, or how long ago, such as 2h or 7d.
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// At most this many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Tell subscribers again of what happened, the oldest first and at most 10,000 events. "figures" counts again only when it is named.
    #[command(group = clap::ArgGroup::new("which").required(true).multiple(true).args(["name", "since", "after", "dry_run"]))]
    Replay {
        /// Only events of this name.
        #[arg(long)]
        name: Option<EventName>,
        /// Only from this moment on: 2026-01-31, 2026-01-31T12:00:00Z, or how long ago, such as 2h or 7d.
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// Only before this moment.
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
        /// Only what happened after this event, as an earlier replay said where it stopped.
        #[arg(long, value_name = "EVENT")]
        after: Option<EventId>,
        /// Only this subscriber: webhooks, figures or pusher.
        #[arg(long)]
        subscriber: Option<String>,
        /// Only say how many there are.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ComposeArgs {
    /// What to build, in a sentence; "-" reads it from standard input.
    pub(crate) directive: String,
    /// Which section: product, brand, design, architecture, code, or all.
    #[arg(long, default_value = "all")]
    pub(crate) stage: String,
    /// The engine to begin with; the first of those configured by default. "composer" asks no other.
    #[arg(long)]
    pub(crate) engine: Option<String>,
    /// What to do differently.
    #[arg(long)]
    pub(crate) note: Option<String>,
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print one JSON object a line and piece, as they are made.
    #[arg(long, conflicts_with = "json")]
    pub(crate) stream: bool,
    /// Compose from the knowledge in this folder instead of what the program was built with.
    #[arg(long, value_name = "DIR")]
    pub(crate) knowledge: Option<PathBuf>,
    /// Also write everything to files in this folder, as an export would hold it: sections, drawings, tokens, OpenAPI, code.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}
