// Bytes to bytes: the body of a create in, the answer's bytes out, store included.

import { generateAjvStandalone } from "../lib/generate.mjs";
import { interleaved } from "../lib/measure.mjs";
import { NO_EVAL, start } from "../lib/process.mjs";
import { duration, ratio, table } from "../lib/table.mjs";
import { startInWorkerd } from "../lib/workerd.mjs";
import { BYTES_KINDS } from "../service/loop.mjs";

export const title = "Bytes to bytes";
export const peers = ["ajv", "hono", "itty-router", "valibot", "workerd", "zod"];

const PEERS = ["hand-request", "itty-ajv", "hono-valibot", "hono-zod"];
const HOMES = [
  {
    name: "Node",
    contenders: ["ours", "hand", "ours-request", ...PEERS],
    start: (name) => start("service/child.mjs", { args: [name], execArgv: [NO_EVAL] }),
  },
  { name: "workerd", contenders: ["ours", "hand", "ours-worker", ...PEERS], start: startInWorkerd },
];

const ALIKE = `The body of \`POST /api/v1/agent\` goes in, the bytes of the answer come out, and the agent is in the store (peers: a
Map). Every contender checks the token, decodes, validates by the full rules, makes an id and answers with the whole agent,
or with 422 and all issues. \u201cbytes\u201d: a call with the bytes; \u201cRequest\u201d: a \`Request\` is made, and the body of the
\`Response\` read, as servers for the Fetch API must, and that is much of the time; it says how long its body is, as
those that come over a network do. In workerd ours is then the worker as it is deployed. Bodies carry no idempotency key, which
the peers don't know; only ours refuses duplicate keys and deep nesting. In brackets: relative to ours from bytes.`;

export async function run({ quick, progress }) {
  await generateAjvStandalone();
  const sections = [ALIKE];
  for (const home of HOMES) {
    const { started, absent } = await startAll(home, progress);
    try {
      await agree(started);
      for (const contender of started) for (const kind of BYTES_KINDS) await contender.call("run", kind, quick ? 80 : 250);
      const measured = await interleaved({
        contenders: started,
        cells: BYTES_KINDS,
        rounds: quick ? 5 : 15,
        measure: (contender, kind) => contender.call("run", kind, quick ? 20 : 50),
        progress: (text) => progress(`${home.name}: ${text}`),
      });
      sections.push(section(home, started, absent, measured));
    } finally {
      await Promise.all(started.map(({ stop }) => stop()));
    }
  }
  return sections.join("\n\n");
}

async function startAll(home, progress) {
  const started = [];
  const absent = [];
  for (const name of home.contenders) {
    progress(`${home.name}: ${name} starts`);
    try {
      const process = await home.start(name);
      started.push({ ...process, ...(await process.call("about")) });
    } catch (fault) {
      if (name.startsWith("ours")) throw fault;
      absent.push(`${name}: ${fault.message.slice(0, 200)}`);
    }
  }
  return { started, absent };
}

/** Ends the run if the answer of a contender differs from the others, apart from ids, times and messages. */
async function agree(started) {
  let first;
  for (const contender of started) {
    const sample = await contender.call("sample");
    const shape = JSON.stringify(sample, (key, value) => {
      if (key === "id" || key.endsWith("ed_at")) return typeof value;
      if (key === "message") return "";
      return key === "errors" ? Object.keys(value).sort() : value;
    });
    first ??= { name: contender.name, shape };
    if (shape !== first.shape) throw new Error(`${first.name} and ${contender.name} answer differently:\n${first.shape}\n${shape}`);
  }
}

function section(home, started, absent, measured) {
  const time = (contender, kind) => measured.get(contender).get(kind).median;
  const ours = started.find(({ isOurs, takes }) => isOurs && takes === "bytes");
  const rows = started.map((contender) => [
    `${contender.name}, ${contender.takes}`,
    ...BYTES_KINDS.map(
      (kind) => duration(time(contender, kind)) + (contender !== ours ? ` (${ratio(time(contender, kind) / time(ours, kind))})` : ""),
    ),
  ]);
  const find = (name, takes) => started.find((contender) => contender.name.startsWith(name) && contender.takes === takes);
  const target = (what, peer, limit) => {
    const value = time(peer, "create") / time(ours, "create");
    return [what, `\u2265 ${limit}\u00d7`, ratio(value), value >= limit ? "met" : "missed"];
  };
  const hono = find("Hono + zod", "Request");
  const alike = time(hono, "create") / time(find("agent-registrar", "Request"), "create");
  return [
    `### In ${home.name}`,
    table(["", ...BYTES_KINDS], rows),
    ...(absent.length > 0 ? [`Can't run:\n\n${absent.map((text) => `- ${text}`).join("\n")}`] : []),
    table(
      ["Targets, create", "target", "measured", ""],
      [
        target("faster than hand-written, both from bytes", find("hand-written", "bytes"), 2),
        target("from bytes, faster than Hono + zod, which needs a Request", hono, 4),
        ["from a Request, faster than Hono + zod", "", ratio(alike), ""],
      ],
    ),
  ].join("\n\n");
}
