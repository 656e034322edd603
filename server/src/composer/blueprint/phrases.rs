//! Steps in the life of a thing, as sentences: "Hands an order over (paid → handed over)."

use model::sections::Transition;

use crate::composer::inflect::{Inflector, capitalised};

/// States that a sentence names before it says "…".
const MOST_STATES: usize = 4;
/// What belongs to the verb and stands behind its object: "hands an order over".
const PARTICLES: [&str; 25] = [
    "over", "back", "out", "off", "up", "down", "in", "on", "away", "aside", "through", "together", "along", "forward",
    "anew", "again", "free", "ready", "final", "complete", "optional", "stand", "round", "right", "up again",
];
/// What stands before the object although nothing follows it: "looks at an enquiry".
const BEFORE_OBJECT: [&str; 6] = ["at", "about", "for", "of", "with", "after"];
/// Verbs that a lone "on" belongs to: "agrees on a date".
const ON: [&str; 7] = ["agree", "decide", "comment", "report", "vote", "work", "call"];
/// What opens a phrase that stands behind the object: "marks a shipment as lost".
const BEFORE_PHRASE: [&str; 10] = ["as", "in", "on", "to", "into", "under", "for", "at", "off", "by"];
/// Verbs that a thing does itself: "an offer expires", "a payment falls due".
const INTRANSITIVE: [&str; 19] = [
    "expire", "lapse", "arrive", "fade", "come", "fall", "run", "stay", "wait", "return", "recover", "join", "wake",
    "elapse", "begin", "age", "ripen", "go", "depart",
];
/// Of those, the ones that have an object when they stand alone.
const TRANSITIVE_ALONE: [&str; 5] = ["return", "begin", "run", "join", "wake"];

/// What a step does, with the states it leads from and to.
pub(super) fn step(transition: &Transition, one: &str, inflect: &Inflector) -> String {
    let mut from: Vec<&str> = transition.from.iter().map(String::as_str).take(MOST_STATES).collect();
    if transition.from.len() > MOST_STATES {
        from.push("…");
    }
    format!("{} ({} → {}).", capitalised(&deed(&transition.verb, one, Some(inflect))), from.join(", "), transition.to)
}

/// "hands an order over", "marks a shipment as lost", "an offer expires". Without an inflector what somebody may do: "hand an order over",
/// "let an offer expire".
pub(super) fn deed(verb: &str, one: &str, inflect: Option<&Inflector>) -> String {
    if !verb.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' ' || byte == b'-') {
        return format!("“{verb}” on {one}");
    }
    let (first, rest) = verb.split_once(' ').unwrap_or((verb, ""));
    let does = inflect.map_or_else(|| first.to_owned(), |inflect| inflect.third(first));
    let opening = rest.split(' ').next().unwrap_or_default();
    match rest {
        _ if INTRANSITIVE.contains(&first) && !(rest.is_empty() && TRANSITIVE_ALONE.contains(&first)) => {
            let lets = if inflect.is_some() { "" } else { "let " };
            format!("{lets}{one} {does} {rest}").trim_end().to_owned()
        }
        "" => format!("{does} {one}"),
        _ if BEFORE_OBJECT.contains(&rest.rsplit(' ').next().unwrap_or_default())
            || rest == "on" && ON.contains(&first) =>
        {
            format!("{does} {rest} {one}")
        }
        _ if first == "say" => format!("{does} {rest} to {one}"),
        // "Asks for a recount of" has its object already.
        _ if first == "ask" => format!("{does} {rest} on {one}"),
        _ if PARTICLES.contains(&rest) || BEFORE_PHRASE.contains(&opening) => format!("{does} {one} {rest}"),
        _ => format!("{does} {rest} on {one}"),
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn steps_are_sentences() {
        let inflect = Inflector::default();
        let said = |verb: &str, from: &[&str], to: &str| {
            let from = from.iter().map(|state| (*state).to_owned()).collect();
            step(&Transition { verb: verb.to_owned(), from, to: to.to_owned(), by: vec![] }, "an offer", &inflect)
        };
        assert_eq!(
            said("accept", &["open", "countered"], "accepted"),
            "Accepts an offer (open, countered → accepted)."
        );
        assert_eq!(said("hand over", &["paid"], "handed over"), "Hands an offer over (paid → handed over).");
        assert_eq!(said("mark as lost", &["sent"], "lost"), "Marks an offer as lost (sent → lost).");
        assert_eq!(said("expire", &["open"], "expired"), "An offer expires (open → expired).");
        assert_eq!(said("fall due", &["planned"], "due"), "An offer falls due (planned → due).");
        assert_eq!(said("return", &["out"], "returned"), "Returns an offer (out → returned).");
        assert_eq!(said("accept counter", &["open"], "accepted"), "Accepts counter on an offer (open → accepted).");
        assert_eq!(said("look at", &["new"], "seen"), "Looks at an offer (new → seen).");
        assert_eq!(said("agree on", &["new"], "agreed"), "Agrees on an offer (new → agreed).");
        assert_eq!(said("take up again", &["left"], "open"), "Takes an offer up again (left → open).");
        assert_eq!(said("say yes", &["sent"], "agreed"), "Says yes to an offer (sent → agreed).");
        assert_eq!(deed("hand over", "an offer", None), "hand an offer over");
        assert_eq!(deed("expire", "an offer", None), "let an offer expire");
        assert_eq!(said("prüfen", &["offen"], "geprüft"), "“prüfen” on an offer (offen → geprüft).");
    }
}
