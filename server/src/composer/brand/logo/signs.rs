//! Marks that show what a product does: exchanging, waiting one's turn, passing on, counting.

use super::{
    Construction,
    pen::{ACCENT, Chance, INK, Pen, arc, around},
};

/// All of them.
pub static SIGNS: [Construction; 26] = [
    Construction { name: "exchange", idea: "Two halves of one disc, handed past each other", draw: exchange },
    Construction { name: "slots", idea: "Nine places, one of them taken", draw: slots },
    Construction { name: "arch", idea: "A doorway that stands open", draw: arch },
    Construction { name: "tally", idea: "Four strokes and one across", draw: tally },
    Construction { name: "bars", idea: "Levels, one of them at its mark", draw: bars },
    Construction { name: "rings", idea: "Two rings that hold each other", draw: rings },
    Construction { name: "ledger", idea: "Lines of an account with the sum below", draw: ledger },
    Construction { name: "stack", idea: "Layers, the top one lifted out", draw: stack },
    Construction { name: "route", idea: "A way from here to there", draw: route },
    Construction { name: "chevrons", idea: "One step leads to the next", draw: chevrons },
    Construction { name: "steps", idea: "A stair with something at its top", draw: steps },
    Construction { name: "orbit", idea: "A small thing that keeps coming round", draw: orbit },
    Construction { name: "circle-of-people", idea: "People in a circle, one of them speaking", draw: circle_of_people },
    Construction { name: "speech", idea: "Somebody is answering", draw: speech },
    Construction { name: "wave", idea: "Three waves, one of them watched", draw: wave },
    Construction { name: "pulse", idea: "A line that beats", draw: pulse },
    Construction { name: "beacon", idea: "A light that is seen from afar", draw: beacon },
    Construction { name: "weave", idea: "Threads over and under each other", draw: weave },
    Construction { name: "hexagons", idea: "Cells that share their walls", draw: hexagons },
    Construction { name: "podium", idea: "First, second and third", draw: podium },
    Construction { name: "scales", idea: "Two sides, weighed", draw: scales },
    Construction { name: "brackets", idea: "Something between brackets", draw: brackets },
    Construction { name: "cross", idea: "A cross of five squares", draw: cross },
    Construction { name: "coin", idea: "A coin with a square hole", draw: coin },
    Construction { name: "frame", idea: "A picture in its frame", draw: frame },
    Construction { name: "pitch", idea: "A playing field from above", draw: pitch },
];

fn exchange(pen: &mut Pen, chance: &mut Chance) {
    let (one, other) = chance.pair();
    let turn = if chance.of(2) == 0 { "rotate(0 32 32)" } else { "rotate(90 32 32)" };
    pen.placed(turn, |pen| {
        pen.area("M30 6A22 22 0 0 0 30 50Z", one);
        pen.area("M34 14A22 22 0 0 1 34 58Z", other);
    });
}

fn slots(pen: &mut Pen, chance: &mut Chance) {
    let taken = chance.of(9);
    let corner = chance.one([3.0, 3.0, 7.5]);
    for place in 0..9_u32 {
        let (column, row) = (f64::from(place % 3), f64::from(place / 3));
        let colour = if u64::from(place) == taken { ACCENT } else { INK };
        pen.block([6.0 + column * 18.5, 6.0 + row * 18.5, 15.0, 15.0], corner, colour);
    }
}

fn arch(pen: &mut Pen, chance: &mut Chance) {
    pen.bar("M11 57V32a21 21 0 0 1 42 0V57", 8.0, INK);
    if chance.of(2) == 0 {
        pen.area("M24 57V33a8 8 0 0 1 16 0V57Z", ACCENT);
    } else {
        pen.bar("M25 57V32a7 7 0 0 1 14 0V57", 6.0, ACCENT);
    }
}

fn tally(pen: &mut Pen, _: &mut Chance) {
    pen.stroke("M13 12V52M25.7 12V52M38.3 12V52M51 12V52", 7.0, INK);
    pen.stroke("M6 43L58 21", 7.0, ACCENT);
}

fn bars(pen: &mut Pen, chance: &mut Chance) {
    let heights = chance.one([[22.0, 44.0, 32.0, 52.0], [34.0, 52.0, 20.0, 42.0], [18.0, 30.0, 52.0, 38.0]]);
    let marked = chance.of(4);
    let centred = chance.of(2) == 0;
    for (nth, height) in (0..4_u32).zip(heights) {
        let y = if centred { 32.0 - height / 2.0 } else { 58.0 - height };
        let colour = if u64::from(nth) == marked { ACCENT } else { INK };
        pen.block([6.5 + f64::from(nth) * 14.0, y, 9.0, height], 4.5, colour);
    }
}

