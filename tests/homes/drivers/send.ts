import { request } from "node:http";
import type { Init } from "../../http/driver.ts";

/** Sends the target unchanged, which `fetch` would normalise, over a connection of its own. */
export function send(origin: string, target: string, init: Init): Promise<Response> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const length = init.body === undefined ? {} : { "content-length": String(init.body.length) };
    const outgoing = request(
      { hostname, port, path: target, method: init.method, headers: { ...init.headers, ...length }, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.once("error", reject);
        answer.once("end", () => {
          const status = answer.statusCode ?? 0;
          const headers = new Headers();
          for (const [name, values] of Object.entries(answer.headersDistinct)) {
            for (const value of values ?? []) headers.append(name, value);
          }
          resolve(new Response(status === 204 || status === 304 ? null : Buffer.concat(chunks), { status, headers }));
        });
      },
    );
    outgoing.once("error", reject);
    outgoing.end(init.body);
  });
}
