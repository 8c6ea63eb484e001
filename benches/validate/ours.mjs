import { validateCreateAgent } from "../../dist/index.js";

export default {
  name: "agent-registrar",
  isOurs: true,
  validate: (input) => validateCreateAgent(input),
  paths: (issue) => [issue.path],
};
