//! What was changed since when: for each tag, the moment from which on older things do not count any more.
//!
//! Moments are counted twice. Redis counts them for all instances in microseconds that never go back; a thing carries the moment that this
//! instance knew of when it *began* to make it, so that a change under way makes it old. And this instance counts its own changes, which hold
//! at once, until Redis has them.

use std::collections::HashMap;

use super::Tag;

/// Tags that are known at most. Past that the older half is forgotten, with everything that was made before.
const TAGS_MAX: usize = 100_000;

/// What a change does to what hangs on a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It is never served again: whoever changed something reads what they wrote.
    Gone,
    /// It is served once more while it is made anew, and when it cannot be.
    Stale,
}

impl Change {
    /// As it stands before a tag in Redis.
    pub(super) fn letter(self) -> char {
        match self {
            Self::Gone => 'g',
            Self::Stale => 's',
        }
    }

    pub(super) fn from_letter(letter: char) -> Option<Self> {
        match letter {
            'g' => Some(Self::Gone),
            's' => Some(Self::Stale),
            _ => None,
        }
    }
}

/// A moment: as Redis counts for all, and as this instance counts for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// Redis's count; 0 before the first.
    pub global: u64,
    /// This instance's own; 0 for what is of others.
    pub here: u64,
}

/// Whether something still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing it hangs on was changed.
    Valid,
    /// It may be served while it is made anew.
    Stale,
    /// It may not be served.
    Gone,
}

/// What an instance heard of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// Redis's count before.
    pub before: u64,
    /// And with this change.
    pub version: u64,
    /// What it does.
    pub change: Change,
    /// To what.
    pub tags: Vec<Tag>,
}

/// What a change tells beside itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learnt {
    /// Nothing: every change up to it is known.
    All,
    /// Others before it were missed: [`Marks::catch_up`] is due.
    Missed,
    /// Redis was put back to an earlier state, and nobody can say what it has forgotten: everything is to be changed.
    Lost,
}

#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    gone: Moment,
    stale: Moment,
}

impl Mark {
    fn of(&mut self, change: Change) -> &mut Moment {
        match change {
            Change::Gone => &mut self.gone,
            Change::Stale => &mut self.stale,
        }
    }

    fn is_here(&self) -> bool {
        self.gone.here > 0 || self.stale.here > 0
    }

    fn latest(&self) -> u64 {
        self.gone.global.max(self.stale.global)
    }
}

/// All that this instance knows.
#[derive(Debug, Default)]
pub struct Marks {
    /// Every change up to this count is known.
    known: u64,
    /// The furthest count that was heard of, from [`Marks::known`] on: Redis had it once.
    heard: u64,
    /// What began to be made before does not count, whatever it hangs on.
    floor: Moment,
    /// Changes of this instance.
    here: u64,
    of: HashMap<Tag, Mark>,
}

impl Marks {
    /// The moment at which something begins to be made now.
    pub fn now(&self) -> Moment {
        Moment { global: self.known, here: self.here }
    }

    /// Up to which count every change is known.
    pub fn known(&self) -> u64 {
        self.known
    }

    /// The furthest count that Redis is known to have had. If it counts less, it was put back to an earlier state.
    pub fn heard(&self) -> u64 {
        self.heard
    }

    /// A change of this instance, which holds from now on; returns its own count of it.
    pub fn change_here(&mut self, tags: &[Tag], change: Change) -> u64 {
        self.here += 1;
        for tag in tags {
            match tag.is_everything() {
                true => self.change_everything_here(),
                false => self.of.entry(tag.clone()).or_default().of(change).here = self.here,
            }
        }
        self.here
    }

    /// What is changed with everything needs no mark of its own.
    fn change_everything_here(&mut self) {
        self.floor.here = self.here;
        self.of.retain(|_, mark| {
            (mark.gone.here, mark.stale.here) = (0, 0);
            mark.latest() > 0
        });
    }

    /// Redis has a change of this instance: what others made since counts again.
    pub fn settle(&mut self, news: &News, here: u64) -> Learnt {
        for tag in &news.tags {
            let moment = match tag.is_everything() {
                true => &mut self.floor,
                false => self.of.entry(tag.clone()).or_default().of(news.change),
            };
            if moment.here <= here {
                moment.here = 0;
            }
        }
        self.learn(news)
    }

