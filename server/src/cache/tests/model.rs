//! Instances that change, make and serve things over a network that delays, reorders and loses messages, beside a Redis that goes away, loses its memory or is
//! put back to an earlier state. The rules are the product's ([`Marks`]); Redis is a model of the scripts that [`remote`](super::super::remote) runs.

use std::collections::BTreeMap;

use proptest::{prelude::*, sample::Index};

use crate::cache::{
    Change, Tag,
    marks::{Learnt, Marks, Moment, News, Standing},
};

const INSTANCES: usize = 3;
const KEYS: usize = 3;

/// What happens.
#[derive(Debug, Clone)]
enum Step {
    /// An instance commits a change, and says so.
    Write(usize, usize),
    /// It begins to make a thing: it reads what is true now.
    Begin(usize, usize),
    /// It has made one.
    End(usize, Index),
    /// Somebody asks it for a thing.
    Get(usize, usize),
    /// It hears a message, whichever comes first.
    Hear(usize, Index),
    /// A message is lost.
    Lose(usize, Index),
    /// It asks what it missed.
    CatchUp(usize),
    /// Redis goes away.
    Away,
    /// An instance meets Redis again.
    Meet(usize),
    /// Redis loses what it knows of changes, and keeps things.
    Forget,
    /// Redis is kept as it is now.
    Snapshot,
    /// Redis is put back to how it was kept, and the first to ask it again reads or writes.
    PutBack(bool),
    /// An instance ends, and begins anew with nothing.
    Restart(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (i, k) = (0..INSTANCES, 0..KEYS);
    prop_oneof![
        4 => (i.clone(), k.clone()).prop_map(|(i, k)| Step::Write(i, k)),
        4 => (i.clone(), k.clone()).prop_map(|(i, k)| Step::Begin(i, k)),
        5 => (i.clone(), any::<Index>()).prop_map(|(i, n)| Step::End(i, n)),
        8 => (i.clone(), k).prop_map(|(i, k)| Step::Get(i, k)),
        5 => (i.clone(), any::<Index>()).prop_map(|(i, n)| Step::Hear(i, n)),
        2 => (i.clone(), any::<Index>()).prop_map(|(i, n)| Step::Lose(i, n)),
        2 => i.clone().prop_map(Step::CatchUp),
        1 => Just(Step::Away),
        3 => i.clone().prop_map(Step::Meet),
        1 => Just(Step::Forget),
        1 => Just(Step::Snapshot),
        1 => any::<bool>().prop_map(Step::PutBack),
        1 => i.prop_map(Step::Restart),
    ]
}

/// A thing: when its making began, and what it says.
type Thing = (Moment, u64);

#[derive(Default, Clone)]
struct Redis {
    clock: Option<u64>,
    era: u64,
    marks: BTreeMap<Tag, u64>,
    things: BTreeMap<usize, Thing>,
    /// Changes that it was told of, and has not forgotten unnoticed.
    told: [u64; KEYS],
    /// As far as it was ever told of any.
    ever_told: [u64; KEYS],
}

impl Redis {
    fn mark(&mut self, time: u64, known: u64, tags: &[Tag]) -> News {
        let before = self.clock.unwrap_or(0);
        let version = (before + 1).max(time).max(known + 1);
        if self.clock.is_none() {
            self.era = version;
        } else if tags.is_empty() {
            return News { before, version: before, change: Change::Gone, tags: vec![] };
        }
        self.clock = Some(version);
        if tags.contains(&Tag::everything()) {
            self.told = self.ever_told;
        }
        self.marks.extend(tags.iter().map(|tag| (tag.clone(), version)));
        News { before, version, change: Change::Gone, tags: tags.to_vec() }
    }
}

#[derive(Default)]
struct Instance {
    marks: Marks,
    memory: BTreeMap<usize, Thing>,
    making: Vec<(usize, Thing)>,
    inbox: Vec<News>,
    pending: BTreeMap<Tag, u64>,
    is_apart: bool,
    /// What it wrote itself, and what it must have heard of: it may not serve anything older.
    least: [u64; KEYS],
}

#[derive(Default)]
struct World {
    time: u64,
    truth: [u64; KEYS],
    is_away: bool,
    redis: Redis,
    kept: Redis,
    instances: [Instance; INSTANCES],
}

fn tag(key: usize) -> Tag {
    Tag::new("t", &[&key])
}

impl World {
    fn new() -> Self {
        let mut world = Self { time: 1_000, ..Self::default() };
        (0..INSTANCES).for_each(|i| world.catch_up(i));
        world
    }

