//! Monograms: letters built of strokes and arcs, one of which has another colour.

use super::pen::{ACCENT, Chance, INK, PAPER, Pen};

const WIDTH: f64 = 9.0;

/// Letters as two strokes: what carries it, and what is set off.
const LETTERS: [(char, &str, &str); 26] = [
    ('A', "M17 51L32 13L47 51", "M25 39H39"),
    ('B', "M20 13V51M20 13H32a9.5 9.5 0 0 1 0 19H20", "M20 32H34a9.5 9.5 0 0 1 0 19H20"),
    ('C', "M46 20A18.5 18.5 0 0 0 13.5 32", "M13.5 32A18.5 18.5 0 0 0 46 44"),
    ('D', "M20 13V51", "M20 13H28A19 19 0 0 1 28 51H20"),
    ('E', "M45 13H20V51H45", "M20 32H40"),
    ('F', "M45 13H21V51", "M21 32H40"),
    ('G', "M46 20A18.5 18.5 0 1 0 50.5 33", "M50.5 33H36"),
    ('H', "M19 13V51M45 13V51", "M19 32H45"),
    ('I', "M32 28V51", "M32 13V14"),
    ('J', "M41 13V38a11.5 11.5 0 0 1-23 0", "M27 13H41"),
    ('K', "M20 13V51", "M45 13L24 33M31 27L46 51"),
    ('L', "M21 13V51", "M21 51H45"),
    ('M', "M14 51V13M50 13V51", "M14 13L32 37L50 13"),
    ('N', "M18 51V13M46 13V51", "M18 13L46 51"),
    ('O', "M50.5 32A18.5 18.5 0 1 1 32 13.5", "M32 13.5A18.5 18.5 0 0 1 50.5 32"),
    ('P', "M21 13V51", "M21 13H34a10.5 10.5 0 0 1 0 21H21"),
    ('Q', "M32 13.5A18.5 18.5 0 1 1 31.9 13.5", "M38 38L51 51"),
    ('R', "M20 13V51M20 13H33a10 10 0 0 1 0 20H20", "M33 33L46 51"),
    ('S', "M44 19C41 15 37 13 32 13a9.5 9.5 0 0 0 0 19", "M32 32a9.5 9.5 0 0 1 0 19C27 51 22 49 20 45"),
    ('T', "M32 13V51", "M15 13H49"),
    ('U', "M18 13V37a14 14 0 0 0 14 14", "M32 51a14 14 0 0 0 14-14V13"),
    ('V', "M16 13L32 51", "M32 51L48 13"),
    ('W', "M9 13L21 51L32 23", "M32 23L43 51L55 13"),
    ('X', "M18 13L46 51", "M46 13L18 51"),
    ('Y', "M16 13L32 34V51", "M48 13L32 34"),
    ('Z', "M18 13H46L18 51", "M18 51H46"),
];

/// The letter a name begins with, if it is one of ours.
pub fn initial(name: &str) -> Option<char> {
    name.chars().next().map(|first| first.to_ascii_uppercase()).filter(char::is_ascii_uppercase)
}

/// How many ways there are to show a letter.
const WAYS: u64 = 4;

/// What a monogram shows beside its letter, for the seed of its chance.
pub fn idea(seed: u64) -> &'static str {
    match Chance::new(seed).of(WAYS) {
        0 => "cut out of a tile",
        1 => "cut out of a disc",
        _ => "built of strokes, one of them set off",
    }
}

/// The letter, free, on a tile or on a disc.
pub fn monogram(pen: &mut Pen, chance: &mut Chance, letter: char) {
    let Some((_, stem, other)) = LETTERS.iter().find(|(known, ..)| *known == letter) else { return };
    match chance.of(WAYS) {
        0 => {
            pen.block([4.0, 4.0, 56.0, 56.0], 14.0, INK);
            small(pen, stem, other, (PAPER, PAPER));
        }
        1 => {
            pen.disc(32.0, 32.0, 28.0, ACCENT);
            small(pen, stem, other, (PAPER, PAPER));
        }
        _ => {
            pen.stroke(stem, WIDTH, INK);
            pen.stroke(other, WIDTH, ACCENT);
        }
    }
}

fn small(pen: &mut Pen, stem: &str, other: &str, (one, two): (&str, &str)) {
    pen.placed("translate(12.8 12.8) scale(0.6)", |pen| {
        pen.stroke(stem, WIDTH + 1.5, one);
        pen.stroke(other, WIDTH + 1.5, two);
    });
}
