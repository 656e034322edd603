//! Many measurements in little room, so that a percentile of any of them, or of all together, can be told.
//!
//! Buckets are fixed and grow by the same factor γ, as DDSketch has them (Masson, Rim, Lee: "DDSketch", VLDB 2019, algorithm 1): bucket i holds what is
//! above γ^(i−1) and up to γ^i, and stands for 2γ^i/(γ+1), which is no further from anything in it than the share α = (γ−1)/(γ+1). Unlike DDSketch's they
//! have an end on both sides, which vitals have too, and so never collapse; two histograms are put together by adding their counts, in whatever order.

/// How far a percentile may be from the true one, as a share of it.
pub const RELATIVE_ERROR: f64 = 0.01;
/// By so much each bucket is larger than the one before.
const GAMMA: f64 = (1.0 + RELATIVE_ERROR) / (1.0 - RELATIVE_ERROR);
/// Buckets: the first holds what is at most 1, the last what is beyond 600,000: ten minutes in milliseconds.
pub const BUCKETS: u16 = 667;
const LAST: Bucket = BUCKETS - 1;

/// The number of a bucket.
pub type Bucket = u16;

/// How many measurements fell into each bucket. Only buckets that hold something take room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    /// By bucket, the lowest first; none is empty.
    filled: Vec<(Bucket, u32)>,
    count: u64,
}

impl Histogram {
    /// Counts a measurement. What is no number, or negative, counts as nothing at all.
    pub fn add(&mut self, value: f64) {
        if value.is_finite() && value >= 0.0 {
            self.add_to(bucket_of(value), 1);
        }
    }

    /// Counts many measurements in a bucket. There is no bucket beyond the last.
    pub fn add_to(&mut self, bucket: Bucket, count: u32) {
        let bucket = bucket.min(LAST);
        match self.filled.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            _ if count == 0 => return,
            Ok(place) => self.filled[place].1 = self.filled[place].1.saturating_add(count),
            Err(place) => self.filled.insert(place, (bucket, count)),
        }
        self.count = self.count.saturating_add(count.into());
    }

    /// Counts all that another counted.
    pub fn merge(&mut self, other: &Self) {
        let mut merged = Vec::with_capacity(self.filled.len().max(other.filled.len()));
        let (mut ours, mut theirs) = (self.filled.iter().copied().peekable(), other.filled.iter().copied().peekable());
        loop {
            merged.push(match (ours.peek(), theirs.peek()) {
                (Some(our), Some(their)) if our.0 == their.0 => (our.0, our.1.saturating_add(their.1)),
                (Some(our), Some(their)) => *our.min(their),
                (Some(one), None) | (None, Some(one)) => *one,
                (None, None) => break,
            });
            let next = merged.last().map(|(bucket, _)| *bucket);
            ours.next_if(|(bucket, _)| Some(*bucket) == next);
            theirs.next_if(|(bucket, _)| Some(*bucket) == next);
        }
        self.filled = merged;
        self.count = self.count.saturating_add(other.count);
    }

    /// As it is stored: for each bucket that holds something, how far it is from the one before and how much it holds, as variable-length integers
    /// (LEB128, seven bits a byte, the lowest first).
    pub fn to_bytes(&self) -> Vec<u8> {
        let (mut bytes, mut before) = (Vec::with_capacity(2 * self.filled.len()), 0);
        for (bucket, count) in &self.filled {
            put(&mut bytes, u32::from(bucket - before));
            put(&mut bytes, *count);
            before = *bucket;
        }
        bytes
    }

    /// What [`Histogram::to_bytes`] made; nothing when it is not whole.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (mut histogram, mut rest, mut bucket) = (Self::default(), bytes, 0_u32);
        while !rest.is_empty() {
            let (step, count) = (take(&mut rest)?, take(&mut rest)?);
            let is_next = histogram.filled.is_empty() || step > 0;
            bucket = bucket.checked_add(step).filter(|bucket| is_next && *bucket <= LAST.into())?;
            histogram.filled.push((Bucket::try_from(bucket).ok()?, Some(count).filter(|count| *count > 0)?));
            histogram.count = histogram.count.saturating_add(count.into());
        }
        Some(histogram)
    }

    /// How many measurements there are.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Buckets that hold something, the lowest first: up to which measurement, above that of the bucket before, and how much.
    pub fn buckets(&self) -> impl Iterator<Item = (f64, u32)> + '_ {
        self.filled.iter().map(|(bucket, count)| (GAMMA.powi(i32::from(*bucket)), *count))
    }

    /// The measurement that this share of all are no longer than; nothing of none. It is within [`RELATIVE_ERROR`] of the true one.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        self.at_rank(rank(self.count, share))
    }

    /// Between what a quantile lies with a certainty of 95 %, whatever the distribution: order statistics, whose ranks are binomial (David, Nagaraja:
    /// "Order Statistics", 7.1), by their normal approximation.
    pub fn interval(&self, share: f64) -> Option<(f64, f64)> {
        let (count, share) = (as_f64(self.count), share.clamp(0.0, 1.0));
        let (middle, spread) = (count * share, 1.96 * (count * share * (1.0 - share)).sqrt());
        let at = |place: f64| self.at_rank(as_rank(place.clamp(0.0, (count - 1.0).max(0.0))));
        Some((at((middle - spread).floor())?, at((middle + spread).ceil())?))
    }

    /// The share of measurements that are no longer than this, within what one bucket holds.
    pub fn share_up_to(&self, value: f64) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        let last = bucket_of(value);
        let up_to: u64 =
            self.filled.iter().take_while(|(bucket, _)| *bucket <= last).map(|(_, count)| u64::from(*count)).sum();
        as_f64(up_to) / as_f64(self.count)
    }

    fn at_rank(&self, rank: u64) -> Option<f64> {
        let mut seen = 0;
        self.filled.iter().find_map(|(bucket, count)| {
            seen += u64::from(*count);
            (seen > rank).then(|| value_of(*bucket))
        })
    }
}

