//! What broke, and for how long.

use leptos::prelude::*;
use server::vitals::checks::{Incident, Status};
use time::OffsetDateTime;

use super::{
    days::Kind,
    words::{lasting, many},
};
use crate::pages::jobs::moment;

/// The latest first, or that there is nothing to tell, as far as anybody looked.
pub(super) fn incidents(status: &Status, now: OffsetDateTime) -> AnyView {
    if status.incidents.is_empty() {
        return view! { <p class="quiet">{nothing(seen_days(status))}</p> }.into_any();
    }
    let rows = status.incidents.iter().map(|incident| row(incident, now));
    view! { <ol class="lines">{rows.collect_view()}</ol> }.into_any()
}

fn row(incident: &Incident, now: OffsetDateTime) -> AnyView {
    let (until, lasted) = match incident.ended_at {
        Some(at) => (view! { "until " {moment(at)} " UTC" }.into_any(), lasting(at - incident.began_at)),
        None => ("UTC, and still".into_any(), format!("{} so far", lasting(now - incident.began_at))),
    };
    view! {
        <li>
            <div>
                <strong>{incident.path.words()}</strong>
                <p dir="auto">{incident.reason.clone()}</p>
                <p class="quiet">"From " {moment(incident.began_at)} " " {until}</p>
            </div>
            <span class="tag">{lasted}</span>
        </li>
    }
    .into_any()
}

/// Days since the first on which anybody looked, that one and today included.
fn seen_days(status: &Status) -> usize {
    let of_check =
        |days: &[_]| days.iter().position(|day| Kind::of(day) != Kind::Unseen).map(|first| days.len() - first);
    status.checks.iter().filter_map(|check| of_check(&check.days)).max().unwrap_or_default()
}

fn nothing(days: usize) -> String {
    match days {
        0 => {
            "Nobody has looked yet, so that nothing can be said. What breaks stands here from then on, with its reason."
                .to_owned()
        }
        1 => "Nothing broke today, as far as visits tell.".to_owned(),
        days => format!("Nothing broke in the last {}, as far as visits tell.", many(days as u64, "day", "days")),
    }
}

#[cfg(test)]
mod tests {
    use server::vitals::checks::Path;

    use super::{
        super::sample::{check, day},
        *,
    };

    #[test]
    fn nothing_is_claimed_of_days_before_anybody_looked() {
        let of = |checks| nothing(seen_days(&Status { checks, incidents: vec![] }));
        let unseen = || check(Path::Landing, [day(2, 0, 0, 0), day(1, 0, 0, 0), day(0, 0, 0, 0)]);
        let two = check(Path::Projects, [day(2, 0, 0, 0), day(1, 5, 0, 0), day(0, 0, 0, 0)]);
        let one = check(Path::Projects, [day(2, 0, 0, 0), day(1, 0, 0, 0), day(0, 5, 0, 0)]);
        assert!(of(vec![unseen(), unseen()]).starts_with("Nobody has looked yet"));
        assert_eq!(of(vec![unseen(), one]), "Nothing broke today, as far as visits tell.");
        assert_eq!(of(vec![two, unseen()]), "Nothing broke in the last 2 days, as far as visits tell.");
    }
}
