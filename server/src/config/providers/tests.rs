use pretty_assertions::assert_eq;

use super::*;

fn read(pairs: &[(&str, &str)]) -> Result<ProvidersConfig, BadConfig> {
    ProvidersConfig::read(&Variables::new(pairs.iter().copied()))
}

#[test]
fn without_key_and_base_url_there_is_no_provider() {
    assert!(read(&[]).unwrap().list.is_empty());
}

#[test]
fn a_key_is_enough_and_is_never_shown() {
    let config = read(&[("OPENAI_API_KEY", "sk-hush"), ("ANTHROPIC_API_KEY", "sk-ant-hush")]).unwrap();
    let names: Vec<&str> = config.list.iter().map(|provider| provider.name.as_str()).collect();
    assert_eq!(names, ["openai", "anthropic"]);
    assert!(!format!("{config:?}").contains("hush"));
    let error = read(&[("OPENAI_API_KEY", "sk-hush\r\nx: y")]).unwrap_err();
    assert!(!error.to_string().contains("hush"), "{error}");
}

#[test]
fn a_server_of_ones_own_needs_no_key_but_the_name_of_a_model() {
    let base = ("OPENAI_BASE_URL", "http://127.0.0.1:11434/v1/");
    assert_eq!(read(&[base]).unwrap_err().variable, "OPENAI_MODEL_STRONG");
    let config = read(&[base, ("OPENAI_MODEL_STRONG", "llama3.3"), ("ATLAS9_OPENAI_NAME", "ollama")]).unwrap();
    let provider = &config.list[0];
    assert_eq!((provider.name.as_str(), provider.base_url.as_str()), ("ollama", "http://127.0.0.1:11434/v1"));
    assert_eq!((provider.key.clone(), provider.models.cheap.as_str()), (None, "llama3.3"));
}

#[test]
fn order_tiers_prices_and_caps_are_as_told() {
    let config = read(&[
        ("OPENAI_API_KEY", "a"),
        ("ANTHROPIC_API_KEY", "b"),
        ("ATLAS9_PROVIDERS", "anthropic, openai"),
        ("ATLAS9_CHEAP_STAGES", "product,brand"),
        ("ATLAS9_MODEL_PRICES", "gpt-5.4=1/2, x:y=0.5/0"),
        ("ATLAS9_SPEND_CAP_DAY_USD", "0.25"),
    ])
    .unwrap();
    assert_eq!(config.list[0].name, "anthropic");
    assert_eq!(config.model(&config.list[1], Stage::Product), "gpt-5.4-mini");
    assert_eq!(config.model(&config.list[1], Stage::Code), "gpt-5.4");
    assert_eq!(config.prices["x:y"], Price { sent: 0.5, received: 0.0 });
    assert_eq!(config.cap_day_micros, 250_000);
}

#[test]
fn a_wrong_value_is_refused_with_its_name_and_what_it_takes() {
    for (variable, value, hint) in [
        ("OPENAI_BASE_URL", "localhost:11434", "http://127.0.0.1:11434/v1"),
        ("OPENAI_BASE_URL", "http://me:hunter2@host/v1", "without user"),
        ("ANTHROPIC_BASE_URL", "ftp://x", "such as"),
        ("OPENAI_MODEL_STRONG", "gpt 5", "name of a model"),
        ("ATLAS9_OPENAI_NAME", "composer", "another engine"),
        ("ATLAS9_OPENAI_NAME", "My Server", "a-z"),
        ("ATLAS9_PROVIDERS", "gemini", "openai,anthropic"),
        ("ATLAS9_PROVIDERS", "openai,openai", "once"),
        ("ATLAS9_CHEAP_STAGES", "logo", "brand"),
        ("ATLAS9_MODEL_TEMPERATURE", "hot", "0 to 2"),
        ("ATLAS9_MODEL_TEMPERATURE", "NaN", "0 to 2"),
        ("ATLAS9_MODEL_OUTPUT_TOKENS", "10", "500"),
        ("ATLAS9_MODEL_PRICES", "gpt-5.4=cheap", "US dollars"),
        ("ATLAS9_SPEND_CAP_DAY_USD", "-1", "US dollars"),
        ("ATLAS9_SPEND_CAP_GENERATION_USD", "inf", "US dollars"),
        ("ATLAS9_MODEL_TOKEN_SECONDS", "0", "1 to 600"),
    ] {
        let error = read(&[("OPENAI_API_KEY", "a"), (variable, value)]).unwrap_err();
        assert_eq!(error.variable, variable);
        assert!(error.to_string().contains(hint) && !error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn the_providers_own_addresses_take_a_key() {
    for (variable, base) in
        [("OPENAI_API_KEY", ("OPENAI_BASE_URL", OPENAI)), ("ANTHROPIC_API_KEY", ("ANTHROPIC_BASE_URL", ANTHROPIC))]
    {
        assert_eq!(read(&[base]).unwrap_err().variable, variable);
    }
}
