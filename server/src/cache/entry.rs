//! One thing that is kept, and what may be done with it: the whole of the rules, without a clock, a lock or a socket.

use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Tag, Times,
    marks::{Moment, Standing},
};

/// Share of its time by which a thing may be fresh for shorter or longer, so that what was made together does not end together.
const JITTER: f64 = 0.1;
/// How eagerly things are made anew before their time; 1 is the value of the paper.
const EAGERNESS: f64 = 1.0;

/// What may be done with a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Serve it.
    Fresh,
    /// Serve it, and make it anew before its time.
    Early,
    /// Serve it, and make it anew.
    Stale,
    /// Serve it only when it cannot be made anew.
    Spare,
    /// Do not serve it.
    Dead,
}

/// How long, in milliseconds from when it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    fresh: i64,
    stale: i64,
    spare: i64,
}

impl Ends {
    /// The times of a kind; `chance` from 0 to 1 spreads the first of them.
    pub fn new(times: &Times, is_there: bool, chance: f64) -> Self {
        let fresh = if is_there { times.fresh } else { times.absent };
        let fresh = millis(fresh.mul_f64(1.0 + JITTER * (2.0 * chance - 1.0)));
        let stale = fresh + millis(times.stale);
        Self { fresh, stale, spare: stale + millis(times.spare) }
    }

    /// How long after it was made a thing is of no use any more.
    pub fn last(self) -> i64 {
        self.spare
    }
}

/// How a thing came to be.
#[derive(Debug, Clone)]
pub struct Made {
    /// When its making began, as changes are counted.
    pub began: Moment,
    /// When it was made, in milliseconds since 1970.
    pub at: i64,
    /// How long that took, in milliseconds.
    pub took: i64,
}

/// A thing that is kept in memory; `None` when it is known that there is nothing.
#[derive(Debug)]
pub struct Entry {
    value: Option<Arc<dyn Any + Send + Sync>>,
    tags: Box<[Tag]>,
    made: Made,
    ends: Ends,
    /// Bytes of it, as it is written.
    size: u32,
    /// Nobody tries to make it anew until then, since that failed.
    rests_until: AtomicI64,
    /// The state of knowledge in which its tags were last found unchanged.
    valid_as_of: AtomicU64,
}

/// A thing as it is written into Redis.
#[derive(Serialize, Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    tags: Vec<&'a str>,
    began: u64,
    at: i64,
    took: i64,
    ends: Ends,
    #[serde(with = "bytes_or_nothing", borrow)]
    value: Option<&'a [u8]>,
}

