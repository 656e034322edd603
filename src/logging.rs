//! Logs: for eyes on a terminal, for machines otherwise. Traces beside them, where somebody collects them.

use std::io::{self, IsTerminal};

use server::config::Config;
use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::traces;

/// Starts logging to stderr, and tracing when that is configured. `ATLAS9_LOG` takes tracing's directives; traces do not depend on it.
///
/// # Errors
/// When the directives cannot be read, or nothing could be sent to a collector.
pub(crate) fn start(config: &Config) -> anyhow::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "what to log is of no concern to anything that is configured")]
    let wanted = std::env::var("ATLAS9_LOG").unwrap_or_else(|_| "info,sqlx=warn".to_owned());
    let filter = EnvFilter::try_new(&wanted).map_err(|e| {
        anyhow::anyhow!("ATLAS9_LOG is \"{wanted}\": it takes directives such as info or server=debug ({e})")
    })?;
    let lines = if io::stderr().is_terminal() {
        fmt::layer().with_writer(io::stderr).with_target(false).compact().boxed()
    } else {
        fmt::layer().with_writer(io::stderr).json().flatten_event(true).with_current_span(true).boxed()
    };
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(traces::layer(config)?).init();
    Ok(())
}
