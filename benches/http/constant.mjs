import { createServer } from "node:http";
import { AGENT, PAGE } from "./answers.mjs";

/** node:http with a constant answer: an upper bound for every service on it. */
export default {
  name: "node:http, constant answer",
  note: "does nothing: reads the body and answers fixed bytes",
  listen: () =>
    new Promise((resolve) => {
      const server = createServer((request, response) => {
        request.resume();
        request.on("end", () => {
          const body = request.url.includes("?") ? PAGE : AGENT;
          response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
          response.end(body);
        });
      });
      server.listen(0, "127.0.0.1", () => resolve(server.address().port));
    }),
};
