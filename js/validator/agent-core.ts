// The part of the core that makes ids and tells what follows from an agent's history. It starts when it is first used and
// not at import, so that bundlers leave all of it out where nothing uses it.
import module from "#agent-wasm";
import type { InitOutput } from "../../build/agent/agent.js";
import { start } from "./start.js";

function open() {
  const core = start<InitOutput>(module);
  // Stays valid, as that of the validator does.
  return { core, scratch: new Uint8Array(core.memory.buffer, core.scratch()) };
}

let opened: ReturnType<typeof open> | undefined;

/** Its functions, and its memory from its scratch buffer on. */
export function agentCore(): ReturnType<typeof open> {
  return (opened ??= open());
}
