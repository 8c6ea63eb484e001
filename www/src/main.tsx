import { render } from "preact";
import { startConnection } from "./connection/client.js";
import { start } from "./connection/start.js";
import { takeOver } from "./frame/first.js";
import { keepFocus } from "./frame/focus.js";
import { Frame } from "./frame/frame.js";
import { startKeys } from "./frame/keys.js";
import { load } from "./frame/outlet.js";
import { watchInstall } from "./in-page/install.js";
import { match, startRouter } from "./router.js";
import "./look/tokens.css";
import "./look/base.css";
import "./look/controls.css";
import "./look/first.css";
// index.html has its form.
import "./create/create.css";
import { registerRoutes } from "./routes.js";

registerRoutes();
// Before anything else: the code of the first view.
const view = load(match.peek()?.route);
startRouter();
startKeys();
watchInstall();
startConnection(start);

void takeOver(view, (app) => {
  render(<Frame />, app);
  keepFocus();
});
