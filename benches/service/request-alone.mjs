import { throughRequests } from "./request.mjs";

const open = () => throughRequests({ fetch: async (request) => new Response(await request.arrayBuffer()), reset() {} });

export default { name: "Request and Response alone", takes: "Request", open };
