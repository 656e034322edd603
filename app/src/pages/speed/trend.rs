//! One vital by the day, with the releases that came.

use leptos::prelude::*;
use model::vitals::Vital;
use server::vitals::{Day, Detail, Part, Release, Summary};

use super::{
    asked::Asked,
    plane::{HEIGHT, LINE, Mark, Plane, curves, marks},
    words::{TOO_FEW, bands, count, long, measured, rated, short},
};
use crate::components::table::table;

/// The drawing, what it says in words, and every figure of it.
pub(super) fn trend(vital: Vital, summary: &Summary, detail: &Detail, asked: &Asked) -> AnyView {
    let plane = plane(vital, summary, detail);
    let title = format!("p75 of {} by the day", short(vital));
    view! {
        <div class="charts">
            <figure class="chart">
                <figcaption>
                    <h3>{title}</h3>
                    <ul class="key">
                        <li class="first">"three of four visits had it no worse"</li>
                        <li class="rest">"needs work"</li>
                        <li class="second">"poor"</li>
                    </ul>
                </figcaption>
                {drawing(vital, &plane, summary, detail)}
                <p class="ends"><span>{summary.since.to_string()}</span> <span>{last_day(summary)} " UTC"</span></p>
            </figure>
        </div>
        <p class="help">"Hollow and dashed: fewer than 50 samples on that day, too few to say. Upright lines: a release begins to serve."</p>
        <details>
            <summary>"Every day as a table"</summary>
            {days(vital, detail)}
            {releases(&summary.releases, asked)}
        </details>
    }
    .into_any()
}

/// Room for what is good and for all days that tell something; for all days at all where none does.
fn plane(vital: Vital, summary: &Summary, detail: &Detail) -> Plane {
    let sure = detail.trend.iter().filter(|day| day.figures.rating.is_some()).map(|day| day.figures.p75);
    let any = detail.trend.iter().map(|day| day.figures.p75);
    let highest = sure.reduce(f64::max).or_else(|| any.reduce(f64::max)).unwrap_or_default();
    let plane = |lines| Plane::new(summary.since, summary.days, highest.max(vital.bands().0), lines);
    let names = releases_above(&plane(0), &summary.releases).into_iter().filter_map(|mark| mark.name);
    plane(names.map(|(_, line)| line + 1).max().unwrap_or_default())
}

fn releases_above(plane: &Plane, releases: &[Release]) -> Vec<Mark> {
    marks(releases.iter().map(|release| (plane.moment(release.first_seen_at), release.name.clone())))
}

fn last_day(summary: &Summary) -> String {
    (summary.since + time::Duration::days(i64::from(summary.days) - 1)).to_string()
}

fn drawing(vital: Vital, plane: &Plane, summary: &Summary, detail: &Detail) -> AnyView {
    let [sure, unsure] = curves(plane, &detail.trend);
    let stretched = format!("0 0 {} {HEIGHT}", summary.days);
    let releases = releases_above(plane, &summary.releases);
    let top = format!("{:.1}", plane.head);
    // Words come last: they are read over everything.
    view! {
        <svg width="100%" height=HEIGHT role="img" aria-label=words(vital, summary, detail)>
            {fields(vital, plane)}
            {releases.iter().map(|mark| release_line(plane, mark)).collect_view()}
            <svg viewBox=stretched width="100%" height=HEIGHT preserveAspectRatio="none">
                <path class="curve" d=sure></path>
                <path class="curve few" d=unsure></path>
            </svg>
            {detail.trend.iter().map(|day| disc(plane, summary.days, day)).collect_view()}
            {bounds(vital, plane)}
            <text x="100%" y=top dy="14" text-anchor="end">{measured(vital, plane.top)}</text>
            {releases.iter().map(release_name).collect_view()}
        </svg>
    }
    .into_any()
}

/// What needs work and what is poor, behind everything.
fn fields(vital: Vital, plane: &Plane) -> AnyView {
    let (good, poor) = vital.bands();
    let field = |class: &'static str, from: f64, to: f64| {
        let (y, height) = (plane.down(to), plane.down(from) - plane.down(to));
        let (y, height) = (format!("{y:.1}"), format!("{height:.1}"));
        (from < to).then(|| view! { <rect class=class y=y width="100%" height=height></rect> })
    };
    view! { {field("band rest", good, poor.min(plane.top))} {field("band second", poor, plane.top)} }.into_any()
}

