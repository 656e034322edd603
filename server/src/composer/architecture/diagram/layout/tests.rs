use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// A sheet of boxes in rows, and nets between a few of them.
fn sheet() -> impl Strategy<Value = Sheet> {
    let rows = proptest::collection::vec(1..5_usize, 1..6);
    let nets = proptest::collection::vec((proptest::collection::vec(0..20_usize, 2..5), any::<bool>()), 0..14);
    (rows, nets, 20..160_i32).prop_map(|(counts, wanted, w)| {
        let mut sheet = Sheet { least_width: 300, ..Sheet::default() };
        for (row, count) in counts.iter().enumerate() {
            let first = sheet.boxes.len();
            sheet.boxes.extend((0..*count).map(|nth| (100 + w % 57, 30 + 11 * i32::try_from(row + nth).unwrap())));
            sheet.rows.push((first..first + count).collect());
        }
        let row_of = |at: usize| sheet.rows.iter().position(|row| row.contains(&at)).unwrap();
        for (ends, worded) in wanted {
            let ends: BTreeSet<usize> = ends.into_iter().map(|end| end % sheet.boxes.len()).collect();
            let top = ends.iter().map(|end| row_of(*end)).min().unwrap();
            let side = |end: usize| if row_of(end) == top { Side::Bottom } else { Side::Top };
            if ends.len() > 1 {
                let ends = ends.iter().map(|end| (*end, side(*end))).collect();
                sheet.nets.push(Net { ends, words: worded.then_some(90) });
            }
        }
        sheet
    })
}

fn overlap(a: Rect, b: Rect) -> bool {
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

/// The room a piece of wire takes, as a rectangle without thickness.
fn within(segment: &Segment, rect: Rect) -> bool {
    let [(x1, y1), (x2, y2)] = *segment;
    let (left, right, top, bottom) = (x1.min(x2), x1.max(x2), y1.min(y2), y1.max(y2));
    left < rect.x + rect.w && right > rect.x && top < rect.y + rect.h && bottom > rect.y
}

fn on_each_other(a: &Segment, b: &Segment) -> bool {
    let flat = |s: &Segment| s[0].1 == s[1].1;
    let range = |a: i32, b: i32| (a.min(b), a.max(b));
    let meet = |(a1, a2): (i32, i32), (b1, b2): (i32, i32)| a1.max(b1) < a2.min(b2);
    match (flat(a), flat(b)) {
        (true, true) => a[0].1 == b[0].1 && meet(range(a[0].0, a[1].0), range(b[0].0, b[1].0)),
        (false, false) => a[0].0 == b[0].0 && meet(range(a[0].1, a[1].1), range(b[0].1, b[1].1)),
        _ => false,
    }
}

fn assert_clean(sheet: &Sheet, layout: &Layout) {
    for (nth, one) in layout.boxes.iter().enumerate() {
        assert!(layout.boxes[nth + 1..].iter().all(|other| !overlap(*one, *other)), "{layout:?}");
        assert!(one.x >= MARGIN && one.x + one.w <= layout.width - MARGIN + 1, "{one:?} in {}", layout.width);
        assert!(one.y >= MARGIN && one.y + one.h <= layout.height, "{one:?} in {}", layout.height);
    }
    for (net, wires) in layout.wires.iter().enumerate() {
        for wire in wires {
            assert!(wire[0].0 == wire[1].0 || wire[0].1 == wire[1].1, "{wire:?} is slanted");
            assert!(layout.boxes.iter().all(|rect| !within(wire, *rect)), "{wire:?} of net {net} in {layout:?}");
            let others = layout.wires.iter().enumerate().filter(|(other, _)| *other != net);
            let on = others.flat_map(|(_, wires)| wires).find(|other| on_each_other(wire, other));
            assert!(on.is_none(), "{wire:?} on {on:?} of {sheet:?}");
        }
        for (end, port) in sheet.nets[net].ends.iter().zip(&layout.ports[net]) {
            let (rect, y) = (layout.boxes[end.0], port.1);
            let edge = if end.1 == Side::Top { rect.y } else { rect.y + rect.h };
            assert!(y == edge && port.0 > rect.x && port.0 < rect.x + rect.w, "{port:?} of {rect:?}");
            assert!(wires.iter().flatten().any(|point| point == port), "{port:?} is loose in {wires:?}");
        }
        assert!(hangs_together(wires), "{wires:?}");
        assert_eq!(layout.words[net].is_some(), sheet.nets[net].words.is_some());
    }
    let words: Vec<Rect> =
        layout.words.iter().flatten().map(|(x, y)| Rect { x: x - 45, y: y - 9, w: 90, h: 18 }).collect();
    for (nth, one) in words.iter().enumerate() {
        assert!(words[nth + 1..].iter().chain(&layout.boxes).all(|other| !overlap(*one, *other)), "{words:?}");
    }
}

/// Whether one can get from any piece of wire to any other.
fn hangs_together(wires: &[Segment]) -> bool {
    let touch = |a: &Segment, b: &Segment| {
        let on = |(x, y): (i32, i32), [(x1, y1), (x2, y2)]: &Segment| {
            ((*x1).min(*x2)..=(*x1).max(*x2)).contains(&x) && ((*y1).min(*y2)..=(*y1).max(*y2)).contains(&y)
        };
        a.iter().any(|end| on(*end, b)) || b.iter().any(|end| on(*end, a))
    };
    let mut reached: BTreeSet<usize> = BTreeSet::from([0]);
    loop {
        let more: Vec<usize> = (0..wires.len())
            .filter(|at| !reached.contains(at) && reached.iter().any(|from| touch(&wires[*at], &wires[*from])))
            .collect();
        if more.is_empty() {
            return reached.len() == wires.len();
        }
        reached.extend(more);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn boxes_keep_apart_and_wires_run_between_them(sheet in sheet()) {
        assert_clean(&sheet, &lay_out(&sheet));
    }
}

#[test]
fn a_sheet_without_wires_or_boxes_is_no_trouble() {
    assert!(lay_out(&Sheet::default()).boxes.is_empty());
    let alone = Sheet { boxes: vec![(100, 40)], rows: vec![vec![0]], least_width: 300, ..Sheet::default() };
    assert_eq!(lay_out(&alone).boxes[0], Rect { x: 100, y: MARGIN, w: 100, h: 40 });
}
