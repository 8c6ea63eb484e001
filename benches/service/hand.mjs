import validator from "../validate/hand.mjs";
import { failure, head, newStore, success, TOKEN } from "./store.mjs";

const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** A create with nothing but JSON.parse, JSON.stringify and a Map. */
export function handWritten() {
  let store = newStore();
  const respond = (status, body) => ({ status, head: head(), body: encoder.encode(JSON.stringify(body)) });
  return {
    reset: () => (store = newStore()),
    create(authorization, bytes) {
      if (authorization !== `Bearer ${TOKEN}`) return respond(401, failure("not_authenticated", "A bearer token is required."));
      let input;
      try {
        input = JSON.parse(decoder.decode(bytes));
      } catch {
        return respond(400, failure("bad_request", "The body is not JSON."));
      }
      const result = validator.validate(input);
      return result.ok ? respond(200, success(store.create(result.value))) : respond(422, result.error);
    },
  };
}

const AUTHORIZATION = `Bearer ${TOKEN}`;

function open() {
  const { create, reset } = handWritten();
  return { reset, post: (bytes) => create(AUTHORIZATION, bytes).body };
}

export default { name: "hand-written JSON.parse and JSON.stringify", takes: "bytes", open };
