import type { Row } from "../row.ts";

const asks = {
  origin: "$origin",
  "access-control-request-method": "POST",
  "access-control-request-headers": "authorization, content-type",
};

/** Section 6: pages of other origins. */
export const cors: readonly Row[] = [
  {
    name: "a preflight from an allowed origin is answered with CORS headers",
    mark: "ours",
    needs: ["preflight"],
    steps: [
      {
        send: "OPTIONS /api/v1/agent",
        as: "none",
        headers: asks,
        status: 204,
        answerHeaders: {
          "access-control-allow-origin": "$origin",
          "access-control-allow-methods": /\bPOST\b/,
          "access-control-allow-headers": /(?=.*\bauthorization\b)(?=.*\bcontent-type\b)/i,
          vary: /\borigin\b/i,
        },
        answer: null,
      },
      {
        send: "OPTIONS /api/v1/agent/$new",
        as: "none",
        headers: { ...asks, "access-control-request-method": "DELETE" },
        status: 204,
        answerHeaders: { "access-control-allow-origin": "$origin", "access-control-allow-methods": /\bDELETE\b/ },
        answer: null,
      },
    ],
  },
  {
    name: "a preflight from any other origin allows nothing",
    mark: "ours",
    needs: ["preflight"],
    steps: [
      "https://evil.example",
      "https://console.example.evil.example",
      "http://console.example",
      "https://console.example:8443",
      "null",
    ].map((origin) => ({
      send: "OPTIONS /api/v1/agent",
      as: "none",
      headers: { ...asks, origin },
      status: 204,
      answerHeaders: {
        "access-control-allow-origin": null,
        "access-control-allow-methods": null,
        "access-control-allow-headers": null,
      },
      answer: null,
    })),
  },
  {
    name: "OPTIONS without an origin lists the methods of the path",
    mark: "ours",
    needs: ["preflight"],
    steps: [
      {
        send: "OPTIONS /api/v1/agent",
        as: "none",
        status: 204,
        answerHeaders: { allow: /(?=.*\bGET\b)(?=.*\bPOST\b)/, "access-control-allow-origin": null },
        answer: null,
      },
    ],
  },
  {
    name: "a page of an allowed origin may read every answer, errors included",
    mark: "ours",
    needs: ["origin"],
    steps: [
      {
        send: "GET /api/v1/agent?pagination[page_size]=1",
        headers: { origin: "$origin" },
        status: 200,
        answerHeaders: {
          "access-control-allow-origin": "$origin",
          "access-control-expose-headers":
            /(?=.*\bx-request-id\b)(?=.*\bidempotency-replayed\b)(?=.*\bretry-after\b)(?=.*\ballow\b)(?=.*\bwww-authenticate\b)(?=.*\baccept-encoding\b)(?=.*\bserver-timing\b)/,
          vary: /\borigin\b/i,
        },
      },
      {
        send: "PATCH /api/v1/agent",
        headers: { origin: "$origin" },
        status: 405,
        answerHeaders: { "access-control-expose-headers": /\bretry-after\b/, allow: /\bPOST\b/ },
      },
      {
        send: "POST /api/v1/agent",
        text: "{}",
        headers: { origin: "$origin", "content-encoding": "gzip" },
        status: 415,
        answerHeaders: { "access-control-expose-headers": /\bretry-after\b/, "accept-encoding": "identity" },
      },
      {
        send: "GET /api/v1/agent/$new",
        headers: { origin: "$origin" },
        status: 404,
        answerHeaders: { "access-control-allow-origin": "$origin" },
      },
      {
        send: "GET /api/v1/agent",
        as: "none",
        headers: { origin: "$origin" },
        status: 401,
        answerHeaders: { "access-control-allow-origin": "$origin" },
      },
      {
        send: "POST /api/v1/agent",
        text: "{",
        headers: { origin: "$origin" },
        status: 400,
        answerHeaders: { "access-control-allow-origin": "$origin" },
      },
    ],
  },
  {
    name: "a page of another origin may not read the answer, and the request is carried out all the same",
    mark: "ours",
    needs: ["origin"],
    steps: [
      {
        send: "GET /api/v1/agent?pagination[page_size]=1",
        headers: { origin: "https://evil.example" },
        status: 200,
        answerHeaders: { "access-control-allow-origin": null, "access-control-allow-credentials": null },
      },
    ],
  },
];
