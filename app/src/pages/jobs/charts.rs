//! The last hour as drawings, in the ink of the page. Each says in words what it shows, and a table behind them holds every figure.

use leptos::prelude::*;

use super::figures::{Hour, Minute, Spread, at_most};
use super::{hour_and_minute, table};
use server::jobs::CLASSES;

/// How much of a chart's height its bars take at most; above is room for the label of the highest line.
const TALLEST: f64 = 88.0;

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
    chart("Done and failed", key, words, &[(1.0, format!("{most} a minute"))], [done, failed], hour)
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
    chart(title, key, words, &lines, [middle, most], hour)
}

/// A drawing as wide as its place: bars are stretched, lines and words are not.
fn chart(
    title: &'static str,
    key: [(&'static str, String); 2],
    words: String,
    lines: &[(f64, String)],
    [first, second]: [String; 2],
    hour: &Hour,
) -> AnyView {
    let drawn = [(key[0].0, first), (key[1].0, second)].map(|(class, path)| view! { <path class=class d=path></path> });
    let key = key.map(|(class, words)| view! { <li class=class>{words}</li> });
    let lines = lines.iter().map(|(at, words)| {
        let y = format!("{:.1}%", 100.0 - TALLEST * at);
        view! {
            <line x1="0" x2="100%" y1=y.clone() y2=y.clone()></line>
            <text x="0" y=y dy="-5">{words.clone()}</text>
        }
    });
    let ends =
        [hour.minutes.first(), hour.minutes.last()].map(|minute| minute.map(|minute| hour_and_minute(minute.at)));
    let [begins, ends] = ends;
    view! {
        <figure class="chart">
            <figcaption>
                <h3>{title}</h3>
                <ul class="key">{key.into_iter().collect_view()}</ul>
            </figcaption>
            <svg width="100%" height="160" role="img" aria-label=words>
                <svg viewBox="0 0 60 100" width="100%" height="100%" preserveAspectRatio="none">
                    {drawn.into_iter().collect_view()}
                </svg>
                {lines.collect_view()}
            </svg>
            <p class="ends"><span>{begins}</span> <span>{ends} " UTC"</span></p>
        </figure>
    }
    .into_any()
}

/// A bar of one minute between two shares of the height; none when it has no height.
fn bar(path: &mut String, at: usize, from: f64, to: f64) {
    if to > from {
        let (low, high) = (100.0 - TALLEST * from, 100.0 - TALLEST * to);
        path.push_str(&format!("M{at}.1 {low:.1}h.8V{high:.1}h-.8z"));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a drawing is no more precise")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_stands_on_the_ground_and_what_is_nothing_is_not_drawn() {
        let mut path = String::new();
        bar(&mut path, 0, 0.0, 0.0);
        assert_eq!(path, "");
        bar(&mut path, 7, 0.0, 0.5);
        bar(&mut path, 7, 0.5, 1.0);
        assert_eq!(path, "M7.1 100.0h.8V56.0h-.8zM7.1 56.0h.8V12.0h-.8z");
    }
}
