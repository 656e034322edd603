//! Making one section: ask, take what fits, ask again for the rest within bounds.

use std::{sync::Arc, time::Duration};

use model::Stage;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

use super::{
    ByKind, Shared, cache,
    draft::Draft,
    engine::Provider,
    error::{CallError, Wait},
    ledger::Reservation,
    objects::{Found, Objects},
    prompts::{self, Again, Rules},
    spending::{self, Count, Leave},
    wire::{self, Answer, End, Question},
};
use crate::studio::{Brief, EngineError, Made, Usage};

type Out = mpsc::Sender<Result<Made, EngineError>>;

/// Questions for one section: the first, and two for what it left out or got wrong.
const ROUNDS_MAX: usize = 3;
/// Tokens that all answers for a section may have, as a multiple of what one may have.
const ROUNDS_TOKENS: u64 = 2;
/// With fewer tokens left nothing more is asked.
const TOKENS_LEAST: u64 = 500;
/// The most bytes of text in one answer.
const ANSWER_MAX_BYTES: usize = 2 << 20;
/// How long a `Retry-After` is worth waiting for, and how often.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(5);
const WAITS_MAX: u32 = 2;
/// Before the one other try after a failure that may pass.
const PAUSE: Duration = Duration::from_millis(200);

/// A section in the making.
pub(super) struct Making {
    provider: Arc<Provider>,
    brief: Brief,
    out: Out,
    draft: Draft,
    rules: Rules,
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
        let (provider, rules) = (Arc::clone(&self.provider), self.rules.clone());
        let config = &provider.shared.config;
        let key = cache::key(question(&provider, &rules, self.brief.stage, &first), &rules.version);
        if (self.brief.reuse || config.temperature == Some(0.0)) && self.reuse(&key).await {
            return Ok(());
        }
        self.rounds(first).await?;
        provider.shared.cache.put(&key, &self.draft.pieces()).await;
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
                    pass.failed()
                } else {
                    pass.went_well()
                }
                let (provider, code) = (&provider.config.name, code(&error));
                tracing::warn!(provider, model, stage = %self.brief.stage, kind = error.kind(), code, "a call failed");
                Err(error.told(provider))
            }
        }
    }

    /// Asks until there is an answer: again after a short `Retry-After`, and once more after a failure before the first word.
    async fn answered(&mut self, user: &str, tokens: u64, reservation: &mut Reservation) -> Result<End, CallError> {
        let (mut waits, mut tries) = (0, 0);
        loop {
            let words = self.usage.tokens_out;
            let error = match self.call(user, tokens, reservation).await {
                Ok(end) => return Ok(end),
                Err(error) => error,
            };
            let short = match &error {
                CallError::Busy { retry_after } | CallError::Failed { retry_after, .. } => {
                    retry_after.filter(|wait| *wait <= RETRY_AFTER_MAX)
                }
                _ => None,
            };
            self.count_error(&error);
            match short {
                Some(wait) if waits < WAITS_MAX => {
                    waits += 1;
                    sleep(wait).await;
                }
                None if error.is_passing() && tries == 0 && self.usage.tokens_out == words => {
                    tries += 1;
                    sleep(PAUSE).await;
                }
                _ => return Err(error),
            }
        }
    }

    async fn call(&mut self, user: &str, tokens: u64, reservation: &mut Reservation) -> Result<End, CallError> {
        let (provider, rules) = (Arc::clone(&self.provider), self.rules.clone());
        let shared = &provider.shared;
        let question = Question { output_tokens: tokens, ..question(&provider, &rules, self.brief.stage, user) };
        let began = Instant::now();
        shared.metrics.calls.get_or_create(&provider.label).inc();
        let asked = wire::ask(&shared.client, &shared.clock, &provider.config, shared.config.waits, question).await;
        let read = match asked {
            Ok(mut answer) => {
                let price = provider.price(question.model).unwrap_or_default();
                self.call = Some(Count::new(price, question.system.len() + user.len()));
                reservation.spent(self.spent_this_round());
                let read = self.read(&mut answer, reservation).await;
                if let Some(call) = self.call.take() {
                    self.account(&call, read.is_ok());
                }
                reservation.spent(self.spent_this_round());
                read
            }
            Err(error) => Err(error),
        };
        shared.metrics.call_time.get_or_create(&provider.label).observe(began.elapsed().as_secs_f64());
        read
    }

    /// What was spent under the present reservation, as far as it is known.
    fn spent_this_round(&self) -> u64 {
        let under_way = self.call.as_ref().map_or(0, |call| call.cost(false));
        self.usage.cost_micros - self.settled_micros + under_way
    }

    async fn read(&mut self, answer: &mut Answer, reservation: &mut Reservation) -> Result<End, CallError> {
        let (mut objects, mut end, mut bytes) = (Objects::default(), None, 0);
        while let Some(signal) = answer.next().await? {
            if let Some(call) = &mut self.call {
                call.note(&signal);
            }
            end = end.or(signal.end);
            if let Some(model) = signal.model {
                self.answered_by(&model);
            }
            let Some(text) = signal.text else { continue };
            bytes += text.len();
            if bytes > ANSWER_MAX_BYTES {
                return Err(CallError::TooMuch);
            }
            reservation.spent(self.spent_this_round());
            for found in objects.feed(&text) {
                self.found(&found).await?;
            }
        }
        match (end.unwrap_or(End::Said), objects.finish()) {
            (End::Declined, _) => Err(CallError::Declined),
            (End::Said, Some(rest)) => self.found(&rest).await.map(|()| End::Said),
            (end, _) => Ok(end),
        }
    }

    async fn found(&mut self, found: &Found) -> Result<(), CallError> {
        match self.draft.take(found)? {
            Some(made) => self.made(made).await,
            None => _ = self.provider.shared.metrics.refused_pieces.get_or_create(&self.provider.label).inc(),
        }
        Ok(())
    }

    async fn made(&mut self, made: Made) {
        if !std::mem::replace(&mut self.has_made, true) {
            let first = self.provider.shared.metrics.first_piece.get_or_create(&self.provider.label).clone();
            first.observe(self.began.elapsed().as_secs_f64());
        }
        self.say(Ok(made)).await;
    }

    async fn say(&self, said: Result<Made, EngineError>) {
        // Who does not listen any more has dropped this work as well.
        let _ = self.out.send(said).await;
    }

    /// The name under which the model answers, as far as it may stand in a receipt.
    fn answered_by(&mut self, model: &str) {
        let fit = model.len() <= 120 && !model.is_empty() && model.bytes().all(|byte| byte.is_ascii_graphic());
        if fit && self.usage.model.is_none() {
            self.usage.model = Some(Shared::model_label(model, self.brief.stage));
        }
    }

    fn count_error(&self, error: &CallError) {
        let label = ByKind { provider: self.provider.config.name.clone(), kind: error.kind() };
        self.provider.shared.metrics.errors.get_or_create(&label).inc();
    }

    /// Writes a call that was answered, wholly or in part, into the sums.
    fn account(&mut self, count: &Count, ended: bool) {
        let (sent, received, cost) = (count.sent(), count.received(ended), count.cost(ended));
        self.usage.tokens_in += sent;
        self.usage.tokens_out += received;
        self.usage.cost_micros += cost;
        self.tokens_left = self.tokens_left.saturating_sub(received);
        let (metrics, label) = (&self.provider.shared.metrics, &self.provider.label);
        metrics.tokens_sent.get_or_create(label).inc_by(sent);
        metrics.tokens_received.get_or_create(label).inc_by(received);
        metrics.cost_micros.get_or_create(label).inc_by(cost);
    }
}

fn question<'a>(provider: &'a Provider, rules: &'a Rules, stage: Stage, user: &'a str) -> Question<'a> {
    let config = &provider.shared.config;
    Question {
        system: &rules.text,
        user,
        model: provider.model(stage),
        temperature: config.temperature,
        output_tokens: config.output_tokens,
    }
}

fn code(error: &CallError) -> Option<&str> {
    match error {
        CallError::Refused { code, .. } => code.as_deref(),
        _ => None,
    }
}
