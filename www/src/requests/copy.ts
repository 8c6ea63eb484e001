// A request of the log as code that sends it again.
import type { LogRecord } from "./log.js";

export type CopyForm = "curl" | "fetch" | "core" | "request" | "answer" | "link";

/** The server that the code asks, for a request to the service in this page, which no other program reaches. */
export const USUAL_ADDRESS = "http://127.0.0.1:8787";

export interface CopyContext {
  /** The token to write out; absent, the code reads the variable `TOKEN`. */
  readonly token?: string | undefined;
  /** The address of the page, without its fragment. */
  readonly page: string;
}

/** The part of a record that code needs. */
export type Copied = Pick<LogRecord, "address" | "method" | "path" | "body"> & Partial<Pick<LogRecord, "number" | "answer" | "headers">>;

/** The media type of a sent body. */
export const typeOf = ({ headers = [] }: Copied): string => headers.find(([name]) => name === "content-type")?.[1] ?? "application/json";

/** Writes a request in one of the forms. */
export function copyAs(form: CopyForm, record: Copied, context: CopyContext): string {
  const text = record.body?.text;
  const url = (record.address ?? USUAL_ADDRESS) + record.path;
  switch (form) {
    case "curl":
      return curl(url, record, text, context.token);
    case "fetch":
      return fetchCode(url, record, text, context.token);
    case "core":
      return coreCode(record, text, context.token);
    case "request":
      return text ?? "";
    case "answer":
      return record.answer?.body.text ?? "";
    case "link":
      return `${context.page}#/requests/${record.number}`;
  }
}

/** Quotes a word for a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function curl(url: string, record: Copied, body: string | undefined, token: string | undefined): string {
  const { method } = record;
  const words = ["curl"];
  // curl takes brackets and braces of an address for patterns.
  if (/[[\]{}]/.test(url)) words.push("--globoff");
  // Its own method is GET, or POST with data.
  if (method === "HEAD") words.push("--head");
  else if (method !== (body === undefined ? "GET" : "POST")) words.push(`--request ${shellQuote(method)}`);
  words.push(shellQuote(url));
  words.push(token === undefined ? '--header "Authorization: Bearer $TOKEN"' : `--header ${shellQuote(`Authorization: Bearer ${token}`)}`);
  if (body !== undefined) words.push(`--header ${shellQuote(`Content-Type: ${typeOf(record)}`)}`, `--data-raw ${shellQuote(body)}`);
  const [command = "", ...options] = words;
  return `${command} ${options.join(" \\\n  ")}`;
}

/** The expression of the token in JavaScript. */
const tokenIn = (token: string | undefined): string =>
  token === undefined ? '"Bearer " + process.env.TOKEN' : JSON.stringify(`Bearer ${token}`);

/** A body as an object literal, where that makes the same text again. */
function literal(body: string, indent: string): string | undefined {
  try {
    const value = JSON.parse(body) as unknown;
    return JSON.stringify(value) === body ? JSON.stringify(value, null, 2).replaceAll("\n", `\n${indent}`) : undefined;
  } catch {
    return undefined;
  }
}

function fetchCode(url: string, record: Copied, body: string | undefined, token: string | undefined): string {
  const { method } = record;
  const headers = [
    `authorization: ${tokenIn(token)}`,
    ...(body === undefined ? [] : [`"content-type": ${JSON.stringify(typeOf(record))}`]),
  ];
  const lines = [
    `const response = await fetch(${JSON.stringify(url)}, {`,
    `  method: ${JSON.stringify(method)},`,
    `  headers: { ${headers.join(", ")} },`,
  ];
  if (body !== undefined) {
    const value = literal(body, "  ");
    lines.push(`  body: ${value === undefined ? JSON.stringify(body) : `JSON.stringify(${value})`},`);
  }
  return [...lines, "});", "console.log(response.status, await response.text());", ""].join("\n");
}

function coreCode({ address, method, path, body: logged }: Copied, body: string | undefined, token: string | undefined): string {
  const value = logged === undefined || body === undefined ? undefined : (literal(body, "  ") ?? `JSON.parse(${JSON.stringify(body)})`);
  return [
    `import { HttpClient, HttpTransportConfigSchema } from "@prefactor/core";`,
    "",
    "const client = new HttpClient(",
    "  HttpTransportConfigSchema.parse({",
    `    apiUrl: ${JSON.stringify(address ?? USUAL_ADDRESS)},`,
    `    apiToken: ${token === undefined ? "process.env.TOKEN" : JSON.stringify(token)},`,
    "  }),",
    ");",
    `const answer = await client.request(${JSON.stringify(path)}, {`,
    `  method: ${JSON.stringify(method)},`,
    ...(value === undefined ? [] : [`  body: ${value},`]),
    "});",
    "console.log(answer);",
    "",
  ].join("\n");
}
