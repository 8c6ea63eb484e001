import type { CoreConfig } from "../../service/core-types.js";
import type { TokenOptions } from "../../service/options.js";
import { hex } from "../../values/values.js";
import type { AccountMethods, Implements, Local, NewAccount, ObjectRefusal, ObjectReply, ObjectRequest } from "./messages.js";
import { RegistrarObject } from "./object.js";
import { refusalOf } from "./registrar.js";
import { durableOptions, partitionOf } from "./variables.js";

/** The key under which the object keeps which account it holds. */
const ACCOUNT = "account";

/** The Durable Object of one account: everything of the account, and nothing else. Its name is the account's partition. */
export class AgentRegistrarAccount extends RegistrarObject {
  /**
   * Answers a request of the partition that this object is named after. The front worker has checked how the token is signed; its
   * record is checked here.
   *
   * @internal
   */
  answer(partition: string, request: ObjectRequest): ObjectReply {
    return this.#opened(partition, () => this.registrar.answer(request));
  }

  /**
   * The answer to a request that its head refuses, whose body has at least `length` bytes. `undefined`: the body decides.
   *
   * @internal
   */
  refuse(partition: string, head: ObjectRequest, length: number): ObjectReply | undefined {
    return this.#opened(partition, () => this.registrar.refuseByHead(head, length));
  }

  #opened<Reply>(partition: string, ask: () => Reply): Reply | ObjectRefusal {
    try {
      if (!this.registrar.isOpen) {
        const config = this.#config(partition);
        if (config === undefined) return { refused: 401, cause: "there is no account of this partition" };
        this.registrar.open(config);
      }
      return ask();
    } catch (cause) {
      return refusalOf(cause);
    }
  }

  /**
   * Becomes the object of an account that the operator made, and gives a token of it. Called again for the same account, it gives
   * another token.
   *
   * @internal
   */
  establish(account: NewAccount): string {
    const held = this.storage.kv.get(ACCOUNT) as NewAccount | undefined;
    if (held !== undefined && held.id !== account.id) throw new Error("the partition is another account's");
    this.storage.kv.put(ACCOUNT, account);
    const config = this.#config(partitionOf(account.id)) as CoreConfig;
    // A token for this one request, which nobody learns.
    const token = hex(crypto.getRandomValues(new Uint8Array(32)));
    const registrar = this.registrar;
    registrar.open({ ...config, tokens: [...config.tokens, { token, account_id: account.id }] });
    try {
      const body = new TextEncoder().encode(JSON.stringify({ details: { token_scope: "account" } }));
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const answer = registrar.answer({ method: "POST", target: "/api/v1/api_token", headers, body });
      const made = JSON.parse(new TextDecoder().decode(answer.body)) as { readonly token: string };
      if (answer.status !== 200) throw new Error("the account's first token could not be made");
      return made.token;
    } finally {
      registrar.close();
    }
  }

  /** Removes expired idempotency keys. */
  alarm(): void {
    const held = this.storage.kv.get(ACCOUNT) as NewAccount | undefined;
    if (held === undefined) return;
    if (!this.registrar.isOpen) this.registrar.open(this.#config(partitionOf(held.id)) as CoreConfig);
    this.registrar.forget();
  }

  /** The configuration of this object's account. `undefined` if it has none. */
  #config(partition: string): CoreConfig | undefined {
    const { accounts, tokens, cors, secret, operatorToken, limits } = durableOptions(this.environment);
    const held = this.storage.kv.get(ACCOUNT) as NewAccount | undefined;
    const configured = accounts.find(({ id }) => partitionOf(id) === partition);
    // It is kept, so that its records outlive its place in the configuration.
    if (held === undefined && configured !== undefined) {
      this.storage.kv.put(ACCOUNT, { id: configured.id, name: configured.name ?? "Default" } satisfies NewAccount);
    }
    const account = configured ?? (held === undefined ? undefined : { ...held, environments: [] });
    if (account === undefined) return undefined;
    if (held !== undefined && held.id !== account.id) {
      throw new TypeError("AGENT_REGISTRAR_ACCOUNTS: the partition of one of its accounts belongs to another account already");
    }
    const isMine = (token: TokenOptions): boolean => (token.account_id ?? accounts[0]?.id) === account.id;
    // The operator exports and imports here. Its other requests go to the directory.
    return { accounts: [account], tokens: (tokens ?? []).filter(isMine), cors, secret, operator_token: operatorToken, limits };
  }
}

/** @internal */
export type AccountCheck = Implements<AgentRegistrarAccount, Local<AccountMethods>>;
