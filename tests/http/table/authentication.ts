import { error, type Row } from "../row.ts";

const ping = "GET /api/v1/ping";
const challenge = { "www-authenticate": /^Bearer/ };

/** Sections 5 and 6: who calls. */
export const authentication: readonly Row[] = [
  {
    name: "a request without an Authorization header is refused",
    mark: "doc",
    steps: [
      { send: ping, as: "none", status: 401, answerHeaders: challenge, answer: error("not_authenticated") },
      { send: "GET /api/v1/agent", as: "none", status: 401, answer: error("not_authenticated") },
      { send: "GET /api/v1/agent/$new", as: "none", status: 401, answer: error("not_authenticated") },
    ],
  },
  {
    name: "an Authorization header without a bearer token is refused",
    mark: "doc",
    steps: ["Basic YTpi", "Bearer", "Bearer ", "Token x", "$accountToken"].map((authorization) => ({
      send: ping,
      as: "none",
      headers: { authorization },
      status: 401,
      answerHeaders: challenge,
      answer: error("not_authenticated"),
    })),
  },
  {
    name: "a bearer token that is not valid is refused",
    mark: "doc",
    steps: [
      "x",
      "$accountToken-",
      "$accountToken,$environmentToken",
      "ACCOUNT-TOKEN-FOR-THE-TABLE",
      `"$accountToken"`,
      "x".repeat(4000),
    ].map((token) => ({
      send: ping,
      as: "none",
      headers: { authorization: `Bearer ${token}` },
      status: 401,
      answerHeaders: challenge,
      answer: error("bad_authtoken"),
    })),
  },
  {
    name: "the case of the scheme and the spaces after it do not matter",
    mark: "ours",
    steps: ["bearer $accountToken", "BEARER $accountToken", "Bearer   $accountToken"].map((authorization) => ({
      send: ping,
      as: "none",
      headers: { authorization },
      status: 200,
    })),
  },
  {
    name: "the token is checked before the body",
    mark: "ours",
    steps: [
      { send: "POST /api/v1/agent", as: "none", text: "{", status: 401, answer: error("not_authenticated") },
      { send: "POST /api/v1/agent", as: "none", text: "{", headers: { "content-type": "text/plain" }, status: 401 },
      { send: "POST /api/v1/agent", as: "none", bytes: new Uint8Array(1024 * 1024 + 1), status: 401 },
    ],
  },
  {
    name: "a token in the query or in another header does not count",
    mark: "ours",
    steps: [
      { send: `${ping}?access_token=$accountToken&token=$accountToken`, as: "none", status: 401 },
      { send: ping, as: "none", headers: { "x-api-key": "$accountToken" }, status: 401 },
    ],
  },
  {
    name: "an answer to a wrong token does not repeat it",
    mark: "ours",
    steps: [{ send: ping, as: "none", headers: { authorization: "Bearer tell-nobody" }, status: 401, without: "tell-nobody" }],
  },
];
