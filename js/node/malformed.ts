// Requests that Node's parser refuses: they never become an `IncomingMessage`.
import { maxHeaderSize, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Answer } from "../service/answer.js";
import type { MemoryRegistrar } from "../service/registrar.js";
import { type Connections, end } from "./connections.js";
import type { Watch } from "./watch.js";

/** A status, and a sentence that says what was wrong with the request. */
interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** The answer to an error of Node's parser (llhttp), by its code. */
function refusalOf(code = ""): Refusal {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return {
        status: 431,
        message: `The request's head is too large: its target and headers must not exceed ${maxHeaderSize.toLocaleString("en")} bytes.`,
      };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return { status: 413, message: "The extensions of the body's chunks are too large. Leave them out." };
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { status: 408, message: "The request did not arrive completely in time." };
    case "HPE_INVALID_METHOD":
    case "HPE_INVALID_URL":
    case "HPE_INVALID_VERSION":
    case "HPE_INVALID_CONSTANT":
      return { status: 400, message: "The request is not valid HTTP: its first line must be a method, a target and HTTP/1.1." };
    case "HPE_INVALID_HEADER_TOKEN":
      return { status: 400, message: "The request is not valid HTTP: a header's name or value has a character that is not allowed." };
    case "HPE_INVALID_CONTENT_LENGTH":
    case "HPE_UNEXPECTED_CONTENT_LENGTH":
    case "HPE_INVALID_TRANSFER_ENCODING":
      return { status: 400, message: "The request is not valid HTTP: its headers do not say clearly how long the body is." };
    case "HPE_INVALID_CHUNK_SIZE":
      return { status: 400, message: "The request is not valid HTTP: a chunk of the body does not begin with its size." };
    case "HPE_INVALID_EOF_STATE":
      return { status: 400, message: "The request is not valid HTTP: it ended too early." };
    default:
      return { status: 400, message: "The request is not valid HTTP." };
  }
}

const refused = new WeakSet<Duplex>();

/** Answers bytes that are not HTTP with the API's error body, after the answers to the requests before them. */
export function refuseMalformed(
  registrar: MemoryRegistrar,
  connections: Connections,
  error: NodeJS.ErrnoException,
  socket: Duplex,
  watch?: Watch,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  // The parser fails again with each further piece.
  if (refused.has(socket)) return;
  refused.add(socket);
  const { status, message } = refusalOf(error.code);
  connections.afterAnswers(socket, () => {
    const answer = registrar.refuse(status, message, {});
    watch?.refused(answer, socket);
    sendRaw(connections, socket, answer);
  });
}

/** Answers on the socket, where Node offers no response object, and closes the connection. */
export function sendRaw(connections: Connections, socket: Duplex, { status, headers, body }: Answer): void {
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, "connection: close", `content-length: ${body.length}`];
  for (let index = 0; index < headers.length; index += 2) head.push(`${headers[index]}: ${headers[index + 1]}`);
  // The client may have disconnected already.
  socket.on("error", () => socket.destroy());
  socket.end(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]));
  connections.drain(socket, () => end(socket));
}
