// A new process: the steps of the start of the service. Prints nanoseconds.

import { readFileSync } from "node:fs";
import { ENVIRONMENT } from "../lib/inputs.mjs";

const HEADERS = { authorization: "Bearer t", "content-type": "application/json" };
const body = new TextEncoder().encode(JSON.stringify({ details: { name: "billing router agent 7", environment_id: ENVIRONMENT } }));
const bytes = readFileSync(new URL("../../dist/service.wasm", import.meta.url));

const steps = [];
const step = async (name, work) => {
  const start = process.hrtime.bigint();
  const result = await work();
  steps.push([name, Number(process.hrtime.bigint() - start)]);
  return result;
};

await step("compile the wasm, once by itself", () => new WebAssembly.Module(bytes));
const { createRegistrar } = await step("import, which compiles it too", () => import("agent-registrar/service"));
const registrar = await step("createRegistrar", () => createRegistrar({ tokens: [{ token: "t" }] }));
const post = () => registrar.handle("POST", "/api/v1/agent", HEADERS, body);
await step("first create, whose functions V8 compiles now", post);
await step("second create", post);
process.stdout.write(JSON.stringify(steps));
