//! `atlas9 compose`: the main job with neither database nor server. Sections go to stdout, progress and receipt to stderr.
//!
//! It asks the same engines as the server, configured by the same environment: providers first where there are any, the composer last.

mod output;
mod progress;

use std::{
    io::{self, Read},
    path::Path,
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use futures::future::try_join_all;
use model::{Directive, Stage, StageReceipt, sections::Sections};
use server::{
    clock::Clock,
    composer::{Composer, Files, Unsound},
    config::Config,
    metrics::Metrics,
    providers::{self, Providers},
    studio::{Attempt, Brief, ComposerEngine, Engines, StageEngine},
    tasks::Tasks,
};
use tokio::time::Instant;

use crate::cli::ComposeArgs;
use output::say;
use progress::Progress;

/// More than this is no directive, whatever it is.
const INPUT_MAX_BYTES: u64 = 64 * 1_024;
/// Names every section.
const ALL: &str = "all";

/// What was made, and what it cost.
struct Made {
    directive: Directive,
    stages: Vec<Stage>,
    sections: Sections,
    receipts: Vec<StageReceipt>,
}

/// Makes sections and prints them.
pub(crate) async fn compose(args: ComposeArgs) -> anyhow::Result<ExitCode> {
    let stages = stages(&args.stage)?;
    let directive = Directive::parse(&read_directive(&args.directive)?)?;
    let engines = engines(args.knowledge.as_deref())?;
    let began = Instant::now();
    let progress = Progress::new(args.stream);
    let made = make(&engines, &progress, &args, directive, stages).await?;
    progress.over();
    if !args.stream {
        say(&output::render(&made, args.json)?)?;
    }
    if let Some(folder) = &args.out {
        let count = output::write_files(folder, &made)?;
        progress::tell(&format!("wrote {count} files to {}", folder.display()));
    }
    made.receipts.iter().for_each(|receipt| progress::tell(&progress::line(receipt)));
    progress::tell(&format!(
        "{} of {} in {:.1} ms",
        args.stage,
        pieces(&made),
        began.elapsed().as_secs_f64() * 1_000.0
    ));
    Ok(ExitCode::SUCCESS)
}

fn pieces(made: &Made) -> String {
    format!("{} pieces", made.receipts.iter().map(|receipt| receipt.pieces).sum::<u32>())
}

fn stages(asked: &str) -> anyhow::Result<Vec<Stage>> {
    if asked == ALL { Ok(Stage::ALL.to_vec()) } else { Ok(vec![asked.parse()?]) }
}

/// Those of the server. Money is counted for this command alone, and no answers are kept.
fn engines(knowledge: Option<&Path>) -> anyhow::Result<Engines> {
    let config = Config::from_env()?;
    let composer = Arc::new(Composer::from_files(&self::knowledge(knowledge)?)?);
    let client = providers::client(&config.providers)?;
    let (clock, tasks) = (Clock::system(), Tasks::default());
    let metrics = Metrics::new(&tasks);
    let providers = Providers::new(config.providers, client, None, clock, &metrics, tasks);
    Ok(Engines::new(providers.chain(), Arc::new(ComposerEngine::new(composer, config.studio.pace))))
}

/// Makes what was asked for, and first what that is made from. The note is for what was asked for.
async fn make(
    engines: &Engines,
    progress: &Progress,
    args: &ComposeArgs,
    directive: Directive,
    stages: Vec<Stage>,
) -> anyhow::Result<Made> {
    let chain = engines.chain(args.engine.as_deref());
    let mut made = Made { directive, stages, sections: Sections::default(), receipts: Vec::new() };
    let mut left: Vec<Stage> =
        Stage::ALL.into_iter().filter(|stage| made.stages.iter().any(|asked| stage.makes_stale(*asked))).collect();
    while !left.is_empty() {
        let (ready, later): (Vec<Stage>, Vec<Stage>) =
            left.iter().partition(|stage| stage.needs().iter().all(|needed| !left.contains(needed)));
        // What is printed as it is made comes in a fixed order.
        let waves = if args.stream { ready.iter().map(|stage| vec![*stage]).collect() } else { vec![ready] };
        for wave in waves {
            let sections = try_join_all(wave.iter().map(|stage| one(&chain, progress, args, &made, *stage))).await?;
            for (section, receipt) in sections {
                made.sections.take(receipt.stage, &section);
                made.receipts.extend(made.stages.contains(&receipt.stage).then_some(receipt));
            }
        }
        left = later;
    }
    Ok(made)
}

async fn one(
    chain: &[Arc<dyn StageEngine>],
    progress: &Progress,
    args: &ComposeArgs,
    made: &Made,
    stage: Stage,
) -> anyhow::Result<(Sections, StageReceipt)> {
    let is_asked = made.stages.contains(&stage);
    let brief = Brief {
        generation: None,
        directive: made.directive.clone(),
        note: args.note.clone().filter(|_| is_asked),
        stage,
        made: Arc::new(made.sections.clone()),
        together: made.stages.iter().copied().filter(|other| *other != stage).collect(),
        locked: Vec::new(),
        reuse: false,
    };
    let sink = progress.of(stage, is_asked);
    let attempt = Attempt { chain, sink: &sink, brief, attempt: 1 };
    let section = attempt.make().await.with_context(|| format!("the {stage} section was not made"))?;
    sink.finish();
    Ok((section.sections, section.receipt))
}

/// Prints every mistake in the knowledge; the exit code says whether there was one.
pub(crate) fn check_knowledge(folder: Option<&Path>) -> anyhow::Result<ExitCode> {
    let faults = match Composer::from_files(&knowledge(folder)?) {
        Ok(composer) => composer.faults(),
        Err(Unsound(faults)) => faults,
    };
    let list: String = faults.iter().map(|fault| format!("{fault}\n")).collect();
    say(&list)?;
    if faults.is_empty() {
        progress::tell("the knowledge is sound");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

fn knowledge(folder: Option<&Path>) -> anyhow::Result<Files> {
    let Some(folder) = folder else { return Ok(Files::embedded()) };
    Files::from_folder(folder).with_context(|| format!("{} is no readable knowledge folder", folder.display()))
}

fn read_directive(argument: &str) -> anyhow::Result<String> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut text = String::new();
    io::stdin().take(INPUT_MAX_BYTES).read_to_string(&mut text).context("standard input is not UTF-8 text")?;
    Ok(text)
}
