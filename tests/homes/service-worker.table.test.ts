import { runTable } from "../http/run.ts";
import { serviceWorker } from "./drivers/service-worker.ts";

runTable(serviceWorker);
