import { serve } from "@hono/node-server";
import { honoApp } from "../service/hono-app.mjs";
import validator from "../validate/zod.mjs";

export default {
  name: "Hono + zod on @hono/node-server",
  listen: () =>
    new Promise((resolve) => serve({ fetch: honoApp(validator).fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => resolve(port))),
};
