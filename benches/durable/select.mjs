// The floor of a fetch: a handler of node:http with a prepared SELECT by the primary key and JSON.stringify, without rules or tokens.
import { createServer } from "node:http";
import { storable } from "../lib/inputs.mjs";
import { newStore, success } from "../service/store.mjs";
import { grow, newFile, openDatabase } from "./file.mjs";

const PATH = "/api/v1/agent/";

function openStore(agents) {
  const database = openDatabase(newFile());
  database.exec(`CREATE TABLE agent (id TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT, environment_id TEXT NOT NULL, status TEXT NOT NULL,
    inserted_at TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT`);
  const insert = database.prepare("INSERT INTO agent VALUES (?, ?, ?, ?, ?, ?, ?)");
  const { create } = newStore();
  let last;
  let at = 0;
  const ids = [];
  grow(database, agents, () => {
    last = create(JSON.parse(storable()[at++ % storable().length]));
    ids.push(last.id);
    insert.run(last.id, last.name, last.description, last.environment_id, last.status, last.inserted_at, last.updated_at);
  });
  return { ids, select: database.prepare("SELECT * FROM agent WHERE id = ?"), others: last };
}

export default {
  name: "node:http with a prepared SELECT",
  open: async () => {
    const { ids, select, others } = openStore(1_000);
    const server = createServer((request, response) => {
      const row = select.get(request.url.slice(PATH.length));
      // The members that have no column are the same for every agent without instances.
      const body = JSON.stringify(success({ ...others, ...row }));
      response.writeHead(200, { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(body) });
      response.end(body);
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { port: server.address().port, ids };
  },
};