    /// A change that was heard of.
    pub fn learn(&mut self, news: &News) -> Learnt {
        // The count never goes back by itself: nothing that it was at is in between what it went from and to.
        let is_between = |count: u64| news.before < count && count < news.version;
        let went_back = is_between(self.known) || is_between(self.heard);
        for tag in &news.tags {
            self.put(tag.clone(), news.change, news.version);
        }
        if news.version > self.known && news.before == self.known {
            self.known = news.version;
        }
        self.heard = self.heard.max(news.version);
        self.stay_bounded();
        if went_back {
            Learnt::Lost
        } else if news.version > self.known {
            Learnt::Missed
        } else {
            Learnt::All
        }
    }

    /// Changes read from Redis, up to its count. `era` is when Redis began to count: before it, it may have forgotten changes.
    pub fn catch_up(&mut self, era: u64, rows: impl IntoIterator<Item = (Tag, Change, u64)>, version: u64) {
        self.forget_before(era);
        for (tag, change, version) in rows {
            self.put(tag, change, version);
        }
        self.known = self.known.max(version);
        self.heard = self.heard.max(version);
        self.stay_bounded();
    }

    /// Whether something that began to be made at a moment still counts.
    pub fn standing(&self, made: Moment, tags: &[Tag]) -> Standing {
        if made.global < self.floor.global || made.here < self.floor.here {
            return Standing::Gone;
        }
        let is_after = |moment: Moment| moment.global > made.global || moment.here > made.here;
        let marks = || tags.iter().filter_map(|tag| self.of.get(tag));
        if marks().any(|mark| is_after(mark.gone)) {
            Standing::Gone
        } else if marks().any(|mark| is_after(mark.stale)) {
            Standing::Stale
        } else {
            Standing::Valid
        }
    }

    /// Forgets changes before a count, and with them whatever began to be made before.
    pub fn forget_before(&mut self, version: u64) {
        if version > self.floor.global {
            self.floor.global = version;
            self.of.retain(|_, mark| mark.is_here() || mark.latest() >= version);
        }
    }

    fn put(&mut self, tag: Tag, change: Change, version: u64) {
        if tag.is_everything() {
            return self.forget_before(version);
        }
        let moment = self.of.entry(tag).or_default().of(change);
        moment.global = moment.global.max(version);
    }

