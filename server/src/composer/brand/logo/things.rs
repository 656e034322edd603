//! Marks that show a thing of the field, reduced to a few shapes.

use super::{
    Construction,
    pen::{ACCENT, Chance, INK, Pen, arc, around},
};

/// All of them.
pub static THINGS: [Construction; 33] = [
    Construction { name: "awning", idea: "An awning over a stall", draw: awning },
    Construction { name: "tag", idea: "A tag on its string", draw: tag },
    Construction { name: "bell", idea: "A bell, rung", draw: bell },
    Construction { name: "pin", idea: "A place on the map", draw: pin },
    Construction { name: "book", idea: "An open book", draw: book },
    Construction { name: "drawers", idea: "Drawers, one of them pulled out", draw: drawers },
    Construction { name: "parcel", idea: "A box with its lid on", draw: parcel },
    Construction { name: "sprout", idea: "Two first leaves", draw: sprout },
    Construction { name: "ticket", idea: "A ticket and its stub", draw: ticket },
    Construction { name: "key", idea: "A key", draw: key },
    Construction { name: "sun", idea: "The sun on the horizon", draw: sun },
    Construction { name: "ruler", idea: "A rule with a pointer at its measure", draw: ruler },
    Construction { name: "folder", idea: "A folder with a sheet in it", draw: folder },
    Construction { name: "strings", idea: "Strings over a sound hole", draw: strings },
    Construction { name: "drop", idea: "A drop, half in the light", draw: drop },
    Construction { name: "skep", idea: "A straw hive with its door", draw: skep },
    Construction { name: "wheel", idea: "A wheel", draw: wheel },
    Construction { name: "kite", idea: "A kite on its string", draw: kite },
    Construction { name: "bobbin", idea: "A bobbin with its thread", draw: bobbin },
    Construction { name: "bricks", idea: "Bricks, one of them just laid", draw: bricks },
    Construction { name: "bolt", idea: "A spark between two points", draw: bolt },
    Construction { name: "bunting", idea: "Flags on a string", draw: bunting },
    Construction { name: "peak", idea: "Two peaks, the near one in the sun", draw: peak },
    Construction { name: "bowl", idea: "A bowl, still warm", draw: bowl },
    Construction { name: "leaf", idea: "A leaf, half in the light", draw: leaf },
    Construction { name: "dial", idea: "A dial, turned to its mark", draw: dial },
    Construction { name: "fence", idea: "A gate in a fence", draw: fence },
    Construction { name: "paw", idea: "A paw print", draw: paw },
    Construction { name: "collar", idea: "A collar with its tag", draw: collar },
    Construction { name: "capsule", idea: "A capsule of two halves", draw: capsule },
    Construction { name: "house", idea: "A roof over a lit room", draw: house },
    Construction { name: "flower", idea: "A flower", draw: flower },
    Construction { name: "compass", idea: "A compass needle", draw: compass },
];

fn awning(pen: &mut Pen, chance: &mut Chance) {
    let (one, other) = chance.pair();
    for (nth, colour) in (0..4_u32).zip([one, other, one, other]) {
        let x = 6.0 + f64::from(nth) * 13.0;
        pen.area(&format!("M{x} 9h13v22a6.5 6.5 0 0 1-13 0Z"), colour);
    }
    pen.stroke("M10 54H54", 7.0, INK);
}

fn tag(pen: &mut Pen, chance: &mut Chance) {
    let turn = if chance.of(2) == 0 { "rotate(0 32 32)" } else { "rotate(-45 32 32)" };
    pen.placed(turn, |pen| {
        pen.area("M12 32L27 13H54a5 5 0 0 1 5 5V46a5 5 0 0 1-5 5H27ZM29 23.5a8.5 8.5 0 1 0 .1 0Z", INK);
        pen.disc(29.0, 32.0, 4.5, ACCENT);
    });
}

fn bell(pen: &mut Pen, _: &mut Chance) {
    pen.area("M10 46C17 40 16 33 16 27a16 16 0 0 1 32 0c0 6-1 13 6 19Z", INK);
    pen.disc(32.0, 7.5, 4.5, INK);
    pen.area("M23 51H41a9 9 0 0 1-18 0Z", ACCENT);
}

