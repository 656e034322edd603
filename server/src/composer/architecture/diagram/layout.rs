//! A small layered layout: boxes in rows, wires that run only between rows and through gaps kept free for them.
//!
//! A *net* joins any number of boxes, from their top or bottom edge. Between two rows it has a track of its own; where it passes a row it
//! has a corridor there, which is placed like a narrow box. So no wire can cross a box, and no two wires lie on each other.

use std::collections::BTreeSet;

/// Between two things in a row.
const GAP: i32 = 18;
/// The width of a corridor.
const CORRIDOR: i32 = 12;
/// Around everything.
pub const MARGIN: i32 = 12;
/// Between a row and the nearest track.
const CLEAR: i32 = 14;
/// From track to track, with and without words on it.
const TRACK: i32 = 10;
const WORDED_TRACK: i32 = 22;
/// Wires of different nets keep this far from each other.
const APART: i32 = 4;
const SWEEPS: usize = 8;

/// The side of a box on which a wire leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The upper edge.
    Top,
    /// The lower edge.
    Bottom,
}

/// Boxes that hang together.
#[derive(Debug, Clone, Default)]
pub struct Net {
    /// Where it ends: a box and its side.
    pub ends: Vec<(usize, Side)>,
    /// The width of the words on it, if it has any.
    pub words: Option<i32>,
}

/// What is to be laid out.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// Width and height of each box.
    pub boxes: Vec<(i32, i32)>,
    /// Which boxes stand in which row.
    pub rows: Vec<Vec<usize>>,
    /// What hangs together.
    pub nets: Vec<Net>,
    /// The least width of the whole.
    pub least_width: i32,
}

/// A box in its place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rect {
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Width.
    pub w: i32,
    /// Height.
    pub h: i32,
}

/// A straight piece of wire, from point to point.
pub type Segment = [(i32, i32); 2];

/// What was laid out.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// The boxes.
    pub boxes: Vec<Rect>,
    /// The pieces of each net.
    pub wires: Vec<Vec<Segment>>,
    /// Where each end of each net meets its box.
    pub ports: Vec<Vec<(i32, i32)>>,
    /// The middle of the words of each net.
    pub words: Vec<Option<(i32, i32)>>,
    /// Width of the whole.
    pub width: i32,
    /// Height of the whole.
    pub height: i32,
}

/// Something that takes room in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Box(usize),
    Corridor(usize),
}

/// Lays a sheet out. Boxes that stand in no row are left at the origin.
pub fn lay_out(sheet: &Sheet) -> Layout {
    let mut worker = Worker::new(sheet);
    worker.order();
    worker.place();
    worker.route()
}

struct Worker<'s> {
    sheet: &'s Sheet,
    row_of: Vec<usize>,
    items: Vec<Vec<Item>>,
    /// The middle of each item, row by row.
    middles: Vec<Vec<i32>>,
    width: i32,
}

impl<'s> Worker<'s> {
    fn new(sheet: &'s Sheet) -> Self {
        let mut row_of = vec![0; sheet.boxes.len()];
        for (row, boxes) in sheet.rows.iter().enumerate() {
            boxes.iter().for_each(|at| row_of[*at] = row);
        }
        let mut items: Vec<Vec<Item>> =
            sheet.rows.iter().map(|boxes| boxes.iter().copied().map(Item::Box).collect()).collect();
        let mut worker = Self { sheet, row_of, items: Vec::new(), middles: Vec::new(), width: 0 };
        for (net, _) in sheet.nets.iter().enumerate() {
            let (first, last) = worker.channels(net);
            items.iter_mut().take(last).skip(first).for_each(|row| row.push(Item::Corridor(net)));
        }
        worker.items = items;
        worker
    }

    /// The channel an end leads to. Channel `n` lies above row `n`.
    fn channel(&self, (at, side): (usize, Side)) -> usize {
        self.row_of[at] + usize::from(side == Side::Bottom)
    }

    /// The first and the last channel of a net.
    fn channels(&self, net: usize) -> (usize, usize) {
        let channels = self.sheet.nets[net].ends.iter().map(|end| self.channel(*end));
        let (first, last) = channels.fold((usize::MAX, 0), |(first, last), at| (first.min(at), last.max(at)));
        (first.min(last), last)
    }