/// Where good ends and where poor begins, in words.
fn bounds(vital: Vital, plane: &Plane) -> AnyView {
    let (good, poor) = vital.bands();
    // Where they are too near to each other for two lines of words, only the upper has some.
    let is_crowded = poor < plane.top && plane.down(good) - plane.down(poor) < LINE;
    let bounds = [good, poor].into_iter().zip(bands(vital)).filter(|(bound, _)| *bound < plane.top);
    let bounds = bounds.filter(|(bound, _)| !is_crowded || *bound > good);
    let bounds = bounds.map(|(bound, words)| {
        let y = format!("{:.1}", plane.down(bound));
        view! { <text y=y dy="-5">{words}</text> }
    });
    bounds.collect_view().into_any()
}

/// From its name down; from where measurements begin, when it has none.
fn release_line(plane: &Plane, mark: &Mark) -> AnyView {
    let (across, y) =
        (format!("{:.2}%", mark.across), mark.name.as_ref().map_or(plane.head, |(_, line)| top_of(*line)));
    view! { <line class="release" x1=across.clone() x2=across y1=y y2="100%"></line> }.into_any()
}

fn release_name(mark: &Mark) -> Option<AnyView> {
    let (anchor, away) = if mark.is_left { ("end", "-4") } else { ("start", "4") };
    let (name, line) = mark.name.clone()?;
    let (across, y) = (format!("{:.2}%", mark.across), top_of(line) + 11.0);
    Some(view! { <text x=across y=y dx=away text-anchor=anchor>{name}</text> }.into_any())
}

fn top_of(line: usize) -> f64 {
    2.0 + LINE * u32::try_from(line).map_or(0.0, f64::from)
}

fn disc(plane: &Plane, days: u16, day: &Day) -> AnyView {
    let radius = match days {
        0..=7 => "4",
        8..=28 => "3",
        _ => "2",
    };
    let few = day.figures.rating.is_none().then_some("few");
    let (x, y) = (format!("{:.2}%", plane.across(day.day)), format!("{:.1}", plane.down(day.figures.p75)));
    view! { <circle class=few cx=x cy=y r=radius></circle> }.into_any()
}

/// What the drawing shows, for whoever does not see it.
fn words(vital: Vital, summary: &Summary, detail: &Detail) -> String {
    let sure: Vec<&Day> = detail.trend.iter().filter(|day| day.figures.rating.is_some()).collect();
    let by = |wanted: fn(f64, f64) -> f64| sure.iter().map(|day| day.figures.p75).reduce(wanted);
    let tell = |value: f64| measured(vital, value);
    let course = match (sure.first(), sure.last(), by(f64::min), by(f64::max)) {
        (Some(first), Some(last), Some(least), Some(most)) if sure.len() > 1 => format!(
            "{} on {}, {} on {}, and between {} and {} on days with enough samples",
            tell(first.figures.p75),
            first.day,
            tell(last.figures.p75),
            last.day,
            tell(least),
            tell(most)
        ),
        (Some(only), ..) => format!("{} on {}, the only day with enough samples", tell(only.figures.p75), only.day),
        _ => "no day has enough samples to say".to_owned(),
    };
    let [good, poor] = bands(vital);
    let came = match summary.releases.len() {
        0 => "No release came".to_owned(),
        1 => "1 release came".to_owned(),
        many => format!("{many} releases came"),
    };
    let (title, days) = (long(vital), summary.days);
    format!("{title} of three of four visits in the last {days} days: {course}; {good}, {poor}. {came} in these days")
}

fn days(vital: Vital, detail: &Detail) -> AnyView {
    let rows = detail.trend.iter().rev().map(|Day { day, figures }| {
        let [low, high] = [figures.p75_between.0, figures.p75_between.1].map(|bound| measured(vital, bound));
        let p75 = figures.rating.map_or_else(|| TOO_FEW.to_owned(), |_| measured(vital, figures.p75));
        view! {
            <tr>
                <th scope="row">{day.to_string()}</th>
                <td>{count(figures.samples)}</td>
                <td class=figures.rating.is_none().then_some("quiet")>{p75}</td>
                <td>{low} " to " {high}</td>
                <td>{figures.rating.map_or("–", rated)}</td>
            </tr>
        }
        .into_any()
    });
    let head = ["Day, UTC", "Samples", "p75", "p75 with 95 % certainty", "Rating"];
    table(format!("{} by the day", short(vital)), &head, rows.collect())
}

fn releases(releases: &[Release], asked: &Asked) -> Option<AnyView> {
    let row = |release: &Release| {
        let at = release.first_seen_at.to_offset(time::UtcOffset::UTC);
        let began = format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute());
        let href = asked.of(Part::Release, &release.name).address();
        view! { <tr><th scope="row"><a href=href>{release.name.clone()}</a></th><td>{began}</td></tr> }.into_any()
    };
    let rows: Vec<AnyView> = releases.iter().map(row).collect();
    (!rows.is_empty()).then(|| table("Releases that came".to_owned(), &["Release", "Serves since, UTC"], rows))
}
