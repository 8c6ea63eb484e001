// The part of the core that makes ids and tells what follows from an agent's history. It starts when it is first used and
// not at import, so that bundlers leave all of it out where nothing uses it.
import module from "#agent-wasm";
import type { InitOutput } from "../../build/agent/agent.js";
import { memory, start } from "./start.js";

function open() {
  const core = start<InitOutput>(module);
  return { core, scratch: memory(core) };
}

let opened: ReturnType<typeof open> | undefined;

/** Its functions, and its memory from its scratch buffer on. */
export function agentCore(): ReturnType<typeof open> {
  return (opened ??= open());
}
