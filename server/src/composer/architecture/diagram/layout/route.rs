//! The second half of a layout: every item has its place in its row; wires get ports, tracks and corridors.

use std::collections::BTreeSet;

use super::{APART, CLEAR, CORRIDOR, GAP, Item, Layout, MARGIN, Rect, Side, TRACK, WORDED_TRACK, Worker};

/// A wire on its way up or down in a channel: where, and whose.
#[derive(Debug, Clone, Copy)]
struct Lead {
    x: i32,
    net: usize,
    /// Where it ends outside of the channel.
    y: i32,
}

impl Worker<'_> {
    pub(super) fn route(&self) -> Layout {
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
        layout.centred()
    }

    /// Where wires come down into a row: one port a net on each box, in the order of where they come from, clear of those from above.
    fn leads_into(&self, row: usize, above: &[Lead], layout: &mut Layout) -> Vec<Lead> {
        let mut leads: Vec<Lead> = Vec::new();
        let items = self.items.get(row).map_or(&[][..], Vec::as_slice);
        for (item, middle) in items.iter().zip(self.middles.get(row).into_iter().flatten()) {
            for (x, net, room) in self.ports(row, *item, *middle, Side::Top) {
                let x = clear_of(x, net, room, above, &leads);
                leads.push(Lead { x, net, y: 0 });
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
                leads.push(Lead { x, net, y });
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

/// The place nearest to `x` that no other net comes down at, as far from theirs as there is room for; straight below where this one comes from, if that is
/// near enough.
fn clear_of(x: i32, net: usize, room: i32, above: &[Lead], beside: &[Lead]) -> i32 {
    let nearest = |lead: &Lead, at: i32| if lead.net == net { i32::MAX } else { (lead.x - at).abs() };
    let clearance = |at: i32| above.iter().chain(beside).map(|lead| nearest(lead, at)).min().unwrap_or(i32::MAX);
    let straight = above.iter().filter(|lead| lead.net == net && (lead.x - x).abs() <= room).map(|lead| lead.x);
    let near = (0..=room.max(0)).flat_map(|off| [x + off, x - off]);
    let places: Vec<i32> = straight.chain(near).collect();
    let clear = |apart: i32| places.iter().copied().find(|at| clearance(*at) >= apart);
    (1..=APART).rev().find_map(clear).unwrap_or(x)
}
