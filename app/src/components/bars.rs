//! Minutes as bars, in the ink of the page. A drawing says in words what it shows; whoever draws one puts a table of its figures behind it.

use leptos::prelude::*;

/// How much of the height bars take at most; above is room for the label of the highest line.
const TALLEST: f64 = 88.0;

/// Two kinds of bars, one above the other in every minute.
pub(crate) struct Bars {
    pub(crate) title: &'static str,
    /// What the two kinds are called: the class that gives them their ink, and words.
    pub(crate) key: [(&'static str, String); 2],
    /// Their paths, of [`bar`]s.
    pub(crate) paths: [String; 2],
    /// What all of it shows.
    pub(crate) words: String,
    /// At which shares of the height there are lines, and what they mean.
    pub(crate) lines: Vec<(f64, String)>,
    pub(crate) minutes: usize,
    /// What stands under the first and the last minute.
    pub(crate) ends: [String; 2],
}

impl Bars {
    /// As wide as its place: bars are stretched, lines and words are not.
    pub(crate) fn view(self) -> AnyView {
        let classes = [self.key[0].0, self.key[1].0];
        let drawn = classes.into_iter().zip(self.paths).map(|(class, path)| view! { <path class=class d=path></path> });
        let key = self.key.map(|(class, words)| view! { <li class=class>{words}</li> });
        let lines = self.lines.into_iter().map(|(at, words)| {
            let y = format!("{:.1}%", 100.0 - TALLEST * at);
            view! {
                <line x1="0" x2="100%" y1=y.clone() y2=y.clone()></line>
                <text x="0" y=y dy="-5">{words}</text>
            }
        });
        let [begins, ends] = self.ends;
        view! {
            <figure class="chart">
                <figcaption>
                    <h3>{self.title}</h3>
                    <ul class="key">{key.into_iter().collect_view()}</ul>
                </figcaption>
                <svg width="100%" height="160" role="img" aria-label=self.words>
                    <svg viewBox=format!("0 0 {} 100", self.minutes) width="100%" height="100%" preserveAspectRatio="none">
                        {drawn.collect_view()}
                    </svg>
                    {lines.collect_view()}
                </svg>
                <p class="ends"><span>{begins}</span> <span>{ends}</span></p>
            </figure>
        }
        .into_any()
    }
}

/// A bar of one minute between two shares of the height; none when it has no height.
pub(crate) fn bar(path: &mut String, at: usize, from: f64, to: f64) {
    if to > from {
        let (low, high) = (100.0 - TALLEST * from, 100.0 - TALLEST * to);
        path.push_str(&format!("M{at}.1 {low:.1}h.8V{high:.1}h-.8z"));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a drawing is no more precise")]
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
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
