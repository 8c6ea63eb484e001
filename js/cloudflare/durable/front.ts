import { maxBodyBytes } from "../../generated/constants.js";
import { type Answer, toResponse } from "../../service/answer.js";
import { ACCOUNT, ACCOUNTS, HERE } from "../../service/host.js";
import { unavailable } from "../../service/errors.js";
import type { RequestLog } from "../../service/log.js";
import { serviceModule } from "../../service/module.js";
import { createRegistrarWith, type MemoryRegistrar } from "../../service/registrar.js";
import { BodyError, type RequestParts, requestParts, TEXT_LIMIT, textLength } from "../../service/request.js";
import { workerGuarantees } from "../bodies.js";
import type { AccountMethods, DirectoryMethods, ObjectAnswer, ObjectReply, ObjectRequest } from "./messages.js";
import { logOf } from "../variables.js";
import { readPatiently } from "./patience.js";
import { type DurableEnvironment, type DurableOptions, durableOptions } from "./variables.js";

const NO_BODY = new Uint8Array(0);
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * The worker in front of the objects. It reads the token of a request, and asks the object of its account; what needs no account, and
 * tokens that are neither configured nor signed, it answers by itself.
 */
export class Front {
  readonly #environment: DurableEnvironment;
  /** Holds no records: it decides where requests belong, and answers those that belong nowhere. */
  readonly #registrar: MemoryRegistrar;
  readonly #guarantees = workerGuarantees();
  readonly #log: RequestLog | undefined;

  /** Throws a `TypeError` if the variables are not acceptable. */
  constructor(environment: DurableEnvironment) {
    this.#environment = environment;
    this.#log = logOf(environment);
    this.#registrar = registrarOf(durableOptions(environment), this.#log);
  }

  async fetch(request: Request): Promise<Response> {
    const end = this.#log?.begin();
    const parts = requestParts(request, undefined, this.#guarantees);
    const { method, target, headers } = parts;
    if (textLength(target, headers) > TEXT_LIMIT) return this.#registrar.fetch(request);
    let found: number | Answer;
    try {
      found = this.#registrar.destination(method, target, headers);
    } catch (cause) {
      found = this.#registrar.unexpected(headers, cause);
    }
    if (found === HERE) return this.#registrar.fetch(request);
    const answer = typeof found === "number" ? await this.#ask(found, parts) : found;
    end?.(method, answer);
    return toResponse(answer, method);
  }

  async #ask(found: number, parts: RequestParts): Promise<ObjectAnswer> {
    const { method, target, headers } = parts;
    const head: ObjectRequest = { method, target, headers, body: NO_BODY };
    // The body is in memory until the object has answered.
    const share = this.#guarantees.room.share();
    try {
      let refusal: ObjectAnswer | undefined;
      // The object knows the token, and so whether the head refuses the request. While the body arrives fast, it is not asked.
      const isRefused = async (length: number): Promise<boolean> => {
        refusal = await this.#refusalByHead(found, head, length);
        return refusal !== undefined;
      };
      const read = (await readPatiently(parts, isRefused, share)) ?? NO_BODY;
      if (refusal !== undefined) return refusal;
      if (read.length > maxBodyBytes) return await this.#tooLong(found, head);
      const request = { ...head, body: read };
      return this.#answerOf(await this.#reply(found, request), request);
    } catch (cause) {
      if (cause instanceof BodyError) return this.#registrar.refuseBody(cause, headers);
      // The object could not be reached, or was reset in the middle. Its writes are kept whole, or not at all.
      return this.#registrar.unexpected(headers, unavailable(cause));
    } finally {
      share.giveBack();
    }
  }

  /** The answer to a request that its head refuses; its body has at least `length` bytes. `undefined`: the body decides. */
  async #refusalByHead(found: number, head: ObjectRequest, length: number): Promise<ObjectAnswer | undefined> {
    let reply: ObjectReply | undefined;
    try {
      reply = await this.#place(
        found,
        (directory) => directory.refuse(head, length),
        (object, partition) => object.refuse(partition, head, length),
      );
    } catch {
      // It is asked again with the whole request.
      return undefined;
    }
    return reply === undefined ? undefined : this.#answerOf(reply, head);
  }

  /** The answer to a request whose body is too long to be sent to an object: 413, unless the head refuses it for another reason. */
  async #tooLong(found: number, head: ObjectRequest): Promise<ObjectAnswer> {
    const headers = { ...head.headers, "content-type": "application/json", "content-encoding": undefined };
    const refusal = await this.#refusalByHead(found, { ...head, headers }, 0);
    return refusal ?? this.#registrar.refuse(413, "The body is longer than 1 MiB.", head.headers);
  }

  #reply(found: number, request: ObjectRequest): Promise<ObjectReply> {
    return this.#place(
      found,
      (directory) => directory.answer(request),
      (object, partition) => object.answer(partition, request),
    );
  }

  /** Asks the directory, or the object of an account. */
  #place<Reply>(
    found: number,
    ofAll: (directory: DirectoryMethods) => Promise<Reply>,
    ofOne: (object: AccountMethods, partition: string) => Promise<Reply>,
  ): Promise<Reply> {
    if (found === ACCOUNTS) {
      const directory = this.#environment.AGENT_REGISTRAR_DIRECTORY;
      if (directory === undefined) throw new Error("the binding AGENT_REGISTRAR_DIRECTORY is missing");
      return ofAll(directory.get(directory.idFromName("directory") as never));
    }
    const objects = this.#environment.AGENT_REGISTRAR_OBJECTS;
    const partition = partitionText(found - ACCOUNT);
    return ofOne(objects.get(objects.idFromName(partition) as never), partition);
  }

  #answerOf(reply: ObjectReply, { method, target, headers }: ObjectRequest): ObjectAnswer {
    if (!("refused" in reply)) return reply;
    if (reply.refused === 401 && OF_OPERATOR.test(target)) {
      // No account has the partition. As an export of it, from a registrar without records: 404 for the operator; any other token
      // that is signed is of an account that does not exist.
      return this.#registrar.handle("GET", target.replace(OF_OPERATOR, "/api/v1/export?"), headers);
    }
    if (reply.refused === 401) {
      // The token is signed, but its account does not exist: as for any token that is not valid.
      return this.#registrar.handle(method, target, { ...headers, authorization: "Bearer none" });
    }
    const cause = reply.refused === 503 ? unavailable(reply.cause) : new Error(reply.cause);
    return this.#registrar.unexpected(headers, cause);
  }
}

/** The operator's requests that belong to one account. */
const OF_OPERATOR = /^\/api\/v1\/(export|import)\?/;

/** Environments are the business of the objects: their tokens are for the whole account here. */
function registrarOf({ accounts, tokens, cors, secret, operatorToken }: DurableOptions, log: RequestLog | undefined): MemoryRegistrar {
  const options = {
    accounts: accounts.map(({ id }) => ({ id })),
    tokens: (tokens ?? []).map(({ environment_id: _, ...token }) => token),
    cors,
    secret,
    operatorToken: operatorToken !== undefined && "token" in operatorToken ? operatorToken.token : operatorToken,
  };
  return createRegistrarWith(serviceModule(), options, { ...workerGuarantees(), holdsNothing: true, log });
}

/** Six digits of five bits each, as ids have them. */
function partitionText(partition: number): string {
  let text = "";
  for (let shift = 25; shift >= 0; shift -= 5) text += DIGITS[(partition >> shift) & 31];
  return text;
}
