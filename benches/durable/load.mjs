// The process of the load: creates with a key of its own each or without keys, or fetches, over connections that are kept.
//
// It writes requests and finds the ends of answers by itself, so that it takes little of the processors, which it shares with the server.
import { connect } from "node:net";
import { storable } from "../lib/inputs.mjs";
import { answer } from "../lib/process.mjs";
import { TOKEN } from "../service/store.mjs";

const heads = `host: 127.0.0.1\r\nauthorization: Bearer ${TOKEN}\r\n`;
const bodies = storable();
// Each without its last brace, for a key behind it.
const open = bodies.map((text) => text.slice(0, text.lastIndexOf("}")));
let made = 0;

const requests = {
  create(isKeyed) {
    const at = made++ % bodies.length;
    const body = isKeyed ? `${open[at]},"idempotency_key":"load-${process.pid}-${made}"}` : bodies[at];
    return `POST /api/v1/agent HTTP/1.1\r\n${heads}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  },
  fetch: (ids) => `GET /api/v1/agent/${ids[made++ % ids.length]} HTTP/1.1\r\n${heads}\r\n`,
};

const END_OF_HEAD = "\r\n\r\n";

/** The length of the answer at the start of a text of bytes; 0 while it is not whole. */
function lengthOf(text) {
  const end = text.indexOf(END_OF_HEAD);
  if (end < 0) return 0;
  const head = text.slice(0, end);
  const length = /\r\ncontent-length: (\d+)/i.exec(head);
  if (!head.startsWith("HTTP/1.1 200 ") || length === null) throw new Error(`answered ${JSON.stringify(text.slice(0, 400))}`);
  const whole = end + END_OF_HEAD.length + Number(length[1]);
  return text.length < whole ? 0 : whole;
}

/** One connection, which sends a request after each answer until a time. */
function client(port, next, until, times) {
  return new Promise((resolve, reject) => {
    let received = "";
    let sent = 0;
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const send = () => {
      sent = performance.now();
      if (sent >= until) socket.end(resolve);
      else socket.write(next());
    };
    socket.on("connect", send);
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the connection was closed")));
    socket.on("data", (bytes) => {
      received += bytes.latin1Slice();
      try {
        const length = lengthOf(received);
        if (length === 0) return;
        if (received.length > length) throw new Error("more was answered than asked");
      } catch (fault) {
        socket.destroy();
        reject(fault);
        return;
      }
      received = "";
      times.push(performance.now() - sent);
      send();
    });
  });
}

/** The rate a second, the count, and the time in milliseconds within which 99 of 100 were answered. */
async function load({ port, connections, kind, argument, seconds }) {
  const times = [];
  const start = performance.now();
  const until = start + seconds * 1000;
  const next = () => requests[kind](argument);
  await Promise.all(Array.from({ length: connections }, () => client(port, next, until, times)));
  const elapsed = performance.now() - start;
  times.sort((a, b) => a - b);
  return { rate: (times.length / elapsed) * 1000, count: times.length, p99: times[Math.floor(times.length * 0.99)] };
}

/** Creates agents one after another. Returns their ids. */
async function fill({ port, count }) {
  const ids = [];
  for (let at = 0; at < count; at++) {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/agent`, { method: "POST", headers, body: bodies[at % bodies.length] });
    ids.push((await response.json()).details.id);
  }
  return ids;
}

answer({ load, fill, used: () => process.cpuUsage() });
