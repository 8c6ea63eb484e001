import type { Plugin } from "vite";
import { META_POLICY } from "../../js/node/policy.js";

/**
 * Puts the policy into the HTML, for static hosts, and a mark that `agent-registrar serve` replaces: a page without it runs
 * the service itself, and asks no server for tokens that would not be there.
 */
export function policy(): Plugin {
  return {
    name: "policy",
    transformIndexHtml: (_html, { server }) => {
      const mode = { tag: "meta", attrs: { name: "agent-registrar", content: server === undefined ? "static" : "connected" } };
      // Vite's development server puts scripts and styles inline.
      if (server !== undefined) return [mode];
      return [{ tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: META_POLICY }, injectTo: "head-prepend" }, mode];
    },
  };
}
