// A worker with two registrars, at /one/… and /other/…. POST /one/trap makes the next call of that one's core trap;
// POST /one/reset resets it. Where the .wasm file is that of aborting.ts, POST /one/fuse?at=N makes that core trap at the Nth place from now
// on, and gives how many were left.
import { createRegistrar } from "agent-registrar/service";

/** Captures the instances that the package creates and does not expose: one for each registrar, in their order. */
const instances: WebAssembly.Instance[] = [];
/** The registrar that a later instance is made for. */
let resetting: number | undefined;
const RealInstance = WebAssembly.Instance;
WebAssembly.Instance = class {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    const instance = new RealInstance(module, imports);
    if (resetting === undefined) instances.push(instance);
    else instances[resetting] = instance;
    return instance;
  }
} as typeof WebAssembly.Instance;

const names = ["one", "other"];
const registrars = names.map(() => createRegistrar({ tokens: [{ token: "t" }] }));

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const [, name = "", ...rest] = pathname.split("/");
    const index = names.indexOf(name);
    if (rest.join("/") === "trap") {
      new Uint8Array((instances[index]?.exports["memory"] as WebAssembly.Memory).buffer).fill(0xff);
      return new Response(null, { status: 204 });
    }
    if (rest.join("/") === "fuse") {
      const fuse = instances[index]?.exports["fuse"] as WebAssembly.Global;
      const left = Number(fuse.value);
      fuse.value = Number(new URL(request.url).searchParams.get("at"));
      return Response.json(left);
    }
    if (rest.join("/") === "reset") {
      resetting = index;
      registrars[index]?.reset();
      return new Response(null, { status: 204 });
    }
    const target = new URL(`/${rest.join("/")}${search}`, request.url);
    const { method, headers } = request;
    const body = method === "GET" ? undefined : await request.arrayBuffer();
    const registrar = registrars[index];
    if (registrar === undefined) return new Response(null, { status: 404 });
    return registrar.fetch(new Request(target, body === undefined ? { method, headers } : { method, headers, body }));
  },
};