/// A thing cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Its type does not write.
    #[error("it cannot be written: {0}")]
    Writing(#[from] rmp_serde::encode::Error),
    /// What is there is not of its type.
    #[error("it cannot be read: {0}")]
    Reading(#[from] rmp_serde::decode::Error),
}

impl Entry {
    /// A thing that was just made, and as it is written.
    ///
    /// # Errors
    /// [`Unreadable::Writing`].
    pub fn make<T>(value: Option<T>, tags: Vec<Tag>, made: Made, ends: Ends) -> Result<(Self, Vec<u8>), Unreadable>
    where
        T: Serialize + Send + Sync + 'static,
    {
        let bytes = value.as_ref().map(rmp_serde::to_vec).transpose()?;
        let written = rmp_serde::to_vec(&Written {
            tags: tags.iter().map(Tag::as_str).collect(),
            began: made.began.global,
            at: made.at,
            took: made.took,
            ends,
            value: bytes.as_deref(),
        })?;
        let value = value.map(|value| Arc::new(value) as _);
        Ok((Self::of(value, tags, made, ends, written.len()), written))
    }

    /// A thing as it was written by any instance.
    ///
    /// # Errors
    /// [`Unreadable::Reading`].
    pub fn read<T: DeserializeOwned + Send + Sync + 'static>(bytes: &[u8]) -> Result<Self, Unreadable> {
        let written: Written<'_> = rmp_serde::from_slice(bytes)?;
        let value = written.value.map(rmp_serde::from_slice::<T>).transpose()?;
        let tags = written.tags.into_iter().map(Tag::written).collect();
        // Changes that only this instance knows of count as later than anything of others.
        let made = Made { began: Moment { global: written.began, here: 0 }, at: written.at, took: written.took };
        Ok(Self::of(value.map(|value| Arc::new(value) as _), tags, made, written.ends, bytes.len()))
    }

    fn of(value: Option<Arc<dyn Any + Send + Sync>>, tags: Vec<Tag>, made: Made, ends: Ends, size: usize) -> Self {
        Self {
            value,
            tags: tags.into(),
            made,
            ends,
            size: u32::try_from(size).unwrap_or(u32::MAX),
            rests_until: AtomicI64::new(i64::MIN),
            valid_as_of: AtomicU64::new(0),
        }
    }

    /// The thing; `None` when it is of another type, which a name rules out.
    pub fn value<T: Send + Sync + 'static>(&self) -> Option<Option<Arc<T>>> {
        match &self.value {
            None => Some(None),
            Some(value) => Arc::clone(value).downcast().ok().map(Some),
        }
    }

    /// Bytes of it.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// How long it is still of use, in milliseconds; 0 or less when it is not.
    pub fn left(&self, now: i64) -> i64 {
        self.made.at + self.ends.last() - now
    }

    /// What may be done with it. `standing` says whether what it hangs on was changed, `chance` from 0 to 1 decides whether it is made anew early:
    /// the sooner it ends and the longer that takes, the likelier (Vattani, Chierichetti and Lowenstein: "Optimal probabilistic cache stampede
    /// prevention", VLDB 2015).
    pub fn judge(&self, now: i64, standing: Standing, chance: f64) -> Verdict {
        let age = now - self.made.at;
        let by_age = if age < self.ends.fresh {
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of a load")]
            let ahead = -(self.made.took as f64) * EAGERNESS * chance.max(f64::MIN_POSITIVE).ln();
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of hours")]
            let left = (self.ends.fresh - age) as f64;
            if ahead >= left { Verdict::Early } else { Verdict::Fresh }
        } else if age < self.ends.stale {
            Verdict::Stale
        } else if age < self.ends.spare {
            Verdict::Spare
        } else {
            Verdict::Dead
        };
        match standing {
            Standing::Valid => by_age,
            Standing::Stale => by_age.max(Verdict::Stale),
            Standing::Gone => Verdict::Dead,
        }
    }

    /// Whether what it hangs on was changed, asked only when anything was since the last time. `state` counts states of knowledge, from 1 on.
    pub fn standing(&self, state: u64, find: impl FnOnce(Moment, &[Tag]) -> Standing) -> Standing {
        if self.valid_as_of.load(Ordering::Acquire) == state {
            return Standing::Valid;
        }
        let standing = find(self.made.began, &self.tags);
        if standing == Standing::Valid {
            self.valid_as_of.store(state, Ordering::Release);
        }
        standing
    }

    /// Making it anew failed: it is served for so long before anybody tries again.
    pub fn rest(&self, now: i64, pause: Duration) {
        self.rests_until.store(now + millis(pause), Ordering::Relaxed);
    }

    /// Whether nobody is to try to make it anew yet.
    pub fn rests(&self, now: i64) -> bool {
        now < self.rests_until.load(Ordering::Relaxed)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 8)
}

/// Bytes as bytes; by itself serde writes them as a list of numbers.
mod bytes_or_nothing {
    use std::fmt;

    use serde::{Deserializer, Serializer, de::Visitor};

