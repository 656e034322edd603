//! Logs: for eyes on a terminal, for machines otherwise.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Starts logging to stderr. `ATLAS9_LOG` takes tracing's directives.
///
/// # Errors
/// When the directives cannot be read.
pub(crate) fn start() -> anyhow::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "logging starts before there is a configuration to pass around")]
    let wanted = std::env::var("ATLAS9_LOG").unwrap_or_else(|_| "info,sqlx=warn".to_owned());
    let filter = EnvFilter::try_new(&wanted).map_err(|e| {
        anyhow::anyhow!("ATLAS9_LOG is \"{wanted}\": it takes directives such as info or server=debug ({e})")
    })?;
    let registry = tracing_subscriber::registry().with(filter);
    if io::stderr().is_terminal() {
        registry.with(fmt::layer().with_writer(io::stderr).with_target(false).compact()).init();
    } else {
        registry.with(fmt::layer().with_writer(io::stderr).json().flatten_event(true).with_current_span(true)).init();
    }
    Ok(())
}