fn rings(pen: &mut Pen, chance: &mut Chance) {
    let (one, other) = chance.pair();
    let turn = chance.one(["rotate(0 32 32)", "rotate(-45 32 32)", "rotate(45 32 32)"]);
    pen.placed(turn, |pen| {
        pen.ring(22.5, 32.0, 15.5, 7.0, one);
        pen.ring(41.5, 32.0, 15.5, 7.0, other);
    });
}

fn ledger(pen: &mut Pen, chance: &mut Chance) {
    let (two, three) = chance.one([(46.0, 54.0), (54.0, 38.0), (40.0, 48.0)]);
    pen.stroke(&format!("M10 13H54M10 26H{two}M10 39H{three}"), 6.0, INK);
    pen.stroke("M30 52H54", 7.0, ACCENT);
}

fn stack(pen: &mut Pen, chance: &mut Chance) {
    let (one, other) = chance.pair();
    pen.area("M32 5L58 19L32 33L6 19Z", other);
    pen.stroke("M9 32L32 44.5L55 32M9 44L32 56.5L55 44", 6.0, one);
}

fn route(pen: &mut Pen, chance: &mut Chance) {
    let turn = if chance.of(2) == 0 { "rotate(0 32 32)" } else { "translate(64 0) scale(-1 1)" };
    pen.placed(turn, |pen| {
        pen.stroke("M13 51H40a9.5 9.5 0 0 0 0-19H24a9.5 9.5 0 0 1 0-19H34", 7.0, INK);
        pen.disc(51.0, 13.0, 8.0, ACCENT);
    });
}

fn chevrons(pen: &mut Pen, chance: &mut Chance) {
    let turn = chance.one(["rotate(0 32 32)", "rotate(-90 32 32)", "rotate(-45 32 32)"]);
    let (one, other) = chance.pair();
    pen.placed(turn, |pen| {
        pen.stroke("M13 13L31 32L13 51", 9.0, one);
        pen.stroke("M34 13L52 32L34 51", 9.0, other);
    });
}

fn steps(pen: &mut Pen, _: &mut Chance) {
    pen.stroke("M8 54H22V40H36V26H54", 8.0, INK);
    pen.disc(47.0, 11.0, 7.0, ACCENT);
}

fn orbit(pen: &mut Pen, chance: &mut Chance) {
    let angle = f64::from(u32::try_from(chance.of(8)).unwrap_or(0)) * 45.0 - 22.5;
    pen.stroke(&arc([32.0, 32.0, 23.0], angle + 32.0, angle + 328.0), 6.0, INK);
    pen.disc(32.0, 32.0, 9.0, INK);
    let (x, y) = around(23.0, angle);
    pen.disc(x, y, 7.0, ACCENT);
}

fn circle_of_people(pen: &mut Pen, chance: &mut Chance) {
    let (count, r) = chance.one([(5_u32, 8.5), (6, 8.0), (7, 7.0)]);
    let speaker = chance.of(u64::from(count));
    for nth in 0..count {
        let (x, y) = around(21.5, -90.0 + 360.0 * f64::from(nth) / f64::from(count));
        pen.disc(x, y, r, if u64::from(nth) == speaker { ACCENT } else { INK });
    }
}

fn speech(pen: &mut Pen, chance: &mut Chance) {
    const BUBBLE: &str =
        "M15 8H49a10 10 0 0 1 10 10V34a10 10 0 0 1-10 10H34L20 57V44H15a10 10 0 0 1-10-10V18a10 10 0 0 1 10-10Z";
    if chance.of(2) == 0 {
        pen.area(&format!("{BUBBLE}M32 17a9 9 0 1 0 .1 0Z"), INK);
        pen.disc(32.0, 26.0, 5.0, ACCENT);
    } else {
        pen.area(&format!("{BUBBLE}M17 17H47V23H17ZM17 29H37V35H17Z"), INK);
        pen.block([17.0, 29.0, 20.0, 6.0], 0.0, ACCENT);
    }
}

fn wave(pen: &mut Pen, chance: &mut Chance) {
    let watched = chance.of(3);
    for nth in 0..3_u32 {
        let y = 17.0 + 15.0 * f64::from(nth);
        let colour = if u64::from(nth) == watched { ACCENT } else { INK };
        pen.stroke(&format!("M7 {y}q6.25-9 12.5 0t12.5 0t12.5 0t12.5 0"), 6.5, colour);
    }
}

