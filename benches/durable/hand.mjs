// What a careful programmer writes: Hono, zod and node:sqlite, with a transaction for each request, the same rules, answer, durability and
// indexes. No group commit.
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { failure, head, invalid, newStore, success, TOKEN } from "../service/store.mjs";
import { storable } from "../lib/inputs.mjs";
import validator from "../validate/zod.mjs";
import { grow, newFile, openDatabase } from "./file.mjs";

const ORDERS = ["id", "name, id", "status, id", "inserted_at, id", "updated_at, id"];
const DAY = 86_400_000;

function openStore() {
  const database = openDatabase(newFile());
  database.exec(`
    CREATE TABLE agent (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, account INTEGER NOT NULL, environment INTEGER NOT NULL, name TEXT NOT NULL,
      description TEXT, status INTEGER NOT NULL, inserted_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;
    ${["account", "environment"].flatMap((of) => ORDERS.map((order, at) => `CREATE INDEX agent_${of}_${at} ON agent (${of}, ${order});`)).join("\n")}
    CREATE TABLE environment (number INTEGER PRIMARY KEY, agents INTEGER NOT NULL) STRICT;
    INSERT INTO environment VALUES (1, 0);
    CREATE TABLE answer (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, digest BLOB NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL) STRICT;`);
  return {
    database,
    begin: database.prepare("BEGIN IMMEDIATE"),
    commit: database.prepare("COMMIT"),
    rollback: database.prepare("ROLLBACK"),
    exists: database.prepare("SELECT 1 FROM agent WHERE id = ?"),
    insert: database.prepare("INSERT INTO agent VALUES (NULL, ?, 1, 1, ?, ?, 0, ?, ?)"),
    count: database.prepare("UPDATE environment SET agents = agents + 1 WHERE number = 1"),
    kept: database.prepare("SELECT digest, body FROM answer WHERE key = ? AND at > ?"),
    keep: database.prepare(
      "INSERT INTO answer VALUES (NULL, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET digest = excluded.digest, at = excluded.at, body = excluded.body",
    ),
  };
}

function handApp(store) {
  const app = new Hono();
  app.use(async (c, next) => {
    if (c.req.header("authorization") !== `Bearer ${TOKEN}`) {
      return c.json(failure("not_authenticated", "A bearer token is required."), 401, head());
    }
    await next();
  });
  app.post("/api/v1/agent", async (c) => {
    const text = await c.req.text();
    let input;
    try {
      input = JSON.parse(text);
    } catch {
      return c.json(failure("bad_request", "The body is not JSON."), 400, head());
    }
    const result = validator.validate(input);
    if (!result.ok) return c.json(invalid(validator, result.issues), 422, head());
    const key = result.value.idempotency_key;
    const digest = key == null ? undefined : createHash("sha256").update(text).digest();
    store.begin.run();
    try {
      const now = Date.now();
      if (key != null) {
        const kept = store.kept.get(key, now - DAY);
        if (kept !== undefined) {
          store.rollback.run();
          if (digest.compare(kept.digest) !== 0) return c.json(failure("idempotency_key_already_used", "The key was used."), 409, head());
          return c.body(kept.body, 200, { ...head(), "idempotency-replayed": "true" });
        }
      }
      const agent = newStore().create(result.value);
      if (store.exists.get(agent.id) !== undefined) throw new Error("the id is taken");
      store.insert.run(agent.id, agent.name, agent.description, now, now);
      store.count.run();
      const body = JSON.stringify(success(agent));
      if (key != null) store.keep.run(key, digest, now, body);
      store.commit.run();
      return c.body(body, 200, head());
    } catch (cause) {
      store.rollback.run();
      throw cause;
    }
  });
  return app;
}

/** Adds agents, and records of keys, without HTTP. */
function add({ database, insert, keep }, agents, keys) {
  const { create } = newStore();
  const now = Date.now();
  let at = 0;
  const next = () => JSON.parse(storable()[at++ % storable().length]);
  grow(database, agents, () => {
    const agent = create(next());
    insert.run(agent.id, agent.name, agent.description, now, now);
    if (at <= keys) keep.run(randomUUID(), randomBytes(32), now, JSON.stringify(success(agent)));
  });
}

export default {
  name: "Hono + zod + node:sqlite",
  open: () => {
    const store = openStore();
    const options = { fetch: handApp(store).fetch, port: 0, hostname: "127.0.0.1" };
    return new Promise((resolve) => serve(options, ({ port }) => resolve({ port, grow: (agents, keys) => add(store, agents, keys) })));
  },
};
