// Requests for `npm run compare`: a seeded stream that covers every operation, valid and invalid, in states that earlier
// requests created. The stream depends only on the seed and the answers of the old build, so both builds get the same requests.
import { random } from "../../benches/lib/random.mjs";

export const ACCOUNT = "013xrzp12g3nqk8nzx0y2vfkg4s3jp2q";
const ENVIRONMENTS = ["013xrzp12g3nqk8nzxvq7jm2arsfg5h1", "013xrzp12g3nqk8nzxvq7jm2arsfg5h2"];
const STRANGER = "013xrzp12g00000000y2vfkg4s3jp2qr";

/** The options of both registrars: two accounts, three scopes of tokens, a fixed seed and a clock that the caller advances. */
export const options = (seed, now) => ({
  seed,
  now,
  accounts: [
    { id: ACCOUNT, name: "Ada", environments: ENVIRONMENTS.map((id, index) => ({ id, name: `Environment ${index}` })) },
    { id: STRANGER, environments: [{ name: "Elsewhere" }] },
  ],
  tokens: [{ token: "account" }, { token: "environment", environment_id: ENVIRONMENTS[0] }, { token: "stranger", account_id: STRANGER }],
  cors: ["https://app.example"],
});

const TEXTS = [
  "",
  " ",
  "a",
  "Ada",
  "  trimmed \u00a0",
  "é\u0301",
  "😀".repeat(3),
  "x\u0000y",
  "line\nbreak",
  "tab\there",
  "\u0085",
  "\u202eabc",
  '"quoted" \\ /',
  "<b>&",
  "\ud800",
  "A".repeat(255),
  "A".repeat(256),
  "€".repeat(255),
  "😀".repeat(256),
];
const ODD = [null, true, false, 0, -1, 1.5, 1e21, [], {}, ["x"], { a: 1 }, "text"];
const TIMES = [
  "2026-05-07T10:00:00Z",
  "2026-05-07T12:00:00.123456789+02:00",
  "2026-05-07t10:00:00z",
  "2026-13-01T00:00:00Z",
  "2024-02-29T23:59:60Z",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999999Z",
  "yesterday",
  "",
];
const SORTS = [
  "id",
  "-id",
  "name",
  "-name",
  "status",
  "-status",
  "inserted_at",
  "-inserted_at",
  "updated_at",
  "-updated_at",
  "started_at",
  "finished_at",
  "nothing",
  "-",
];
const KINDS = ["agent", "agent_instance", "agent_spans", "agent_version", "agent_schema_version", "environment"];

/** The number of remembered ids per kind. */
const REMEMBERED = 200;

/** A stream of requests: `next()` generates one, `learn(answer)` takes the answer of the old build. */
export class Requests {
  #random;
  #ids = Object.fromEntries(KINDS.map((kind) => [kind, kind === "environment" ? [...ENVIRONMENTS] : []]));
  #keys = [];

  constructor(seed) {
    this.#random = random(seed);
  }

