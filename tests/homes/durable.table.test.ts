// The HTTP table on Durable Objects in workerd: as deployed, and with an eviction before every request.
import { runTable } from "../http/run.ts";
import { durable, evicted } from "./drivers/durable.ts";

for (const driver of [durable, evicted]) runTable(driver);
