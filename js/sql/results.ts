// What exports of the core return.

// The bits of `step` (wasm/src/service/steps.rs).
export const WROTE = 2;
export const ROLL_BACK = 4;
export const LAST = 8;

// A bit of `start`.
export const MAY_WRITE = 2;

// Of `open` and `reset` (wasm/src/service.rs).
export const OPENED = 1;
export const REFUSED = 0;
