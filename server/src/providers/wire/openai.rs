//! Chat completions, as OpenAI and everybody who follows it speak: <https://platform.openai.com/docs/api-reference/chat-streaming>.

use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde_json::json;

use super::{End, Question, Signal};
use crate::{config::ProviderConfig, providers::error::CallError};

pub(super) fn request(client: &Client, provider: &ProviderConfig, question: Question<'_>) -> RequestBuilder {
    let mut body = json!({
        "model": question.model,
        "messages": [
            { "role": "system", "content": question.system },
            { "role": "user", "content": question.user },
        ],
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    // OpenAI's newer models take only the new name of this limit, and many of those who follow it only the old one.
    let limit = if provider.base_url.contains("api.openai.com") { "max_completion_tokens" } else { "max_tokens" };
    body[limit] = json!(question.output_tokens);
    if let Some(temperature) = question.temperature {
        body["temperature"] = json!(temperature);
    }
    let request = client.post(format!("{}/chat/completions", provider.base_url)).body(body.to_string());
    match &provider.key {
        Some(key) => request.bearer_auth(key.expose()),
        None => request,
    }
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    model: Option<String>,
    usage: Option<Usage>,
    error: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Deserialize, Default)]
struct Delta {
    content: Option<Content>,
}

/// Some give the parts of a text, and what the model thinks among them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
}

impl Content {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Parts(parts) => parts.into_iter().filter_map(|part| part.text).collect(),
        }
    }
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

pub(super) fn signal(data: &str) -> Result<Signal, CallError> {
    if data.trim() == "[DONE]" {
        return Ok(Signal { is_last: true, end: Some(End::Said), ..Signal::default() });
    }
    let chunk: Chunk = serde_json::from_str(data).map_err(|_| CallError::Garbled)?;
    if chunk.error.is_some() {
        return Err(CallError::Broke);
    }
    let choice = chunk.choices.into_iter().next();
    let (text, reason) = choice.map(|choice| (choice.delta.content, choice.finish_reason)).unwrap_or_default();
    Ok(Signal {
        text: text.map(Content::text),
        sent: chunk.usage.as_ref().map(|usage| usage.prompt_tokens),
        received: chunk.usage.as_ref().map(|usage| usage.completion_tokens),
        model: chunk.model,
        end: reason.map(|reason| match reason.as_str() {
            "length" => End::CutOff,
            "content_filter" => End::Declined,
            _ => End::Said,
        }),
        is_last: false,
    })
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn a_chunk_says_what_it_says_and_no_more() {
        let text = |data: &str| signal(data).map(|signal| signal.text);
        assert_eq!(text(r#"{"choices":[{"delta":{"role":"assistant","content":null}}]}"#), Ok(None));
        assert_eq!(
            text(r#"{"choices":[{"delta":{"content":"é"},"logprobs":null}],"usage":null}"#),
            Ok(Some("é".into()))
        );
        let parts = r#"[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"}]"#;
        assert_eq!(text(&format!(r#"{{"choices":[{{"delta":{{"content":{parts}}}}}]}}"#)), Ok(Some("a".into())));
        assert_eq!(text(r#"{"error":{"message":"x"}}"#), Err(CallError::Broke));
        assert_eq!(text("<html>"), Err(CallError::Garbled));
    }

    #[test]
    fn reasons_to_end_are_told_apart() {
        let end = |reason: &str| {
            signal(&format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"{reason}"}}]}}"#)).map(|s| s.end)
        };
        assert_eq!(end("stop"), Ok(Some(End::Said)));
        assert_eq!(end("length"), Ok(Some(End::CutOff)));
        assert_eq!(end("content_filter"), Ok(Some(End::Declined)));
    }
}
