import { AutoRouter } from "itty-router";
import validator from "../validate/ajv-standalone.mjs";
import { throughRequests } from "./request.mjs";
import { failure, head, invalid, newStore, success, TOKEN } from "./store.mjs";

const json = (body, status) => new Response(JSON.stringify(body), { status, headers: head() });

function open() {
  let store = newStore();
  const router = AutoRouter();
  router.all("*", (request) => {
    if (request.headers.get("authorization") !== `Bearer ${TOKEN}`) {
      return json(failure("not_authenticated", "A bearer token is required."), 401);
    }
  });
  router.post("/api/v1/agent", async (request) => {
    let input;
    try {
      input = await request.json();
    } catch {
      return json(failure("bad_request", "The body is not JSON."), 400);
    }
    const result = validator.validate(input);
    return result.ok ? json(success(store.create(result.value)), 200) : json(invalid(validator, result.issues), 422);
  });
  return throughRequests({ fetch: (request) => router.fetch(request), reset: () => (store = newStore()) });
}

export default { name: "itty-router + ajv standalone", takes: "Request", open };
