//! The picture that other sites show of a project: what it is called, what it says of itself, its mark and its colours.

mod letters;

use std::sync::{Arc, OnceLock};

use model::sections::{Brand, Sections};
use resvg::{
    tiny_skia::{Pixmap, PixmapPaint, Transform},
    usvg::{Options, Tree, fontdb::Database},
};

use super::{
    ArchiveError,
    drawing::{Ground, stand_alone},
};
use letters::{Hand, INTER, Letters, NEWSREADER};

const WIDTH: u32 = 1_200;
const HEIGHT: u32 = 630;
const MARGIN: f32 = 80.0;
const MARK: u32 = 240;
const STRIPE: f32 = 28.0;
/// Marks with more to them are left out: a drawing of some kilobytes can be made to take minutes.
const MARK_MAX_BYTES: usize = 32 * 1_024;
const MARK_MAX_ELEMENTS: usize = 400;

/// What a card says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    title: String,
    line: String,
}

impl Words {
    /// The brand's name and tagline, where they are; else what the project is called and what it is about.
    pub(super) fn of(name: &str, sections: &Sections) -> Self {
        let (brand, product) = (&sections.brand, &sections.product);
        let title = brand.name.as_ref().map_or(name, |chosen| chosen.name.as_str());
        let line = if brand.tagline.is_empty() { &product.summary } else { &brand.tagline };
        Self { title: title.to_owned(), line: line.clone() }
    }
}

/// Whoever draws cards. The letters are read when the first one is drawn.
#[derive(Default)]
pub(super) struct Artist(OnceLock<Tools>);

struct Tools {
    letters: Letters,
    fonts: Arc<Database>,
}

impl Artist {
    /// A card as PNG. The same words and brand give the same bytes. Takes some ten milliseconds of one core.
    pub(super) fn draw(&self, words: &Words, brand: &Brand) -> Result<Vec<u8>, ArchiveError> {
        let failed = |reason: String| ArchiveError::Failed(reason);
        let tools = self.0.get_or_init(Tools::new);
        let ground = Ground::of(brand);
        let mark = mark(brand, &ground);
        let svg = tools.letters.layout(words, brand, &ground, mark.is_some());
        let options = Options { fontdb: Arc::clone(&tools.fonts), ..Options::default() };
        let tree = Tree::from_str(&svg, &options).map_err(|e| failed(e.to_string()))?;
        let mut picture = Pixmap::new(WIDTH, HEIGHT).ok_or_else(|| failed("no room for a picture".to_owned()))?;
        resvg::render(&tree, Transform::identity(), &mut picture.as_mut());
        if let Some(mark) = mark {
            let left = i32::try_from(WIDTH - MARK).unwrap_or_default() - MARGIN as i32;
            let none = Transform::identity();
            picture.draw_pixmap(left, MARGIN as i32, mark.as_ref(), &PixmapPaint::default(), none, None);
        }
        picture.encode_png().map_err(|e| failed(e.to_string()))
    }
}

impl Tools {
    fn new() -> Self {
        let mut fonts = Database::new();
        for font in [NEWSREADER, INTER] {
            fonts.load_font_data(font.to_vec());
        }
        Self { letters: Letters::new(), fonts: Arc::new(fonts) }
    }
}

/// The mark in a square of its own; none where there is none, or none that is drawn in no time.
fn mark(brand: &Brand, ground: &Ground) -> Option<Pixmap> {
    let svg = &brand.logo.as_ref()?.svg;
    // Clips and markers can be told to draw each other, many times over.
    let multiplies = ["clip", "marker", "Gradient", "<text"].iter().any(|what| svg.contains(what));
    if svg.len() > MARK_MAX_BYTES || svg.matches('<').count() > MARK_MAX_ELEMENTS || multiplies {
        return None;
    }
    let tree = Tree::from_str(&stand_alone(svg, ground), &Options::default()).ok()?;
    let side = MARK as f32;
    let scale = (side / tree.size().width()).min(side / tree.size().height());
    let (left, top) = ((side - tree.size().width() * scale) / 2.0, (side - tree.size().height() * scale) / 2.0);
    let mut square = Pixmap::new(MARK, MARK)?;
    resvg::render(&tree, Transform::from_scale(scale, scale).post_translate(left, top), &mut square.as_mut());
    Some(square)
}

