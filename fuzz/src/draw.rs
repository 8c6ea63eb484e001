//! Draws choices from the bytes of an input.

use arbitrary::Unstructured;

use crate::texts::{FILLERS, ODD};

/// Choices out of bytes. When the bytes are used up, every choice is the first one.
pub(crate) struct Draw<'d>(Unstructured<'d>);

impl<'d> Draw<'d> {
    pub(crate) fn new(data: &'d [u8]) -> Draw<'d> {
        Draw(Unstructured::new(data))
    }

    /// Whether all bytes are used up.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A number below `limit`, which is at least 1.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0.int_in_range(0..=limit - 1).unwrap_or(0)
    }

    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// True once in so many times, and never once the bytes are used up.
    pub(crate) fn rarely(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.0.arbitrary().unwrap_or(0)
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0.arbitrary().unwrap_or(0)
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        self.0.arbitrary().unwrap_or([0; N])
    }

    /// So many of the next bytes at most, as UTF-8 as far as they are.
    pub(crate) fn raw_text(&mut self, most: usize) -> String {
        let count = self.below(most + 1).min(self.0.len());
        let bytes = self.0.bytes(count).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// A text: of pieces at the boundaries of the rules, of any bytes, or about as long as a limit.
    pub(crate) fn text(&mut self, limit: usize) -> String {
        match self.below(6) {
            0 => "Support bot".to_owned(),
            1 => self.raw_text(40),
            2 => {
                let filler = self.one_of(FILLERS);
                let count = (limit + self.below(9)).saturating_sub(4);
                self.pieces(2) + &filler.repeat(count) + &self.pieces(2)
            }
            _ => self.pieces(6),
        }
    }

    fn pieces(&mut self, most: usize) -> String {
        (0..self.below(most + 1))
            .map(|_| self.one_of(ODD))
            .collect()
    }

    /// The first half, third … of the bytes that are left.
    pub(crate) fn take(&mut self, divisor: usize) -> &'d [u8] {
        let count = self.0.len() / divisor;
        self.0.bytes(count).unwrap_or_default()
    }

    /// All bytes that are left.
    pub(crate) fn rest(self) -> &'d [u8] {
        self.0.take_rest()
    }
}