    fn stay_bounded(&mut self) {
        if self.of.len() > TAGS_MAX {
            let mut latest: Vec<u64> = self.of.values().map(Mark::latest).collect();
            let (_, middle, _) = latest.select_nth_unstable(TAGS_MAX / 2);
            let middle = *middle;
            self.forget_before(middle.min(self.known));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(names: &[&str]) -> Vec<Tag> {
        names.iter().map(|name| Tag::written(name)).collect()
    }

    fn news(before: u64, version: u64, change: Change, names: &[&str]) -> News {
        News { before, version, change, tags: tags(names) }
    }

    #[test]
    fn what_is_changed_here_is_old_at_once_and_what_is_made_after_is_not() {
        let (mut marks, a) = (Marks::default(), tags(&["a"]));
        let before = marks.now();
        marks.change_here(&a, Change::Gone);
        assert_eq!(marks.standing(before, &a), Standing::Gone);
        assert_eq!(marks.standing(before, &tags(&["b"])), Standing::Valid);
        assert_eq!(marks.standing(marks.now(), &a), Standing::Valid);
    }

    #[test]
    fn what_others_made_counts_again_only_once_redis_has_the_change() {
        let (mut marks, a) = (Marks::default(), tags(&["a"]));
        marks.learn(&news(0, 5, Change::Gone, &["b"]));
        let here = marks.change_here(&a, Change::Gone);
        let of_others = Moment { global: 9, here: 0 };
        assert_eq!(marks.standing(of_others, &a), Standing::Gone, "it may be older than the change");
        assert_eq!(marks.settle(&news(5, 8, Change::Gone, &["a"]), here), Learnt::All);
        assert_eq!(marks.standing(of_others, &a), Standing::Valid);
        assert_eq!(marks.standing(Moment { global: 7, here: 0 }, &a), Standing::Gone);
    }

    #[test]
    fn a_late_message_changes_nothing_and_a_missed_one_is_noticed() {
        let (mut marks, a) = (Marks::default(), tags(&["a"]));
        assert_eq!(marks.learn(&news(0, 5, Change::Gone, &["a"])), Learnt::All);
        assert_eq!(marks.learn(&news(5, 9, Change::Gone, &["a"])), Learnt::All);
        assert_eq!(marks.learn(&news(0, 5, Change::Gone, &["a"])), Learnt::All, "it is known");
        assert_eq!(marks.standing(Moment { global: 8, here: 0 }, &a), Standing::Gone);
        assert_eq!(marks.learn(&news(12, 14, Change::Gone, &["c"])), Learnt::Missed, "12 is not known");
        assert_eq!(marks.learn(&news(7, 15, Change::Gone, &["c"])), Learnt::Lost, "9 is known");
        assert_eq!(marks.known(), 9);
        assert_eq!(marks.standing(Moment { global: 13, here: 0 }, &tags(&["c"])), Standing::Gone);
        marks.catch_up(0, [(Tag::written("b"), Change::Stale, 12)], 14);
        assert_eq!(marks.standing(Moment { global: 9, here: 0 }, &tags(&["b"])), Standing::Stale);
        assert_eq!(marks.known(), 14);
    }

    #[test]
    fn what_was_heard_of_and_is_not_there_any_more_is_noticed() {
        let mut marks = Marks::default();
        assert_eq!(marks.learn(&news(5, 9, Change::Gone, &["a"])), Learnt::Missed, "5 is not known");
        marks.catch_up(5, [], 5);
        assert_eq!((marks.known(), marks.heard()), (5, 9), "and 9 was");
        assert_eq!(marks.learn(&news(5, 12, Change::Gone, &["b"])), Learnt::Lost);
    }

    #[test]
    fn what_was_made_before_redis_lost_its_memory_does_not_count() {
        let (mut marks, a) = (Marks::default(), tags(&["a"]));
        marks.learn(&news(0, 5, Change::Gone, &["a"]));
        marks.catch_up(20, [], 20);
        assert_eq!(marks.standing(Moment { global: 19, here: 0 }, &a), Standing::Gone);
        assert_eq!(marks.standing(marks.now(), &a), Standing::Valid);
    }

    #[test]
    fn everything_is_a_tag_of_everything() {
        let (mut marks, a) = (Marks::default(), tags(&["a"]));
        marks.learn(&news(0, 5, Change::Gone, &["b"]));
        let (before, of_others) = (marks.now(), Moment { global: 8, here: 0 });
        let here = marks.change_here(&[Tag::everything()], Change::Gone);
        assert_eq!(marks.standing(before, &a), Standing::Gone);
        assert_eq!(marks.standing(of_others, &a), Standing::Gone);
        assert_eq!(marks.standing(marks.now(), &a), Standing::Valid);
        marks.settle(&News { before: 5, version: 7, change: Change::Gone, tags: vec![Tag::everything()] }, here);
        assert_eq!(marks.standing(before, &a), Standing::Gone);
        assert_eq!(marks.standing(of_others, &a), Standing::Valid);
    }

    #[test]
    fn what_is_changed_with_everything_leaves_no_mark_behind() {
        let mut marks = Marks::default();
        for n in 0..50 {
            marks.change_here(&[Tag::new("t", &[&n])], Change::Gone);
        }
        let here = marks.change_here(&[Tag::everything()], Change::Gone);
        assert!(marks.of.is_empty());
        marks.settle(&News { before: 0, version: 7, change: Change::Gone, tags: vec![Tag::everything()] }, here);
        let of_others = Moment { global: 8, here: 0 };
        assert_eq!(marks.standing(of_others, &[Tag::new("t", &[&1])]), Standing::Valid);
    }

    #[test]
    fn more_tags_than_fit_make_the_oldest_things_old_rather_than_new() {
        let mut marks = Marks::default();
        let many = |from: u64| (from..).map(|n| (Tag::new("t", &[&n]), Change::Gone, n + 1));
        marks.catch_up(0, many(0).take(TAGS_MAX + 1), 1_000_000);
        assert!(marks.of.len() <= TAGS_MAX / 2 + 2);
        assert_eq!(marks.standing(Moment { global: 10, here: 0 }, &tags(&["x"])), Standing::Gone);
        assert_eq!(marks.standing(marks.now(), &tags(&["x"])), Standing::Valid);
    }
}
