// A run on one server: its tenants, its clients, and resets and restarts between their requests.
import { Client, Counts } from "./client.mjs";
import { Connection, requestText } from "./connection.mjs";
import { randomOf } from "./conversations.mjs";
import { OPERATOR } from "./servers.mjs";

const TENANTS = 3;
/** After so many requests a server in memory is reset: histories and idempotency keys stay for a day. */
const RESET_REQUESTS = 100_000;
/** A server that keeps its records is killed and started again, so often before this part of the run is over. */
const RESTARTS = 3;
const RESTARTING = 0.3;

/** The run. */
export class SoakRun {
  counts = new Counts();
  tenants = [];
  /** How often the server was reset. */
  round = 0;
  seed;
  #server;
  #requests;
  #until = 0;
  #began = 0;
  #clients;
  /** What ends the pauses of the clients that wait until all do. */
  #paused = [];
  #isPausing = false;
  #isRestarting = false;
  #nextReset = RESET_REQUESTS;

  constructor(server, { requests, milliseconds, clients, seed }) {
    this.#server = server;
    this.#requests = requests;
    this.#until = milliseconds;
    this.#clients = clients;
    this.seed = seed;
  }

  get port() {
    return this.#server.port;
  }

  get hasHooks() {
    return this.#server.hasHooks;
  }

  /** The part of the run that is done, from 0 to 1. */
  get progress() {
    if (this.#began === 0) return 0;
    return Math.min(1, Math.max(this.counts.requests / this.#requests, (performance.now() - this.#began) / this.#until));
  }

  async work() {
    await this.#makeTenants();
    this.#began = performance.now();
    const clients = Array.from({ length: this.#clients }, (_, number) => new Client(this, number).work());
    const timer = setInterval(() => this.#disturb(), 50);
    try {
      await Promise.all(clients);
    } finally {
      clearInterval(timer);
    }
  }

  /** Whether a client goes on. Asked between conversations: here it waits while the server is reset. */
  async mayGoOn() {
    if (this.progress >= 1) return false;
    if (this.#server.mayReset && this.counts.requests >= this.#nextReset) this.#isPausing = true;
    if (!this.#isPausing) return true;
    await new Promise((resolve) => {
      this.#paused.push(resolve);
      if (this.#paused.length === this.#clients) void this.#reset();
    });
    return true;
  }

  async #reset() {
    await this.#ask("POST", "/_registrar/reset", {}, undefined, 204);
    this.round += 1;
    this.counts.resets += 1;
    this.#nextReset = this.counts.requests + RESET_REQUESTS;
    await this.#makeTenants();
    this.#isPausing = false;
    for (const goOn of this.#paused.splice(0)) goOn();
  }

  #disturb() {
    const { restarts } = this.counts;
    if (this.#server.restart === undefined || restarts >= RESTARTS || this.#isRestarting) return;
    if (this.progress < ((restarts + 1) / (RESTARTS + 1)) * RESTARTING) return;
    this.#isRestarting = true;
    this.#server
      .restart()
      .then(
        () => {
          this.counts.restarts += 1;
        },
        (error) => this.counts.find(`it does not start again: ${error}`),
      )
      .finally(() => {
        this.#isRestarting = false;
      });
  }

  /** Accounts that the operator makes, each with an environment and a token of it. */
  async #makeTenants() {
    const below = randomOf(this.seed);
    const tenants = [];
    for (let number = 0; number < TENANTS; number += 1) {
      const made = await this.#ask("POST", "/api/v1/account", { details: { name: `Tenant ${number} ${below(1_000)}` } }, OPERATOR);
      const { token: accountToken, details } = made;
      const environment = await this.#ask(
        "POST",
        "/api/v1/environment",
        { details: { account_id: details.id, name: "Soak" } },
        accountToken,
      );
      const scope = { token_scope: "environment", environment_id: environment.details.id };
      const { token: environmentToken } = await this.#ask("POST", "/api/v1/api_token", { details: scope }, accountToken);
      tenants.push({ account: details.id, environment: environment.details.id, accountToken, environmentToken });
    }
    this.tenants = tenants.map((tenant, index) => ({ ...tenant, foreign: tenants[(index + 1) % TENANTS].environment }));
  }

  async #ask(method, path, body, token, status = 200) {
    const connection = new Connection(this.port);
    const headers = { "content-type": "application/json", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
    const [answer] = await connection.send([requestText(method, path, headers, JSON.stringify(body))]);
    connection.leave();
    if (answer?.status !== status) throw new Error(`${method} ${path}: ${answer?.status} ${answer?.body}`);
    return status === 200 ? JSON.parse(answer.body) : undefined;
  }
}
