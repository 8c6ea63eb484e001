// The sending of answers.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AnswerWith } from "../service/answer.js";
import type { AnswerReader } from "../service/core-types.js";
import { BLOCK, LongBody } from "./blocks.js";
import type { Bodies } from "./bodies.js";
import type { Connections } from "./connections.js";
import { isOld } from "./head.js";
import type { Watch } from "./watch.js";

/** Answers up to this length, in bytes, are strings. */
const SHORT_ANSWER = 8 * 1024;

/** The body of an answer. */
export type Body = Uint8Array | string | LongBody;

/**
 * Reads short bodies as strings with one character per byte, and others as bytes, outside the engine's heap.
 *
 * PERF(http): Node sends a head and such a text in one piece, which takes less time than a head and bytes.
 */
export function textReader(): AnswerReader<Body> {
  // A view of the core's memory. Growing the memory replaces its buffer.
  let view: Buffer = Buffer.alloc(0);
  const text = (memory: Uint8Array, from: number, to: number): string => {
    if (view.buffer !== memory.buffer) view = Buffer.from(memory.buffer);
    return view.toString("latin1", from, to);
  };
  const body = (memory: Uint8Array, from: number, to: number): Body => {
    if (to - from <= SHORT_ANSWER) return text(memory, from, to);
    return to - from > BLOCK ? new LongBody(memory, from, to) : memory.slice(from, to);
  };
  return { text, body };
}

/** Sends the answers of a server. */
export class Answers {
  readonly #connections: Connections;
  readonly #bodies: Bodies;
  readonly #watch: Watch | undefined;

  constructor(connections: Connections, bodies: Bodies, watch: Watch | undefined) {
    this.#connections = connections;
    this.#bodies = bodies;
    this.#watch = watch;
  }

  /** Answers a request. `unread`: its body was not read completely. */
  send(request: IncomingMessage, response: ServerResponse, answer: AnswerWith<Body>, unread = false): void {
    this.#bodies.release(response);
    // The client left while its request was carried out.
    if (response.destroyed) {
      if (answer.body instanceof LongBody) answer.body.drop();
    } else this.#write(request, response, answer, unread);
    this.#connections.carriedOut(response);
  }

  #write(request: IncomingMessage, response: ServerResponse, answer: AnswerWith<Body>, unread: boolean): void {
    const headers = [...answer.headers];
    const bodiless = answer.status === 204 || answer.status === 304 || request.method === "HEAD";
    if (!bodiless) headers.push("content-length", String(answer.body.length));
    this.#watch?.answer(response, answer, headers);
    const isEnd = unread || (bodiless && isOld(request));
    if (isEnd) this.#connections.endAfter(response);
    if (this.#connections.isLast(response) || isEnd) headers.push("connection", "close");
    response.writeHead(answer.status, headers);
    const { body } = answer;
    const finish = (): void => {
      if (unread) this.#connections.drain(request, () => response.end());
      else response.end();
    };
    if (!bodiless) this.#connections.answered(response, body.length);
    if (body instanceof LongBody && !bodiless) return this.#sendLong(response, body, finish);
    if (body instanceof LongBody) body.drop();
    if (!unread) response.end(bodiless ? undefined : body, "latin1");
    else if (bodiless) response.flushHeaders();
    else response.write(body, "latin1");
    if (unread) finish();
  }

  /** Sends a long body piece by piece, each once the client took the one before. */
  #sendLong(response: ServerResponse, body: LongBody, finish: () => void): void {
    response.once("close", () => body.drop());
    const goOn = (): void => {
      this.#connections.moved(response);
      for (let next = body.next(); next !== undefined; next = body.next()) {
        if (!response.write(next.piece, next.sent)) return void response.once("drain", goOn);
      }
      finish();
    };
    goOn();
  }
}