    fn width_of(&self, item: Item) -> i32 {
        match item {
            Item::Box(at) => self.sheet.boxes[at].0,
            Item::Corridor(_) => CORRIDOR,
        }
    }

    /// The nets of an item that lead up or down.
    fn nets_of(&self, item: Item, side: Side) -> Vec<usize> {
        match item {
            Item::Corridor(net) => vec![net],
            Item::Box(at) => {
                let nets = self.sheet.nets.iter().enumerate();
                nets.filter(|(_, net)| net.ends.contains(&(at, side))).map(|(net, _)| net).collect()
            }
        }
    }

    /// Middles of what a net meets in a row from one side.
    fn met(&self, net: usize, row: usize, side: Side, middles: &[Vec<i32>]) -> Vec<i32> {
        let Some(items) = self.items.get(row) else { return Vec::new() };
        let is_met = |item: &Item| match item {
            Item::Corridor(other) => *other == net,
            Item::Box(at) => self.sheet.nets[net].ends.contains(&(*at, side)),
        };
        let both = items.iter().zip(&middles[row]);
        both.filter(|(item, _)| is_met(item)).map(|(_, middle)| *middle).collect()
    }

    /// Where an item would like to be: in the middle of what it is joined to, above and below.
    fn wish(&self, row: usize, item: Item, sides: &[Side], middles: &[Vec<i32>]) -> Option<i32> {
        let mut sum = (0_i64, 0_i64);
        for side in sides {
            for net in self.nets_of(item, *side) {
                let (other, facing) = match side {
                    Side::Top => (row.checked_sub(1), Side::Bottom),
                    Side::Bottom => (Some(row + 1), Side::Top),
                };
                let Some(other) = other else { continue };
                for middle in self.met(net, other, facing, middles) {
                    sum = (sum.0 + i64::from(middle), sum.1 + 1);
                }
            }
        }
        (sum.1 > 0).then(|| i32::try_from(sum.0 / sum.1).unwrap_or(0))
    }

    /// Finds an order for every row that keeps wires short.
    fn order(&mut self) {
        let mut best = (self.cost(), self.items.clone());
        for sweep in 0..SWEEPS {
            let down = sweep % 2 == 0;
            let rows: Vec<usize> =
                if down { (0..self.items.len()).collect() } else { (0..self.items.len()).rev().collect() };
            for row in rows {
                let middles = self.packed();
                let side = if down { Side::Top } else { Side::Bottom };
                let mut wished: Vec<(i32, usize, Item)> = self.items[row]
                    .iter()
                    .enumerate()
                    .map(|(nth, item)| {
                        (self.wish(row, *item, &[side], &middles).unwrap_or(middles[row][nth]), nth, *item)
                    })
                    .collect();
                wished.sort_by_key(|(wish, nth, _)| (*wish, *nth));
                self.items[row] = wished.into_iter().map(|(_, _, item)| item).collect();
            }
            let cost = self.cost();
            if cost < best.0 {
                best = (cost, self.items.clone());
            }
        }
        self.items = best.1;
    }

    /// Middles of all items when every row is packed and centred.
    fn packed(&self) -> Vec<Vec<i32>> {
        let widths: Vec<i32> = self.items.iter().map(|row| self.row_width(row)).collect();
        let widest = widths.iter().copied().max().unwrap_or(0);
        let rows = self.items.iter().zip(&widths);
        rows.map(|(row, width)| {
            let mut x = (widest - width) / 2;
            let middle = |item: &Item| {
                let w = self.width_of(*item);
                x += w + GAP;
                x - GAP - w / 2
            };
            row.iter().map(middle).collect()
        })
        .collect()
    }

    fn row_width(&self, row: &[Item]) -> i32 {
        let gaps = i32::try_from(row.len().saturating_sub(1)).unwrap_or(0) * GAP;
        row.iter().map(|item| self.width_of(*item)).sum::<i32>() + gaps
    }

    /// How far wires run sideways.
    fn cost(&self) -> i64 {
        let middles = self.packed();
        let mut cost = 0;
        for net in 0..self.sheet.nets.len() {
            let (first, last) = self.channels(net);
            for channel in first..=last {
                let mut met = self.met(net, channel, Side::Top, &middles);
                if let Some(above) = channel.checked_sub(1) {
                    met.extend(self.met(net, above, Side::Bottom, &middles));
                }
                let span = met.iter().max().zip(met.iter().min()).map_or(0, |(max, min)| max - min);
                cost += i64::from(span);
            }
        }
        cost
    }

