// The HTTP table on Durable Objects in workerd: as deployed, and with an eviction before every request.
import { vi } from "vitest";
import { runTable } from "../http/run.ts";
import { durable, evicted } from "./drivers/durable.ts";

// An object that was evicted opens its database again before it answers.
vi.setConfig({ testTimeout: 120_000 });

for (const driver of [durable, evicted]) runTable(driver);
