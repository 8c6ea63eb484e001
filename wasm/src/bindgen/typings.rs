//! The typings that wasm-bindgen writes beside the functions. What travels is described once, in Rust, and generated into
//! `js/generated/wire.ts`; the rest are types that only JavaScript has, as in `js/validator/types.ts`.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const WIRE: &str = include_str!("../../../js/generated/wire.ts");

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");