    /// Gives every item its place, as near as may be to where it would like to be.
    fn place(&mut self) {
        let widest = self.items.iter().map(|row| self.row_width(row)).max().unwrap_or(0);
        self.width = (widest + 2 * MARGIN).max(self.sheet.least_width);
        let mut middles = self.packed();
        let shift = (self.width - widest) / 2;
        middles.iter_mut().flatten().for_each(|middle| *middle += shift);
        for sweep in 0..SWEEPS {
            let rows: Vec<usize> =
                if sweep % 2 == 0 { (0..self.items.len()).collect() } else { (0..self.items.len()).rev().collect() };
            for row in rows {
                let wishes: Vec<i32> = self.items[row]
                    .iter()
                    .zip(&middles[row])
                    .map(|(item, now)| self.wish(row, *item, &[Side::Top, Side::Bottom], &middles).unwrap_or(*now))
                    .collect();
                middles[row] = self.spread(row, &wishes);
            }
        }
        self.middles = middles;
    }

    /// The places nearest to those wished for that keep order, gaps and margins: a regression that may only rise.
    fn spread(&self, row: usize, wishes: &[i32]) -> Vec<i32> {
        let items = &self.items[row];
        let mut offsets = Vec::with_capacity(items.len());
        let mut offset = 0;
        for (nth, item) in items.iter().enumerate() {
            if nth > 0 {
                offset += (self.width_of(items[nth - 1]) + self.width_of(*item)) / 2 + GAP;
            }
            offsets.push(offset);
        }
        // Blocks of items that stand as close as they may: how many, and the sum of what they wish for.
        let mut blocks: Vec<(i64, i64)> = Vec::new();
        for (wish, offset) in wishes.iter().zip(&offsets) {
            blocks.push((1, i64::from(wish - offset)));
            while let [.., (count, sum), (next, more)] = blocks[..] {
                if sum * next <= more * count {
                    break;
                }
                blocks.truncate(blocks.len() - 2);
                blocks.push((count + next, sum + more));
            }
        }
        let half = |item: Option<&Item>| item.map_or(0, |item| self.width_of(*item) / 2);
        let least = MARGIN + half(items.first());
        let most = self.width - MARGIN - half(items.last()) - 1 - offsets.last().copied().unwrap_or(0);
        let free = blocks.iter().flat_map(|(count, sum)| {
            let at = i32::try_from(sum.div_euclid(*count)).unwrap_or(least);
            std::iter::repeat_n(at, usize::try_from(*count).unwrap_or(0))
        });
        free.zip(&offsets).map(|(at, offset)| at.min(most).max(least) + offset).collect()
    }
}

/// A wire on its way up or down in a channel: where, whose, and which way it leaves the channel.
#[derive(Debug, Clone, Copy)]
struct Lead {
    x: i32,
    net: usize,
    /// Towards the row above.
    up: bool,
    /// Where it ends outside of the channel.
    y: i32,
}

