// Loaded into a server with `--import`: tells over IPC for how long the event loop was held up since it was asked last, in milliseconds.
import { monitorEventLoopDelay } from "node:perf_hooks";

const RESOLUTION_MS = 5;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delays.enable();
process.on("message", () => {
  process.send({ at99: delays.percentile(99) / 1e6, longest: delays.max / 1e6 });
  delays.reset();
});
// It does not keep the process alive.
process.channel?.unref();
