import { runTable } from "../http/run.ts";
import { node } from "./drivers/node.ts";

runTable(node);