fn pin(pen: &mut Pen, _: &mut Chance) {
    pen.area("M32 60C18 45 10 37 10 26a22 22 0 0 1 44 0C54 37 46 45 32 60ZM32 14a12 12 0 1 0 .1 0Z", INK);
    pen.disc(32.0, 26.0, 7.0, ACCENT);
}

fn book(pen: &mut Pen, chance: &mut Chance) {
    let (one, other) = chance.pair();
    pen.area("M30 19C24 13 15 11 5 12V48C15 47 24 49 30 55Z", one);
    pen.area("M34 19C40 13 49 11 59 12V48C49 47 40 49 34 55Z", other);
}

fn drawers(pen: &mut Pen, chance: &mut Chance) {
    let pulled = chance.of(3);
    for nth in 0..3_u32 {
        let out = u64::from(nth) == pulled;
        let (x, y) = (if out { 13.0 } else { 6.0 }, 6.0 + f64::from(nth) * 18.5);
        let (right, low) = (x + 45.0, y + 15.0);
        let (hx, hy) = (x + 15.0, y + 5.0);
        let d = format!("M{x} {y}H{right}V{low}H{x}ZM{hx} {hy}h15v5h-15Z");
        pen.area(&d, if out { ACCENT } else { INK });
    }
}

fn parcel(pen: &mut Pen, chance: &mut Chance) {
    let (one, other) = chance.pair();
    pen.area("M32 4L57 17L32 30L7 17Z", other);
    pen.area("M5 22L30 35V61L5 48Z", one);
    pen.area("M59 22L34 35V61L59 48Z", one);
}

fn sprout(pen: &mut Pen, _: &mut Chance) {
    pen.stroke("M32 58V38", 7.0, INK);
    pen.area("M30 40C14 41 6 31 5 17C20 17 30 25 30 40Z", INK);
    pen.area("M34 33C33 17 43 7 59 6C60 23 50 33 34 33Z", ACCENT);
}

fn ticket(pen: &mut Pen, chance: &mut Chance) {
    let turn = chance.one(["rotate(0 32 32)", "rotate(-20 32 32)", "rotate(-20 32 32)"]);
    pen.placed(turn, |pen| {
        pen.area("M4 15H38V49H4V39a7 7 0 0 0 0-14Z", INK);
        pen.area("M42 15H60V25a7 7 0 0 0 0 14V49H42Z", ACCENT);
    });
}

fn key(pen: &mut Pen, chance: &mut Chance) {
    let turn = if chance.of(2) == 0 { "rotate(0 32 32)" } else { "rotate(-45 32 32)" };
    pen.placed(turn, |pen| {
        pen.ring(18.0, 32.0, 11.5, 8.0, ACCENT);
        pen.stroke("M33.5 32H58V43M46 32V41", 7.5, INK);
    });
}

fn sun(pen: &mut Pen, chance: &mut Chance) {
    pen.area("M15 43a17 17 0 0 1 34 0Z", ACCENT);
    pen.stroke("M6 53H58", 7.0, INK);
    let rays: &[f64] = if chance.of(2) == 0 { &[-150.0, -90.0, -30.0] } else { &[-165.0, -128.0, -90.0, -52.0, -15.0] };
    for degrees in rays {
        let (ax, ay) = super::pen::around_point(32.0, 43.0, 25.5, *degrees);
        let (bx, by) = super::pen::around_point(32.0, 43.0, 33.0, *degrees);
        let n = super::pen::N;
        pen.stroke(&format!("M{} {}L{} {}", n(ax), n(ay), n(bx), n(by)), 6.0, INK);
    }
}

fn ruler(pen: &mut Pen, _: &mut Chance) {
    pen.area("M4 27H60V53H4ZM14 27v8h4v-8ZM24 27v13h4v-13ZM36 27v8h4v-8ZM46 27v13h4v-13Z", INK);
    pen.area("M23 7H41L32 20Z", ACCENT);
}

fn folder(pen: &mut Pen, _: &mut Chance) {
    pen.area("M10 9H24L31 17H54a5 5 0 0 1 5 5V27H5V14a5 5 0 0 1 5-5Z", ACCENT);
    pen.area("M5 31H59V52a5 5 0 0 1-5 5H10a5 5 0 0 1-5-5Z", INK);
}