fn pulse(pen: &mut Pen, _: &mut Chance) {
    pen.stroke("M6 34H17L26 13L37 52L44 34H46", 7.0, INK);
    pen.disc(54.0, 34.0, 6.0, ACCENT);
}

fn beacon(pen: &mut Pen, chance: &mut Chance) {
    pen.area("M27.5 29H36.5L42 58H22Z", INK);
    pen.disc(32.0, 16.0, 9.5, ACCENT);
    let rays = if chance.of(2) == 0 { "M8 16H14M50 16H56" } else { "M9 8L14 11M9 24L14 21M55 8L50 11M55 24L50 21" };
    pen.stroke(rays, 6.0, INK);
}

fn weave(pen: &mut Pen, chance: &mut Chance) {
    let (one, other) = chance.pair();
    pen.bar("M21 5V36M21 50V59M43 5V14M43 28V59", 9.0, one);
    pen.bar("M5 21H14M28 21H59M5 43H36M50 43H59", 9.0, other);
}

fn hexagons(pen: &mut Pen, chance: &mut Chance) {
    let turn = if chance.of(2) == 0 { "rotate(0 32 32)" } else { "rotate(180 32 32)" };
    let marked = chance.of(3);
    pen.placed(turn, |pen| {
        for (nth, (x, y)) in (0_u64..).zip([(18.5, 20.0), (45.5, 20.0), (32.0, 43.4)]) {
            let corners: Vec<String> = (0..6_u32)
                .map(|corner| {
                    let (px, py) = super::pen::around_point(x, y, 13.6, f64::from(corner) * 60.0 + 30.0);
                    format!("{} {}", super::pen::N(px), super::pen::N(py))
                })
                .collect();
            pen.area(&format!("M{}Z", corners.join("L")), if nth == marked { ACCENT } else { INK });
        }
    });
}

fn podium(pen: &mut Pen, _: &mut Chance) {
    pen.block([5.0, 36.0, 16.0, 22.0], 2.0, INK);
    pen.block([24.0, 24.0, 16.0, 34.0], 2.0, INK);
    pen.block([43.0, 43.0, 16.0, 15.0], 2.0, INK);
    pen.disc(32.0, 12.0, 7.0, ACCENT);
}

fn scales(pen: &mut Pen, _: &mut Chance) {
    pen.stroke("M32 9V55M20 55H44M11 17H53", 6.0, INK);
    pen.area("M2 29H24a11 11 0 0 1-22 0Z", INK);
    pen.area("M40 29H62a11 11 0 0 1-22 0Z", ACCENT);
}

fn brackets(pen: &mut Pen, chance: &mut Chance) {
    pen.stroke("M20 13L6 32L20 51M44 13L58 32L44 51", 8.0, INK);
    if chance.of(2) == 0 { pen.disc(32.0, 32.0, 6.5, ACCENT) } else { pen.stroke("M36 18L28 46", 7.0, ACCENT) }
}

fn cross(pen: &mut Pen, chance: &mut Chance) {
    let corner = chance.one([2.0, 5.0, 8.0]);
    for (x, y) in [(23.5, 4.5), (4.5, 23.5), (42.5, 23.5), (23.5, 42.5)] {
        pen.block([x, y, 17.0, 17.0], corner, INK);
    }
    pen.block([23.5, 23.5, 17.0, 17.0], corner, ACCENT);
}

fn coin(pen: &mut Pen, chance: &mut Chance) {
    pen.ring(32.0, 32.0, 24.0, 8.0, INK);
    let turn = if chance.of(2) == 0 { "rotate(0 32 32)" } else { "rotate(45 32 32)" };
    pen.placed(turn, |pen| pen.block([23.5, 23.5, 17.0, 17.0], 2.0, ACCENT));
}

fn frame(pen: &mut Pen, chance: &mut Chance) {
    pen.bar("M9 9H55V55H9Z", 8.0, INK);
    match chance.of(3) {
        0 => pen.disc(32.0, 32.0, 10.0, ACCENT),
        1 => pen.area("M19 45L32 22L45 45Z", ACCENT),
        _ => pen.area("M19 45V32a13 13 0 0 1 26 0V45Z", ACCENT),
    }
}

fn pitch(pen: &mut Pen, _: &mut Chance) {
    pen.bar("M9 9H55V55H9Z", 7.0, INK);
    pen.bar("M9 32H21M43 32H55", 6.0, INK);
    pen.disc(32.0, 32.0, 9.0, ACCENT);
}
