//! Making one section: ask, take what fits, ask again for the rest within bounds.

mod calling;

use std::sync::Arc;

use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};

use self::calling::question;
use super::{
    draft::Draft,
    engine::Provider,
    error::{CallError, Wait},
    prompts::{self, Again, Rules},
    spending::{self, Count, Leave},
    wire::End,
};
use crate::studio::{Brief, EngineError, Made, Usage};

type Out = mpsc::Sender<Result<Made, EngineError>>;

/// Questions for one section: the first, and two for what it left out or got wrong.
const ROUNDS_MAX: usize = 3;
/// Tokens that all answers for a section may have, as a multiple of what one may have.
const ROUNDS_TOKENS: u64 = 2;
/// With fewer tokens left nothing more is asked.
const TOKENS_LEAST: u64 = 500;

/// A section in the making.
pub(super) struct Making {
    provider: Arc<Provider>,
    brief: Brief,
    out: Out,
    draft: Draft,
    rules: &'static Rules,
    usage: Usage,
    tokens_left: u64,
    began: Instant,
    has_made: bool,
    /// The call that is under way.
    call: Option<Count>,
    /// What was spent in rounds that are over. The round that is under way has a reservation of its own.
    settled_micros: u64,
}

impl Making {
    pub(super) fn new(provider: Arc<Provider>, brief: Brief, out: Out) -> Self {
        Self {
            draft: Draft::new(&brief),
            rules: prompts::rules(brief.stage),
            usage: Usage::default(),
            tokens_left: provider.shared.config.output_tokens * ROUNDS_TOKENS,
            began: Instant::now(),
            has_made: false,
            call: None,
            settled_micros: 0,
            provider,
            brief,
            out,
        }
    }

    /// Makes the section. Whatever comes of it, the last but one thing said is what it cost.
    pub(super) async fn run(mut self) {
        let limit = self.provider.shared.config.waits.stage;
        let made = match timeout(limit, self.section()).await {
            Ok(made) => made,
            Err(_) => Err(self.late()),
        };
        self.say(Ok(Made::Usage(self.usage.clone()))).await;
        if let Err(error) = made {
            self.say(Err(error)).await;
        }
    }

    fn late(&mut self) -> EngineError {
        if let Some(call) = self.call.take() {
            self.account(&call, false);
        }
        let error = CallError::Slow(Wait::Stage);
        self.count_error(&error);
        error.told(&self.provider.config.name)
    }

    async fn section(&mut self) -> Result<(), EngineError> {
        let first = prompts::first(&self.brief);
        let (provider, rules) = (Arc::clone(&self.provider), self.rules);
        let config = &provider.shared.config;
        let cache = &provider.shared.cache;
        let key = cache.key(question(&provider, rules, self.brief.stage, &first), &rules.version);
        let may_reuse = self.brief.reuse || config.temperature == Some(0.0);
        if let (true, Some(key)) = (may_reuse, &key)
            && self.reuse(key).await
        {
            return Ok(());
        }
        self.rounds(first).await?;
        if let Some(key) = key {
            cache.put(&key, &self.draft.pieces()).await;
        }
        Ok(())
    }

    /// Gives an answer that was given before, when there is one.
    async fn reuse(&mut self, key: &str) -> bool {
        let Some(pieces) = self.provider.shared.cache.get(key, self.brief.stage).await else { return false };
        self.provider.shared.metrics.cache_hits.get_or_create(&self.provider.label).inc();
        self.usage.cache_hit = true;
        for piece in pieces {
            self.made(Made::Piece(piece)).await;
        }
        true
    }

    async fn rounds(&mut self, mut user: String) -> Result<(), EngineError> {
        for round in 1..=ROUNDS_MAX {
            let before = self.draft.items();
            let end = match self.round(&user).await {
                Ok(end) => end,
                // What is there is a section; what was asked for again would only have made it better.
                Err(error) if round > 1 && self.draft.missing().needed.is_empty() => {
                    tracing::info!(stage = %self.brief.stage, %error, "the rest of a section was not to be had");
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            let (faults, missing) = (self.draft.take_faults(), self.draft.missing());
            let was_cut_off = end == End::CutOff;
            let is_perfect = missing.is_nothing() && faults.is_empty();
            let will_do = missing.needed.is_empty() && round > 1;
            if !was_cut_off && (is_perfect || will_do) {
                return Ok(());
            }
            let came_no_further = round > 1 && self.draft.items() == before;
            if came_no_further || self.tokens_left < TOKENS_LEAST {
                break;
            }
            let there = self.draft.paths().map(ToString::to_string).collect();
            user = prompts::again(&self.brief, &Again { there, faults, missing, was_cut_off });
        }
        if self.draft.missing().needed.is_empty() { Ok(()) } else { Err(self.incomplete()) }
    }

    fn incomplete(&self) -> EngineError {
        let (name, stage) = (&self.provider.config.name, self.brief.stage);
        let message = format!("The provider {name} left out parts that the {stage} section must have.");
        EngineError { message, retryable: true }
    }

    /// One question and its answer.
    async fn round(&mut self, user: &str) -> Result<End, EngineError> {
        let provider = Arc::clone(&self.provider);
        let pass = provider.breaker.enter().map_err(|rest| provider.resting(rest))?;
        let generation = self.brief.generation.map_or_else(|| provider.shared.own_name.clone(), |id| id.to_string());
        let model = provider.model(self.brief.stage).to_owned();
        let most = provider.shared.config.output_tokens.min(self.tokens_left);
        let bytes = self.rules.text.len() + user.len();
        let Leave { mut reservation, output_tokens } =
            spending::leave(&provider, &generation, &model, bytes, most).await?;
        self.settled_micros = self.usage.cost_micros;
        reservation.spent(0);
        let answered = self.answered(user, output_tokens, &mut reservation).await;
        reservation.settle().await;
        match answered {
            Ok(end) => {
                pass.went_well();
                Ok(end)
            }
            Err(error) => {
                if error.is_outage() {
                    pass.failed();
                } else {
                    pass.went_well();
                }
                let (provider, code) = (&provider.config.name, code(&error));
                tracing::warn!(provider, model, stage = %self.brief.stage, kind = error.kind(), code, "a call failed");
                Err(error.told(provider))
            }
        }
    }
}

fn code(error: &CallError) -> Option<&str> {
    match error {
        CallError::Refused { code, .. } => code.as_deref(),
        _ => None,
    }
}
