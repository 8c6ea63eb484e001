import { register } from "./router.js";

register(
  { pattern: "/requests", place: "requests", load: () => import("./requests/view.js"), group: () => "requests" },
  { pattern: "/requests/:number", place: "requests", load: () => import("./requests/view.js"), group: () => "requests" },
  { pattern: "/explorer", place: "explorer", load: () => import("./explorer/view.js"), group: () => "explorer" },
  { pattern: "/explorer/:operation", place: "explorer", load: () => import("./explorer/view.js"), group: () => "explorer" },
  { pattern: "/connection", place: "connection", load: () => import("./connection/view.js") },
  { pattern: "/connection/tokens", place: "connection", load: () => import("./connection/tokens.js") },
);
