export { default } from "agent-registrar/cloudflare";