fn put(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or_default());
}

fn take(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0_u64;
    for shift in (0..32).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(number).ok();
        }
    }
    None
}

/// The place of a quantile among so many, counted from nothing.
fn rank(count: u64, share: f64) -> u64 {
    as_rank((share.clamp(0.0, 1.0) * as_f64(count.saturating_sub(1))).round())
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
const fn as_f64(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place is a whole number and not negative"
)]
const fn as_rank(place: f64) -> u64 {
    place as u64
}

/// The bucket that a measurement falls into.
fn bucket_of(value: f64) -> Bucket {
    if value <= 1.0 {
        return 0;
    }
    let bucket = (value.ln() / GAMMA.ln()).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and the last bucket")]
    let bucket = bucket.min(f64::from(LAST)) as Bucket;
    bucket
}

/// What a bucket stands for. What is at most 1 is as good as nothing.
fn value_of(bucket: Bucket) -> f64 {
    if bucket == 0 { 0.0 } else { 2.0 * GAMMA.powi(i32::from(bucket)) / (GAMMA + 1.0) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> Histogram {
        let mut histogram = Histogram::default();
        values.iter().for_each(|value| histogram.add(*value));
        histogram
    }

    #[test]
    fn the_last_bucket_begins_beyond_ten_minutes_and_holds_whatever_is_longer() {
        assert_eq!(bucket_of(600_000.0), LAST);
        assert_eq!(bucket_of(f64::MAX), LAST);
        assert_eq!((bucket_of(0.0), bucket_of(1.0), bucket_of(1.01)), (0, 0, 1));
    }

    #[test]
    fn of_none_nothing_is_told() {
        let none = Histogram::default();
        assert_eq!((none.quantile(0.75), none.interval(0.75), none.count()), (None, None, 0));
        let strange = of(&[f64::NAN, f64::INFINITY, -1.0]);
        assert_eq!(strange.count(), 0, "what is no measurement is not counted");
    }

    #[test]
    fn the_more_there_are_the_surer_it_is() {
        let few = of(&(1..=50).map(f64::from).collect::<Vec<_>>());
        let many = of(&(1..=5_000).map(|value| f64::from(value) / 100.0).collect::<Vec<_>>());
        let width = |histogram: &Histogram| histogram.interval(0.75).map(|(low, high)| high - low).unwrap();
        assert!(width(&many) < width(&few) / 3.0, "{} and {}", width(&many), width(&few));
        assert!((few.share_up_to(25.0) - 0.5).abs() < 0.03);
    }

    #[test]
    fn what_is_not_whole_is_no_histogram() {
        for bad in [&[0x80][..], &[1], &[0xff; 20], &[0xff, 0x7f, 1], &[3, 0], &[3, 1, 0, 1]] {
            assert_eq!(Histogram::from_bytes(bad), None, "{bad:?}");
        }
        assert_eq!(Histogram::from_bytes(&[]), Some(Histogram::default()));
    }

    proptest! {
        #[test]
        fn what_is_stored_is_read_back(values in prop::collection::vec(0.0_f64..1e7, 0..300)) {
            let histogram = of(&values);
            let bytes = histogram.to_bytes();
            prop_assert!(bytes.len() <= 4 * values.len());
            prop_assert_eq!(Histogram::from_bytes(&bytes), Some(histogram));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = Histogram::from_bytes(&bytes);
        }

        #[test]
        fn a_percentile_is_within_a_hundredth_of_the_true_one(
            mut values in prop::collection::vec(1.0_f64..600_000.0, 1..400),
            share in 0.0_f64..=1.0,
        ) {
            let told = of(&values).quantile(share).unwrap();
            values.sort_by(f64::total_cmp);
            let place = usize::try_from(rank(values.len() as u64, share)).unwrap();
            // The last measurement up to 1 counts as none.
            let exact = values[place];
            prop_assert!((told - exact).abs() <= exact * RELATIVE_ERROR * 1.000_001 || exact <= 1.0, "{told} of {exact}");
        }

        #[test]
        fn together_or_one_by_one_is_the_same(
            one in prop::collection::vec(0.0_f64..1e6, 0..200),
            other in prop::collection::vec(0.0_f64..1e6, 0..200),
        ) {
            let mut merged = of(&one);
            merged.merge(&of(&other));
            let mut reversed = of(&other);
            reversed.merge(&of(&one));
            prop_assert_eq!(&merged, &of(&[one, other].concat()));
            prop_assert_eq!(merged, reversed);
        }
    }
}
