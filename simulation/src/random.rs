//! The random numbers of a seed.

/// SplitMix64: a small generator whose numbers depend on the seed alone.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A generator of its own for a purpose, so that one part of the simulation draws the same numbers whatever another draws.
    #[must_use]
    pub fn of(seed: u64, purpose: u64) -> Random {
        let mut random = Random(seed ^ purpose.wrapping_mul(0x2545_f491_4f6c_dd1d));
        Random(random.bits())
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below a limit, which is not 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.bits() % limit
    }

    /// A place in a list of this length, which is not 0.
    pub fn place(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// One of a list that is not empty.
    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.place(all.len())]
    }

    /// One of a list that is not empty, to be changed.
    pub fn one_of_mut<'a, T>(&mut self, all: &'a mut [T]) -> &'a mut T {
        let place = self.place(all.len());
        &mut all[place]
    }

    /// True so many times in a thousand.
    pub fn permille(&mut self, times: u64) -> bool {
        self.below(1000) < times
    }

    /// A number from 1, mostly small: up to a power of two that is itself random.
    pub fn small(&mut self, most_bits: u64) -> u64 {
        let bits = self.below(most_bits + 1);
        1 + self.below(1 << bits)
    }
}
