import { loadValidator } from "./create/check.js";
import { type Params, register, type Route } from "./router.js";

const agent: Omit<Route, "pattern"> = {
  place: "agents",
  load: () => import("./agent/view.js"),
  group: (params: Params) => `agent ${params["id"]}`,
};

const create: Omit<Route, "pattern"> = {
  place: "agents",
  load: () => {
    void loadValidator();
    return import("./create/view.js");
  },
  group: () => "create",
};

const requests: Omit<Route, "pattern"> = { place: "requests", load: () => import("./requests/view.js"), group: () => "requests" };
const explorer: Omit<Route, "pattern"> = { place: "explorer", load: () => import("./explorer/view.js"), group: () => "explorer" };

/** Adds the routes of all views. Called once; package.json says that modules of this package have no effects when imported. */
export function registerRoutes(): void {
  register(
    { pattern: "/agents", place: "agents", load: () => import("./agents/view.js"), group: () => "agents" },
    { pattern: "/agents/new", ...create },
    { pattern: "/agents/:id", ...agent },
    { pattern: "/agents/:id/versions", ...agent },
    { pattern: "/agents/:id/schemas", ...agent },
    { pattern: "/agents/:id/json", ...agent },
    { pattern: "/agents/:id/instances/:instance", ...agent },
    { pattern: "/requests", ...requests },
    { pattern: "/requests/:number", ...requests },
    { pattern: "/explorer", ...explorer },
    { pattern: "/explorer/:operation", ...explorer },
    { pattern: "/traffic", place: "traffic", load: () => import("./traffic/view.js") },
    { pattern: "/connection", place: "connection", load: () => import("./connection/view.js") },
    { pattern: "/connection/tokens", place: "connection", load: () => import("./connection/tokens.js") },
  );
}
