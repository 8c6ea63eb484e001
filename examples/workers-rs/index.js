// The entry of the worker: instantiates the module that workerd compiled, and hands requests to Rust.
import module from "./build/worker_bg.wasm";
import { fetch, initSync } from "./build/worker.js";

initSync({ module });

export default { fetch };
