import { buildAgentResponse, generatePfid, isPfid, validateCreateAgent } from "agent-registrar";

const ENVIRONMENT = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

/** The verdicts on a valid and an invalid body, and the results of the other exports, as one line. */
export function judgeValidator() {
  const good = validateCreateAgent({ details: { name: " Zoë 🦀 ", environment_id: ENVIRONMENT } });
  const bad = validateCreateAgent({ details: { name: " ", environment_id: "nowhere" } });
  const { details: agent } = buildAgentResponse(good.value, { now: 0 });
  const issues = bad.issues.map((issue) => `${issue.path.join(".")} ${issue.reason}`).join(", ");
  const generated = isPfid(generatePfid({ partition: ENVIRONMENT }));
  return `validator: ${good.ok} ${agent.name} ${agent.status}; ${bad.ok} ${issues}; generated ${generated}`;
}
