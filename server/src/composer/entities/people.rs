//! People as entities.

use std::collections::BTreeMap;

use model::sections::Entity;

use super::{Builder, Draft, read_field};
use crate::composer::{
    cast::{Player, Words},
    inflect::lower_first,
    knowledge::{Role, Text},
    plan::{slug, type_name},
};

const PERSON_FIELDS: [&str; 3] = ["name: text", "email: email", "joined at: date"];
const GROUP_FIELDS: [&str; 4] = ["name: text", "address: address?", "contact email: email", "joined at: date"];

impl<F: Fn(&Text, &Words<'_>, &str) -> String> Builder<'_, F> {
    /// People the directive names are entities; others only where something refers to them.
    pub(super) fn people(&self, drafts: &mut Vec<Draft>, ids: &mut BTreeMap<String, String>) {
        for (role, player) in &self.cast.players {
            let name = player.actor.as_ref().map_or_else(|| player.noun.clone(), |actor| actor.singular(self.lexicon));
            let id = slug(&name);
            ids.insert(role.as_str().to_owned(), id.clone());
            let referred = drafts.iter().flat_map(|d| &d.relations).any(|(_, to)| to == role.as_str());
            let known = drafts.iter().any(|draft| draft.entity.id == id);
            if !known && (player.actor.is_some() || referred) {
                drafts.push(Draft { entity: self.person(*role, player, &name), relations: Vec::new() });
            }
        }
        for other in &self.cast.others {
            let name = other.singular(self.lexicon);
            if drafts.iter().all(|draft| draft.entity.id != slug(&name)) {
                let purpose = format!("{} who takes part", crate::composer::cast::one_of(&name, self.lexicon));
                drafts.push(Draft { entity: self.somebody(&name, &purpose), relations: Vec::new() });
            }
        }
    }

    fn person(&self, role: Role, player: &Player, name: &str) -> Entity {
        let words = Words { cast: self.cast, lexicon: self.lexicon, aspect: None, action: None };
        let does: Vec<String> = self
            .cast
            .players
            .values()
            .filter(|other| other.actor == player.actor && player.actor.is_some())
            .filter_map(|other| other.who.split_once(" who ").map(|(_, verb)| verb.to_owned()))
            .collect();
        if does.len() > 1 {
            let things = self.lexicon.inflect.plural(&self.cast.thing_noun);
            return self.somebody(
                name,
                &format!(
                    "{} who {} {things}",
                    crate::composer::cast::one_of(name, self.lexicon),
                    crate::composer::inflect::joined(&does)
                ),
            );
        }
        let goal = self
            .recognition
            .archetype
            .module
            .roles
            .get(&role)
            .map(|entry| (self.tell)(&entry.goal, &words, &format!("personas/{}/goal", role.as_str())));
        let who = if player.actor.is_some() { name.to_owned() } else { player.noun.clone() };
        let goal = goal.map(|goal| lower_first(&goal)).unwrap_or_default();
        let head = self.lexicon.inflect.singular(who.rsplit(' ').next().unwrap_or(&who)).to_lowercase();
        let pronoun = if self.lexicon.is_group(&head) { "that" } else { "who" };
        self.somebody(name, &format!("{} {pronoun} wants to {goal}", crate::composer::cast::one_of(&who, self.lexicon)))
    }

    fn somebody(&self, name: &str, purpose: &str) -> Entity {
        let head = self.lexicon.inflect.singular(name.rsplit(' ').next().unwrap_or(name)).to_lowercase();
        let fields: &[&str] = if self.lexicon.is_group(&head) { &GROUP_FIELDS } else { &PERSON_FIELDS };
        Entity {
            id: slug(name),
            name: type_name(name),
            purpose: crate::composer::inflect::capitalised(purpose),
            fields: fields.iter().filter_map(|field| read_field(field)).collect(),
            states: Vec::new(),
            transitions: Vec::new(),
            relations: Vec::new(),
        }
    }
}
