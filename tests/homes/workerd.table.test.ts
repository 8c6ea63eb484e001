import { runTable } from "../http/run.ts";
import { workerd } from "./drivers/workerd.ts";

runTable(workerd);
