// Counters and histograms in Prometheus' text form (version 0.0.4).
import type { Answer } from "../service/answer.js";
import type { RequestRecord } from "../service/log.js";

/** The media type of the text form. */
const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The upper bounds of the buckets, in seconds. A request from memory takes some 10 µs, a commit some milliseconds. */
const BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The counts of one operation. */
class OperationCounts {
  /** By the status's first digit. */
  readonly statuses = new Float64Array(6);
  /** The last one is that of all longer durations. */
  readonly buckets = new Float64Array(BOUNDS.length + 1);
  seconds = 0;
}

/** A counter of lines that a log dropped. */
interface DroppedLines {
  readonly dropped: number;
}

/** What a server knows besides its requests. */
export interface MetricSources {
  /** Whether the store answers now. */
  readonly isReady: () => boolean;
  /** The size of the core's memory in bytes. */
  readonly coreBytes: () => number;
}

/** The requests of a server, counted. Labels are operations and classes of statuses: a caller cannot make new ones. */
export class Metrics {
  readonly #sources: MetricSources;
  readonly #operations = new Map<string, OperationCounts>();
  readonly #started = Date.now() / 1000 - process.uptime();
  #inFlight = 0;
  #aborted = 0;
  #log: DroppedLines | undefined;

  constructor(sources: MetricSources) {
    this.#sources = sources;
  }

  observeLog(log: DroppedLines): void {
    this.#log = log;
  }

  begin(): void {
    this.#inFlight++;
  }

  end(): void {
    this.#inFlight--;
  }

  /** Counts a request. The set of operations is the core's, so it has a bound. */
  record({ operation = "none", status, milliseconds, isAborted }: RequestRecord): void {
    let counts = this.#operations.get(operation);
    if (counts === undefined) this.#operations.set(operation, (counts = new OperationCounts()));
    const seconds = milliseconds / 1000;
    const kind = Math.trunc(status / 100);
    counts.statuses[kind] = (counts.statuses[kind] ?? 0) + 1;
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] as number)) bucket++;
    counts.buckets[bucket] = (counts.buckets[bucket] as number) + 1;
    counts.seconds += seconds;
    if (isAborted) this.#aborted++;
  }

  /** All metrics, as an answer. */
  answer(): Answer {
    const headers = ["content-type", CONTENT_TYPE, "cache-control", "no-store", "x-content-type-options", "nosniff"];
    return { status: 200, headers, body: new TextEncoder().encode(this.text()) };
  }

  text(): string {
    const lines: string[] = [];
    this.#requests(lines);
    gauge(lines, "agent_registrar_http_requests_in_flight", "Requests without a complete answer.", this.#inFlight);
    counter(lines, "agent_registrar_http_requests_aborted_total", "Requests whose client left before the answer's end.", this.#aborted);
    gauge(lines, "agent_registrar_ready", "1 if the store answers, 0 if not: as GET /readyz.", Number(this.#sources.isReady()));
    gauge(lines, "agent_registrar_core_memory_bytes", "The WebAssembly memory of the core.", this.#sources.coreBytes());
    counter(lines, "agent_registrar_log_lines_dropped_total", "Lines that nobody read in time.", this.#log?.dropped ?? 0);
    this.#process(lines);
    return `${lines.join("\n")}\n`;
  }

  #requests(lines: string[]): void {
    const sorted = [...this.#operations].sort(([one], [other]) => (one < other ? -1 : 1));
    const requests = "agent_registrar_http_requests_total";
    family(lines, requests, "counter", "Requests, by operation and class of status.");
    for (const [operation, { statuses }] of sorted) {
      statuses.forEach((count, kind) => {
        if (count > 0) lines.push(`${requests}{operation="${escaped(operation)}",status="${kind}xx"} ${count}`);
      });
    }
    const duration = "agent_registrar_http_request_duration_seconds";
    family(lines, duration, "histogram", "The time from a request's head to the end of its answer.");
    for (const [operation, { buckets, seconds }] of sorted) {
      const label = `operation="${escaped(operation)}"`;
      let sum = 0;
      buckets.forEach((count, index) => {
        sum += count;
        lines.push(`${duration}_bucket{${label},le="${BOUNDS[index] ?? "+Inf"}"} ${sum}`);
      });
      lines.push(`${duration}_sum{${label}} ${seconds}`, `${duration}_count{${label}} ${sum}`);
    }
  }

  /** The names that clients of Prometheus share. */
  #process(lines: string[]): void {
    const { user, system } = process.cpuUsage();
    counter(lines, "process_cpu_seconds_total", "Processor time.", (user + system) / 1e6);
    gauge(lines, "process_resident_memory_bytes", "Resident memory.", process.memoryUsage.rss());
    gauge(lines, "process_start_time_seconds", "Start of the process, in Unix seconds.", this.#started);
    const { heapUsed, external } = process.memoryUsage();
    gauge(lines, "nodejs_heap_size_used_bytes", "The used heap of the engine.", heapUsed);
    gauge(lines, "nodejs_external_memory_bytes", "The memory of buffers and WebAssembly.", external);
    family(lines, "nodejs_version_info", "gauge", "The version of Node.");
    lines.push(`nodejs_version_info{version="${escaped(process.version)}"} 1`);
  }
}

function family(lines: string[], name: string, type: string, help: string): void {
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
}

function gauge(lines: string[], name: string, help: string, value: number): void {
  family(lines, name, "gauge", help);
  lines.push(`${name} ${value}`);
}

function counter(lines: string[], name: string, help: string, value: number): void {
  family(lines, name, "counter", help);
  lines.push(`${name} ${value}`);
}

/** The value of a label. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
