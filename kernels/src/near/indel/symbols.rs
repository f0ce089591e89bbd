//! Where each code point of a pattern stands in it.

/// Code points that have a place of their own: those of ASCII.
const DIRECT: usize = 128;
/// Least places for others; always a power of two.
const LEAST_PLACES: usize = 16;

/// A map from code points to masks of the places where they stand; memory is reused.
#[derive(Debug, Clone)]
pub(super) struct Symbols<Mask> {
    /// Number of each code point of ASCII in `masks`.
    direct: [u32; DIRECT],
    /// The others, and their numbers, 0 where a place is free; at least half of them are.
    others: Vec<(u32, u32)>,
    used: usize,
    /// By number; the first is that of code points that stand nowhere.
    masks: Vec<Mask>,
}

impl<Mask: Copy + Default> Default for Symbols<Mask> {
    fn default() -> Self {
        Self {
            direct: [0; DIRECT],
            others: vec![(0, 0); LEAST_PLACES],
            used: 0,
            masks: vec![Mask::default()],
        }
    }
}

impl<Mask: Copy + Default> Symbols<Mask> {
    /// Forgets all code points.
    pub(super) fn clear(&mut self) {
        self.direct = [0; DIRECT];
        if self.used > 0 {
            self.others.fill((0, 0));
            self.used = 0;
        }
        self.masks.truncate(1);
    }

    /// The mask of `point`.
    #[inline]
    pub(super) fn get(&self, point: u32) -> Mask {
        let number = match self.direct.get(point as usize) {
            Some(number) => *number,
            None if self.used == 0 => 0,
            None => self.others.get(self.place(point)).map_or(0, |(_, number)| *number),
        };
        self.masks.get(number as usize).copied().unwrap_or_default()
    }

    /// The mask of `point`, to be changed.
    pub(super) fn entry(&mut self, point: u32) -> &mut Mask {
        let next = self.masks.len() as u32;
        let number = if let Some(number) = self.direct.get_mut(point as usize) {
            number
        } else {
            if self.used * 2 >= self.others.len() {
                self.grow();
            }
            let place = self.place(point);
            let place = &mut self.others[place];
            if place.1 == 0 {
                place.0 = point;
                self.used += 1;
            }
            &mut place.1
        };
        if *number == 0 {
            *number = next;
            self.masks.push(Mask::default());
        }
        &mut self.masks[*number as usize]
    }

    /// Where `point` is among the others, or would be.
    #[inline]
    fn place(&self, point: u32) -> usize {
        let last = self.others.len() - 1;
        let mut at = (point.wrapping_mul(0x9E37_79B1) >> 16) as usize & last;
        while let Some((other, number)) = self.others.get(at)
            && *number != 0
            && *other != point
        {
            at = (at + 1) & last;
        }
        at
    }

    fn grow(&mut self) {
        let wider = vec![(0, 0); self.others.len() * 2];
        for (point, number) in std::mem::replace(&mut self.others, wider) {
            if number != 0 {
                let place = self.place(point);
                self.others[place] = (point, number);
            }
        }
    }
}
