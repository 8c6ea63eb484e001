// The process of the load: creates over HTTP, with a key of its own each or without keys.
import autocannon from "autocannon";
import { storable } from "../lib/inputs.mjs";
import { answer } from "../lib/process.mjs";
import { TOKEN } from "../service/store.mjs";

const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
const bodies = storable().map((text) => JSON.parse(text));
let made = 0;

function load({ port, connections, isKeyed, seconds }) {
  const setupRequest = (request) => {
    const body = bodies[made++ % bodies.length];
    return { ...request, body: JSON.stringify(isKeyed ? { ...body, idempotency_key: `load-${process.pid}-${made}` } : body) };
  };
  return new Promise((resolve, reject) => {
    const options = {
      url: `http://127.0.0.1:${port}`,
      connections,
      duration: seconds,
      headers,
      requests: [{ method: "POST", path: "/api/v1/agent", setupRequest }],
    };
    const start = performance.now();
    autocannon(options, (fault, result) => {
      if (fault) return reject(fault);
      if (result.non2xx + result.errors > 0) return reject(new Error(`${result.non2xx} answers were no success, ${result.errors} failed`));
      resolve({ rate: (result["2xx"] / (performance.now() - start)) * 1000, p99: result.latency.p99 });
    });
  });
}

answer({ load });
