import { allow, error, type Row } from "../row.ts";

const PROBES = ["/healthz", "/readyz"];
const common = { "x-request-id": /^[0-9a-f]{32}$/, "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** Section 6: the probes of a deployment, which take no token. */
export const probes: readonly Row[] = [
  {
    name: "the probes answer without a token, and with any",
    mark: "ours",
    steps: PROBES.flatMap((probe) => [
      { send: `GET ${probe}`, as: "none", status: 200, answerHeaders: common, answer: { status: "success" } },
      { send: `GET ${probe}?at=now`, as: "none", status: 200, answer: { status: "success" } },
      { send: `HEAD ${probe}`, as: "none", status: 200, answerHeaders: common, answer: null },
      { send: `GET ${probe}`, headers: { authorization: "Bearer made-up" }, as: "none", status: 200 },
      { send: `GET ${probe}`, status: 200 },
    ]),
  },
  {
    name: "the probes are read only",
    mark: "ours",
    steps: PROBES.map((probe) => ({
      send: `POST ${probe}`,
      as: "none",
      status: 405,
      answerHeaders: { allow: allow("GET", "HEAD", "OPTIONS") },
      answer: error("bad_request"),
    })),
  },
  {
    name: "there is nothing below the probes, or in the API",
    mark: "ours",
    needs: ["whole-host"],
    steps: [
      ...["/healthz/", "/readyz/x", "/Healthz", "/health", "/api/v1/healthz", "/api/v1/readyz"].map((path) => ({
        send: `GET ${path}`,
        status: 404,
        answer: error("not_found"),
      })),
    ],
  },
];
