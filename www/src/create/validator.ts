// The functions of the package that the page uses. A module of its own, so that the bundler leaves the others out.
export { generatePfid, isPfid, parsePfid, validateCreateAgent, validateUpdateAgent } from "agent-registrar";
