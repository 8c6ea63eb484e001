import { createRegistrar } from "agent-registrar/service";

/** The answers of the service to a valid and an invalid create, as one line. */
export async function judgeService() {
  const registrar = createRegistrar({ seed: "environments" });
  const { token, environment_id } = registrar.defaults;
  const create = async (details) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const response = await registrar.fetch("http://localhost/api/v1/agent", { method: "POST", headers, body: JSON.stringify({ details }) });
    return [response.status, await response.json()];
  };
  const [goodStatus, good] = await create({ name: " Zoë 🦀 ", environment_id });
  const [badStatus, bad] = await create({ name: " ", environment_id: "nowhere" });
  return `service: ${goodStatus} ${good.details.name}; ${badStatus} ${bad.code}`;
}
