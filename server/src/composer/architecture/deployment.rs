//! What runs where: only what the product needs.

use model::sections::Unit;

use super::{entries::UnitEntry, subject::Subject};

/// The units that this product needs, in the order of the knowledge; of several of one id the first that holds.
pub fn entries<'s>(subject: &'s Subject<'_>) -> Vec<&'s UnitEntry> {
    let mut entries: Vec<&UnitEntry> = Vec::new();
    for entry in &subject.knowledge.units {
        if entries.iter().all(|known| known.id != entry.id) && needed(subject, entry) {
            entries.push(entry);
        }
    }
    entries
}

/// What runs.
pub fn deployment(subject: &Subject<'_>) -> Vec<Unit> {
    entries(subject).into_iter().filter_map(|entry| unit(subject, entry)).collect()
}

fn needed(subject: &Subject<'_>, entry: &UnitEntry) -> bool {
    match entry.id.as_str() {
        // Files are looked for in the columns, whatever modules they come from.
        "objects" if subject.files().is_empty() => false,
        _ => subject.called(&entry.when, None, entry.unless.as_ref()).is_some(),
    }
}

fn unit(subject: &Subject<'_>, entry: &UnitEntry) -> Option<Unit> {
    let focus = subject.find(&entry.when).unwrap_or_default();
    let tell = |text, part: &str| subject.tell(text, &focus, &format!("deployment/{}/{part}", entry.id));
    Some(Unit {
        id: entry.id.clone(),
        name: tell(&entry.name, "name")?,
        does: tell(&entry.does, "does")?,
        scaling: tell(&entry.scaling, "scaling")?,
        failure: tell(&entry.failure, "failure")?,
    })
}
