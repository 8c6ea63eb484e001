import type { AnswerWith } from "../service/answer.js";
import type { DeferredRequest } from "../service/core-types.js";

/** Passes an answer to its receiver, whose exception must not affect the others. */
export function deliver(give: () => void): void {
  try {
    give();
  } catch (cause) {
    queueMicrotask(() => {
      throw cause;
    });
  }
}

/** Passes the answer of a request that is carried out now to its receiver, or its exception. */
export function settle(request: DeferredRequest, work: () => AnswerWith<unknown>): void {
  let answer: AnswerWith<unknown>;
  try {
    answer = work();
  } catch (cause) {
    deliver(() => request.fail(cause));
    return;
  }
  deliver(() => request.done(answer));
}
