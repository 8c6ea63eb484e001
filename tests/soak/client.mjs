// One client: conversation after conversation, with faults between.
import { Connection, requestText } from "./connection.mjs";
import { conversation, randomOf } from "./conversations.mjs";
import { undescribed } from "./described.mjs";

/** One answer in so many is compared with docs/openapi.json, and in so many looked into. */
const DESCRIBED = 64;
const LOOKED_INTO = 4;
/** One conversation in so many has an injected fault, and one batch in so many a client that leaves. */
const FAULTS = 200;
const LEAVES = 400;
/** How long a client waits without a connection. */
const RECONNECT_MS = 20;
const MOST_FINDINGS = 20;

/** What all clients of a run counted. */
export class Counts {
  requests = 0;
  unanswered = 0;
  /** Clients that left, faults that were injected, requests sent again after no answer, resets and restarts. */
  left = 0;
  faults = 0;
  retries = 0;
  resets = 0;
  restarts = 0;
  wrong = 0;
  findings = [];

  find(text) {
    this.wrong += 1;
    if (this.findings.length < MOST_FINDINGS) this.findings.push(text);
  }
}

export class Client {
  #run;
  #number;
  #below;
  #isOfAccount;
  #connection;
  #count = 0;

  /** `run` has the port, the tenants, the counts, whether faults can be injected, and what a client waits for. */
  constructor(run, number) {
    this.#run = run;
    this.#number = number;
    this.#below = randomOf(run.seed * 1_000 + number);
    // Every fourth has a token of an environment.
    this.#isOfAccount = number % 4 !== 3;
  }

  async work() {
    while (await this.#run.mayGoOn()) await this.#converse();
    this.#connection?.leave();
  }

  get #tenant() {
    const { tenants } = this.#run;
    return tenants[this.#number % tenants.length];
  }

  async #converse() {
    const key = `soak-${this.#run.round}-${this.#number}-${this.#count++}`;
    const { batches, cleanUp } = conversation({ tenant: this.#tenant, isOfAccount: this.#isOfAccount, below: this.#below, key });
    if (this.#run.hasHooks && this.#below(FAULTS) === 0) await this.#fail();
    const answers = new Map();
    for (const batch of batches) {
      const steps = typeof batch === "function" ? batch(answers) : batch;
      if (!(await this.#send(steps, answers))) {
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
        await this.#recover(steps, answers);
        if (cleanUp.length > 0) await this.#untilAnswered(cleanUp);
        return;
      }
    }
  }

  /** Sends the requests of these steps together, and checks the answers. Returns whether all have one. */
  async #send(steps, answers) {
    if (this.#connection === undefined || this.#connection.isClosed) this.#connection = new Connection(this.#run.port);
    const sent = this.#connection.send(steps.map((step) => this.#text(step)));
    if (this.#below(LEAVES) === 0) {
      this.#run.counts.left += 1;
      setTimeout(() => this.#connection.leave(), this.#below(5));
    }
    const received = await sent;
    for (const [index, step] of steps.entries()) {
      const answer = received[index];
      if (answer === undefined) {
        this.#run.counts.unanswered += 1;
        continue;
      }
      this.#run.counts.requests += 1;
      if (step.id !== undefined) answers.set(step.id, answer);
      this.#check(step, answer, answers);
    }
    return !received.includes(undefined);
  }

  #text({ method, path, body, headers = {}, token }) {
    const { accountToken, environmentToken } = this.#tenant;
    const bearer = token === undefined ? (this.#isOfAccount ? accountToken : environmentToken) : token;
    return requestText(method, path, bearer === null ? headers : { ...headers, authorization: `Bearer ${bearer}` }, body);
  }

  #check(step, answer, answers) {
    const { status, code, check, same } = step;
    const isExpected = Array.isArray(status) ? status.includes(answer.status) : status === answer.status;
    const isCode = code === undefined || answer.body.includes(`"code":"${code}"`);
    const wrong = (why) => {
      const before = [...answers].map(([id, { status, body }]) => `, ${id}: ${status} ${body.slice(0, 300)}`).join("");
      this.#run.counts.find(
        `client ${this.#number}: ${step.method} ${step.path} ${step.body?.slice(0, 300) ?? ""}: ${why}: ${answer.status} ${answer.body.slice(0, 500)}${before}`,
      );
    };
    if (!isExpected || !isCode) return wrong(`should be ${status} ${code ?? ""}`);
    if (same !== undefined && answers.has(same) && answers.get(same).body !== answer.body)
      return wrong("another answer to the same request");
    if (check !== undefined && this.#below(LOOKED_INTO) === 0 && !check(JSON.parse(Buffer.from(answer.body, "latin1").toString())))
      wrong("its body");
    if (this.#below(DESCRIBED) === 0) {
      const why = undescribed(step.method, step.path, answer);
      if (why !== undefined) wrong(why);
    }
  }

  /** A request with an idempotency key that had no answer is sent again, and has the answer that it should have had. */
  async #recover(steps, answers) {
    const lost = steps.find(({ id }) => id !== undefined && !answers.has(id));
    if (lost === undefined || !lost.body?.includes("idempotency_key")) return;
    this.#run.counts.retries += 1;
    // The items of a bulk request that only read are carried out again, and see what the others did.
    await this.#untilAnswered([lost.path.endsWith("/bulk") ? { ...lost, check: undefined } : lost]);
  }

  /** Sends requests until all have an answer. Returns how often they were sent. */
  async #untilAnswered(steps) {
    for (let tries = 0; tries < 1_000; tries += 1) {
      if (await this.#send(steps, new Map())) return tries + 1;
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    }
    this.#run.counts.find(`no answer to ${steps[0].method} ${steps[0].path} in 1,000 tries`);
  }

  /** Injects a fault, and sees it. It may be there twice if the answer to its plan was lost. */
  async #fail() {
    this.#run.counts.faults += 1;
    const drop = [undefined, "before", "after"][this.#below(3)];
    const fault = { match: { path: `/api/v1/ping/${this.#number}` }, ...(drop === undefined ? { status: 503 } : { drop }) };
    const plan = {
      method: "POST",
      path: "/_registrar/faults",
      body: JSON.stringify(fault),
      headers: { "content-type": "application/json" },
      status: 204,
    };
    const tries = await this.#untilAnswered([plan]);
    await this.#send([{ method: "GET", path: fault.match.path, status: 503 }], new Map());
    await this.#untilAnswered([{ method: "GET", path: fault.match.path, status: tries === 1 ? 404 : [404, 503] }]);
  }
}
