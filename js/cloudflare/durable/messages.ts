/** What the front worker and its objects say to each other. */
import type { Trace } from "../../service/answer.js";
import type { RequestHeaders } from "../../service/request.js";

/** A request as it goes to an object. */
export interface ObjectRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: RequestHeaders;
  readonly body: Uint8Array;
}

/** An answer of an object. */
export interface ObjectAnswer {
  readonly status: number;
  /** Names and values alternately. */
  readonly headers: readonly string[];
  /** Far below the 32 MiB of a message: pages and bulk answers end at 4 MiB. */
  readonly body: Uint8Array;
  /** For the log of the front worker, if it has one. */
  readonly trace?: Trace | undefined;
}

/** Why an object has no answer. The front worker makes one of this status. */
export interface ObjectRefusal {
  /** 401: there is no such account. */
  readonly refused: 401 | 500 | 503;
  /** For the log. */
  readonly cause: string;
}

export type ObjectReply = ObjectAnswer | ObjectRefusal;

/** An account that the operator made. */
export interface NewAccount {
  readonly id: string;
  readonly name: string;
}

/** The methods of `AgentRegistrarAccount` that others call. Calls of another object or isolate give promises. */
export interface AccountMethods {
  answer(partition: string, request: ObjectRequest): Promise<ObjectReply>;
  refuse(partition: string, head: ObjectRequest, length: number): Promise<ObjectReply | undefined>;
  establish(account: NewAccount): Promise<string>;
}

/** The method of `AgentRegistrarDirectory` that the front worker calls. */
export interface DirectoryMethods {
  answer(request: ObjectRequest): Promise<ObjectReply>;
  refuse(head: ObjectRequest, length: number): Promise<ObjectReply | undefined>;
}

/** Methods as their object has them: calls of others give promises of what they return. */
export type Local<Methods> = {
  [Name in keyof Methods]: Methods[Name] extends (...given: infer Given) => Promise<infer Result>
    ? (...given: Given) => Result | Promise<Result>
    : never;
};

/** Fails to compile if the class lacks a method. The classes do not say `implements`: published typings leave internal methods out. */
export type Implements<Class extends Shape, Shape> = Class;
