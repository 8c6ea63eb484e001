// The floor: an INSERT that commits by itself, of the same row into a file of the same tables and indexes.
import { randomFillSync } from "node:crypto";
import { createRegistrar } from "agent-registrar/service";
import { sqliteStore } from "agent-registrar/sqlite";
import { storable } from "../lib/inputs.mjs";
import { TOKEN } from "../service/store.mjs";
import { grow, newFile, openDatabase } from "./file.mjs";

export default {
  name: "a bare INSERT",
  open() {
    const file = newFile();
    const registrar = createRegistrar({ tokens: [{ token: TOKEN }], store: sqliteStore({ file }) });
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    registrar.handle("POST", "/api/v1/agent", headers, new TextEncoder().encode(storable()[0]));
    registrar.close();
    const database = openDatabase(file);
    const select = database.prepare("SELECT * FROM agent");
    // Some numbers have 64 bits.
    select.setReadBigInts(true);
    const row = select.get();
    // Without the generated ones, which this does not list.
    const known = database.prepare("PRAGMA table_info(agent)").all();
    const columns = known.map(({ name }) => name).filter((name) => name !== "number");
    const insert = database.prepare(`INSERT INTO agent (${columns}) VALUES (${columns.map((name) => `$${name}`)})`);
    const names = storable().map((text) => JSON.parse(text).details.name);
    const values = Object.fromEntries(columns.map((name) => [`$${name}`, row[name]]));
    let made = 0;
    const create = () => {
      made += 1;
      // Ids rise, as ours do.
      const id = randomFillSync(Buffer.from(row.id));
      id.writeUIntBE(Date.now(), 0, 6);
      id.writeUInt32BE(made, 10);
      insert.run({ ...values, $id: id, $name: names[made % names.length] });
    };
    return { create, grow: (agents) => grow(database, agents, create) };
  },
};
