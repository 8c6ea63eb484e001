// The profile of a process, by V8's sampling profiler.

import { Session } from "node:inspector/promises";

/** Functions of Node that are a system call and little else. */
const WRITES = new Set(["writev", "writeLatin1String", "writeUtf8String", "writeAsciiString", "writeBuffer"]);

/** The group of a stack frame. */
function group({ functionName, url }) {
  if (WRITES.has(functionName) && url === "") return "writing to the socket (system call)";
  if (functionName === "encodeInto") return "handing texts over (encodeInto)";
  if (url.startsWith("wasm://")) return "wasm";
  if (url.startsWith("node:")) return "Node's JavaScript";
  if (url.includes("/dist/")) return "this package's JavaScript";
  if (functionName === "(garbage collector)") return "garbage collection";
  return "the rest";
}

let session;

/** Starts sampling this process. */
export async function startProfile() {
  session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 200 });
  await session.post("Profiler.start");
}

/** Stops, and returns the share of each group in the busy time: `[[group, share], …]`, the largest first. */
export async function stopProfile() {
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const times = new Map();
  let all = 0;
  for (const [at, id] of profile.samples.entries()) {
    const frame = nodes.get(id);
    if (frame.functionName === "(idle)") continue;
    const time = profile.timeDeltas[at];
    times.set(group(frame), (times.get(group(frame)) ?? 0) + time);
    all += time;
  }
  return [...times].map(([name, time]) => [name, time / all]).sort(([, a], [, b]) => b - a);
}
