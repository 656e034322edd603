//! Models and what they cost.

use std::collections::BTreeMap;

use super::super::{BadConfig, Variables, bad};

/// The models of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Models {
    /// `OPENAI_MODEL_STRONG`, `ANTHROPIC_MODEL_STRONG`: for stages that ask for thought.
    pub strong: String,
    /// `OPENAI_MODEL_CHEAP`, `ANTHROPIC_MODEL_CHEAP`: for simple stages. The strong one, where only that is given.
    pub cheap: String,
}

/// What a million tokens cost, in US dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Price {
    /// Sent.
    pub sent: f64,
    /// Received.
    pub received: f64,
}

const NAME_MAX_BYTES: usize = 120;
const DOLLARS_MAX: f64 = 10_000.0;

/// The two models; `defaults` are of the provider's own address, for other servers name their models as they like.
pub(super) fn models(
    variables: &Variables,
    [strong, cheap]: [&'static str; 2],
    defaults: Option<(&str, &str)>,
) -> Result<Models, BadConfig> {
    let name = |variable: &'static str| match variables.text(variable) {
        Some(name) if name.len() <= NAME_MAX_BYTES && name.bytes().all(|b| b.is_ascii_graphic()) => Ok(Some(name)),
        Some(name) => Err(bad(variable, name, "it takes the name of a model, as its provider writes it")),
        None => Ok(None),
    };
    match (name(strong)?, name(cheap)?, defaults) {
        (Some(one), None, _) | (None, Some(one), None) => Ok(Models { strong: one.to_owned(), cheap: one.to_owned() }),
        (Some(strong), Some(cheap), _) => Ok(Models { strong: strong.to_owned(), cheap: cheap.to_owned() }),
        (None, Some(cheap), Some((strong, _))) => Ok(Models { strong: strong.to_owned(), cheap: cheap.to_owned() }),
        (None, None, Some((strong, cheap))) => Ok(Models { strong: strong.to_owned(), cheap: cheap.to_owned() }),
        (None, None, None) => {
            Err(bad(strong, "", "a base URL of one's own needs the name of a model, such as llama3.3"))
        }
    }
}

pub(super) fn prices(variables: &Variables) -> Result<BTreeMap<String, Price>, BadConfig> {
    let variable = "ATLAS9_MODEL_PRICES";
    let Some(text) = variables.text(variable) else { return Ok(BTreeMap::new()) };
    let takes = "it takes US dollars for a million tokens sent and received: my-model=2.5/15,other=0.1/0.4";
    let prices: Option<BTreeMap<_, _>> = text.split(',').map(price).collect();
    prices.ok_or_else(|| bad(variable, text, takes))
}

fn price(entry: &str) -> Option<(String, Price)> {
    let (model, dollars) = entry.trim().rsplit_once('=')?;
    let (sent, received) = dollars.split_once('/')?;
    let dollars = |text: &str| text.trim().parse().ok().filter(|dollars| (0.0..=DOLLARS_MAX).contains(dollars));
    Some((model.trim().to_owned(), Price { sent: dollars(sent)?, received: dollars(received)? }))
}