    pub(super) fn serialize<S: Serializer>(value: &Option<&[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(bytes) => serializer.serialize_bytes(bytes),
            None => serializer.serialize_unit(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de [u8]>, D::Error> {
        deserializer.deserialize_any(Bytes)
    }

    struct Bytes;

    impl<'de> Visitor<'de> for Bytes {
        type Value = Option<&'de [u8]>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bytes or nothing")
        }

        fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
            Ok(Some(bytes))
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TIMES: Times = Times {
        fresh: Duration::from_secs(60),
        stale: Duration::from_secs(300),
        spare: Duration::from_secs(3_000),
        absent: Duration::from_secs(5),
    };

    fn entry(value: Option<&str>, took: i64) -> Entry {
        let made = Made { began: Moment { global: 4, here: 2 }, at: 1_000_000, took };
        let ends = Ends::new(&TIMES, value.is_some(), 0.5);
        Entry::make(value.map(str::to_owned), vec![Tag::new("t", &[&1])], made, ends).unwrap().0
    }

    fn after(seconds: i64) -> i64 {
        1_000_000 + seconds * 1_000
    }

    #[test]
    fn a_thing_grows_old_step_by_step() {
        let entry = entry(Some("x"), 0);
        let at = |seconds| entry.judge(after(seconds), Standing::Valid, 0.5);
        assert_eq!(
            [0, 59, 60, 359, 360, 3_359, 3_360].map(at),
            [
                Verdict::Fresh,
                Verdict::Fresh,
                Verdict::Stale,
                Verdict::Stale,
                Verdict::Spare,
                Verdict::Spare,
                Verdict::Dead
            ]
        );
    }

    #[test]
    fn that_there_is_nothing_is_known_for_a_shorter_time() {
        let entry = entry(None, 0);
        assert_eq!(entry.judge(after(4), Standing::Valid, 0.5), Verdict::Fresh);
        assert_eq!(entry.judge(after(5), Standing::Valid, 0.5), Verdict::Stale);
        assert_eq!(entry.value::<String>(), Some(None));
    }

    #[test]
    fn what_takes_long_is_made_anew_before_its_time_and_the_sooner_the_likelier() {
        let slow = entry(Some("x"), 10_000);
        let early = |seconds: i64| {
            let chances = (1..1_000).map(|n| f64::from(n) / 1_000.0);
            chances.filter(|chance| slow.judge(after(seconds), Standing::Valid, *chance) == Verdict::Early).count()
        };
        assert!(early(0) < 5, "{}", early(0));
        assert!(early(30) < early(50) && early(50) < early(59), "{} {} {}", early(30), early(50), early(59));
        assert!(early(59) > 800);
        assert_eq!(entry(Some("x"), 0).judge(after(59), Standing::Valid, 0.001), Verdict::Fresh);
    }

    #[test]
    fn times_are_spread_by_a_tenth() {
        let fresh = |chance| Ends::new(&TIMES, true, chance).fresh;
        assert_eq!([fresh(0.0), fresh(0.5), fresh(1.0)], [54_000, 60_000, 66_000]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in any::<Option<String>>(), at in 0..i64::MAX / 4, took in 0..100_000_i64, tags in prop::collection::vec("[a-z:]{1,9}", 0..4)) {
            let made = Made { began: Moment { global: 7, here: 3 }, at, took };
            let tags: Vec<Tag> = tags.iter().map(|tag| Tag::written(tag)).collect();
            let (entry, bytes) = Entry::make(text.clone(), tags, made, Ends::new(&TIMES, text.is_some(), 0.1)).unwrap();
            let read = Entry::read::<String>(&bytes).unwrap();
            prop_assert_eq!(read.value::<String>().unwrap(), text.map(Arc::new));
            prop_assert_eq!((read.made.at, read.made.took, read.ends), (entry.made.at, entry.made.took, entry.ends));
            prop_assert_eq!(&read.tags, &entry.tags);
            prop_assert_eq!(read.made.began, Moment { global: 7, here: 0 });
        }

        #[test]
        fn bytes_of_anybody_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Entry::read::<String>(&bytes);
        }

        #[test]
        fn nothing_changed_is_ever_served_and_nothing_beyond_its_time(seconds in -10..5_000_i64, took in 0..20_000_i64, chance in 0.0..1.0) {
            let entry = entry(Some("x"), took);
            let now = after(seconds);
            prop_assert_eq!(entry.judge(now, Standing::Gone, chance), Verdict::Dead);
            prop_assert!(entry.judge(now, Standing::Stale, chance) >= Verdict::Stale);
            prop_assert_eq!(entry.judge(now, Standing::Valid, chance) == Verdict::Dead, entry.left(now) <= 0);
        }
    }
}
