import { register } from "./router.js";

/** Adds the routes of all views. Called once; package.json says that modules of this package have no effects when imported. */
export function registerRoutes(): void {
  register(
    { pattern: "/agents", place: "agents", load: () => import("./agents/view.js"), group: () => "agents" },
    { pattern: "/agents/new", place: "agents", load: () => import("./create/view.js"), group: () => "create" },
  );
}
