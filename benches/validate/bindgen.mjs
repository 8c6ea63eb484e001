// Built by the part `bindings`.
import { validateCreateAgent } from "../../build/bindgen/bindgen.js";

export default {
  name: "feature bindgen",
  validate: (input) => validateCreateAgent(input),
  paths: (issue) => [issue.path],
};
