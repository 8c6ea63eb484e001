//! The scratch buffer that the seams for pages share: their texts and answers go through it.
//!
//! Nothing here allocates, calls back into JavaScript or panics, so one instance serves a page for as long as it lives.
//! As with every `&str` that wasm-bindgen takes from JavaScript, the bytes are trusted to be UTF-8: `js/validator/`
//! writes ASCII, and everything else with `TextEncoder`. Lengths are not trusted.

#![allow(unsafe_code)]

use core::cell::UnsafeCell;

use wasm_bindgen::prelude::wasm_bindgen;

/// Room for the longest of everything at once: a description of 20,002 UTF-16 units in three bytes
/// each is 60 KB, and the other fields together take 3 KB.
pub(super) const SCRATCH: usize = 65_536;

/// Nothing here allocates. wasm-bindgen links an allocator all the same; this one takes 1 KB less than the default.
/// (Tests, which are compiled with debug assertions, need one.)
#[cfg(not(any(feature = "service", debug_assertions)))]
mod no_allocator {
    use core::alloc::{GlobalAlloc, Layout};

    struct NoAllocator;

    #[global_allocator]
    static ALLOCATOR: NoAllocator = NoAllocator;

    // SAFETY: it hands out nothing, so there is nothing that could be wrong with what it hands out.
    unsafe impl GlobalAlloc for NoAllocator {
        unsafe fn alloc(&self, _: Layout) -> *mut u8 {
            core::ptr::null_mut()
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }
}

/// Zeroes, which take no place in the file. No `RefCell`, and no `from_utf8` below: they were a quarter of the module.
struct Buffer(UnsafeCell<[u8; SCRATCH]>);

// SAFETY: WebAssembly without shared memory has one thread.
unsafe impl Sync for Buffer {}

static BUFFER: Buffer = Buffer(UnsafeCell::new([0; SCRATCH]));

/// Reads it. `read` must not call `leave`.
pub(super) fn read<T>(read: impl FnOnce(&[u8]) -> T) -> T {
    // SAFETY: nothing else has the buffer during this call: there is one thread, JavaScript waits for the answer,
    // and `leave` is not called by what is read here.
    read(unsafe { &*BUFFER.0.get() })
}

/// The text that JavaScript left in that range of the buffer.
#[inline(never)]
pub(super) fn text(bytes: &[u8], from: u32, end: u32) -> Option<&str> {
    let bytes = bytes.get(from as usize..end as usize)?;
    // SAFETY: the module's documentation says who wrote these bytes, and how.
    Some(unsafe { core::str::from_utf8_unchecked(bytes) })
}

/// Copies its first ten bytes.
#[cfg(feature = "agent")]
pub(super) fn ten_bytes() -> [u8; 10] {
    // SAFETY: as in `read`.
    let bytes = unsafe { &*BUFFER.0.get() };
    bytes.first_chunk().copied().unwrap_or_default()
}

/// Writes `bytes` from `at` on; what does not fit is cut.
#[cfg(feature = "agent")]
#[inline(never)]
pub(super) fn leave(at: usize, bytes: &[u8]) {
    // SAFETY: as in `read`.
    let buffer = unsafe { &mut *BUFFER.0.get() };
    for (to, from) in buffer.iter_mut().skip(at).zip(bytes) {
        *to = *from;
    }
}

/// Where the scratch buffer lies. It never moves, and memory never grows, because nothing allocates.
#[wasm_bindgen]
#[must_use]
pub fn scratch() -> u32 {
    BUFFER.0.get() as usize as u32
}

/// Reads the text of that length at the beginning of the scratch buffer.
pub(super) fn read_text<T>(length: u32, read: impl FnOnce(&str) -> T) -> Option<T> {
    self::read(|bytes| text(bytes, 0, length).map(read))
}
