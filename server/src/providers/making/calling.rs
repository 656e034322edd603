//! One question of a section in the making: asked, read, tried again, and counted.

use std::{sync::Arc, time::Duration};

use model::Stage;
use tokio::time::{Instant, sleep};
use tracing::{Span, field::Empty, instrument};

use super::Making;
use crate::{
    providers::{
        ByKind, Shared,
        engine::Provider,
        error::CallError,
        ledger::Reservation,
        objects::{Found, Objects},
        prompts::Rules,
        spending::Count,
        wire::{self, Answer, End, Question},
    },
    studio::{EngineError, Made},
};

/// The most bytes of text in one answer.
const ANSWER_MAX_BYTES: usize = 2 << 20;
/// How long a `Retry-After` is worth waiting for, and how often.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(5);
const WAITS_MAX: u32 = 2;
/// Before the one other try after a failure that may pass.
const PAUSE: Duration = Duration::from_millis(200);

impl Making {
    /// Asks until there is an answer: again after a short `Retry-After`, and once more after a failure before the first word.
    pub(super) async fn answered(
        &mut self,
        user: &str,
        tokens: u64,
        reservation: &mut Reservation,
    ) -> Result<End, CallError> {
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

    #[instrument(
        name = "call",
        skip_all,
        fields(
            gen_ai.operation.name = "chat",
            gen_ai.provider.name = self.provider.config.name,
            gen_ai.request.model = self.provider.model(self.brief.stage),
            gen_ai.usage.input_tokens = Empty,
            gen_ai.usage.output_tokens = Empty,
            stage = %self.brief.stage,
            error.type = Empty
        )
    )]
    async fn call(&mut self, user: &str, tokens: u64, reservation: &mut Reservation) -> Result<End, CallError> {
        let (provider, rules) = (Arc::clone(&self.provider), self.rules);
        let shared = &provider.shared;
        let question = Question { output_tokens: tokens, ..question(&provider, rules, self.brief.stage, user) };
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
        Span::current().record("error.type", read.as_ref().err().map(CallError::kind));
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

    pub(super) async fn made(&mut self, made: Made) {
        if !std::mem::replace(&mut self.has_made, true) {
            let first = self.provider.shared.metrics.first_piece.get_or_create(&self.provider.label).clone();
            first.observe(self.began.elapsed().as_secs_f64());
        }
        self.say(Ok(made)).await;
    }

    pub(super) async fn say(&self, said: Result<Made, EngineError>) {
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

    pub(super) fn count_error(&self, error: &CallError) {
        let label = ByKind { provider: self.provider.config.name.clone(), kind: error.kind() };
        self.provider.shared.metrics.errors.get_or_create(&label).inc();
    }

    /// Writes a call that was answered, wholly or in part, into the sums.
    pub(super) fn account(&mut self, count: &Count, ended: bool) {
        let (sent, received, cost) = (count.sent(), count.received(ended), count.cost(ended));
        self.usage.tokens_in += sent;
        self.usage.tokens_out += received;
        self.usage.cost_micros += cost;
        self.tokens_left = self.tokens_left.saturating_sub(received);
        tracing::record_all!(
            Span::current(),
            gen_ai.usage.input_tokens = sent.cast_signed(),
            gen_ai.usage.output_tokens = received.cast_signed()
        );
        let (metrics, label) = (&self.provider.shared.metrics, &self.provider.label);
        metrics.tokens_sent.get_or_create(label).inc_by(sent);
        metrics.tokens_received.get_or_create(label).inc_by(received);
        metrics.cost_micros.get_or_create(label).inc_by(cost);
    }
}

/// A question in full.
pub(super) fn question<'a>(provider: &'a Provider, rules: &'a Rules, stage: Stage, user: &'a str) -> Question<'a> {
    let config = &provider.shared.config;
    Question {
        system: &rules.text,
        user,
        model: provider.model(stage),
        temperature: config.temperature,
        output_tokens: config.output_tokens,
    }
}
