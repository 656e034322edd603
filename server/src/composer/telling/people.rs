//! The people: those who play a part, and those the directive only mentions.

use model::sections::Persona;

use super::{MOST_PERSONAS, Teller};
use crate::composer::{cast::Player, inflect::capitalised, knowledge::Role, plan::slug, reading::Phrase};

impl Teller<'_> {
    pub(super) fn personas(&self) -> Vec<Persona> {
        let used = |role: &Role| self.plan.features.iter().any(|(_, feature)| feature.actor == *role);
        let mut personas: Vec<Persona> = Vec::new();
        // Who works with it all day first: where one person plays several parts, that is the one to describe.
        for role in [Role::Operator, Role::Provider, Role::Customer, Role::Overseer] {
            let Some(player) = self.cast.player(role) else { continue };
            let known = personas.iter().any(|persona| persona.id == slug(&player.who));
            if !known && (player.actor.is_some() || used(&role)) {
                personas.extend(self.persona(role, player));
            }
        }
        for other in &self.cast.others {
            personas.extend(self.bystander(other));
        }
        // People the directive names before those who only come with the kind of product.
        let named =
            |persona: &Persona| self.cast.players.values().any(|p| p.actor.is_some() && slug(&p.who) == persona.id);
        personas.sort_by_key(|persona| !named(persona));
        personas.truncate(MOST_PERSONAS);
        personas
    }

    fn persona(&self, role: Role, player: &Player) -> Option<Persona> {
        let entry = self.recognition.archetype.module.roles.get(&role)?;
        let concerned = player.actor.is_some() || matches!(role, Role::Provider | Role::Customer);
        // What hurts people of the field hurts those who deal with a thing of that field, not everybody a field was named by.
        let in_field = |thing: &Phrase| self.recognition.domains.iter().find(|domain| domain.is_in(thing));
        let field = self.cast.thing.as_ref().and_then(in_field).filter(|_| concerned);
        let domain_pain = field.and_then(|domain| domain.module.people.get(&role));
        let node = format!("personas/{}", role.as_str());
        Some(Persona {
            id: slug(&player.who),
            name: capitalised(&player.who),
            goal: self.fill(&entry.goal, &self.words(), &format!("{node}/goal")),
            pain: self.fill(domain_pain.unwrap_or(&entry.pain), &self.words(), &format!("{node}/pain")),
            answers: player
                .actor
                .as_ref()
                .map_or_else(|| self.recognition.archetype.words.clone(), |actor| vec![actor.text.clone()]),
        })
    }

    /// Somebody the directive names who plays none of the parts: known by what they do.
    fn bystander(&self, actor: &Phrase) -> Option<Persona> {
        let action = self.reading.actions.iter().find(|action| action.subject.as_ref() == Some(actor))?;
        let noun = actor.singular(self.lexicon);
        let object =
            action.object.as_ref().map(|o| self.lexicon.inflect.plural(&o.singular(self.lexicon))).unwrap_or_default();
        let pain = &self.recognition.archetype.module.roles.get(&Role::Operator)?.pain;
        Some(Persona {
            id: slug(&noun),
            name: capitalised(&noun),
            goal: format!("{} {object}", action.whole_verb()).trim().to_owned(),
            pain: self.fill(pain, &self.words(), &format!("personas/{}/pain", slug(&noun))),
            answers: vec![actor.text.clone()],
        })
    }
}
