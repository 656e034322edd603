//! What the shape of brand files cannot say: slots that exist, drawings that can be drawn, words that can be said, lists to choose from.

use std::collections::BTreeMap;

use crate::composer::knowledge::{COMMON_SLOTS, Fault, Text};

use super::{
    knowledge::{BrandKnowledge, Glossed, HueEntry, Lines, Said, VoiceEntry},
    logo,
    mood::Mood,
    sounds,
};

/// Slots that only brand lines have.
const OWN_SLOTS: [&str; 4] = ["name", "kept", "kepts", "evidence"];

/// Every mistake in the brand files.
pub fn check(knowledge: &BrandKnowledge) -> Vec<Fault> {
    let mut faults = Faults::default();
    names(knowledge, &mut faults);
    moods(knowledge, &mut faults);
    colours(knowledge, &mut faults);
    marks(knowledge, &mut faults);
    typefaces(knowledge, &mut faults);
    voices(knowledge, &mut faults);
    samples(knowledge, &mut faults);
    faults.0
}

#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, file: &str, reason: String) {
        self.0.push(Fault { file: format!("brand/{file}.toml"), reason });
    }

    fn text(&mut self, file: &str, at: &str, text: &Text) {
        if text.lines().is_empty() {
            self.add(file, format!("{at} is an empty list"));
        }
        let known = |slot: &&str| COMMON_SLOTS.contains(slot) || OWN_SLOTS.contains(slot);
        let unknown: Vec<&str> =
            text.lines().iter().flat_map(|line| line.slots()).filter(|slot| !known(slot)).collect();
        for slot in unknown {
            self.add(file, format!("{at}: there is no slot {{{slot}}}"));
        }
    }
}

fn names(knowledge: &BrandKnowledge, faults: &mut Faults) {
    let names = &knowledge.names;
    let plain =
        [("plain.roots", &names.plain.roots), ("plain.tails", &names.plain.tails), ("plain.words", &names.plain.words)];
    let mut lists: Vec<(String, &Glossed)> = plain.into_iter().map(|(at, list)| (at.to_owned(), list)).collect();
    lists.push(("plain.blends".to_owned(), &names.plain.blends));
    for (id, kind) in &names.archetypes {
        lists
            .extend([(format!("archetypes.{id}.tails"), &kind.tails), (format!("archetypes.{id}.words"), &kind.words)]);
    }
    for (id, field) in &names.domains {
        lists.extend([(format!("domains.{id}.roots"), &field.roots), (format!("domains.{id}.words"), &field.words)]);
    }
    for (at, list) in lists {
        if list.len() < 3 {
            faults.add("names", format!("{at} has {} words; 3 are the least to choose from", list.len()));
        }
        for word in list.keys().filter(|word| !word.bytes().all(|byte| byte.is_ascii_lowercase()) || word.len() > 12) {
            faults.add("names", format!("{at}: \"{word}\" must be one word of at most 12 lower-case letters"));
        }
        for word in list.keys().filter(|word| at != "plain.blends" && sounds::spoken(word).is_none()) {
            faults.add("names", format!("{at}: \"{word}\" cannot be said by the rules of English sounds"));
        }
    }
}

fn moods(knowledge: &BrandKnowledge, faults: &mut Faults) {
    for mood in Mood::ALL {
        let Some(manner) = knowledge.moods.manner.get(&mood) else {
            faults.add("moods", format!("manner.{} is missing", mood.as_str()));
            continue;
        };
        for making in ["words", "compounds", "blends", "coined"] {
            if !manner.why.contains_key(making) {
                faults.add("moods", format!("manner.{}.why says nothing about {making}", mood.as_str()));
            }
        }
        if !knowledge.voices.moods.contains_key(&mood) {
            faults.add("voices", format!("moods.{} is missing", mood.as_str()));
        }
    }
}

