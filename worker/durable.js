export { AgentRegistrarAccount, AgentRegistrarDirectory, default } from "agent-registrar/cloudflare/durable";
