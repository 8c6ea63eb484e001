import { Hono } from "hono";
import { failure, head, invalid, newStore, page, success, TOKEN } from "./store.mjs";

/** Create, fetch and list on Hono, with a validating contender. */
export function honoApp(contender) {
  let store = newStore();
  const app = new Hono();
  app.use(async (c, next) => {
    if (c.req.header("authorization") !== `Bearer ${TOKEN}`) {
      return c.json(failure("not_authenticated", "A bearer token is required."), 401, head());
    }
    await next();
  });
  app.post("/api/v1/agent", async (c) => {
    let input;
    try {
      input = await c.req.json();
    } catch {
      return c.json(failure("bad_request", "The body is not JSON."), 400, head());
    }
    const result = contender.validate(input);
    if (!result.ok) return c.json(invalid(contender, result.issues), 422, head());
    return c.json(success(store.create(result.value)), 200, head());
  });
  app.get("/api/v1/agent/:id", (c) => {
    const agent = store.agents.get(c.req.param("id"));
    if (!agent) return c.json(failure("not_found", "There is no such agent."), 404, head());
    return c.json(success(agent), 200, head());
  });
  app.get("/api/v1/agent", (c) => {
    const offset = Number(c.req.query("pagination[offset]") ?? 0);
    const size = Number(c.req.query("pagination[page_size]") ?? 50);
    return c.json(page(store.agents, offset, size), 200, head());
  });
  return { fetch: (request) => app.fetch(request), reset: () => (store = newStore()) };
}
