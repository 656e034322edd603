//! Who calls the API: the actors of features and of transitions, each once.

use model::sections::{ApiRole, Entity, Product, SYSTEM, Transition};

use super::{is_system, phrases::deed};
use crate::composer::{
    cast::one_of,
    inflect::{capitalised, joined, lower_first},
    lexicon::Lexicon,
};

const MOST_TITLES: usize = 3;
/// The most characters of an id.
const LONGEST: usize = 60;

/// The roles in the order in which features name them; the service itself last.
pub(super) fn roles(product: &Product, lexicon: &Lexicon) -> Vec<ApiRole> {
    let mut ids: Vec<String> = Vec::new();
    let actors = product.features.iter().map(|feature| feature.actor.as_str());
    let steps = product.entities.iter().flat_map(|entity| &entity.transitions);
    for id in actors.chain(steps.flat_map(|step| &step.by).map(String::as_str)) {
        let id = role_id(id);
        if !id.is_empty() && !is_system(&id) && !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut roles: Vec<ApiRole> = ids.iter().map(|id| role(product, id, lexicon)).collect();
    roles.push(ApiRole {
        id: SYSTEM.to_owned(),
        name: "The service itself".to_owned(),
        may: "Does what time or another event brings about, and looks after accounts.".to_owned(),
    });
    roles
}

fn role(product: &Product, id: &str, lexicon: &Lexicon) -> ApiRole {
    let persona = product.personas.iter().find(|persona| persona.id == id).map(|persona| persona.name.clone());
    let name = persona.unwrap_or_else(|| capitalised(&id.replace('-', " ")));
    let mut titles: Vec<String> = product
        .features
        .iter()
        .filter(|feature| role_id(&feature.actor) == id)
        .map(|feature| lower_first(&feature.title))
        .collect();
    let more = titles.len().saturating_sub(MOST_TITLES);
    titles.truncate(MOST_TITLES);
    if more > 0 {
        titles.push(format!("{more} more"));
    }
    let may =
        if titles.is_empty() { steps_of(product, id, lexicon) } else { format!("{}.", capitalised(&joined(&titles))) };
    ApiRole { id: id.to_owned(), name, may }
}

/// An actor as the id of a role: sections made by others may call them anything, and a role has to have an address.
pub(super) fn role_id(actor: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    actor.trim().chars().take(LONGEST).map(kept).collect()
}

/// What somebody may do who has no feature of their own.
fn steps_of(product: &Product, id: &str, lexicon: &Lexicon) -> String {
    let steps = product.entities.iter().flat_map(|entity| entity.transitions.iter().map(move |step| (entity, step)));
    let own = steps.filter(|(_, step)| step.by.iter().any(|actor| role_id(actor) == id));
    let told =
        |(entity, step): (&Entity, &Transition)| deed(&step.verb, &one_of(&spaced_type(&entity.name), lexicon), None);
    let mut deeds: Vec<String> = own.map(told).collect();
    let more = deeds.len().saturating_sub(MOST_TITLES);
    deeds.truncate(MOST_TITLES);
    if more > 0 {
        deeds.push(format!("{more} more steps"));
    }
    format!("{}.", capitalised(&joined(&deeds)))
}

/// `ConditionReport` in the middle of a sentence.
fn spaced_type(name: &str) -> String {
    super::names::ascii_words(name).join(" ")
}
