//! The table of numbers and the parts of the request buffer: see the layout in the documentation of the parent module.

use std::cell::Cell;

/// The length of a part that is absent.
const ABSENT: u32 = u32::MAX;

// The indexes of the table in the parent module's documentation.
pub(super) const BUFFER: usize = 0;
pub(super) const LENGTHS: usize = 2;
pub(super) const OUTPUT: usize = 12;
pub(super) const REQUEST_ID: usize = 15;
pub(super) const CAUSE: usize = 17;
pub(super) const PLAIN: usize = 19;
pub(super) const TRACE: usize = 20;
pub(super) const COUNT: usize = 24;

thread_local! {
    /// Cells, because JavaScript reads and writes them between calls.
    static NUMBERS: [Cell<u32>; COUNT] = const { [const { Cell::new(0) }; COUNT] };
}

/// The address of the numbers.
pub(super) fn address() -> u32 {
    NUMBERS.with(|numbers| numbers.as_ptr() as usize as u32)
}

/// Writes numbers, from an index on.
pub(super) fn set<const N: usize>(index: usize, values: [u32; N]) {
    NUMBERS.with(|numbers| {
        for (number, value) in numbers.iter().skip(index).zip(values) {
            number.set(value);
        }
    });
}

/// The address and the length of bytes. Both have 32 bits here.
pub(super) fn place(bytes: &[u8]) -> [u32; 2] {
    [bytes.as_ptr() as usize as u32, bytes.len() as u32]
}

/// The parts of the request buffer, one after another.
pub(super) struct Parts<'a> {
    index: usize,
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    pub(super) fn of(buffer: &'a [u8]) -> Parts<'a> {
        Parts {
            index: LENGTHS,
            rest: buffer,
        }
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = NUMBERS.with(|numbers| numbers.get(self.index).map(Cell::get))?;
        self.index += 1;
        if length == ABSENT {
            return None;
        }
        let (part, rest) = self
            .rest
            .split_at_checked(length as usize)
            .unwrap_or_default();
        self.rest = rest;
        Some(part)
    }

    /// The next part as text; `None` if it is absent or not UTF-8.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        self.bytes().and_then(|it| str::from_utf8(it).ok())
    }
}
