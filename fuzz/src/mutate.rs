//! Inputs for runs without libFuzzer: random bytes, and changed files of the corpus.

/// An endless, repeatable sequence of inputs.
#[derive(Debug)]
pub struct Inputs {
    /// The state of SplitMix64.
    state: u64,
    corpus: Vec<Vec<u8>>,
}

impl Inputs {
    /// The sequence of a seed, with these files to change.
    pub fn new(seed: u64, corpus: Vec<Vec<u8>>) -> Inputs {
        Inputs {
            state: seed,
            corpus,
        }
    }

    fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ self.state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit.max(1) as u64) as usize
    }

    fn random(&mut self) -> Vec<u8> {
        let longest = [4, 16, 64, 256][self.below(4)];
        let length = self.below(longest + 1);
        (0..length).map(|_| self.number() as u8).collect()
    }

    /// A file of the corpus with a few bytes changed, inserted or removed.
    fn changed(&mut self) -> Vec<u8> {
        let place = self.below(self.corpus.len());
        let mut data = self.corpus[place].clone();
        for _ in 0..=self.below(4) {
            let at = self.below(data.len() + 1);
            match self.below(4) {
                0 if at < data.len() => data[at] = self.number() as u8,
                1 if at < data.len() => data[at] ^= 1 << self.below(8),
                2 => data.truncate(at),
                _ => data.insert(at, self.number() as u8),
            }
        }
        data
    }
}

impl Iterator for Inputs {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        Some(match self.corpus.is_empty() || self.below(2) == 0 {
            true => self.random(),
            false => self.changed(),
        })
    }
}
