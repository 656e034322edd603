//! The drawing's plane of days and measurements: hundredths of the width across, pixels from the top down, so that days are stretched to the place there
//! is, and neither heights nor words are.

use server::vitals::Day;
use time::{Date, OffsetDateTime, UtcOffset};

/// How high the drawing is.
pub(super) const HEIGHT: f64 = 240.0;
/// How high a line of words is, and the air above the first.
pub(super) const LINE: f64 = 17.0;
const AIR: f64 = 8.0;
/// Lines that names of releases have room in.
const LINES: usize = 3;
/// Letters of a name that are written out.
const LETTERS: usize = 13;
/// The width of a letter, in hundredths of the narrowest drawing.
const LETTER: f64 = 2.5;
const SECONDS_OF_A_DAY: f64 = 86_400.0;

/// See above.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plane {
    first: Date,
    days: f64,
    /// The highest measurement there is room for.
    pub(super) top: f64,
    /// Where it stands; above it are names.
    pub(super) head: f64,
}

/// The name of a release, above the moment from which it served.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    /// When, in hundredths across.
    pub(super) across: f64,
    /// The name, and in which line it stands; none when there is no room.
    pub(super) name: Option<(String, usize)>,
    /// Whether the name stands left of the moment.
    pub(super) is_left: bool,
}

impl Plane {
    /// For so many days from the first on, with room for what is this high and so many lines of names.
    pub(super) fn new(first: Date, days: u16, highest: f64, lines: usize) -> Self {
        let lines = u32::try_from(lines).map_or(0.0, f64::from);
        Self { first, days: f64::from(days.max(1)), top: round_above(highest * 1.1), head: AIR + LINE * lines }
    }

    /// The place of a day among days.
    pub(super) fn place(&self, day: Date) -> f64 {
        let days = i32::try_from((day - self.first).whole_days()).unwrap_or_default();
        f64::from(days) + 0.5
    }

    /// The middle of a day, in hundredths across.
    pub(super) fn across(&self, day: Date) -> f64 {
        100.0 * self.place(day) / self.days
    }

    /// A moment, in hundredths across.
    pub(super) fn moment(&self, at: OffsetDateTime) -> f64 {
        let seconds = (at.to_offset(UtcOffset::UTC) - self.first.midnight().assume_utc()).as_seconds_f64();
        (100.0 * seconds / SECONDS_OF_A_DAY / self.days).clamp(0.0, 100.0)
    }

    /// A measurement, in pixels from the top. What there is no room for stands at the top.
    pub(super) fn down(&self, value: f64) -> f64 {
        HEIGHT - (HEIGHT - self.head) * (value / self.top).clamp(0.0, 1.0)
    }
}

/// The curve as two paths, of days that follow each other: between days with enough samples, and where one of two has too few.
pub(super) fn curves(plane: &Plane, days: &[Day]) -> [String; 2] {
    let (mut sure, mut unsure) = (String::new(), String::new());
    let mut is_sure_before = false;
    for pair in days.windows(2) {
        let [from, to] = pair else { continue };
        let is_sure = from.figures.rating.is_some() && to.figures.rating.is_some();
        let path = if is_sure { &mut sure } else { &mut unsure };
        if to.day.previous_day() == Some(from.day) {
            if !(is_sure && is_sure_before) {
                path.push_str(&point('M', plane, from));
            }
            path.push_str(&point('L', plane, to));
            is_sure_before = is_sure;
        } else {
            is_sure_before = false;
        }
    }
    [sure, unsure]
}

fn point(verb: char, plane: &Plane, Day { day, figures }: &Day) -> String {
    format!("{verb}{:.1} {:.1}", plane.place(*day), plane.down(figures.p75))
}

/// Names above moments, the latest first: each in the first line that has room beside those before it.
pub(super) fn marks(moments: impl IntoIterator<Item = (f64, String)>) -> Vec<Mark> {
    let mut taken: [Vec<(f64, f64)>; LINES] = Default::default();
    let mark = |(across, name): (f64, String)| {
        let name = cut(&name);
        let width = LETTER * u16::try_from(name.chars().count() + 1).map_or(100.0, f64::from);
        let is_left = across > 50.0;
        let (from, to) = if is_left { (across - width, across) } else { (across, across + width) };
        let is_free = |line: &Vec<(f64, f64)>| line.iter().all(|(begins, ends)| to <= *begins || *ends <= from);
        let line = taken.iter().position(is_free);
        if let Some(line) = line {
            taken[line].push((from, to));
        }
        Mark { across, name: line.map(|line| (name, line)), is_left }
    };
    moments.into_iter().map(mark).collect()
}

