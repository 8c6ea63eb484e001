// The process of the growing registrar.

import { storable } from "../lib/inputs.mjs";
import { used } from "../lib/measure.mjs";
import { answer } from "../lib/process.mjs";
import { random } from "../lib/random.mjs";
import { TOKEN } from "../service/store.mjs";

// The registrar does not expose its memory, so this intercepts the instantiation.
let memory;
const { Instance } = WebAssembly;
WebAssembly.Instance = new Proxy(Instance, {
  construct(target, args) {
    const instance = new target(...args);
    memory ??= instance.exports.memory;
    return instance;
  },
});

const { openRegistrar } = await import("../service/ours.mjs");
const registrar = openRegistrar();
const HEADERS = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
const bodies = storable().map((text) => JSON.parse(text));

/** The body of an agent whose name nobody else has. */
function body(number) {
  const { details } = bodies[number % bodies.length];
  return Buffer.from(JSON.stringify({ details: { ...details, name: `${details.name} ${number.toString(36)}` } }));
}

function textLength(number) {
  const { name, description = "" } = bodies[number % bodies.length].details;
  return name.length + 1 + number.toString(36).length + description.length;
}

// As bytes, so that the list adds no work for the garbage collector.
const ids = Buffer.alloc(32 * 1_100_000);
let agents = 0;
let text = 0;

function send(method, target, body = null) {
  const { status, body: given } = registrar.handle(method, target, HEADERS, body);
  if (status !== 200) throw new Error(`${method} ${target} answered ${status}: ${Buffer.from(given)}`);
  return given;
}

/** The position of the id in the body of an answer. */
const ID = '{"status":"success","details":{"type":"agent","id":"'.length;

function create(sent) {
  const given = send("POST", "/api/v1/agent", sent);
  ids.set(given.subarray(ID, ID + 32), 32 * agents++);
}

const r = random(7);
const change = Buffer.from(JSON.stringify({ details: { description: "Reads the invoices by day, and files a ticket for each." } }));
/** Targets of random agents, made before the clock starts. */
function targets(count) {
  return Array.from({ length: count }, () => {
    const at = 32 * r.below(agents);
    return Buffer.from(`/api/v1/agent/${ids.latin1Slice(at, at + 32)}`).latin1Slice();
  });
}

/** Deletes the agents that a measurement created. */
function shrinkTo(count) {
  while (agents > count) {
    agents--;
    send("DELETE", `/api/v1/agent/${ids.latin1Slice(32 * agents, 32 * agents + 32)}`);
  }
}

function list(share, sorting) {
  const offset = Math.floor((agents - 50) * share);
  const target = `/api/v1/agent?pagination[offset]=${offset}&pagination[page_size]=50${sorting}`;
  return () => send("GET", target);
}

const each = (list, work) => () => work(list.pop());

/** The measured operations: each returns a function for a number of calls. */
const KINDS = {
  create: (count) =>
    each(
      Array.from({ length: count }, (_, turn) => body(agents + turn)),
      create,
    ),
  fetch: (count) => each(targets(count), (target) => send("GET", target)),
  update: (count) => each(targets(count), (target) => send("PUT", target, change)),
  "first page": () => list(0, ""),
  "middle page": () => list(0.5, ""),
  "last page": () => list(1, ""),
  "middle page by name": () => list(0.5, "&sorting=name"),
  "middle page by status": () => list(0.5, "&sorting=status"),
};

answer({
  kinds: () => Object.keys(KINDS),
  /** Warms up the compilers and resets the store, so that the smallest store is not measured cold. */
  warm() {
    for (let round = 0; round < 20; round++) {
      for (const kind of Object.keys(KINDS)) {
        const operation = KINDS[kind === "create" || agents > 500 ? kind : "create"](1000);
        for (let left = 1000; left > 0; left--) operation();
      }
    }
    registrar.reset();
    agents = 0;
  },
  growTo(count) {
    for (; agents < count; text += textLength(agents - 1)) create(body(agents));
  },
  /** Nanoseconds of one operation: the mean of a batch. */
  measure(kind, count) {
    const operation = KINDS[kind](count);
    const before = agents;
    const start = used();
    for (let left = count; left > 0; left--) operation();
    const time = (used() - start) / count;
    shrinkTo(before);
    return time;
  },
  size: () => ({ agents, memory: memory.buffer.byteLength, text }),
});