fn colours(knowledge: &BrandKnowledge, faults: &mut Faults) {
    let colours = &knowledge.colours;
    let mut sound = |at: &str, entry: &HueEntry| {
        if !(0.0..360.0).contains(&entry.hue) || !(0.0..=0.37).contains(&entry.chroma) || entry.why.is_empty() {
            faults.add("colours", format!("{at}: hue is 0 to 360, chroma 0 to 0.37, and why says where it comes from"));
        }
    };
    for (at, table) in [("archetypes", &colours.archetypes), ("domains", &colours.domains)] {
        table.iter().for_each(|(id, entries)| entries.iter().for_each(|entry| sound(&format!("{at}.{id}"), entry)));
    }
    colours.words.iter().for_each(|(word, entry)| sound(&format!("words.{word}"), entry));
    if colours.anchors.iter().filter(|anchor| anchor.domains.is_empty()).count() < 8 {
        faults.add("colours", "fewer than 8 anchors have no field of their own".to_owned());
    }
}

fn marks(knowledge: &BrandKnowledge, faults: &mut Faults) {
    let known = logo::names();
    for (at, table) in [("archetypes", &knowledge.marks.archetypes), ("domains", &knowledge.marks.domains)] {
        for (id, drawings) in table {
            for drawing in drawings.iter().filter(|drawing| !known.contains(&drawing.as_str())) {
                faults.add("marks", format!("{at}.{id}: nobody can draw \"{drawing}\""));
            }
            if drawings.is_empty() {
                faults.add("marks", format!("{at}.{id} is empty"));
            }
        }
    }
}

fn typefaces(knowledge: &BrandKnowledge, faults: &mut Faults) {
    for pair in &knowledge.typefaces.pairs {
        faults.text("typefaces", &format!("{}.why", pair.id), &pair.why);
        for face in [&pair.display, &pair.text] {
            if !face.fallback.ends_with("serif") {
                faults.add(
                    "typefaces",
                    format!("{}: the fallback of {} must end with serif or sans-serif", pair.id, face.family),
                );
            }
        }
    }
}

fn voices(knowledge: &BrandKnowledge, faults: &mut Faults) {
    let voices = &knowledge.voices;
    let moods: BTreeMap<String, &VoiceEntry> =
        voices.moods.iter().map(|(mood, entry)| (mood.as_str().to_owned(), entry)).collect();
    let others = voices.archetypes.iter().chain(&voices.domains).map(|(id, entry)| (id.clone(), entry));
    for (id, entry) in moods.into_iter().chain(others) {
        entry.traits.iter().for_each(|(word, meaning)| faults.text("voices", &format!("{id}.traits.{word}"), meaning));
        entry.dos.iter().for_each(|line| faults.text("voices", &format!("{id}.do"), line));
        entry.donts.iter().for_each(|line| faults.text("voices", &format!("{id}.dont"), line));
    }
}

fn samples(knowledge: &BrandKnowledge, faults: &mut Faults) {
    let samples = &knowledge.samples;
    if !samples.archetypes.contains_key("core") {
        faults.add("samples", "archetypes.core is missing: it fills what others leave out".to_owned());
    }
    samples.taglines.iter().chain(&samples.plain_taglines).for_each(|line| faults.text("samples", "taglines", line));
    check_lines(faults, "plain", &samples.plain);
    samples.archetypes.iter().for_each(|(id, lines)| check_lines(faults, id, lines));
    samples.moods.iter().for_each(|(mood, lines)| check_lines(faults, mood.as_str(), lines));
    for (id, said) in &samples.capabilities {
        check_said(faults, id, said);
    }
}

fn check_lines(faults: &mut Faults, id: &str, lines: &Lines) {
    lines.tagline.iter().for_each(|line| faults.text("samples", &format!("{id}.tagline"), line));
    for (at, text) in [
        ("headline", &lines.headline),
        ("lead", &lines.lead),
        ("button", &lines.button),
        ("notification", &lines.notification),
        ("email", &lines.email),
    ] {
        text.iter().for_each(|text| faults.text("samples", &format!("{id}.{at}"), text));
    }
    [&lines.empty, &lines.error, &lines.confirmation]
        .into_iter()
        .flatten()
        .for_each(|said| check_said(faults, id, said));
}

fn check_said(faults: &mut Faults, id: &str, said: &Said) {
    faults.text("samples", &format!("{id}.at"), &said.at);
    faults.text("samples", &format!("{id}.says"), &said.says);
}
