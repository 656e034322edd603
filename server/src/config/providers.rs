//! Which model providers there are, what they may cost, and how long they may take.

use std::{collections::BTreeMap, fmt, time::Duration};

use model::Stage;

use super::{BadConfig, Variables, bad, without_password};

mod models;

pub use models::{Models, Price};
use models::{models, prices};

/// Model providers. Without any key or base URL there are none, and the composer makes everything.
#[derive(Debug, Clone)]
pub struct ProvidersConfig {
    /// Those that are configured, in the order in which they are asked. `ATLAS9_PROVIDERS` gives another order or leaves some out:
    /// `anthropic,openai`.
    pub list: Vec<ProviderConfig>,
    /// `ATLAS9_CHEAP_STAGES`: stages made by the cheaper model, such as `brand,design`, or `none`. By default only the brand.
    pub cheap: Vec<Stage>,
    /// `ATLAS9_MODEL_TEMPERATURE`: 0 to 2. Not sent when not set, for some models take none. At 0 an answer is reused for an hour.
    pub temperature: Option<f64>,
    /// `ATLAS9_MODEL_OUTPUT_TOKENS`: the most tokens one answer may have. A model of a small context needs a smaller number.
    pub output_tokens: u64,
    /// `ATLAS9_MODEL_PRICES`: US dollars for a million tokens sent and received, `gpt-5.4=2.5/15,my-model=0/0`. They come before the prices
    /// that the program knows. A model without a price counts as free, and the log says so at the start.
    pub prices: BTreeMap<String, Price>,
    /// `ATLAS9_SPEND_CAP_GENERATION_USD`: the most that one generation may cost, over all its stages.
    pub cap_generation_micros: u64,
    /// `ATLAS9_SPEND_CAP_DAY_USD`: the most that all generations of a day (UTC) may cost together.
    pub cap_day_micros: u64,
    /// How long to wait, and for what.
    pub waits: Waits,
}

/// A provider.
#[derive(Clone)]
pub struct ProviderConfig {
    /// What receipts call it. `ATLAS9_OPENAI_NAME` names an OpenAI-compatible one: `ollama`.
    pub name: String,
    /// How it is spoken to.
    pub api: Api,
    /// `OPENAI_BASE_URL` (default `https://api.openai.com/v1`), `ANTHROPIC_BASE_URL` (default `https://api.anthropic.com`).
    pub base_url: String,
    /// `OPENAI_API_KEY`, `ANTHROPIC_API_KEY`. A base URL of one's own works without.
    pub key: Option<ApiKey>,
    /// Its models.
    pub models: Models,
}

/// The two ways in which providers are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// Chat completions, as OpenAI, Ollama, vLLM, llama.cpp, OpenRouter and LiteLLM have them.
    OpenAi,
    /// Messages, as Anthropic has them.
    Anthropic,
}

/// A provider's key. It is shown to nobody but the provider.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// How long to wait for a provider. Every wait has its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// `ATLAS9_MODEL_CONNECT_SECONDS`: for a connection.
    pub connect: Duration,
    /// `ATLAS9_MODEL_FIRST_TOKEN_SECONDS`: for the first token after that. Models that think first take their time.
    pub first_token: Duration,
    /// `ATLAS9_MODEL_TOKEN_SECONDS`: from one token to the next.
    pub token: Duration,
    /// `ATLAS9_MODEL_STAGE_SECONDS`: for a whole stage, asking again included.
    pub stage: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(5), first_token: seconds(60), token: seconds(30), stage: seconds(600) }
    }
}

const OPENAI: &str = "https://api.openai.com/v1";
const ANTHROPIC: &str = "https://api.anthropic.com";

impl ProvidersConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let dollars = |variable, default: f64| {
            let takes = "it takes US dollars, such as 2.50, 0 to 100000";
            variables.value(variable, default, takes, |n| (0.0..=100_000.0).contains(n)).map(micros)
        };
        let temperature = variables.text("ATLAS9_MODEL_TEMPERATURE").is_some();
        let takes = "it takes a temperature from 0 to 2";
        let temperature = temperature
            .then(|| variables.value("ATLAS9_MODEL_TEMPERATURE", 0.0, takes, |n| (0.0..=2.0).contains(n)))
            .transpose()?;
        Ok(Self {
            list: list(variables)?,
            cheap: cheap(variables)?,
            temperature,
            output_tokens: variables.value(
                "ATLAS9_MODEL_OUTPUT_TOKENS",
                16_000_u64,
                "the most tokens of one answer, 500 to 200000",
                |n| (500..=200_000).contains(n),
            )?,
            prices: prices(variables)?,
            cap_generation_micros: dollars("ATLAS9_SPEND_CAP_GENERATION_USD", 2.0)?,
            cap_day_micros: dollars("ATLAS9_SPEND_CAP_DAY_USD", 20.0)?,
            waits: waits(variables)?,
        })
    }

    /// The model of `provider` that makes `stage`.
    pub fn model<'a>(&self, provider: &'a ProviderConfig, stage: Stage) -> &'a str {
        if self.cheap.contains(&stage) { &provider.models.cheap } else { &provider.models.strong }
    }
}

/// Dollars in millionths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked")]
fn micros(dollars: f64) -> u64 {
    (dollars * 1_000_000.0).round() as u64
}

