// A running service, and agents with runs for tests and pictures.
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** Starts `agent-registrar serve` as its users do, on a free port unless the options name one. Fails if it ends before it answers. */
export async function startServer(...options) {
  const port = options.includes("--port") ? [] : ["--port", "0"];
  const child = spawn(process.execPath, [cli, "serve", ...port, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  let said = "";
  const answers = new Promise((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (text) => {
      said += text;
      // The last line.
      if (said.includes("Ctrl+C")) resolve();
    });
  });
  await Promise.race([
    answers,
    ended.then((code) => {
      throw new Error(`the server ended with ${code}`);
    }),
  ]);
  const found = (pattern) => pattern.exec(said)?.[1] ?? "";
  const url = found(/answers at (\S+)/);
  return {
    url,
    port: Number(new URL(url).port),
    page: found(/page +(\S+)/),
    token: found(/account token +(\S+)/),
    environment: found(/environment +(\S+)/),
    async stop() {
      child.kill();
      await ended;
    },
  };
}

/** Starts a server with its page, which the tests call as another program does. */
export async function serve() {
  const { url, token, environment, stop } = await startServer("--page");
  return {
    url: `${url}/`,
    token,
    environment,
    stop,
    /** Calls the API without the page, as another program does. */
    async call(method, path, body) {
      const response = await fetch(new URL(path, `${url}/`), {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { "content-type": "application/json" }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
      return answer;
    },
    async create(details) {
      return (await this.call("POST", "/api/v1/agent", { details: { environment_id: environment, ...details } })).details;
    },
  };
}

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".wasm": "application/wasm" };
const SUB_PATH = "/some/console/";

/** Serves the page's files from a static folder in a sub-path, as any static host does. */
export async function servePage() {
  const folder = fileURLToPath(new URL("../../dist/www/", import.meta.url));
  const server = createHttpServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://host");
    try {
      if (!pathname.startsWith(SUB_PATH)) throw new Error("not here");
      const name = pathname.slice(SUB_PATH.length) || "index.html";
      const body = await readFile(folder + name);
      response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${SUB_PATH}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const NAMES = [
  "Lead scoring v1",
  "Release notes writer",
  "Churn notes",
  "Meeting minutes",
  "Support mail, Europe",
  "Tax form classifier",
  "Nightly ledger reconciliation with the bank statements of all subsidiaries",
  "Vendor onboarding",
  "Shipping address repair",
  "客服助手",
  "KYC document check",
  "Invoice reader",
  "Refund triage",
  "<b>Lead scoring</b>",
  "🧾 Receipts",
  "Contract summariser",
  "\u202egpj.exe agent",
  "وكيل الدعم الفني",
  "Warranty claims",
];

/** How the instances of an agent end, by its place in the list. */
const RUNS = ["complete", "complete", "failed", "complete", "cancelled", "active", "complete", "pending"];

/** Runs an instance to a status. Returns its id. */
async function run(service, agent, status) {
  const version = { external_identifier: "v14", name: "v14" };
  const { details } = await service.call("POST", "/api/v1/agent_instance/register", {
    agent_id: agent,
    agent_version: version,
    agent_schema_version: { external_identifier: "s3", span_schemas: { "agent:run": {}, "step:plan": {} } },
  });
  if (status === "pending") return details.id;
  if (status === "cancelled") {
    await service.call("POST", `/api/v1/agent_instance/${details.id}/finish`, { status });
    return details.id;
  }
  await service.call("POST", `/api/v1/agent_instance/${details.id}/start`, {});
  if (status !== "active") await service.call("POST", `/api/v1/agent_instance/${details.id}/finish`, { status });
  return details.id;
}

/** The steps of a run: name, depth, start and end in milliseconds, status. */
const STEPS = [
  ["agent:run", 0, 0, 8420, "failed"],
  ["step:plan", 1, 40, 950, "complete"],
  ["llm:chat", 2, 60, 900, "complete"],
  ["step:read_invoice", 1, 970, 3840, "complete"],
  ["tool:fetch_document", 2, 990, 1630, "complete"],
  ["llm:extract", 2, 1650, 3810, "complete"],
  ["step:post_to_ledger", 1, 3900, 8400, "failed"],
  ["tool:ledger.post", 2, 3920, 5400, "failed"],
  ["tool:ledger.post", 2, 5450, 6940, "failed"],
  ["tool:ledger.post", 2, 7010, 8400, "failed"],
];

/** Creates the agents of the pictures. Returns the ids of one agent, of an instance with spans, and of one of its spans. */
export async function sample(service) {
  const made = {};
  for (const [index, name] of NAMES.entries()) {
    const agent = await service.create({
      name,
      description: name === "Invoice reader" ? "Reads supplier invoices and posts them to the ledger." : undefined,
    });
    if (index < NAMES.length - 3 && name !== "<b>Lead scoring</b>") {
      for (let i = 0; i < 3 + (index % 6); i++) await run(service, agent.id, RUNS[(index + i) % RUNS.length]);
    }
    if (index % 7 === 0) await service.call("POST", `/api/v1/agent/${agent.id}/retire`, {});
    if (name === "Invoice reader") Object.assign(made, { agent: agent.id, ...(await traced(service, agent.id)) });
  }
  return { ...made, environment: service.environment };
}

async function traced(service, agent) {
  const start = Date.now() - 60_000;
  const instance = await run(service, agent, "pending");
  await service.call("POST", `/api/v1/agent_instance/${instance}/start`, { timestamp: new Date(start).toISOString() });
  const parents = [];
  let span;
  for (const [schema_name, depth, from, to, status] of STEPS) {
    const { details } = await service.call("POST", "/api/v1/agent_spans", {
      details: {
        agent_instance_id: instance,
        schema_name,
        status,
        payload: { request: schema_name },
        result_payload: status === "failed" ? { error: "timeout after 1400 ms", attempt: 2 } : { ok: true },
        ...(depth > 0 && { parent_span_id: parents[depth - 1] }),
        started_at: new Date(start + from).toISOString(),
        finished_at: new Date(start + to).toISOString(),
      },
    });
    parents[depth] = details.id;
    if (from === 5450) span = details.id;
  }
  await service.call("POST", `/api/v1/agent_instance/${instance}/finish`, {
    status: "failed",
    timestamp: new Date(start + 8420).toISOString(),
  });
  return { instance, span };
}