  #chance(percent) {
    return this.#random.below(100) < percent;
  }

  #pick(list) {
    return this.#random.pick(list);
  }

  #fresh() {
    const { below } = this.#random;
    const letters = "0123456789abcdefghjkmnpqrstvwxyz";
    const end = Array.from({ length: 16 }, () => letters[below(32)]).join("");
    return this.#pick([ACCOUNT, ACCOUNT, ACCOUNT, STRANGER]).slice(0, 16) + end;
  }

  #id(kind) {
    const known = this.#ids[kind];
    if (known.length > 0 && this.#chance(92)) return this.#pick(known);
    if (this.#chance(30)) return this.#pick([ACCOUNT, STRANGER, "", "nothing", "8".repeat(32), ACCOUNT.toUpperCase(), "%20"]);
    return this.#chance(50) ? this.#fresh() : (this.#pick(this.#ids[this.#pick(KINDS)]) ?? STRANGER);
  }

  #name() {
    return this.#chance(92) ? `Agent ${this.#random.below(1000)}` : this.#pick(TEXTS);
  }

  /** The value, or sometimes one that breaks a rule. */
  #value(value) {
    return this.#chance(1.5) ? this.#pick(ODD) : value;
  }

  #maybe(fields) {
    const kept = {};
    for (const [key, [percent, make]] of Object.entries(fields)) {
      if (this.#chance(percent)) kept[key] = this.#value(make());
    }
    if (this.#chance(3)) kept.unknown = 1;
    return kept;
  }

  #keyed(body) {
    if (!this.#chance(30)) return body;
    const key =
      this.#chance(40) && this.#keys.length > 0
        ? this.#pick(this.#keys)
        : this.#chance(95)
          ? `key-${this.#random.below(1e9)}`
          : this.#pick(TEXTS);
    this.#keys.push(key);
    if (this.#keys.length > 50) this.#keys.shift();
    return { ...body, idempotency_key: this.#value(key) };
  }

  #version(schema) {
    return this.#maybe({
      external_identifier: [95, () => `v${this.#random.below(20)}`],
      name: [50, () => this.#name()],
      description: [30, () => this.#pick(TEXTS)],
      ...(schema && {
        span_schemas: [50, () => ({ "agent:llm": { type: "object" } })],
        span_type_schemas: [20, () => [{ name: "x", schema: {} }]],
      }),
    });
  }

  #payload() {
    return this.#pick([{}, { prompt: "héllo 😀", n: 1.5, deep: { a: [1, { b: null }] } }, { text: "x".repeat(this.#random.below(2000)) }]);
  }

  /** The body of an operation, without the id of the path. */
  #body(name) {
    const details = (fields) => ({ details: this.#value(this.#maybe(fields)) });
    switch (name) {
      case "agents/create":
        return details({
          name: [97, () => this.#name()],
          environment_id: [95, () => this.#id("environment")],
          description: [50, () => (this.#chance(70) ? "A description" : this.#pick([null, ...TEXTS]))],
          id: [10, () => this.#fresh()],
        });
      case "agents/update":
        return details({
          name: [60, () => this.#name()],
          description: [40, () => this.#pick([null, ...TEXTS])],
          current_version_id: [30, () => this.#pick([null, this.#id("agent_version")])],
        });
      case "agent_instances/register":
        return this.#maybe({
          agent_id: [97, () => this.#id("agent")],
          agent_version: [60, () => this.#version(false)],
          agent_schema_version: [40, () => this.#version(true)],
          id: [5, () => this.#fresh()],
          update_current_version: [20, () => this.#chance(50)],
        });
      case "agent_instances/start":
        return this.#maybe({ timestamp: [15, () => this.#pick(TIMES)] });
      case "agent_instances/finish":
        return this.#maybe({
          status: [60, () => this.#pick(["complete", "failed", "cancelled", "active", "x"])],
          timestamp: [15, () => this.#pick(TIMES)],
        });
      case "agent_spans/create":
        return details({
          agent_instance_id: [97, () => this.#id("agent_instance")],
          schema_name: [95, () => this.#pick(["agent:llm", "agent:tool", ...TEXTS])],
          status: [95, () => this.#pick(["pending", "active", "complete", "failed", "cancelled", "x"])],
          payload: [95, () => this.#payload()],
          result_payload: [20, () => this.#payload()],
          id: [5, () => this.#fresh()],
          parent_span_id: [20, () => this.#id("agent_spans")],
          started_at: [50, () => this.#pick(TIMES)],
          finished_at: [30, () => this.#pick(TIMES)],
          idempotency_key: [10, () => `span-${this.#random.below(1e6)}`],
        });
      case "agent_spans/finish":
        return this.#maybe({
          status: [60, () => this.#pick(["complete", "failed", "cancelled"])],
          timestamp: [15, () => this.#pick(TIMES)],
          result_payload: [30, () => this.#payload()],
        });
      case "agent_version/create":
      case "agent_schema_version/create":
        return {
          details: this.#value({
            ...this.#version(name.startsWith("agent_schema")),
            ...this.#maybe({ agent_id: [97, () => this.#id("agent")] }),
          }),
        };
      case "environments/create":
        return details({
          account_id: [95, () => this.#pick([ACCOUNT, ACCOUNT, STRANGER])],
          name: [95, () => this.#name()],
          id: [10, () => this.#fresh()],
        });
      case "environments/update":
      case "accounts/update":
        return details({ name: [80, () => this.#name()] });
      case "pfids/generate":
        return this.#maybe({
          count: [95, () => this.#pick([1, 2, 3, 1000, 0, 1001, "5"])],
          account_id: [30, () => this.#pick([ACCOUNT, STRANGER])],
        });
      default:
        return {};
    }
  }

  #query(kind) {
    const parameters = [];
    const add = (percent, name, make) =>
      this.#chance(percent) && parameters.push(`${this.#chance(80) ? name : encodeURIComponent(name)}=${encodeURIComponent(make())}`);
    if (kind === "agent") add(50, "environment_id", () => this.#id("environment"));
    else if (kind === "agent_spans") {
      add(95, "agent_instance_id", () => this.#id("agent_instance"));
      add(20, "start_time", () => this.#pick(TIMES));
      add(20, "end_time", () => this.#pick(TIMES));
    } else if (kind === "environment") add(60, "account_id", () => this.#pick([ACCOUNT, STRANGER, "x"]));
    else add(95, "agent_id", () => this.#id("agent"));
    add(30, "pagination[offset]", () => this.#pick([0, 1, 2, 50, 1000, -1, "x", "18446744073709551616"]));
    add(40, "pagination[page_size]", () => this.#pick([1, 2, 10, 100, 0, 101, ""]));
    if (this.#chance(50)) add(100, "sorting", () => this.#pick(SORTS));
    else {
      add(40, "sorting[field]", () => this.#pick(SORTS));
      add(40, "sorting[direction]", () => this.#pick(["asc", "desc", "up"]));
    }
    return parameters.length === 0 ? "" : `?${parameters.join("&")}`;
  }

  #item() {
    const type = this.#pick([
      "agents/list",
      "agents/show",
      "agents/create",
      "agents/update",
      "agents/delete",
      "agents/retire",
      "agents/reinstate",
      "environments/list",
      "environments/show",
      "environments/create",
      "environments/update",
      "agent_instances/register",
      "agent_instances/start",
      "agent_instances/finish",
      "agent_spans/create",
      "agent_spans/finish",
      "agents/fly",
    ]);
    const [kind] = type.split("/");
    const own = {
      agents: ["agent_id", "agent"],
      environments: ["environment_id", "environment"],
      agent_instances: ["agent_instance_id", "agent_instance"],
      agent_spans: ["agent_span_id", "agent_spans"],
    }[kind];
    const item = {
      _type: type,
      idempotency_key: this.#chance(95) ? `item-${this.#random.below(1e6)}` : this.#pick(TEXTS),
      ...this.#body(type),
    };
    if (!/create|list|register/.test(type)) item[this.#chance(80) ? own[0] : "id"] = this.#id(own[1]);
    return this.#value(item);
  }

  #operation() {
    const { below } = this.#random;
    const at = below(1000);
    const api = (path) => `/api/v1/${path}`;
    const post = (path, name) => ["POST", api(path), this.#keyed(this.#body(name))];
    if (at < 170) return post("agent", "agents/create");
    if (at < 270) return post("agent_instance/register", "agent_instances/register");
    if (at < 370) return post("agent_spans", "agent_spans/create");
    if (at < 420) return post(`agent_spans/${this.#id("agent_spans")}/finish`, "agent_spans/finish");
    if (at < 470) return post(`agent_instance/${this.#id("agent_instance")}/start`, "agent_instances/start");
    if (at < 520) return post(`agent_instance/${this.#id("agent_instance")}/finish`, "agent_instances/finish");
    if (at < 570) return ["PUT", api(`agent/${this.#id("agent")}`), this.#keyed(this.#body("agents/update"))];
    if (at < 600) return post(`agent/${this.#id("agent")}/${this.#pick(["retire", "reinstate"])}`, "");
    if (at < 620) return ["DELETE", api(`agent/${this.#id("agent")}`), undefined];
    if (at < 640) return post("agent_version", "agent_version/create");
    if (at < 660) return post("agent_schema_version", "agent_schema_version/create");
    if (at < 672) return post("environment", "environments/create");
    if (at < 682) return ["PUT", api(`environment/${this.#id("environment")}`), this.#keyed(this.#body("environments/update"))];
    if (at < 686) return ["DELETE", api(`environment/${this.#id("environment")}`), undefined];
    if (at < 692) return ["PUT", api(`account/${this.#pick([ACCOUNT, STRANGER])}`), this.#keyed(this.#body("accounts/update"))];
    if (at < 700) return post("pfid/generate", "pfids/generate");
    if (at < 730) return ["POST", api("bulk"), this.#keyed({ items: this.#value(Array.from({ length: below(6) }, () => this.#item())) })];
    if (at < 850) return ["GET", api(this.#pick(KINDS).replace(/$/, "")), undefined];
    if (at < 950) {
      const kind = this.#pick(KINDS);
      return ["GET", api(`${kind}/${this.#id(kind)}`), undefined];
    }
    if (at < 960) return ["GET", api(`agent/show?agent_id=${this.#id("agent")}`), undefined];
    return [
      this.#pick(["GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "DELETE"]),
      this.#pick([
        "/",
        "/api/v1",
        "/api/v1/ping",
        "/api/v1/account",
        api(`account/${ACCOUNT}`),
        api("nothing"),
        api("agent/"),
        api(`agent_instance/${this.#id("agent_instance")}/record_quality`),
        "/api/v2/agent",
      ]),
      undefined,
    ];
  }

  /** The next request: method, target, headers and body. */
  next() {
    let [method, target, body] = this.#operation();
    const list = /^\/api\/v1\/(agent|agent_instance|agent_spans|agent_version|agent_schema_version|environment)$/.exec(target);
    if (method === "GET" && list !== null) target += this.#query(list[1]);
    if (method === "GET" && this.#chance(3)) method = "HEAD";
    const headers = {};
    if (this.#chance(98))
      headers.authorization = `Bearer ${this.#chance(80) ? "account" : this.#pick(["environment", "stranger", "wrong"])}`;
    if (this.#chance(5))
      headers.accept = this.#pick([
        "application/problem+json",
        "*/*",
        "application/json;q=0.5, application/problem+json",
        "text/html",
        "application/problem+json;q=0",
      ]);
    if (this.#chance(5)) headers.origin = this.#pick(["https://app.example", "https://other.example"]);
    if (method === "OPTIONS")
      Object.assign(headers, { "access-control-request-method": "POST", "access-control-request-headers": "authorization" });
    let text = body === undefined ? undefined : JSON.stringify(body);
    if (text !== undefined) {
      headers["content-type"] = this.#chance(97)
        ? "application/json"
        : this.#pick(["application/json; charset=utf-8", "application/json; charset=latin1", "text/plain", ""]);
      if (this.#chance(2))
        text = this.#pick([
          text.slice(0, -1),
          `${text}x`,
          "[]",
          "null",
          '{"a":1,"a":2}',
          "",
          `${"[".repeat(40)}${"]".repeat(40)}`,
          text.replace("{", '{"\\ud800":1,'),
          text.replace(/:/g, " : "),
        ]);
    }
    const bytes = text === undefined ? null : Buffer.from(text, this.#chance(0.5) ? "latin1" : "utf8");
    return { method, target, headers, body: bytes };
  }

  /** The advance of the clock before the next request, in milliseconds. */
  step() {
    return this.#pick([0, 0, 1, 5, 1000, 60_000, -1000, 3_600_000 * this.#random.below(3), this.#chance(1) ? 86_400_000 * 31 : 0]);
  }

  /** Remembers the id of a created object. */
  learn(target, answer) {
    const kind = KINDS.find(
      (one) => target === `/api/v1/${one}` || target.startsWith(`/api/v1/${one}/`) || target.startsWith(`/api/v1/${one}?`),
    );
    const id = answer?.details?.id;
    if (kind === undefined || typeof id !== "string") return;
    const known = this.#ids[kind];
    known.push(id);
    if (known.length > REMEMBERED) known.shift();
  }
}
