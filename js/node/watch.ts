// The watching of a server: logs, metrics and Server-Timing, from one hook where a request begins and one where it is answered.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer, AnswerWith, Trace } from "../service/answer.js";
import { reportCause, requestIdOf } from "../service/errors.js";
import { type LogFormat, logLine, type RequestRecord } from "../service/log.js";
import { LogWriter } from "./logs.js";
import type { Metrics } from "./metrics.js";

/** What a server watches. */
export interface WatchOptions {
  readonly log: LogFormat;
  readonly serverTiming: boolean;
  readonly metrics: Metrics | undefined;
  /** Answers `GET /metrics` on the server's own port. Absent: there is no such path there. */
  readonly answerMetrics: ((request: IncomingMessage) => Answer) | undefined;
}

/** The course of a request. Times are those of `performance.now()`. */
interface Course {
  readonly at: number;
  readonly began: number;
  /** When the whole request was there. */
  arrived?: number;
  requestId?: string | undefined;
  /** Absent until there is an answer; files are sent without one. */
  trace?: Trace | undefined;
  isOver?: boolean;
  /** The status of an answer on the socket, in place of the response. */
  status?: number;
}

/** The trace of an answer that the core did not make. */
const NO_TRACE: Trace = {};
/** The trace of a file of the page. */
const PAGE: Trace = { operation: "page" };

const COURSE = Symbol("course");

/** A response, or the socket of the last one. */
interface Watched {
  [COURSE]?: Course;
}

/** The status of a request that has no answer, because its client left: as other servers have it. */
const CLIENT_LEFT = 499;

/** Watches the requests of a server. */
export class Watch {
  readonly #log: LogFormat;
  readonly #writer: LogWriter;
  readonly #serverTiming: boolean;
  readonly #metrics: Metrics | undefined;
  readonly #answerMetrics: WatchOptions["answerMetrics"];

  constructor({ log, serverTiming, metrics, answerMetrics }: WatchOptions) {
    this.#log = log;
    this.#serverTiming = serverTiming;
    this.#metrics = metrics;
    this.#answerMetrics = answerMetrics;
    this.#writer = new LogWriter(process.stderr, (count) => droppedLine(count, log));
    metrics?.observeLog(this.#writer);
  }

  /** A request begins: its head has arrived. */
  begin(response: ServerResponse): void {
    const course: Course = { at: Date.now(), began: performance.now() };
    (response as Watched)[COURSE] = course;
    (response.req.socket as Watched)[COURSE] = course;
    this.#metrics?.begin();
    response.once("close", () => this.#end(response, course));
  }

  /** The body has arrived, and the request is carried out now. */
  arrived(response: ServerResponse): void {
    const course = (response as Watched)[COURSE];
    if (course !== undefined) course.arrived = performance.now();
  }

  /** The request has its answer, whose head is not sent yet. May add a header. */
  answer(response: ServerResponse, answer: AnswerWith<unknown>, headers: string[]): void {
    const course = (response as Watched)[COURSE];
    if (course === undefined) return;
    if (answer.headers.includes("x-request-id")) course.requestId = requestIdOf(answer);
    course.trace = answer.trace ?? NO_TRACE;
    if (this.#serverTiming) headers.push("server-timing", serverTiming(course, performance.now()));
  }

  /** Bytes on a socket were refused that are no request, or not the rest of one. */
  refused(answer: Answer, socket: object): void {
    const course = (socket as Watched)[COURSE];
    if (course !== undefined && !course.isOver && course.trace === undefined) {
      course.requestId = requestIdOf(answer);
      course.trace = answer.trace ?? NO_TRACE;
      course.status = answer.status;
      return;
    }
    const at = Date.now();
    this.#record({ at, requestId: requestIdOf(answer), method: "", status: answer.status, milliseconds: 0, ...answer.trace });
  }

  /** Whether this is a request for the metrics, which are served here. */
  isMetrics(target: string): boolean {
    return this.#answerMetrics !== undefined && /^\/metrics($|\?)/.test(target);
  }

  /** The answer to a request for which {@link isMetrics}. */
  metrics(request: IncomingMessage): Answer {
    const answer = (this.#answerMetrics as (request: IncomingMessage) => Answer)(request);
    return { ...answer, trace: { ...answer.trace, operation: "metrics" } };
  }

  /** The server is closed: writes all lines that wait, and later ones at once. */
  close(): void {
    this.#writer.end();
  }

  #end(response: ServerResponse, course: Course): void {
    this.#metrics?.end();
    course.isOver = true;
    const { at, began, requestId } = course;
    const milliseconds = performance.now() - began;
    const { method = "" } = response.req;
    const trace = course.trace ?? (response.headersSent ? PAGE : NO_TRACE);
    const status = course.status ?? (response.headersSent ? response.statusCode : CLIENT_LEFT);
    this.#record({ at, requestId, method, status, milliseconds, isAborted: !response.writableFinished, ...trace });
  }

  #record(record: RequestRecord): void {
    this.#metrics?.record(record);
    if (this.#log !== "off") this.#writer.write(logLine(record, this.#log));
    // Without a log, the causes of errors are told all the same.
    else if (record.cause !== undefined && record.requestId !== undefined) reportCause(record.requestId, record.cause);
  }
}

/** The header `Server-Timing` (W3C): the whole time, and that from the arrival of the body on, which rules and records took. */
function serverTiming({ began, arrived }: Course, now: number): string {
  const total = `total;dur=${(now - began).toFixed(3)}`;
  return arrived === undefined ? total : `store;dur=${(now - arrived).toFixed(3)}, ${total}`;
}

function droppedLine(count: number, format: LogFormat): string {
  const time = new Date().toISOString();
  return format === "json"
    ? `{"time":"${time}","level":"warn","message":"log lines dropped","dropped":${count}}`
    : `${time} ${count} log lines dropped`;
}

/** Whether the target is that of a probe, which the core answers. */
export function isProbe(target: string): boolean {
  return /^\/(healthz|readyz)($|\?)/.test(target);
}
