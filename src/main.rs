//! The program `atlas9`: command line → configuration → services → router or worker.

mod budgets;
mod cli;
mod compose;
mod connections;
mod doctor;
mod events;
mod jobs;
mod logging;
mod seed;
mod serve;
mod site;
mod traces;
mod users;

use std::process::ExitCode;

use clap::Parser;

use cli::{Check, Cli, Command};
use mimalloc::MiMalloc;

/// A page is thousands of small pieces of memory that live for a millisecond: what glibc takes for them is a fifth of a page.
#[global_allocator]
static MEMORY: MiMalloc = MiMalloc;

/// Runs one command. Whatever goes wrong is told in one sentence on stderr, with exit code 1; a wrong command line is 2.
fn main() -> ExitCode {
    without_large_pages();
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// A program of many small pieces pays for large pages of memory: two megabytes for the few bytes of each that it uses. A system that has them and does not let
/// go of them runs it as well.
fn without_large_pages() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Compose(args) => in_runtime(compose::compose(args)),
        Command::Serve { no_worker } => in_runtime(serve::serve(!no_worker)),
        Command::Work => in_runtime(serve::work()),
        Command::Migrate { revert_all } => in_runtime(serve::migrate(revert_all)),
        Command::Check { check: Check::Budgets } => in_runtime(budgets::check()),
        Command::Check { check: Check::Speed(asked) } => in_runtime(budgets::field::check(asked)),
        Command::Check { check: Check::Knowledge { folder } } => compose::check_knowledge(folder.as_deref()),
        Command::Users { users } => in_runtime(users::users(users)),
        Command::Jobs { jobs } => in_runtime(jobs::jobs(jobs)),
        Command::Events { events } => in_runtime(events::events(events)),
        Command::Seed { seed } => in_runtime(seed::seed(seed)),
        Command::Doctor => in_runtime(doctor::doctor()),
    }
}

/// Pages are deeply nested types; as much as a main thread has is enough for them, and costs nothing where it is not used.
const STACK_BYTES: usize = 8 * 1_024 * 1_024;

/// Only commands that wait for something get a runtime; `compose` starts without one.
fn in_runtime(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build()?;
    let done = runtime.block_on(work);
    traces::flush();
    done
}

#[expect(clippy::print_stderr, reason = "this is how a command line program says what went wrong")]
fn complain(error: &anyhow::Error) {
    eprintln!("atlas9: {error:#}");
}