impl Worker<'_> {
    fn route(&self) -> Layout {
        let mut layout = Layout {
            boxes: vec![Rect::default(); self.sheet.boxes.len()],
            wires: vec![Vec::new(); self.sheet.nets.len()],
            ports: self.sheet.nets.iter().map(|net| vec![(0, 0); net.ends.len()]).collect(),
            words: vec![None; self.sheet.nets.len()],
            width: self.width,
            height: 0,
        };
        let mut above: Vec<Lead> = Vec::new();
        let mut y = MARGIN;
        for row in 0..=self.items.len() {
            // The row's places are known; how far down it lies is not until the channel above it is filled.
            let mut below = self.leads_into(row, &above, &mut layout);
            let height = self.channel_height(row, &above, &below);
            let bottom = y + height;
            below.iter_mut().for_each(|lead| lead.y = bottom);
            self.fill(row, (y, bottom), &above, &below, &mut layout);
            let Some(items) = self.items.get(row) else {
                layout.height = bottom + MARGIN;
                break;
            };
            y = self.settle(row, items, bottom, &mut layout);
            above = self.leads_out(row, items, y, bottom, &mut layout);
        }
        layout
    }

    /// Where wires come down into a row: one port a net on each box, in the order of where they come from, clear of those from above.
    fn leads_into(&self, row: usize, above: &[Lead], layout: &mut Layout) -> Vec<Lead> {
        let mut leads: Vec<Lead> = Vec::new();
        let items = self.items.get(row).map_or(&[][..], Vec::as_slice);
        for (item, middle) in items.iter().zip(self.middles.get(row).into_iter().flatten()) {
            for (x, net, room) in self.ports(row, *item, *middle, Side::Top) {
                let x = clear_of(x, net, room, above, &leads);
                leads.push(Lead { x, net, up: false, y: 0 });
                self.note_port(*item, Side::Top, net, (x, 0), layout);
            }
        }
        leads
    }

    /// Ports of an item on one side: where, whose, and how far one may be moved.
    fn ports(&self, row: usize, item: Item, middle: i32, side: Side) -> Vec<(i32, usize, i32)> {
        let mut nets = self.nets_of(item, side);
        let w = self.width_of(item);
        if let Item::Corridor(net) = item {
            let (first, last) = self.channels(net);
            let leads = first <= row && row < last;
            return if leads { vec![(middle, net, GAP / 2 + CORRIDOR / 2 - APART)] } else { Vec::new() };
        }
        let other = match side {
            Side::Top => row.checked_sub(1),
            Side::Bottom => Some(row + 1),
        };
        let facing = if side == Side::Top { Side::Bottom } else { Side::Top };
        let from = |net: &usize| {
            let met = other.map(|other| self.met(*net, other, facing, &self.middles)).unwrap_or_default();
            let count = i32::try_from(met.len()).unwrap_or(1).max(1);
            if met.is_empty() { middle } else { met.iter().sum::<i32>() / count }
        };
        nets.sort_by_key(|net| (from(net), *net));
        let step = w / (i32::try_from(nets.len()).unwrap_or(0) + 1);
        let at = |nth: usize| middle - w / 2 + step * (i32::try_from(nth).unwrap_or(0) + 1);
        nets.into_iter().enumerate().map(|(nth, net)| (at(nth), net, (step / 2).max(1) - 1)).collect()
    }

    fn note_port(&self, item: Item, side: Side, net: usize, at: (i32, i32), layout: &mut Layout) {
        let Item::Box(of) = item else { return };
        if let Some(nth) = self.sheet.nets[net].ends.iter().position(|end| *end == (of, side)) {
            layout.ports[net][nth] = at;
        }
    }

    fn channel_height(&self, channel: usize, above: &[Lead], below: &[Lead]) -> i32 {
        if above.is_empty() && below.is_empty() {
            return 0;
        }
        let tracks = self.tracks(channel, above, below);
        tracks.iter().map(|(worded, _)| if *worded { WORDED_TRACK } else { TRACK }).sum::<i32>() + 2 * CLEAR
    }

    /// Which nets share a track: those that do not meet sideways. Words need a track alone.
    fn tracks(&self, channel: usize, above: &[Lead], below: &[Lead]) -> Vec<(bool, Vec<usize>)> {
        let nets: BTreeSet<usize> = above.iter().chain(below).map(|lead| lead.net).collect();
        let mut spans: Vec<(i32, i32, usize)> = nets
            .into_iter()
            .map(|net| {
                let (from, to) = span(net, above, below);
                (from, to, net)
            })
            .collect();
        spans.sort_unstable();
        let mut tracks: Vec<(bool, Vec<usize>)> = Vec::new();
        let mut ends: Vec<i32> = Vec::new();
        for (from, to, net) in spans {
            let worded = self.words_in(net, channel);
            if from == to && !worded {
                continue;
            }
            let free = (0..tracks.len()).find(|at| !worded && !tracks[*at].0 && ends[*at] + TRACK < from);
            match free {
                Some(at) => {
                    tracks[at].1.push(net);
                    ends[at] = to;
                }
                None => {
                    tracks.push((worded, vec![net]));
                    ends.push(to);
                }
            }
        }
        tracks
    }

    /// Whether a net has its words in this channel: the last one, where it reaches what it leads to.
    fn words_in(&self, net: usize, channel: usize) -> bool {
        self.sheet.nets[net].words.is_some() && self.channels(net).1 == channel
    }

    /// Draws the wires of a channel.
    fn fill(&self, channel: usize, (top, bottom): (i32, i32), above: &[Lead], below: &[Lead], layout: &mut Layout) {
        let mut y = top + CLEAR;
        let tracks = self.tracks(channel, above, below);
        let mut on_track: BTreeSet<usize> = BTreeSet::new();
        for (worded, nets) in tracks {
            let height = if worded { WORDED_TRACK } else { TRACK };
            let at = y + height / 2;
            for net in nets {
                on_track.insert(net);
                let (from, to) = span(net, above, below);
                if from < to {
                    layout.wires[net].push([(from, at), (to, at)]);
                }
                for lead in above.iter().chain(below).filter(|lead| lead.net == net) {
                    layout.wires[net].push([(lead.x, lead.y), (lead.x, at)]);
                }
                if let (true, Some(words)) = (worded, self.sheet.nets[net].words) {
                    let half = words / 2;
                    let middle = ((from + to) / 2).min(self.width - MARGIN - half).max(MARGIN + half);
                    layout.words[net] = Some((middle, at));
                }
            }
            y += height;
        }
        for lead in above.iter().filter(|lead| !on_track.contains(&lead.net)) {
            layout.wires[lead.net].push([(lead.x, lead.y), (lead.x, bottom)]);
        }
    }

    /// Puts the boxes of a row down and tells where the row ends.
    fn settle(&self, row: usize, items: &[Item], top: i32, layout: &mut Layout) -> i32 {
        let mut bottom = top;
        for (item, middle) in items.iter().zip(&self.middles[row]) {
            let Item::Box(at) = item else { continue };
            let (w, h) = self.sheet.boxes[*at];
            layout.boxes[*at] = Rect { x: middle - w / 2, y: top, w, h };
            bottom = bottom.max(top + h);
            for (net, of) in self.sheet.nets.iter().enumerate() {
                for (nth, end) in of.ends.iter().enumerate() {
                    if *end == (*at, Side::Top) {
                        layout.ports[net][nth].1 = top;
                    }
                }
            }
        }
        bottom
    }

    /// Where wires leave a row downwards.
    fn leads_out(&self, row: usize, items: &[Item], bottom: i32, top: i32, layout: &mut Layout) -> Vec<Lead> {
        let mut leads: Vec<Lead> = Vec::new();
        for (item, middle) in items.iter().zip(&self.middles[row]) {
            for (x, net, _) in self.ports(row, *item, *middle, Side::Bottom) {
                let (x, y) = match item {
                    Item::Box(at) => (x, top + self.sheet.boxes[*at].1),
                    // It goes on where it came in.
                    Item::Corridor(_) => {
                        let came = layout.wires[net].iter().flatten().filter(|(_, y)| *y == top);
                        let nearest = came.map(|(x, _)| *x).min_by_key(|at| (at - x).abs()).unwrap_or(x);
                        layout.wires[net].push([(nearest, top), (nearest, bottom)]);
                        (nearest, bottom)
                    }
                };
                leads.push(Lead { x, net, up: true, y });
                self.note_port(*item, Side::Bottom, net, (x, y), layout);
            }
        }
        leads
    }
}

/// From where to where a net runs sideways.
fn span(net: usize, above: &[Lead], below: &[Lead]) -> (i32, i32) {
    let xs = above.iter().chain(below).filter(|lead| lead.net == net).map(|lead| lead.x);
    xs.fold((i32::MAX, i32::MIN), |(from, to), x| (from.min(x), to.max(x)))
}

/// The place nearest to `x` that no other net comes down at; straight below where this one comes from, if that is near enough.
fn clear_of(x: i32, net: usize, room: i32, above: &[Lead], beside: &[Lead]) -> i32 {
    let taken = |at: i32| above.iter().chain(beside).any(|lead| lead.net != net && (lead.x - at).abs() < APART);
    let straight = above.iter().filter(|lead| lead.net == net && (lead.x - x).abs() <= room).map(|lead| lead.x);
    let near = (0..=room.max(0)).flat_map(|off| [x + off, x - off]);
    straight.chain(near).find(|at| !taken(*at)).unwrap_or(x)
}

#[cfg(test)]
mod tests {
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
}
