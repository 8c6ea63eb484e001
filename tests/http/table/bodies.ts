import { agent, anAgent, details, error, invalid, type Row, type Step } from "../row.ts";

const send = "POST /api/v1/agent";
const fields = `"details":{"name":"Support bot","environment_id":"$environment"}`;
const good = `{${fields}}`;
/** `good` spelt out, for bodies that are bytes. */
const spelt = '{"details":{"name":"Support bot","environment_id":"013xrzp12g3nqk8nzxvq7jm2arsfg5h1"}}';
const bytes = (text: string) => new TextEncoder().encode(text);

const taken = (text: string): Step => ({ send, text, status: 200, answer: details(agent()) });
const refused = (text: string): Step => ({ send, text, status: 400, answer: error("bad_request") });
const refusedBytes = (...body: number[]): Step => ({
  send,
  bytes: new Uint8Array(body),
  status: 400,
  answer: error("bad_request"),
});
const typed = (type: string | null, status: number): Step => ({
  send,
  text: good,
  headers: { "content-type": type },
  status,
  answer: status === 200 ? details(agent()) : error("bad_request"),
});

const limit = 1024 * 1024;
const nested = (levels: number) => `{${fields},"deep":${"[".repeat(levels)}${"]".repeat(levels)}}`;

/** Sections 5 and 6: what a body may be before any field of it is looked at. */
export const bodies: readonly Row[] = [
  {
    name: "a body that is not JSON is refused",
    mark: "doc",
    steps: [
      "{",
      "}",
      good.slice(0, -1),
      `${good}}`,
      `${good} x`,
      `${good}${good}`,
      `${good.slice(0, -1)},}`,
      `{,${fields}}`,
      `{${fields},"a":[1,]}`,
      `{${fields},"a" 1}`,
      `{${fields},"a":}`,
      `{${fields},a:1}`,
      `{${fields},'a':1}`,
      `// create\n${good}`,
      `/**/${good}`,
      "name=Support+bot",
      "<agent/>",
      "undefined",
      `{${fields},"a":NaN}`,
      `{${fields},"a":Infinity}`,
      `{${fields},"a":01}`,
      `{${fields},"a":1.}`,
      `{${fields},"a":.5}`,
      `{${fields},"a":+1}`,
      `{${fields},"a":0x1}`,
      `{${fields},"a":1e}`,
      `{${fields},"a":-}`,
      `{${fields},"a":True}`,
      `{${fields},"a":nul}`,
      `{${fields},"a":"\\x41"}`,
      `{${fields},"a":"\\u12"}`,
      `{${fields},"a":"\\u{41}"}`,
      `{${fields},"a":"b`,
      `{${fields},"a":"b\nc"}`,
      `{${fields},"a":"b\tc"}`,
      `{${fields},"a":"\u0000"}`,
      `{${fields},\u00a0"a":1}`,
      `{${fields},\u000b"a":1}`,
      " ",
      "\u0000",
    ].map(refused),
  },
  {
    name: "an empty body is refused if the operation requires one",
    mark: "ours",
    steps: [
      ...["", " ", "\r\n", "\ufeff", "\ufeff\t"].map((text) => ({
        send,
        text,
        status: 400,
        answer: error("bad_request"),
        contains: "is empty",
      })),
      { send, status: 400, answer: error("bad_request"), contains: "is empty" },
      { send, text: "", headers: { "content-type": null }, status: 400, answer: error("bad_request"), contains: "is empty" },
    ],
  },
  {
    name: "white space alone counts as no body",
    mark: "ours",
    steps: [" ", "\r\n", "\ufeff", "\ufeff \n", "\t"].flatMap((text): Step[] => [
      anAgent(),
      { send: "POST /api/v1/agent/$agent/retire", text, status: 200 },
      { send: "POST /api/v1/agent/$agent/reinstate", text, status: 200 },
      { send: "DELETE /api/v1/agent/$agent", text, status: 200 },
    ]),
  },
  {
    name: "a body that is not UTF-8 is refused",
    mark: "doc",
    steps: [
      refusedBytes(0xff),
      refusedBytes(0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d), // {"é":1} in Latin-1
      refusedBytes(0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xc0, 0xaf, 0x22, 0x7d), // an overlong slash
      refusedBytes(0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d), // a surrogate's three bytes
      refusedBytes(0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xf4, 0x90, 0x80, 0x80, 0x22, 0x7d), // beyond U+10FFFF
      refusedBytes(0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xe6, 0xbc, 0x22, 0x7d), // cut short
      refusedBytes(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00), // {} in UTF-16
      refusedBytes(0x7b, 0x00, 0x7d, 0x00),
    ],
  },
  {
    name: "a body that is not an object is refused",
    mark: "doc",
    steps: ["null", "true", "1", '"{}"', "[]", `[${good}]`].map(refused),
  },
  {
    name: "the same key twice in an object is refused, at any depth and in any spelling",
    mark: "doc",
    steps: [
      `{${fields},${fields}}`,
      `{"details":{"name":"a","name":"b","environment_id":"$environment"}}`,
      `{"details":{"name":"a","name":"a","environment_id":"$environment"}}`,
      `{${fields},"idempotency_key":null,"idempotency_key":null}`,
      `{${fields},"\\u0064etails":{}}`,
      `{${fields},"x":1,"x":1}`,
      `{${fields},"x":{"y":1,"y":2}}`,
      `{${fields},"x":[[{"a":{"y":1,"z":0,"\\u0079":2}}]]}`,
      `{${fields},"":1,"":1}`,
      `{${fields},"__proto__":1,"__proto__":2}`,
      `{${fields},"\\ud800":1,"\\ud800":2}`,
    ].map(refused),
  },
  {
    name: "keys that only look the same are different keys",
    mark: "ours",
    steps: [
      taken(`{${fields},"x":{"y":1},"y":{"y":1},"z":[{"y":1},{"y":1}]}`),
      taken(`{${fields},"é":1,"e\\u0301":2,"\\ud800":3,"\\udbff":4,"X":5,"x":6}`),
    ],
  },
  {
    name: "32 levels of nesting are accepted, the body being the first",
    mark: "ours",
    steps: [taken(nested(31)), taken(`{${fields},"deep":${'{"a":'.repeat(31)}1${"}".repeat(31)}}`)],
  },
  {
    name: "more than 32 levels of nesting are refused",
    mark: "ours",
    steps: [
      refused(nested(32)),
      refused(nested(33)),
      refused(nested(100_000)),
      refused(`{${fields},"deep":${'{"a":'.repeat(32)}1${"}".repeat(32)}}`),
      refused(`{${fields},"deep":${"[".repeat(100_000)}`),
      refused("[".repeat(100_000)),
      refused('{"a":'.repeat(100_000)),
    ],
  },
  {
    name: "brackets in strings do not count as nesting",
    mark: "ours",
    steps: [taken(`{${fields},"x":"${"[{".repeat(1000)}"}`)],
  },
  {
    name: "a body of exactly 1 MiB is accepted",
    mark: "ours",
    steps: [
      { send, bytes: bytes(spelt.padEnd(limit)), status: 200, answer: details(agent()) },
      {
        send,
        bytes: bytes(`${spelt.slice(0, -1)},"x":"${"y".repeat(limit - spelt.length - 7)}"}`),
        status: 200,
        answer: details(agent()),
      },
    ],
  },
  {
    name: "a body of more than 1 MiB is refused",
    mark: "ours",
    steps: [
      { send, bytes: bytes(spelt.padEnd(limit + 1)), status: 413, answer: error("bad_request") },
      { send, bytes: bytes(spelt.padEnd(3 * limit)), status: 413, answer: error("bad_request") },
      { send, bytes: new Uint8Array(limit + 1), status: 413, answer: error("bad_request") },
    ],
  },
  {
    name: "large texts in fields are refused, not cut",
    mark: "ours",
    steps: [
      {
        send,
        text: `{"details":{"name":"${"x".repeat(500_000)}","environment_id":"${"0".repeat(500_000)}"}}`,
        status: 422,
        answer: invalid("details.name", "details.environment_id"),
      },
      {
        send,
        text: `{"idempotency_key":"${"k".repeat(1_000_000)}",${fields}}`,
        status: 422,
        answer: invalid("idempotency_key"),
      },
    ],
  },
  {
    name: "many members and items are accepted",
    mark: "ours",
    steps: [
      taken(`{${fields},"x":[${"0,".repeat(200_000)}0]}`),
      taken(`{${fields},${Array.from({ length: 20_000 }, (_, index) => `"k${index}":${index}`).join(",")}}`),
      refused(`{${fields},${Array.from({ length: 20_000 }, (_, index) => `"k${index}":${index}`).join(",")},"k0":0}`),
    ],
  },
  {
    name: "numbers of any size are accepted in unknown keys",
    mark: "ours",
    steps: [taken(`{${fields},"a":1e999,"b":-1E-999,"c":${"9".repeat(10_000)},"d":0.${"0".repeat(10_000)}1,"e":-0}`)],
  },
  {
    name: "a lone surrogate is an issue of its field, and is ignored in unknown keys",
    mark: "ours",
    steps: [
      {
        send,
        text: '{"details":{"name":"\\ud800","environment_id":"$environment"}}',
        status: 422,
        answer: invalid("details.name"),
      },
      taken(`{${fields},"x":"\\udfff","\\ud800":1}`),
    ],
  },
  {
    name: "the content type of JSON in UTF-8 is accepted in any spelling",
    mark: "ours",
    steps: [
      "application/json",
      "application/json; charset=utf-8",
      "application/json;charset=UTF-8",
      'application/json; charset="utf-8"',
      "Application/JSON ; Charset=Utf-8",
      'application/json; profile="x"',
    ].map((type) => typed(type, 200)),
  },
  {
    name: "any other charset",
    mark: "ours",
    steps: ["latin1", "iso-8859-1", "utf-16", "utf-16le", "us-ascii", "utf-7", "", '""'].map((charset) =>
      typed(`application/json; charset=${charset}`, 415),
    ),
  },
  {
    name: "any other type",
    mark: "ours",
    steps: [
      "text/plain",
      "text/json",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/jsonp",
      "application/json5",
      "application/problem+json",
      "application/vnd.api+json",
      "application",
      "json",
      "*/*",
      "text/plain; application/json",
    ].map((type) => typed(type, 415)),
  },
  {
    name: "a body without a content type is refused",
    mark: "ours",
    needs: ["no-content-type"],
    steps: [typed(null, 415)],
  },
  {
    name: "the content type is checked before the body is read",
    mark: "ours",
    steps: [{ send, text: "{", headers: { "content-type": "text/plain" }, status: 415, answer: error("bad_request") }],
  },
  {
    name: "the same holds for update",
    mark: "doc",
    steps: [
      anAgent(),
      ...["{", "[]", "null", '{"details":{"name":"a","name":"b"}}'].map(
        (text): Step => ({
          send: "PUT /api/v1/agent/$agent",
          text,
          status: 400,
          answer: error("bad_request"),
        }),
      ),
      { send: "PUT /api/v1/agent/$agent", text: "{}", headers: { "content-type": "text/plain" }, status: 415 },
      { send: "PUT /api/v1/agent/$agent", bytes: new Uint8Array(limit + 1), status: 413 },
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 0 },
    ],
  },
];