fn list(variables: &Variables) -> Result<Vec<ProviderConfig>, BadConfig> {
    let known: Vec<(&str, ProviderConfig)> = [("openai", openai(variables)?), ("anthropic", anthropic(variables)?)]
        .into_iter()
        .filter_map(|(word, provider)| Some((word, provider?)))
        .collect();
    let variable = "ATLAS9_PROVIDERS";
    let Some(order) = variables.text(variable) else {
        return Ok(known.into_iter().map(|(_, provider)| provider).collect());
    };
    let mut list: Vec<ProviderConfig> = Vec::new();
    for word in order.split(',').map(str::trim) {
        let found = known.iter().find(|(name, provider)| *name == word || provider.name == word);
        let (_, provider) =
            found.ok_or_else(|| bad(variable, order, "it takes configured providers in order: openai,anthropic"))?;
        if list.iter().any(|other| other.name == provider.name) {
            return Err(bad(variable, order, "each provider may stand there once"));
        }
        list.push(provider.clone());
    }
    Ok(list)
}

fn openai(variables: &Variables) -> Result<Option<ProviderConfig>, BadConfig> {
    let (key, base) = (key(variables, "OPENAI_API_KEY")?, base_url(variables, "OPENAI_BASE_URL")?);
    if key.is_none() && base.is_none() {
        return Ok(None);
    }
    let base_url = base.unwrap_or_else(|| OPENAI.to_owned());
    let at_home = base_url == OPENAI;
    if at_home && key.is_none() {
        return Err(bad("OPENAI_API_KEY", "", "api.openai.com takes a key"));
    }
    let name = variables.text("ATLAS9_OPENAI_NAME").unwrap_or(if at_home { "openai" } else { "openai-compatible" });
    if name.len() > 40 || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(bad("ATLAS9_OPENAI_NAME", name, "it takes a short name of a-z, 0-9 and -"));
    }
    if matches!(name, "composer" | "anthropic") {
        return Err(bad("ATLAS9_OPENAI_NAME", name, "another engine has that name"));
    }
    let defaults = at_home.then_some(("gpt-5.4", "gpt-5.4-mini"));
    let models = models(variables, ["OPENAI_MODEL_STRONG", "OPENAI_MODEL_CHEAP"], defaults)?;
    Ok(Some(ProviderConfig { name: name.to_owned(), api: Api::OpenAi, base_url, key, models }))
}

fn anthropic(variables: &Variables) -> Result<Option<ProviderConfig>, BadConfig> {
    let (key, base) = (key(variables, "ANTHROPIC_API_KEY")?, base_url(variables, "ANTHROPIC_BASE_URL")?);
    if key.is_none() && base.is_none() {
        return Ok(None);
    }
    // Some write the version into the base, which is not part of it.
    let base_url = base.map_or_else(|| ANTHROPIC.to_owned(), |base| base.trim_end_matches("/v1").to_owned());
    if base_url == ANTHROPIC && key.is_none() {
        return Err(bad("ANTHROPIC_API_KEY", "", "api.anthropic.com takes a key"));
    }
    let defaults = Some(("claude-sonnet-4-6", "claude-haiku-4-5"));
    let models = models(variables, ["ANTHROPIC_MODEL_STRONG", "ANTHROPIC_MODEL_CHEAP"], defaults)?;
    Ok(Some(ProviderConfig { name: "anthropic".to_owned(), api: Api::Anthropic, base_url, key, models }))
}

/// A key goes into a header, where line breaks would begin another one.
fn key(variables: &Variables, variable: &'static str) -> Result<Option<ApiKey>, BadConfig> {
    match variables.text(variable) {
        Some(key) if key.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Some(ApiKey(key.to_owned()))),
        Some(_) => Err(bad(variable, "(hidden)", "it takes a key without blanks or line breaks")),
        None => Ok(None),
    }
}

fn base_url(variables: &Variables, variable: &'static str) -> Result<Option<String>, BadConfig> {
    let Some(text) = variables.text(variable) else { return Ok(None) };
    let takes = "it takes an address such as http://127.0.0.1:11434/v1, without user, password or query";
    let url = reqwest::Url::parse(text).ok().filter(|url| {
        let plain = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && plain && url.query().is_none() && url.fragment().is_none()
    });
    match url {
        Some(_) => Ok(Some(text.trim_end_matches('/').to_owned())),
        None => Err(bad(variable, &without_password(text), takes)),
    }
}

fn cheap(variables: &Variables) -> Result<Vec<Stage>, BadConfig> {
    let variable = "ATLAS9_CHEAP_STAGES";
    match variables.text(variable) {
        None => Ok(vec![Stage::Brand]),
        Some("none") => Ok(Vec::new()),
        Some(text) => {
            let stages: Result<_, _> = text.split(',').map(|word| word.trim().parse()).collect();
            let takes = "it takes stages such as brand,design (product, brand, design, architecture, code), or none";
            stages.map_err(|_| bad(variable, text, takes))
        }
    }
}

fn waits(variables: &Variables) -> Result<Waits, BadConfig> {
    let default = Waits::default();
    let seconds = |variable, default: Duration, most: u64| {
        let takes = format!("a time in seconds, 1 to {most}");
        let seconds = variables.value(variable, default.as_secs(), takes, |n| (1..=most).contains(n));
        seconds.map(Duration::from_secs)
    };
    Ok(Waits {
        connect: seconds("ATLAS9_MODEL_CONNECT_SECONDS", default.connect, 60)?,
        first_token: seconds("ATLAS9_MODEL_FIRST_TOKEN_SECONDS", default.first_token, 600)?,
        token: seconds("ATLAS9_MODEL_TOKEN_SECONDS", default.token, 600)?,
        stage: seconds("ATLAS9_MODEL_STAGE_SECONDS", default.stage, 3_600)?,
    })
}

impl ApiKey {
    /// The key.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

impl fmt::Debug for ProviderConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderConfig")
            .field("name", &self.name)
            .field("api", &self.api)
            .field("base_url", &self.base_url)
            .field("key", &self.key)
            .field("models", &self.models)
            .finish()
    }
}

#[cfg(test)]
mod tests;
