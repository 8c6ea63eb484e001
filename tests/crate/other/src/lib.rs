//! A dependency that pins a version of wasm-bindgen of its own.

use wasm_bindgen::prelude::wasm_bindgen;

/// Doubles a number, for JavaScript.
#[wasm_bindgen]
pub fn double(number: u32) -> u32 {
    number * 2
}
