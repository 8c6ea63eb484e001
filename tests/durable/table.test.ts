// The HTTP table on a file: over the network, by `fetch`, and with a restart before every request.
import { serve } from "agent-registrar/node";
import { createRegistrar, type Registrar } from "agent-registrar/service";
import { sqliteStore } from "agent-registrar/sqlite";
import { type Driver, options } from "../http/driver.ts";
import { runTable } from "../http/run.ts";
import { isFull } from "../shared/full.ts";
import { send } from "../homes/drivers/send.ts";
import { newFile } from "./support.ts";

const network: Driver = {
  name: "serve({ store })",
  async start() {
    const server = await serve({ ...options, port: 0, store: sqliteStore({ file: newFile() }) });
    return { fetch: (target, init) => send(server.url, target, init), stop: () => server.close() };
  },
};

/** A Request parses its URL. */
const lacks = ["bare-path"] as const;

const inProcess: Driver = {
  name: "createRegistrar({ store })",
  lacks,
  sample: 2,
  async start() {
    const registrar = createRegistrar({ ...options, store: sqliteStore({ file: newFile() }) });
    return {
      fetch: (target, init) => registrar.fetch(new Request(new URL(target, "http://registrar.test"), init)),
      stop: async () => registrar.close(),
    };
  },
};

const restarting: Driver = {
  name: "createRegistrar({ store }) with a restart before every request",
  lacks,
  sample: 1,
  async start() {
    const file = newFile();
    const open = (): Registrar => createRegistrar({ ...options, store: sqliteStore({ file }) });
    let registrar = open();
    return {
      async fetch(target, init) {
        registrar.close();
        registrar = open();
        return registrar.fetch(new Request(new URL(target, "http://registrar.test"), init));
      },
      stop: async () => registrar.close(),
    };
  },
};

// The short form leaves out the network in Node 22: that run is about its `node:sqlite`.
const drivers = isFull || !process.version.startsWith("v22.") ? [network, inProcess, restarting] : [inProcess, restarting];

for (const driver of drivers) runTable(driver);
