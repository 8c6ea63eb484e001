import type { DirectoryMethods, Implements, Local, NewAccount, ObjectReply, ObjectRequest } from "./messages.js";
import { RegistrarObject } from "./object.js";
import { refusalOf } from "./registrar.js";
import { durableOptions, partitionOf } from "./variables.js";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Under this and its id an account is kept whose first token was not given away yet. */
const PENDING = "pending:";

/** The answer to the create of an account; without a token where it is replayed. */
interface Created {
  readonly details: NewAccount;
  readonly token?: string;
}

/**
 * The Durable Object with the list of all accounts: it makes and lists them for the operator, and nobody else asks it. Names are those
 * that accounts were made with [ours].
 */
export class AgentRegistrarDirectory extends RegistrarObject {
  /**
   * Answers a request of the operator.
   *
   * @internal
   */
  async answer(request: ObjectRequest): Promise<ObjectReply> {
    try {
      this.#open();
      const answer = this.#answer(request);
      if (request.method !== "POST" || answer.status !== 200) return answer;
      return { ...answer, body: await this.#withToken(answer.body) };
    } catch (cause) {
      return refusalOf(cause);
    }
  }

  /**
   * The answer to a request that its head refuses, whose body has at least `length` bytes. `undefined`: the body decides.
   *
   * @internal
   */
  refuse(head: ObjectRequest, length: number): ObjectReply | undefined {
    try {
      this.#open();
      return this.registrar.refuseByHead(head, length);
    } catch (cause) {
      return refusalOf(cause);
    }
  }

  /** The answer. In one transaction with it, an account that it made is kept as pending. */
  #answer(request: ObjectRequest): ReturnType<typeof this.registrar.answer> {
    try {
      return this.storage.transactionSync(() => {
        const answer = this.registrar.answer(request);
        if (request.method !== "POST" || answer.status !== 200) return answer;
        const { details, token } = JSON.parse(decoder.decode(answer.body)) as Created;
        if (token !== undefined) this.storage.kv.put(PENDING + details.id, true);
        return answer;
      });
    } catch (cause) {
      // It believes that its transaction was committed.
      this.registrar.close();
      throw cause;
    }
  }

  /**
   * The answer to the create of an account, once the account's own object has made its first token. Until then the account is kept as
   * pending, so that the same request with its idempotency key gets a token when it is sent again.
   */
  async #withToken(body: Uint8Array): Promise<Uint8Array> {
    const { details, token: _, ...rest } = JSON.parse(decoder.decode(body)) as Created;
    const { id, name } = details;
    if (this.storage.kv.get(PENDING + id) === undefined) return body;
    const objects = this.environment.AGENT_REGISTRAR_OBJECTS;
    const first = await objects.get(objects.idFromName(partitionOf(id)) as never).establish({ id, name });
    this.storage.kv.delete(PENDING + id);
    return encoder.encode(JSON.stringify({ ...rest, details, token: first }));
  }

  /** Removes expired idempotency keys. */
  alarm(): void {
    this.#open();
    this.registrar.forget();
  }

  #open(): void {
    if (this.registrar.isOpen) return;
    const { accounts, cors, secret, operatorToken } = durableOptions(this.environment);
    const named = accounts.map(({ id, name }) => ({ id, name, environments: [] }));
    this.registrar.open({ accounts: named, tokens: [], cors, secret, operator_token: operatorToken });
  }
}

/** @internal */
export type DirectoryCheck = Implements<AgentRegistrarDirectory, Local<DirectoryMethods>>;
