//! A small layered layout: boxes in rows, wires that run only between rows and through gaps kept free for them.
//!
//! A *net* joins any number of boxes, from their top or bottom edge. Between two rows it has a track of its own; where it passes a row it
//! has a corridor there, which is placed like a narrow box. So no wire can cross a box, and no two wires lie on each other.

mod route;

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

impl Layout {
    /// As much room on the left as on the right.
    fn centred(mut self) -> Self {
        let boxes = self.boxes.iter().filter(|rect| rect.w > 0).flat_map(|rect| [rect.x, rect.x + rect.w]);
        let words = self.words.iter().flatten().map(|(x, _)| *x);
        let wires = self.wires.iter().flatten().flatten().map(|(x, _)| *x);
        let xs: Vec<i32> = boxes.chain(words).chain(wires).collect();
        let (Some(left), Some(right)) = (xs.iter().min(), xs.iter().max()) else { return self };
        let by = (self.width - right - left) / 2;
        self.boxes.iter_mut().for_each(|rect| rect.x += by);
        self.wires.iter_mut().flatten().flatten().for_each(|(x, _)| *x += by);
        self.ports.iter_mut().flatten().for_each(|(x, _)| *x += by);
        self.words.iter_mut().flatten().for_each(|(x, _)| *x += by);
        self
    }
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

#[cfg(test)]
mod tests;
