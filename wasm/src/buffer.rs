//! The memory that the bindings for pages share with JavaScript. The other side is `js/validator/core.ts`.
//!
//! Numbers cross as arguments and results, everything else through two static buffers:
//!
//! | buffer | address | size | contents |
//! | --- | --- | --- | --- |
//! | header | `header()` | [`SLOTS`] × 8 bytes, aligned to 4 | for each field of a body a [`Slot`]: `u32` kind, `u32` end |
//! | scratch | `scratch()` | [`SCRATCH`] bytes | texts in UTF-8, one after another; or a result that is not a number |
//!
//! Slot 0 is `details`, which has no text; slot n is the nth text field of the body, in the order of
//! `agent_registrar::rules::fields`. The text of a slot begins at the end of the text of the slot before it, the first one at 0.
//! Ends count UTF-16 code units, as JavaScript does.
//!
//! ```text
//! header   kind end   kind end   kind end   kind end   …         (create: details, name, environment_id, description, …)
//!            2   0      2   3      2  35      0  35
//! scratch  A d a 0 1 3 x r z p 1 2 g …
//!          0     3                     35
//! ```
//!
//! | kind | 0 | 1 | 2 | 3 | 4 | 5 |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | | absent | `null` | text or object | wrong type | unreadable | not well-formed |
//!
//! Nothing here allocates, calls back into JavaScript or panics, so one instance serves a page for as long as it lives.
//! As with every `&str` that wasm-bindgen takes from JavaScript, the bytes are trusted to be UTF-8: `js/validator/`
//! writes ASCII, and everything else with `TextEncoder`. Kinds, ends and lengths are not trusted.

#![allow(unsafe_code)]

use core::cell::UnsafeCell;

use agent_registrar::rules::fields::FieldOfBody;
use agent_registrar::rules::{CreateAgentFields, Field, UpdateAgentFields};
use wasm_bindgen::prelude::wasm_bindgen;

/// Room for the longest texts of a body, and for the pieces of a text that JavaScript trims.
pub(super) const SCRATCH: usize = {
    let bodies = [
        most_bytes(CreateAgentFields::FIELDS),
        most_bytes(UpdateAgentFields::FIELDS),
    ];
    let (mut size, mut index) = (65_536, 0);
    while index < bodies.len() {
        if size < bodies[index] {
            size = bodies[index];
        }
        index += 1;
    }
    size
};

/// The most bytes that the texts of a body can take. JavaScript cuts a text at two UTF-16 units per allowed character
/// and adds up to two more, so that it is still too long; a unit takes at most three bytes.
const fn most_bytes(fields: &[FieldOfBody]) -> usize {
    let (mut bytes, mut rest) = (0, fields);
    while let [first, after @ ..] = rest {
        bytes += 3 * (2 * first.field.limit() + 2);
        rest = after;
    }
    bytes
}

/// The number of slots in the header: every field, in any body.
pub(super) const SLOTS: usize = Field::ALL.len();

/// How one field arrived.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Slot {
    /// A kind of the table above.
    pub(super) kind: u32,
    /// The end of its text in the scratch buffer, in UTF-16 code units.
    pub(super) end: u32,
}

/// PERF(size): nothing here allocates. wasm-bindgen links an allocator all the same; this one is 1 KB smaller than the
/// default. (Tests are compiled with debug assertions and need a real one.)
#[cfg(not(any(feature = "service", debug_assertions)))]
mod no_allocator {
    use core::alloc::{GlobalAlloc, Layout};

    struct NoAllocator;

    #[global_allocator]
    static ALLOCATOR: NoAllocator = NoAllocator;

    // SAFETY: every allocation fails, which the trait allows.
    unsafe impl GlobalAlloc for NoAllocator {
        unsafe fn alloc(&self, _: Layout) -> *mut u8 {
            core::ptr::null_mut()
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }
}

/// Memory that JavaScript writes between calls. Zeroes take no room in the file.
///
/// PERF(size): no `RefCell`, and no `from_utf8` below: they were a quarter of the module.
struct Shared<T>(UnsafeCell<T>);

// SAFETY: WebAssembly without shared memory has one thread.
unsafe impl<T> Sync for Shared<T> {}

static HEADER: Shared<[Slot; SLOTS]> = Shared(UnsafeCell::new([Slot { kind: 0, end: 0 }; SLOTS]));

static BUFFER: Shared<[u8; SCRATCH]> = Shared(UnsafeCell::new([0; SCRATCH]));

/// Calls `read` with the header and the scratch buffer. `read` must not call `leave`.
pub(super) fn read<T>(read: impl FnOnce(&[Slot; SLOTS], &[u8]) -> T) -> T {
    // SAFETY: there is one thread, JavaScript waits for the answer, and `read` does not call `leave`: nothing writes
    // to the buffers during this call. Every bit pattern is a valid `Slot`.
    read(unsafe { &*HEADER.0.get() }, unsafe { &*BUFFER.0.get() })
}

/// The text in that range of the scratch buffer.
#[inline(never)]
pub(super) fn text(bytes: &[u8], from: u32, end: u32) -> Option<&str> {
    let bytes = bytes.get(from as usize..end as usize)?;
    // SAFETY: JavaScript writes these bytes as UTF-8: see the module's documentation.
    Some(unsafe { core::str::from_utf8_unchecked(bytes) })
}

/// Copies the first ten bytes of the scratch buffer.
#[cfg(feature = "agent")]
pub(super) fn ten_bytes() -> [u8; 10] {
    // SAFETY: as in `read`.
    let bytes = unsafe { &*BUFFER.0.get() };
    bytes.first_chunk().copied().unwrap_or_default()
}

/// Writes `bytes` to the scratch buffer from `at` on. Bytes that do not fit are dropped.
#[cfg(feature = "agent")]
#[inline(never)]
pub(super) fn leave(at: usize, bytes: &[u8]) {
    // SAFETY: as in `read`.
    let buffer = unsafe { &mut *BUFFER.0.get() };
    for (to, from) in buffer.iter_mut().skip(at).zip(bytes) {
        *to = *from;
    }
}

/// The address of the scratch buffer. It never moves, and memory never grows, because nothing allocates.
#[wasm_bindgen]
#[must_use]
pub fn scratch() -> u32 {
    BUFFER.0.get() as usize as u32
}

/// The address of the header.
#[wasm_bindgen]
#[must_use]
pub fn header() -> u32 {
    HEADER.0.get() as usize as u32
}

/// Calls `read` with the text of `length` bytes at the beginning of the scratch buffer.
pub(super) fn read_text<T>(length: u32, read: impl FnOnce(&str) -> T) -> Option<T> {
    self::read(|_, bytes| text(bytes, 0, length).map(read))
}
