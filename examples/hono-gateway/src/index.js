// A gateway at the edge: answers invalid bodies itself, and forwards all other requests to the API with the API's token.
import { validateCreateAgent, validateUpdateAgent } from "agent-registrar";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";

/** The API's own limit. */
const MAX_BODY = 1024 * 1024;

const refuse = (c, status, code, message) => c.json({ status: "error", code, message }, status);

/** Answers an invalid body with the API's own 422, without a request to the API. */
const valid = (validate) => async (c, next) => {
  let body;
  try {
    body = await c.req.json();
  } catch {
    return refuse(c, 400, "bad_request", "The body must be JSON.");
  }
  const result = validate(body);
  return result.ok ? next() : c.json(result.error, 422);
};

const app = new Hono();

// Authenticate your callers here: as it stands, every caller acts with the API's token.
app.use(bodyLimit({ maxSize: MAX_BODY, onError: (c) => refuse(c, 413, "bad_request", "The body is longer than 1 MiB.") }));
app.post("/api/v1/agent", valid(validateCreateAgent));
app.put("/api/v1/agent/:id", valid(validateUpdateAgent));

app.all("/api/v1/*", async (c) => {
  const { pathname, search } = new URL(c.req.url);
  const headers = new Headers(c.req.raw.headers);
  headers.set("authorization", `Bearer ${c.env.API_TOKEN}`);
  for (const name of ["host", "content-length"]) headers.delete(name);
  // Hono keeps the body that the validator read.
  const body = c.req.method === "GET" || c.req.method === "HEAD" ? undefined : await c.req.arrayBuffer();
  try {
    return await fetch(new URL(pathname + search, c.env.API_URL), { method: c.req.method, headers, body });
  } catch {
    return refuse(c, 502, "unexpected", "The API cannot be reached.");
  }
});

app.notFound((c) => refuse(c, 404, "not_found", "There is no such route."));

export default app;
