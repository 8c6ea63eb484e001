// The published clients, on a file.
import { serveCommand, useHome } from "../clients/server.ts";
import { newFile } from "./support.ts";

useHome({ hasHooks: true, start: (tokens) => serveCommand(tokens, "--db", newFile()) });
await import("../clients/core.test.ts");
await import("../clients/tokens.test.ts");