fn strings(pen: &mut Pen, _: &mut Chance) {
    pen.ring(32.0, 32.0, 20.0, 7.0, INK);
    pen.stroke("M23 5V59M32 5V59M41 5V59", 4.0, ACCENT);
}

fn drop(pen: &mut Pen, chance: &mut Chance) {
    let (one, other) = chance.pair();
    pen.area("M30 6C20 21 11 29 11 39A20 20 0 0 0 30 58.9Z", one);
    pen.area("M34 6C44 21 53 29 53 39A20 20 0 0 1 34 58.9Z", other);
}

fn skep(pen: &mut Pen, _: &mut Chance) {
    pen.block([21.0, 6.0, 22.0, 10.0], 5.0, INK);
    pen.block([13.0, 19.0, 38.0, 10.0], 5.0, INK);
    pen.block([8.0, 32.0, 48.0, 10.0], 5.0, INK);
    pen.area("M10 45H22V57H10a6 6 0 0 1 0-12ZM42 45H54a6 6 0 0 1 0 12H42Z", INK);
    pen.disc(32.0, 52.0, 6.0, ACCENT);
}

fn wheel(pen: &mut Pen, chance: &mut Chance) {
    let count = chance.one([3_u32, 5, 6]);
    pen.ring(32.0, 32.0, 25.0, 7.0, INK);
    for nth in 0..count {
        let angle = -90.0 + 360.0 * f64::from(nth) / f64::from(count);
        let ((ax, ay), (bx, by)) = (around(12.0, angle), around(22.0, angle));
        let n = super::pen::N;
        pen.bar(&format!("M{} {}L{} {}", n(ax), n(ay), n(bx), n(by)), 5.0, INK);
    }
    pen.disc(32.0, 32.0, 8.0, ACCENT);
}

fn kite(pen: &mut Pen, chance: &mut Chance) {
    let (one, other) = chance.pair();
    pen.placed("rotate(20 32 32)", |pen| {
        pen.area("M30.5 3V43L12 23Z", one);
        pen.area("M33.5 3V43L52 23Z", other);
        pen.stroke("M32 47C38 51 26 54 32 60", 5.0, INK);
    });
}

fn bobbin(pen: &mut Pen, _: &mut Chance) {
    pen.block([10.0, 5.0, 44.0, 10.0], 4.0, INK);
    pen.block([10.0, 49.0, 44.0, 10.0], 4.0, INK);
    pen.stroke("M18 25L46 21M18 34L46 30M18 43L46 39", 6.0, ACCENT);
}

fn bricks(pen: &mut Pen, chance: &mut Chance) {
    let laid = chance.of(3);
    let rows = [
        [(5.0, 7.0, 26.0), (34.0, 7.0, 25.0)],
        [(5.0, 25.0, 12.0), (20.0, 25.0, 39.0)],
        [(5.0, 43.0, 26.0), (34.0, 43.0, 25.0)],
    ];
    for (row, bricks) in (0_u64..).zip(rows) {
        for (nth, (x, y, width)) in bricks.into_iter().enumerate() {
            pen.block([x, y, width, 14.5], 1.5, if row == laid && nth == 1 { ACCENT } else { INK });
        }
    }
}

fn bolt(pen: &mut Pen, chance: &mut Chance) {
    let (one, other) = chance.pair();
    pen.area("M37 3L9 35H31Z", one);
    pen.area("M27 61L55 29H33Z", other);
}

fn bunting(pen: &mut Pen, chance: &mut Chance) {
    let marked = chance.of(3);
    pen.stroke("M5 12Q32 22 59 12", 6.0, INK);
    for (nth, (x, y)) in (0_u64..).zip([(8.0, 22.0), (24.0, 25.0), (40.0, 22.0)]) {
        let d = format!("M{x} {y}H{}L{} {}Z", x + 16.0, x + 8.0, y + 28.0);
        pen.area(&d, if nth == marked { ACCENT } else { INK });
    }
}

fn peak(pen: &mut Pen, chance: &mut Chance) {
    let turn = if chance.of(2) == 0 { "rotate(0 32 32)" } else { "translate(64 0) scale(-1 1)" };
    pen.placed(turn, |pen| {
        pen.area("M3 54L25 12L36 33L25 54Z", INK);
        pen.area("M30 54L43.5 29L61 54Z", ACCENT);
    });
}

