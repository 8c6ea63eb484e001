// The typings of the bindgen binding describe the values that the npm package's typings describe.
// Correct uses compile; the line after each `@ts-expect-error` must not.
import type * as npm from "agent-registrar";
import * as bindgen from "../../../build/types-bindgen/bindgen.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(..._: Equal<A, B> extends true ? [] : ["differ", A, B]): void {}

/** The type with texts in place of PFIDs, whose brands are different types in the two files, and of reasons. */
type Plain<T> = T extends npm.Pfid | bindgen.Pfid | npm.IssueReason ? string : T extends object ? { [Key in keyof T]: Plain<T[Key]> } : T;

same<Plain<npm.CreateAgentResult>, Plain<bindgen.CreateAgentResult>>();
same<Plain<npm.UpdateAgentResult>, Plain<bindgen.UpdateAgentResult>>();
same<Plain<npm.AgentResponse>, Plain<bindgen.AgentResponse>>();
same<Plain<npm.NewAgent>, Plain<bindgen.NewAgent>>();
same<keyof npm.AgentRecord, keyof bindgen.AgentRecord>();
same<Plain<npm.Issue>, Plain<bindgen.Issue>>();
// Only forms, which the binding does not have, give the reason "other".
same<Exclude<npm.IssueReason, "other">, bindgen.IssueReason>();
same<ReturnType<typeof npm.parsePfid>, ReturnType<typeof bindgen.parsePfid>>();

declare const text: string;
declare const unknownValue: unknown;

bindgen.initSync({ module: new Uint8Array() });

const result = bindgen.validateCreateAgent(unknownValue);
if (result.ok) {
  const name: string = result.value.details.name;
  bindgen.buildAgentResponse(result.value, { now: Date.now() });
  // @ts-expect-error
  result.issues;
} else {
  const message: string = result.issues[0].message;
  const code: "validation_errors" = result.error.code;
  // @ts-expect-error
  result.value;
}
// @ts-expect-error
bindgen.validateCreateAgent(unknownValue, { environmentId: text });
if (bindgen.isPfid(text)) bindgen.validateCreateAgent(unknownValue, { environmentId: text });
// @ts-expect-error
bindgen.validateUpdateAgent(unknownValue, {});
// @ts-expect-error
bindgen.generatePfid({ partition: text });
// @ts-expect-error
bindgen.parsePfid(text).timestamp;
// @ts-expect-error
bindgen.validateAgent;
