// A worker with two registrars, at /one/… and /other/…. POST /one/trap makes the next call of that one's core trap;
// POST /one/reset resets it.
import { createRegistrar } from "agent-registrar/service";

/** Captures the instances that the package creates and does not expose: one for each registrar, in their order. */
const instances: WebAssembly.Instance[] = [];
const RealInstance = WebAssembly.Instance;
WebAssembly.Instance = class {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    const instance = new RealInstance(module, imports);
    instances.push(instance);
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
    if (rest.join("/") === "reset") {
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
