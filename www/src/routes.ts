import { type Params, register, type Route } from "./router.js";

const agent: Omit<Route, "pattern"> = {
  place: "agents",
  load: () => import("./agent/view.js"),
  group: (params: Params) => `agent ${params["id"]}`,
};

/** Adds the routes of all views. Called once; package.json says that modules of this package have no effects when imported. */
export function registerRoutes(): void {
  register(
    { pattern: "/agents", place: "agents", load: () => import("./agents/view.js"), group: () => "agents" },
    { pattern: "/agents/new", place: "agents", load: () => import("./create/view.js"), group: () => "create" },
    { pattern: "/agents/:id", ...agent },
    { pattern: "/agents/:id/versions", ...agent },
    { pattern: "/agents/:id/schemas", ...agent },
    { pattern: "/agents/:id/json", ...agent },
    { pattern: "/agents/:id/instances/:instance", ...agent },
    { pattern: "/traffic", place: "traffic", load: () => import("./traffic/view.js") },
  );
}
