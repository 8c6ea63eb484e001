import { validateCreateAgent } from "agent-registrar";

export default {
  name: "agent-registrar",
  isOurs: true,
  validate: (input) => validateCreateAgent(input),
  paths: (issue) => [issue.path],
};
