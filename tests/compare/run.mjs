// `npm run compare -- --old DIR [--requests 1000000] [--seed 1]`: sends the same generated requests to the build in this
// folder and to another one (a checkout or an unpacked package with its dist/), and compares status, headers and body.
// Messages may differ: `message`, `detail`, and the texts in `errors`. It ends at the first difference.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { options, Requests } from "./generate.mjs";

const { values } = parseArgs({
  options: {
    old: { type: "string" },
    new: { type: "string", default: "." },
    requests: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
  },
});
if (values.old === undefined) throw new Error("say what to compare with: --old DIR");

/** The number of requests per pair of registrars. */
const EPISODE = 20_000;

/** The service of a build, as Node resolves it. */
async function serviceOf(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  let target = manifest.exports["./service"];
  while (typeof target === "object") target = target.node ?? target.import ?? target.default;
  return import(pathToFileURL(resolve(folder, target)).href);
}

/** The answer without messages: the part that must not change. */
function withoutSentences(value) {
  if (Array.isArray(value)) return value.map(withoutSentences);
  if (typeof value !== "object" || value === null) return value;
  const kept = {};
  const isError = value.status === "error" || value.type === "about:blank";
  for (const [key, inner] of Object.entries(value)) {
    if (isError && (key === "message" || key === "detail")) continue;
    if (isError && key === "errors") {
      kept[key] = Array.isArray(inner)
        ? inner.map(({ detail, ...rest }) => rest)
        : Object.fromEntries(Object.entries(inner).map(([path, texts]) => [path, texts.length]));
    } else kept[key] = withoutSentences(inner);
  }
  return kept;
}

const decoder = new TextDecoder();

/** The answer as a text to compare, and as JSON if it is JSON. */
function read({ status, headers, body }) {
  const list = [];
  for (let index = 0; index < headers.length; index += 2) list.push(`${headers[index]}: ${headers[index + 1]}`);
  const text = decoder.decode(body);
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    // The body is empty or not JSON.
  }
  const isError = status >= 400 || text.includes('"status":"error"');
  return {
    json,
    text: `${status}\n${list.sort().join("\n")}\n${isError && json !== undefined ? JSON.stringify(withoutSentences(json)) : text}`,
  };
}

const [before, after] = [await serviceOf(values.old), await serviceOf(values.new)];
const total = Number(values.requests);
const tally = new Map();
let sent = 0;
for (let episode = 0; sent < total; episode++) {
  let now = Date.UTC(2026, 4, 7, 10);
  const seed = new Uint8Array(32).fill(Number(values.seed)).map((byte, index) => byte + episode * (index + 1));
  const [one, other] = [before, after].map(({ createRegistrar }) => createRegistrar(options(seed, () => now)));
  const requests = new Requests(Number(values.seed) * 100_003 + episode);
  for (let index = 0; index < EPISODE && sent < total; index++, sent++) {
    now += requests.step();
    const { method, target, headers, body } = requests.next();
    const [wanted, got] = [one, other].map((registrar) => read(registrar.handle(method, target, headers, body)));
    if (wanted.text !== got.text && !target.startsWith("/api/v1/openapi")) {
      console.error(
        `request ${sent} of episode ${episode}: ${method} ${target}\n${JSON.stringify(headers)}\n${body ?? ""}\n\n--- old\n${wanted.text}\n\n--- new\n${got.text}`,
      );
      process.exit(1);
    }
    requests.learn(target, wanted.json);
    const status = wanted.text.slice(0, 3);
    tally.set(status, (tally.get(status) ?? 0) + 1);
  }
}
console.log(`${sent.toLocaleString("en")} requests, no difference`);
console.log(
  [...tally]
    .sort()
    .map(([status, count]) => `${status}: ${count.toLocaleString("en")}`)
    .join(", "),
);
