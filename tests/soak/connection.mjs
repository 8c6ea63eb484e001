// A connection that sends requests before the answers to those before have arrived (pipelining), and costs little.
import { connect } from "node:net";

/** The most bytes without a complete answer: a page has at most 4 MiB. */
const MOST_BYTES = 8 * 1024 * 1024;

/** The bytes of a request with these headers. Texts are sent as Latin-1: one character for each byte. */
export function requestText(method, path, headers, body) {
  let head = `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n`;
  for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`;
  return body === undefined ? `${head}\r\n` : `${head}content-length: ${body.length}\r\n\r\n${body}`;
}

/** One connection. Answers come in the order of the requests. */
export class Connection {
  #socket;
  #text = "";
  /** What waits for an answer, the oldest first. */
  #waiting = [];
  #isClosed = false;

  constructor(port) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text) => this.#read(text));
    this.#socket.on("error", () => undefined);
    this.#socket.once("close", () => this.#close());
  }

  get isClosed() {
    return this.#isClosed;
  }

  /** Sends requests together. Resolves with their answers; an answer that did not arrive is `undefined`. */
  send(texts) {
    return new Promise((resolve) => {
      const answers = [];
      this.#waiting.push({ count: texts.length, answers, resolve });
      if (this.#isClosed) this.#close();
      else this.#socket.write(texts.join(""), "latin1");
    });
  }

  /** Closes the connection at once, as a client does that crashes. */
  leave() {
    this.#socket.resetAndDestroy();
  }

  #read(text) {
    this.#text = this.#text === "" ? text : this.#text + text;
    let start = 0;
    for (;;) {
      const end = this.#text.indexOf("\r\n\r\n", start);
      if (end < 0) break;
      const head = this.#text.slice(start, end);
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
      const bodyEnd = end + 4 + length;
      if (this.#text.length < bodyEnd) break;
      this.#answer({ status: Number(head.slice(9, 12)), head, body: this.#text.slice(end + 4, bodyEnd) });
      start = bodyEnd;
    }
    if (start > 0) this.#text = this.#text.slice(start);
    if (this.#text.length > MOST_BYTES) throw new Error(`an answer that does not end: ${this.#text.slice(0, 500)}`);
  }

  #answer(answer) {
    const [first] = this.#waiting;
    if (first === undefined) throw new Error(`an answer to no request: ${answer.head}`);
    first.answers.push(answer);
    if (first.answers.length < first.count) return;
    this.#waiting.shift();
    first.resolve(first.answers);
  }

  #close() {
    this.#isClosed = true;
    for (const { count, answers, resolve } of this.#waiting.splice(0)) {
      while (answers.length < count) answers.push(undefined);
      resolve(answers);
    }
  }
}
