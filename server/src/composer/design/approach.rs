//! What this product's design has to do above all.

use super::{Subject, check::WISHES};

/// Two sentences for the kind of product, and one for what the note asks, for a capability it calls for, or for how much stands on a screen.
pub fn approach(subject: &Subject<'_>) -> String {
    let data = &subject.knowledge.approach;
    let about = subject.about();
    let kind = data.archetypes.get(subject.archetype()).or_else(|| data.archetypes.get("core"));
    let mut sentences = vec![kind.map(|text| about.tell(text, "approach/kind")).unwrap_or_default()];
    let wishes = &subject.wishes;
    let asked = [wishes.dark, wishes.type_shift > 0, wishes.still];
    let wish = WISHES.iter().zip(asked).find(|(_, asked)| *asked).and_then(|(wish, _)| data.wishes.get(*wish));
    let capability = || subject.capabilities().find_map(|id| data.capabilities.get(id));
    // A wish for more or less on a screen is told before what the product would have said by itself.
    let density = || data.density.get(&subject.density);
    let last = match wishes.density {
        Some(_) => wish.or_else(density),
        None => wish.or_else(capability).or_else(density),
    };
    sentences.extend(last.map(|text| about.tell(text, "approach/last")));
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}
