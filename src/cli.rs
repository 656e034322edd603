//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
  DATABASE_POOL            most connections of one pool         [20]
  REDIS_URL                Redis                                [redis://127.0.0.1:6379/0]
  ATLAS9_ADDR              where to listen                      [127.0.0.1:3000]
  ATLAS9_SECRET            signs cookies, at least 32 chars     [made anew at each start]
  ATLAS9_SITE              the built site                       [target/site]
  ATLAS9_WORKERS           generations at once in one process   [256]
  ATLAS9_LEASE_SECONDS     silence after which a worker is dead [15]
  ATLAS9_URL               where people reach the site, for links in mail [http:// and ATLAS9_ADDR]
  ATLAS9_SMTP_URL          the mail server, smtp:// or smtps:// [mail is written to files]
  ATLAS9_MAIL_FROM         the sender of mail                   [Atlas9 <no-reply@atlas9.invalid>]
  ATLAS9_MAIL_DIR          where mail is written without server [.local/mail]
  ATLAS9_BLOBS             exports and pictures: a folder, or s3://bucket/prefix with the
                           usual AWS_ variables for region, endpoint and keys [.local/blobs]
  ATLAS9_TRUSTED_PROXIES   networks whose X-Forwarded-For counts [this machine]
  ATLAS9_HOOKS             whose webhooks are taken: shop=whsec_…,bank=whsec_… [nobody's]
  QSTASH_TOKEN, QSTASH_CURRENT_SIGNING_KEY, QSTASH_NEXT_SIGNING_KEY, QSTASH_URL
                           an outside transport for jobs, see docs/qstash.md
  ATLAS9_QSTASH_KINDS      kinds of jobs that go outside        [none]
  ATLAS9_STYLEGUIDE        serve /styleguide                    [false]
  ATLAS9_COMPOSER_PACE_MS  pause between pieces, for tests      [0]
  ATLAS9_LOG               what to log, such as info or debug   [info]";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the web site, and work on generations in the same process.
    Serve {
        /// Only serve; other processes do the work.
        #[arg(long)]
        no_worker: bool,
    },
    /// Work on generations without serving anything.
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
    /// Say what works here, and what to do about what does not.
    Doctor,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Check {
    /// Compare what each route makes a browser load with the budgets of Leptos.toml.
    Budgets,
    /// Check the composer's knowledge, and say file, field and reason of every mistake.
    Knowledge {
        /// A knowledge folder instead of what the program was built with.
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
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
