// Built by the part `bindings`.
import { readFileSync } from "node:fs";
import { initSync, validateCreateAgent } from "../../build/bindgen/bindgen.js";

initSync({ module: readFileSync(new URL("../../build/bindgen/bindgen_bg.wasm", import.meta.url)) });

export default {
  name: "feature bindgen",
  validate: (input) => validateCreateAgent(input),
  paths: (issue) => [issue.path],
};
