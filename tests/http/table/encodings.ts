import { operations } from "../operations.ts";
import { agent, anAgent, details, error, type Row, type Step } from "../row.ts";

const create = "POST /api/v1/agent";
const body = '{"details":{"name":"Support bot","environment_id":"013xrzp12g3nqk8nzxvq7jm2arsfg5h1"}}';
const mark = "\ufeff";
const utf8 = (text: string) => new TextEncoder().encode(text);

/** A text in UTF-16 or UTF-32, in either byte order. */
function wide(text: string, bytes: 2 | 4, littleEndian: boolean): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(text.length * bytes));
  for (let index = 0; index < text.length; index++) {
    if (bytes === 2) view.setUint16(index * 2, text.charCodeAt(index), littleEndian);
    else view.setUint32(index * 4, text.charCodeAt(index), littleEndian);
  }
  return new Uint8Array(view.buffer);
}

const encoded = (coding: string, named = coding): Step => ({
  send: create,
  text: body,
  headers: { "content-encoding": coding },
  status: 415,
  answerHeaders: { "accept-encoding": "identity" },
  answer: error("bad_request"),
  contains: named,
});

const reading = operations.filter((it) => it.body !== "none");

/** Section 6: the encodings of a body. */
export const encodings: readonly Row[] = [
  {
    name: "a content encoding is refused, and named",
    mark: "ours",
    steps: [
      ...["gzip", "br", "deflate", "zstd", "x-gzip", "compress", "GZip", "aes128gcm", "unheard-of"].map((coding) => encoded(coding)),
      encoded("gzip, br"),
      encoded("identity, gzip", "gzip"),
      encoded("gzip, identity", "gzip"),
      encoded(" ,gzip", "gzip"),
      encoded("*"),
      encoded("gzip;q=1"),
    ],
  },
  {
    name: "identity, in any spelling, and an empty header are no content encoding",
    mark: "ours",
    steps: ["identity", "Identity", "IDENTITY", "identity, identity", "", ",", " , identity"].map((coding) => ({
      send: create,
      text: body,
      headers: { "content-encoding": coding },
      status: 200,
      answer: details(agent()),
    })),
  },
  {
    name: "every operation that reads a body refuses a content encoding, also without a body",
    mark: "ours",
    steps: reading.flatMap(({ method, path, as }): Step[] => {
      const headers = { "content-encoding": "gzip" };
      const answer = error("bad_request");
      return [
        { send: `${method} ${path}`, as, text: "{}", headers, status: 415, answer, contains: "gzip" },
        { send: `${method} ${path}`, as, headers, status: 415, answer, contains: "gzip" },
      ];
    }),
  },
  {
    name: "an operation that reads no body does not look at its encoding",
    mark: "ours",
    steps: [{ send: "GET /api/v1/agent?pagination[page_size]=1", headers: { "content-encoding": "gzip" }, status: 200 }],
  },
  {
    name: "a byte order mark before JSON is skipped",
    mark: "ours",
    steps: [
      { send: create, bytes: utf8(mark + body), status: 200, answer: details(agent()), save: { agent: "details.id" } },
      {
        send: "PUT /api/v1/agent/$agent",
        bytes: utf8(`${mark}{"details":{"name":"x"}}`),
        status: 200,
        answer: details(agent({ name: "x" })),
      },
      { send: "POST /api/v1/agent/$agent/retire", bytes: utf8(`${mark}{}`), status: 200 },
      { send: "POST /api/v1/agent/$agent/reinstate", bytes: utf8(`${mark} {} `), status: 200 },
      {
        send: "POST /api/v1/bulk",
        bytes: utf8(`${mark}{"items":[{"_type":"agents/list","idempotency_key":"list-0001"}]}`),
        status: 200,
        answer: { status: "success", outputs: { "list-0001": { status: "success", "...": true } } },
      },
      { send: "DELETE /api/v1/agent/$agent", bytes: utf8(`${mark}{}`), status: 200 },
    ],
  },
  {
    name: "every operation skips the mark: what follows it is read",
    mark: "ours",
    steps: reading
      .filter((it) => !it.readsLines)
      .flatMap(({ method, path, as }): Step[] => [
        { send: `${method} ${path}`, as, bytes: utf8(`${mark}{"idempotency_key":1`), status: 400, answer: error("bad_request") },
        { send: `${method} ${path}`, as, bytes: utf8(`${mark}[]`), status: 400, answer: error("bad_request"), contains: "object" },
      ]),
  },
  {
    name: "a byte order mark alone is an empty body",
    mark: "ours",
    steps: [
      anAgent(),
      { send: create, bytes: utf8(mark), status: 400, answer: error("bad_request") },
      { send: "POST /api/v1/agent/$agent/retire", bytes: utf8(mark), status: 200 },
      { send: "POST /api/v1/agent/$agent/reinstate", bytes: utf8(mark), headers: { "content-type": "text/plain" }, status: 200 },
      { send: "DELETE /api/v1/agent/$agent", bytes: utf8(mark), status: 200 },
    ],
  },
  {
    name: "two byte order marks, or one that is not before the JSON, are refused",
    mark: "ours",
    steps: [`${mark}${mark}${body}`, ` ${mark}${body}`, `${body}${mark}`, `{${mark}${body.slice(1)}`].map((text) => ({
      send: create,
      bytes: utf8(text),
      status: 400,
      answer: error("bad_request"),
    })),
  },
  {
    name: "a body with a byte order mark equals the one without for an idempotency key",
    mark: "ours",
    steps: [
      { send: create, text: `{"details":{"name":"a","environment_id":"$environment"},"idempotency_key":"$key"}`, status: 200 },
      {
        send: create,
        text: `${mark}{"details":{"name":"a","environment_id":"$environment"},"idempotency_key":"$key"}`,
        status: 200,
        answerHeaders: { "idempotency-replayed": "true" },
        sameAs: 0,
      },
    ],
  },
  {
    name: "UTF-16 and UTF-32 are refused by name, with a mark and without, in either byte order",
    mark: "ours",
    steps: ([2, 4] as const).flatMap((bytes) =>
      [true, false].flatMap((littleEndian) =>
        [mark + body, body].map(
          (text): Step => ({
            send: create,
            bytes: wide(text, bytes, littleEndian),
            status: 400,
            answer: error("bad_request"),
            contains: "UTF-16",
          }),
        ),
      ),
    ),
  },
  {
    name: "the charset UTF-16 is refused before the body is read",
    mark: "ours",
    steps: ["utf-16", "UTF-16LE", "utf-32"].map((charset) => ({
      send: create,
      bytes: wide(body, 2, true),
      headers: { "content-type": `application/json; charset=${charset}` },
      status: 415,
      answer: error("bad_request"),
      contains: "UTF-8",
    })),
  },
];
