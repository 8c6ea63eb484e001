// The process of the load: autocannon, bounded in time and in requests.

import autocannon from "autocannon";
import { storable } from "../lib/inputs.mjs";
import { answer } from "../lib/process.mjs";
import { TOKEN } from "../service/store.mjs";

const CONNECTIONS = 16;
const MOST = 400_000;
const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
const bodies = storable();
const times = new Float64Array(MOST);

/** Fills a server with agents. Returns their ids. */
async function fill(port, count) {
  const ids = [];
  for (let at = 0; at < count; at++) {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/agent`, { method: "POST", headers, body: bodies[at % bodies.length] });
    const body = await response.json();
    if (!response.ok) throw new Error(`create answered ${response.status}: ${JSON.stringify(body)}`);
    ids.push(body.id ?? body.details.id);
  }
  return ids;
}

const requests = {
  create: () => bodies.map((body) => ({ method: "POST", path: "/api/v1/agent", body })),
  fetch: (ids) => ids.slice(0, 128).map((id) => ({ method: "GET", path: `/api/v1/agent/${id}` })),
  list: () => [{ method: "GET", path: "/api/v1/agent?pagination[offset]=0&pagination[page_size]=50" }],
};

/** Loads a server for whole seconds, as autocannon counts them: requests a second, and the time in milliseconds within which 99 of 100 were answered. */
function load({ port, kind, ids, seconds }) {
  return new Promise((resolve, reject) => {
    let count = 0;
    const options = {
      url: `http://127.0.0.1:${port}`,
      connections: CONNECTIONS,
      duration: seconds,
      headers,
      requests: requests[kind](ids),
    };
    const start = process.hrtime.bigint();
    const instance = autocannon(options, (fault, result) => {
      const elapsed = Number(process.hrtime.bigint() - start) / 1e9;
      if (fault) return reject(fault);
      if (result.non2xx + result.errors > 0)
        return reject(new Error(`${kind}: ${result.non2xx} answers were no success, ${result.errors} failed`));
      const sorted = times.subarray(0, count).sort();
      resolve({ count, rate: count / elapsed, p99: sorted[Math.floor(count * 0.99)] });
    });
    instance.on("response", (_client, _status, _bytes, time) => {
      if (count === MOST) instance.stop();
      else times[count++] = time;
    });
  });
}

answer({ fill, load });