fn bowl(pen: &mut Pen, chance: &mut Chance) {
    pen.area("M5 32H59a27 25 0 0 1-54 0Z", INK);
    if chance.of(2) == 0 {
        pen.stroke("M24 23c-5-5 5-8 0-14M40 23c-5-5 5-8 0-14", 5.5, ACCENT);
    } else {
        pen.area("M15 27a17 17 0 0 1 34 0Z", ACCENT);
    }
}

fn leaf(pen: &mut Pen, chance: &mut Chance) {
    let turn = if chance.of(2) == 0 { "rotate(0 32 32)" } else { "translate(64 0) scale(-1 1)" };
    let (one, other) = chance.pair();
    pen.placed(turn, |pen| {
        pen.area("M10 50C3 22 20 6 55 7Z", one);
        pen.area("M14 54C42 61 58 44 57 9Z", other);
    });
}

fn dial(pen: &mut Pen, chance: &mut Chance) {
    let angle = chance.one([-135.0, -60.0, -30.0]);
    pen.stroke(&arc([32.0, 34.0, 25.0], 145.0, 395.0), 7.0, INK);
    let (x, y) = super::pen::around_point(32.0, 34.0, 12.0, angle);
    let n = super::pen::N;
    pen.stroke(&format!("M32 34L{} {}", n(x), n(y)), 8.0, ACCENT);
    pen.stroke("M32 52V54", 7.0, INK);
}

fn fence(pen: &mut Pen, _: &mut Chance) {
    for x in [8.0, 25.5, 43.0] {
        pen.area(&format!("M{x} 22l6.5-12l6.5 12V26h-13ZM{x} 34h13V58h-13Z"), INK);
    }
    pen.bar("M3 30H61", 6.0, ACCENT);
}

fn paw(pen: &mut Pen, _: &mut Chance) {
    pen.area("M14 48C14 38 23 31 32 31S50 38 50 48C50 58 41 57 32 54C23 57 14 58 14 48Z", ACCENT);
    for (x, y, r) in [(9.5, 28.0, 6.5), (22.5, 14.0, 7.5), (41.5, 14.0, 7.5), (54.5, 28.0, 6.5)] {
        pen.disc(x, y, r, INK);
    }
}

fn collar(pen: &mut Pen, _: &mut Chance) {
    pen.stroke(&arc([32.0, 26.0, 20.0], 128.0, 412.0), 8.0, INK);
    pen.disc(32.0, 51.0, 9.0, ACCENT);
}

fn capsule(pen: &mut Pen, chance: &mut Chance) {
    let turn = chance.one(["rotate(-45 32 32)", "rotate(45 32 32)", "rotate(-45 32 32)"]);
    pen.placed(turn, |pen| {
        pen.area("M30 18H16a14 14 0 0 0 0 28H30Z", INK);
        pen.area("M34 18H48a14 14 0 0 1 0 28H34Z", ACCENT);
    });
}

fn house(pen: &mut Pen, chance: &mut Chance) {
    pen.stroke("M7 31L32 9L57 31", 8.0, INK);
    if chance.of(2) == 0 {
        pen.area("M15 38H27V57H15ZM37 38H49V57H37Z", INK);
        pen.block([28.5, 38.0, 7.0, 19.0], 0.0, ACCENT);
    } else {
        pen.block([20.0, 33.0, 24.0, 24.0], 2.0, ACCENT);
    }
}

fn flower(pen: &mut Pen, chance: &mut Chance) {
    let count = chance.one([5_u32, 6, 5]);
    for nth in 0..count {
        let (x, y) = around(18.0, -90.0 + 360.0 * f64::from(nth) / f64::from(count));
        pen.disc(x, y, 9.5, INK);
    }
    pen.disc(32.0, 32.0, 7.5, ACCENT);
}

fn compass(pen: &mut Pen, _: &mut Chance) {
    pen.ring(32.0, 32.0, 25.0, 7.0, INK);
    pen.placed("rotate(35 32 32)", |pen| {
        pen.area("M32 13L38.5 30.5H25.5Z", ACCENT);
        pen.area("M32 51L38.5 33.5H25.5Z", INK);
    });
}