    fn can_ask(&self, i: usize) -> bool {
        !self.is_away && !self.instances[i].is_apart
    }

    fn run(&mut self, step: Step) -> Result<(), TestCaseError> {
        self.time += 7;
        match step {
            Step::Write(i, k) => self.write(i, k),
            Step::Begin(i, k) => {
                let instance = &mut self.instances[i];
                instance.making.push((k, (instance.marks.now(), self.truth[k])));
            }
            Step::End(i, n) => self.end(i, n),
            Step::Get(i, k) => self.get(i, k)?,
            Step::Hear(i, n) => {
                let inbox = &mut self.instances[i].inbox;
                if !inbox.is_empty() {
                    let news = inbox.remove(n.index(inbox.len()));
                    let learnt = self.instances[i].marks.learn(&news);
                    if self.can_ask(i) {
                        self.make_up_for(i, learnt);
                    }
                }
            }
            Step::Lose(i, n) => {
                let inbox = &mut self.instances[i].inbox;
                if !inbox.is_empty() {
                    inbox.remove(n.index(inbox.len()));
                }
            }
            Step::CatchUp(i) if self.can_ask(i) => self.catch_up(i),
            Step::CatchUp(_) => {}
            Step::Away => {
                self.is_away = true;
                self.instances.iter_mut().for_each(|instance| instance.is_apart = true);
            }
            Step::Meet(i) => {
                self.is_away = false;
                self.meet(i);
            }
            Step::Forget => {
                (self.redis.clock, self.redis.era) = (None, 0);
                self.redis.marks.clear();
            }
            Step::Snapshot => self.kept = self.redis.clone(),
            Step::PutBack(writes) => self.put_back(writes),
            Step::Restart(i) => {
                self.instances[i] = Instance { is_apart: true, ..Instance::default() };
            }
        }
        Ok(())
    }

    /// An instance that is there all the while notices that the count went back. If none was, nobody can before one comes back.
    fn put_back(&mut self, writes: bool) {
        let latest = self.redis.clock;
        self.redis = Redis { ever_told: self.redis.ever_told, ..self.kept.clone() };
        let witness = (0..INSTANCES).find(|i| Some(self.instances[*i].marks.known()) == latest);
        match witness {
            Some(i) if !self.is_away => {
                self.instances[i].is_apart = false;
                if writes { self.write(i, 0) } else { self.catch_up(i) }
            }
            _ => self.redis.things.clear(),
        }
    }

    fn write(&mut self, i: usize, k: usize) {
        self.truth[k] += 1;
        let instance = &mut self.instances[i];
        instance.least[k] = self.truth[k];
        let (here, heard) = (instance.marks.change_here(&[tag(k)], Change::Gone), instance.marks.heard());
        if self.can_ask(i) {
            let news = self.redis.mark(self.time, heard, &[tag(k)]);
            self.tell(i, &news, here);
        } else {
            self.instances[i].pending.insert(tag(k), here);
        }
    }

    /// Redis has a change of an instance; the others will hear of it.
    fn tell(&mut self, from: usize, news: &News, here: u64) {
        for (i, instance) in self.instances.iter_mut().enumerate() {
            if i != from {
                instance.inbox.push(news.clone());
            }
        }
        (0..KEYS).filter(|k| news.tags.contains(&tag(*k))).for_each(|k| {
            let written = self.instances[from].least[k];
            self.redis.told[k] = self.redis.told[k].max(written);
            self.redis.ever_told[k] = self.redis.ever_told[k].max(written);
        });
        let learnt = self.instances[from].marks.settle(news, here);
        self.make_up_for(from, learnt);
    }

