//! The last hour as drawings, in the ink of the page. Each says in words what it shows, and a table behind them holds every figure.

use leptos::prelude::*;

use server::jobs::CLASSES;

use super::{
    figures::{Hour, Minute, Spread, at_most},
    hour_and_minute,
};
use crate::components::{
    bars::{Bars, bar, share},
    table::table,
};

/// Charts and table, or what will be here.
pub(super) fn charts(hour: &Hour) -> AnyView {
    if hour.is_empty() {
        return view! { <p class="quiet">"Nothing happened in the last hour. How many jobs were done, how long they waited and how long they took will be drawn here, minute by minute."</p> }
            .into_any();
    }
    view! {
        <div class="charts">
            {throughput(hour)}
            {durations("Waited", "waited", hour, |minute| minute.wait)}
            {durations("Took", "took", hour, |minute| minute.run)}
        </div>
        <details>
            <summary>"Every figure as a table"</summary>
            {figures(hour)}
        </details>
    }
    .into_any()
}

fn throughput(hour: &Hour) -> AnyView {
    let most = hour.minutes.iter().map(|minute| minute.done + minute.failed).max().unwrap_or_default().max(1);
    let (mut done, mut failed) = (String::new(), String::new());
    for (at, minute) in hour.minutes.iter().enumerate() {
        let ended = minute.done + minute.failed;
        bar(&mut done, at, 0.0, share(minute.done, most));
        bar(&mut failed, at, share(minute.done, most), share(ended, most));
    }
    let words = format!(
        "In the last hour {} jobs were done and {} attempts failed; at most {most} in a minute",
        hour.whole.done, hour.whole.failed
    );
    let key = [("first", format!("{} done", hour.whole.done)), ("second", format!("{} failed", hour.whole.failed))];
    drawing("Done and failed", key, words, vec![(1.0, format!("{most} a minute"))], [done, failed], hour)
}

/// Half of a minute's durations end in the dark field of its column, 95 of 100 at its upper end.
fn durations(title: &'static str, verb: &str, hour: &Hour, of: fn(&Minute) -> Option<Spread>) -> AnyView {
    let top = |class: usize| share(class as u64 + 1, CLASSES as u64);
    let (mut middle, mut most) = (String::new(), String::new());
    for (at, minute) in hour.minutes.iter().enumerate() {
        if let Some(Spread { p50, p95 }) = of(minute) {
            bar(&mut middle, at, share(p50 as u64, CLASSES as u64), top(p50));
            bar(&mut most, at, top(p50), top(p95));
        }
    }
    let whole = of(&hour.whole);
    let half = whole.map_or_else(|| "none".to_owned(), |spread| at_most(spread.p50));
    let nearly_all = whole.map_or_else(|| "none".to_owned(), |spread| at_most(spread.p95));
    let words = format!(
        "Of the jobs of the last hour half {verb} no longer than {half}, and 95 of 100 no longer than {nearly_all}"
    );
    let lines = [0, 10, 16].map(|class| (top(class), at_most(class)));
    let key = [("first", format!("half: {half}")), ("rest", format!("95 of 100: {nearly_all}"))];
    drawing(title, key, words, lines.into(), [middle, most], hour)
}

fn drawing(
    title: &'static str,
    key: [(&'static str, String); 2],
    words: String,
    lines: Vec<(f64, String)>,
    paths: [String; 2],
    hour: &Hour,
) -> AnyView {
    let [begins, ends] = [hour.minutes.first(), hour.minutes.last()]
        .map(|minute| minute.map(|minute| hour_and_minute(minute.at)).unwrap_or_default());
    let minutes = hour.minutes.len();
    Bars { title, key, paths, words, lines, minutes, ends: [begins, format!("{ends} UTC")] }.view()
}

fn figures(hour: &Hour) -> AnyView {
    let spread = |spread: Option<Spread>| {
        let [half, nearly_all] = [spread.map(|spread| spread.p50), spread.map(|spread| spread.p95)]
            .map(|class| class.map_or_else(|| "–".to_owned(), at_most));
        view! { <td>{half}</td> <td>{nearly_all}</td> }
    };
    let minutes = hour.minutes.iter().rev().filter(|minute| !minute.is_empty());
    let rows = minutes.map(|minute| {
        view! {
            <tr>
                <th scope="row">{hour_and_minute(minute.at)}</th>
                <td>{minute.published}</td> <td>{minute.done}</td> <td>{minute.failed}</td>
                {spread(minute.wait)} {spread(minute.run)}
            </tr>
        }
        .into_any()
    });
    let head = [
        "Minute, UTC",
        "Published",
        "Done",
        "Failed",
        "Half waited",
        "95 of 100 waited",
        "Half took",
        "95 of 100 took",
    ];
    table("The last hour, minute by minute", &head, rows.collect())
}