impl Letters {
    /// The card without its mark, as SVG.
    fn layout(&self, words: &Words, brand: &Brand, ground: &Ground, with_mark: bool) -> String {
        let room = WIDTH as f32 - 2.0 * MARGIN - if with_mark { MARK as f32 + 60.0 } else { 0.0 };
        let title = self.readable(&words.title).unwrap_or_else(|| "One directive, a whole product".to_owned());
        let line = self.readable(&words.line).unwrap_or_default();
        let (size, lines) = self.fit(&title, room);
        let mut text = String::new();
        let mut baseline = MARGIN + size * 0.86;
        for words in &lines {
            text += &written(words, MARGIN, baseline, size, Hand::Display, ground.ink());
            baseline += size * 1.08;
        }
        // The title's last line needs less below it than between its lines.
        baseline += 60.0 - size * 0.72;
        for words in self.wrap(&line, Hand::Text, 34.0, room, 3) {
            text += &written(&words, MARGIN, baseline, 34.0, Hand::Text, ground.quiet());
            baseline += 48.0;
        }
        let foot = HEIGHT as f32 - STRIPE - 44.0;
        text += &written("Atlas9", MARGIN, foot, 30.0, Hand::Display, ground.ink());
        text += &written("made from one directive", MARGIN + 112.0, foot, 24.0, Hand::Text, ground.quiet());
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\"><rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"{}\"/>{text}{}</svg>",
            ground.paper(),
            stripe(brand, ground)
        )
    }

    /// The biggest size at which a title stands in two lines; in three, and cut, where there is none.
    fn fit(&self, title: &str, room: f32) -> (f32, Vec<String>) {
        for size in [112.0, 96.0, 80.0, 68.0] {
            let lines = self.wrap(title, Hand::Display, size, room, 3);
            if lines.len() <= 2 {
                return (size, lines);
            }
        }
        (58.0, self.wrap(title, Hand::Display, 58.0, room, 3))
    }
}

/// The palette without what its colours stand on, or the accent of this site.
fn stripe(brand: &Brand, ground: &Ground) -> String {
    let grounds = ["paper", "raised", "on-accent"];
    let shown = brand.palette.iter().filter(|colour| !grounds.contains(&colour.id.as_str()));
    let palette: Vec<&str> = shown.map(|colour| colour.light.hex.as_str()).collect();
    let colours = if palette.is_empty() { vec![ground.accent()] } else { palette };
    let (top, width) = (HEIGHT as f32 - STRIPE, WIDTH as f32 / colours.len() as f32);
    let band = |(at, colour): (usize, &&str)| {
        format!(
            "<rect x=\"{:.2}\" y=\"{top}\" width=\"{:.2}\" height=\"{STRIPE}\" fill=\"{colour}\"/>",
            at as f32 * width,
            width + 0.5
        )
    };
    colours.iter().enumerate().map(band).collect()
}

fn written(words: &str, x: f32, y: f32, size: f32, hand: Hand, colour: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let (family, weight) = hand.css();
    format!(
        "<text x=\"{x}\" y=\"{y}\" font-family=\"{family}\" font-weight=\"{weight}\" font-size=\"{size}\" fill=\"{colour}\" xml:space=\"preserve\">{words}</text>"
    )
}

#[cfg(test)]
mod tests {
    use model::sections::Logo;

    use super::*;

    fn words(title: &str, line: &str) -> Words {
        Words { title: title.to_owned(), line: line.to_owned() }
    }

    #[test]
    fn any_words_give_a_card_and_the_same_words_the_same_one() {
        let artist = Artist::default();
        for (title, line) in [
            ("Fernwick", "Vintage synthesizers, graded and sold without worry"),
            (&"word ".repeat(400), &"Donaudampfschifffahrtsgesellschaftskapitän".repeat(40)),
            ("سوق للكتب المستعملة", "本と<script>&amp;\"'"),
            ("Книги и кофе", "Ένα βιβλίο"),
            ("🎉🐝", ""),
            ("", ""),
        ] {
            let card = artist.draw(&words(title, line), &Brand::default()).unwrap();
            assert_eq!(&card[..8], b"\x89PNG\r\n\x1a\n");
            assert_eq!(card[16..24], [0, 0, 4, 176, 0, 0, 2, 118], "1200 by 630");
            assert_eq!(artist.draw(&words(title, line), &Brand::default()).unwrap(), card);
            assert!(card.len() < 200_000);
        }
    }

    #[test]
    fn words_are_written_and_those_of_other_alphabets_give_way_to_others() {
        let artist = Artist::default();
        let drawn = |title: &str, line: &str| artist.draw(&words(title, line), &Brand::default()).unwrap();
        let all = [
            drawn("Fernwick", ""),
            drawn("Fernwich", ""),
            drawn("Fernwick", "Sold"),
            drawn("Книги", ""),
            drawn("本の市場", ""),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(all.iter().skip(at + 1).all(|other| other != one), "card {at} says what another says");
        }
        assert_eq!(drawn("本の市場", ""), drawn("سوق للكتب", ""));
    }

    #[test]
    fn a_mark_that_would_take_for_ever_is_left_out() {
        let logo = |svg: &str| Brand { logo: Some(Logo { idea: "x".into(), svg: svg.into() }), ..Brand::default() };
        let of = |brand: &Brand| mark(brand, &Ground::of(brand));
        assert!(of(&logo("<svg viewBox=\"0 0 8 8\"><circle cx=\"4\" cy=\"4\" r=\"3\"/></svg>")).is_some());
        assert!(of(&logo(&format!("<svg viewBox=\"0 0 8 8\">{}</svg>", "<path d=\"M0 0\"/>".repeat(500)))).is_none());
        assert!(of(&logo("<svg viewBox=\"0 0 8 8\"><clipPath id=\"a\"/></svg>")).is_none());
        assert!(of(&logo("<svg")).is_none());
        assert!(of(&Brand::default()).is_none());
    }
}
