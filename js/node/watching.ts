import type { OperatorToken } from "../service/options.js";
import type { LogFormat } from "../service/log.js";
import type { MemoryRegistrar } from "../service/registrar.js";
import { Metrics } from "./metrics.js";
import { metricsForOperator } from "./operator.js";
import { Watch } from "./watch.js";

/** The options of `serve` about watching. */
interface WatchingOptions {
  readonly log: LogFormat;
  readonly serverTiming: boolean;
  readonly metricsPort: number | undefined;
  readonly operatorToken: OperatorToken | undefined;
}

/** What watches a server; nothing does if nothing is asked for, so that it costs nothing. */
export function watchOf(registrar: MemoryRegistrar, options: WatchingOptions): { watch?: Watch; metrics?: Metrics } {
  const { log, serverTiming, metricsPort, operatorToken } = options;
  const isMeasured = metricsPort !== undefined || operatorToken !== undefined;
  if (log === "off" && !serverTiming && !isMeasured) return {};
  const metrics = isMeasured ? new Metrics({ isReady: () => registrar.isReady, coreBytes: () => registrar.coreBytes }) : undefined;
  const answerMetrics =
    metrics === undefined || operatorToken === undefined ? undefined : metricsForOperator(registrar, operatorToken, metrics);
  const watch = new Watch({ log, serverTiming, metrics, answerMetrics });
  registrar.watch();
  return metrics === undefined ? { watch } : { watch, metrics };
}
