import validator from "../validate/zod.mjs";
import { honoApp } from "./hono-app.mjs";
import { throughRequests } from "./request.mjs";

export default { name: "Hono + zod", takes: "Request", open: () => throughRequests(honoApp(validator)) };
