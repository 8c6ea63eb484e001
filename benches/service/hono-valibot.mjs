import validator from "../validate/valibot.mjs";
import { honoApp } from "./hono-app.mjs";
import { throughRequests } from "./request.mjs";

export default { name: "Hono + valibot", takes: "Request", open: () => throughRequests(honoApp(validator)) };