    fn make_up_for(&mut self, i: usize, learnt: Learnt) {
        if learnt == Learnt::Lost {
            let heard = self.instances[i].marks.heard();
            self.redis.mark(self.time, heard, &[Tag::everything()]);
        }
        if learnt != Learnt::All {
            self.catch_up(i);
        }
    }

    fn catch_up(&mut self, i: usize) {
        let heard = self.instances[i].marks.heard();
        if self.redis.mark(self.time, heard, &[]).version < heard {
            self.redis.mark(self.time, heard, &[Tag::everything()]);
        }
        let instance = &mut self.instances[i];
        let known = instance.marks.known();
        let rows = self.redis.marks.iter().filter(|(_, version)| **version > known);
        let rows: Vec<_> = rows.map(|(tag, version)| (tag.clone(), Change::Gone, *version)).collect();
        instance.marks.catch_up(self.redis.era, rows, self.redis.clock.unwrap_or(0));
        for k in 0..KEYS {
            instance.least[k] = instance.least[k].max(self.redis.told[k]);
        }
    }

    fn meet(&mut self, i: usize) {
        self.catch_up(i);
        for (tag, here) in std::mem::take(&mut self.instances[i].pending) {
            let news = self.redis.mark(self.time, self.instances[i].marks.heard(), &[tag]);
            self.tell(i, &news, here);
        }
        self.instances[i].is_apart = false;
    }

    fn end(&mut self, i: usize, n: Index) {
        let can_ask = self.can_ask(i);
        let instance = &mut self.instances[i];
        if instance.making.is_empty() {
            return;
        }
        let (k, thing) = instance.making.remove(n.index(instance.making.len()));
        if instance.marks.standing(thing.0, &[tag(k)]) == Standing::Valid {
            instance.memory.insert(k, thing);
            if can_ask {
                self.redis.things.insert(k, (Moment { here: 0, ..thing.0 }, thing.1));
            }
        }
    }

    fn get(&mut self, i: usize, k: usize) -> Result<(), TestCaseError> {
        let instance = &self.instances[i];
        if let Some((made, value)) = instance.memory.get(&k)
            && instance.marks.standing(*made, &[tag(k)]) == Standing::Valid
        {
            prop_assert!(*value >= instance.least[k], "{i} serves {value} of {k}, and knows of {}", instance.least[k]);
            return Ok(());
        }
        let Some((made, value)) = self.redis.things.get(&k).copied().filter(|_| self.can_ask(i)) else { return Ok(()) };
        if self.redis.clock.unwrap_or(0) != self.instances[i].marks.known() {
            self.catch_up(i);
        }
        let instance = &mut self.instances[i];
        if instance.marks.standing(made, &[tag(k)]) == Standing::Valid {
            let least = self.redis.told[k].max(instance.least[k]);
            prop_assert!(value >= least, "{i} takes {value} of {k} from Redis, which was told of {least}");
            instance.memory.insert(k, (made, value));
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_served_what_is_older_than_what_they_wrote_or_heard_of(steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::new();
        for step in steps {
            world.run(step)?;
        }
    }

    #[test]
    fn what_is_made_when_all_is_quiet_is_served_by_all(steps in prop::collection::vec(step(), 0..40)) {
        let mut world = World::new();
        for step in steps {
            world.run(step)?;
        }
        (0..INSTANCES).for_each(|i| world.meet(i));
        (0..INSTANCES).for_each(|i| world.catch_up(i));
        for i in 0..INSTANCES {
            let instance = &world.instances[i];
            for k in 0..KEYS {
                let thing = instance.marks.now();
                let of_others = Moment { here: 0, ..thing };
                prop_assert_eq!(instance.marks.standing(thing, &[tag(k)]), Standing::Valid);
                prop_assert_eq!(instance.marks.standing(of_others, &[tag(k)]), Standing::Valid, "of others");
            }
        }
    }
}
