import { render } from "preact";
import { startConnection } from "./connection/client.js";
import { keepFocus } from "./frame/focus.js";
import { Frame } from "./frame/frame.js";
import { startKeys } from "./frame/keys.js";
import { startRouter } from "./router.js";
import "./look/tokens.css";
import "./look/base.css";
import "./look/controls.css";
import { registerRoutes } from "./routes.js";

registerRoutes();
startRouter();
startKeys();
keepFocus();
void startConnection();

const app = document.getElementById("app");
if (app !== null) render(<Frame />, app);
