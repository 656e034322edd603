//! The whole in two or three sentences.

use super::{signs::Focus, subject::Subject};

const MOST_REMARKS: usize = 2;

/// What there is, and what else one should know of it.
pub fn overview(subject: &Subject<'_>) -> String {
    let data = &subject.knowledge.overview;
    let first = subject.tell(&data.first, &Focus::default(), "overview/first");
    let remarks = data.then.iter().enumerate().filter_map(|(nth, remark)| {
        let focus = subject.called(&remark.when, None, remark.unless.as_ref())?;
        subject.tell(&remark.says, &focus, &format!("overview/{nth}"))
    });
    first.into_iter().chain(remarks.take(MOST_REMARKS)).collect::<Vec<_>>().join(" ")
}