/// A name, without its end when it is long.
fn cut(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    name.chars().take(LETTERS - 1).chain(['…']).collect()
}

/// The next number that is easily read.
fn round_above(value: f64) -> f64 {
    let magnitude = 10_f64.powf(value.max(f64::MIN_POSITIVE).log10().floor());
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    let step = steps.into_iter().find(|step| value <= step * magnitude * (1.0 + 1e-9));
    step.unwrap_or(10.0) * magnitude
}

#[cfg(test)]
mod tests {
    use model::vitals::Rating;
    use server::vitals::Figures;
    use time::macros::{date, datetime};

    use super::*;

    fn day(day: Date, p75: f64, is_enough: bool) -> Day {
        let rating = is_enough.then_some(Rating::Good);
        Day {
            day,
            figures: Figures {
                samples: 1,
                p50: p75,
                p75,
                p75_between: (p75, p75),
                p95: p75,
                rating,
                shares: [1.0, 0.0, 0.0],
            },
        }
    }

    #[test]
    fn days_go_across_and_measurements_up_from_the_ground() {
        let plane = Plane::new(date!(2026 - 11 - 20), 4, 2_500.0, 0);
        assert!((plane.top - 3_000.0).abs() < 1e-6 && (plane.head - AIR).abs() < 1e-9);
        assert!((plane.across(date!(2026 - 11 - 20)) - 12.5).abs() < 1e-9);
        assert!((plane.moment(datetime!(2026-11-21 12:00 UTC)) - 37.5).abs() < 1e-9);
        assert!(plane.moment(datetime!(2026-11-01 12:00 UTC)).abs() < 1e-9);
        assert!((plane.down(0.0) - HEIGHT).abs() < 1e-9);
        assert!((plane.down(1e9) - plane.head).abs() < 1e-9, "what is beyond the top stands at the top");
    }

    #[test]
    fn a_curve_is_whole_between_sure_days_dashed_beside_others_and_broken_where_there_is_nothing() {
        let plane = Plane::new(date!(2026 - 11 - 10), 9, 90.0, 0);
        let days = [
            day(date!(2026 - 11 - 10), 0.0, true),
            day(date!(2026 - 11 - 11), 100.0, true),
            day(date!(2026 - 11 - 12), 0.0, true),
            day(date!(2026 - 11 - 13), 0.0, false),
            day(date!(2026 - 11 - 14), 100.0, true),
            day(date!(2026 - 11 - 16), 0.0, true),
            day(date!(2026 - 11 - 17), 0.0, true),
        ];
        let [sure, unsure] = curves(&plane, &days);
        assert_eq!(sure, "M0.5 240.0L1.5 8.0L2.5 240.0M6.5 240.0L7.5 240.0");
        assert_eq!(unsure, "M2.5 240.0L3.5 240.0M3.5 240.0L4.5 8.0");
        assert_eq!(curves(&plane, &days[..1]), ["", ""]);
    }

    #[test]
    fn names_do_not_stand_on_each_other_and_what_finds_no_room_is_left_out() {
        let names = marks([90.0, 80.0, 85.0, 88.0, 10.0].map(|across| (across, "0.1.0+ab12cd34ef".to_owned())));
        let lines = names.iter().map(|mark| mark.name.as_ref().map(|(_, line)| *line)).collect::<Vec<_>>();
        assert_eq!(lines, [Some(0), Some(1), Some(2), None, Some(0)]);
        assert_eq!(names[0].name.as_ref().map(|(name, _)| name.as_str()), Some("0.1.0+ab12cd…"));
        assert_eq!((names[0].is_left, names[4].is_left), (true, false));
    }

    #[test]
    fn the_top_is_a_number_that_is_easily_read() {
        let tops = [0.0, 0.11, 99.0, 100.0, 101.0, 2_750.0, 7_000.0, 9_900.0].map(round_above);
        for (top, expected) in tops.iter().zip([0.0, 0.15, 100.0, 100.0, 150.0, 3_000.0, 8_000.0, 10_000.0]) {
            assert!((top - expected).abs() < 1e-9, "{top} {expected}");
        }
    }
}
