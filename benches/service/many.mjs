// A new process that creates many registrars, each of which answers a request. Prints JSON.

import { createRegistrar } from "agent-registrar/service";

const [, , count] = process.argv;
const open = () => {
  const registrar = createRegistrar({ tokens: [{ token: "t" }] });
  registrar.handle("GET", "/api/v1/ping", { authorization: "Bearer t" });
  return registrar;
};

// The first one compiles the module, and is not counted.
const registrars = [open()];
globalThis.gc?.();
const before = process.memoryUsage().rss;
const start = process.hrtime.bigint();
for (let made = 0; made < Number(count); made++) registrars.push(open());
const time = Number(process.hrtime.bigint() - start);
globalThis.gc?.();
const bytes = process.memoryUsage().rss - before;
process.stdout.write(JSON.stringify({ time: time / Number(count), bytes: bytes / Number(count), held: registrars.length }));
