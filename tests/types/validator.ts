// Correct uses compile; the line after each `@ts-expect-error` must not.
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import {
  type Agent,
  type AgentRecord,
  type AgentResponse,
  buildAgentResponse,
  type CreateAgentRequest,
  type CreateAgentResult,
  createAgentSchema,
  generatePfid,
  isPfid,
  type Issue,
  type IssueReason,
  parsePfid,
  type Pfid,
  type UpdateAgentRequest,
  validateCreateAgent,
  validateUpdateAgent,
} from "agent-registrar";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(..._: Equal<A, B> extends true ? [] : ["differ", A, B]): void {}

declare const unknownValue: unknown;
declare const text: string;
declare const pfid: Pfid;

// --- PFIDs: a string is none until it was checked.

const asString: string = pfid;
// @ts-expect-error
const unchecked: Pfid = text;
// @ts-expect-error
const literal: Pfid = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
if (isPfid(text)) same<typeof text, Pfid>();
if (isPfid(unknownValue)) validateCreateAgent({}, { environmentId: unknownValue });
// @ts-expect-error
validateCreateAgent({}, { environmentId: text });
// @ts-expect-error
validateCreateAgent({}, { environment_id: pfid });

generatePfid({ partition: 5 });
generatePfid({ partition: 5n });
generatePfid({ partition: pfid, now: new Date() });
same<ReturnType<typeof generatePfid>, Pfid>();
// @ts-expect-error
generatePfid({ partition: text });
// @ts-expect-error
generatePfid({});
// @ts-expect-error
generatePfid(5);

const parts = parsePfid(text);
// @ts-expect-error
parts.timestamp;
if (parts !== null) same<typeof parts.randomness, Uint8Array>();
// @ts-expect-error
parsePfid(5);

// --- Verdicts: what there is depends on `ok`.

const result: CreateAgentResult = validateCreateAgent(unknownValue);
// @ts-expect-error
result.value;
// @ts-expect-error
result.issues;
const ignored: readonly string[] = result.ignored;
if (result.ok) {
  same<typeof result.value, CreateAgentRequest>();
  same<typeof result.value.details.environment_id, Pfid>();
  const environment: Pfid = result.value.details.environment_id;
  const description: string | null | undefined = result.value.details.description;
  // @ts-expect-error
  const always: string = result.value.details.description;
  // @ts-expect-error
  const always2: Pfid = result.value.details.id;
  // @ts-expect-error
  result.value.details.name = "changed";
  // @ts-expect-error
  result.error;
} else {
  const first: Issue = result.issues[0];
  const field: string = first.path[0];
  const limit: number | undefined = first.params?.limit;
  same<typeof first.code, "required_value" | "invalid_value">();
  const wire: { status: "error"; code: "validation_errors"; message: string } = result.error;
  // @ts-expect-error
  result.issues.push(first);
  // @ts-expect-error
  first.message = "changed";
  // @ts-expect-error
  result.error.errors["details"] = [];
  // @ts-expect-error
  result.value;
}

/** Every reason is handled, or this doesn't compile. */
function explain(reason: IssueReason): string {
  switch (reason) {
    case "missing":
    case "wrong_type":
    case "unreadable":
    case "not_well_formed":
    case "not_supported":
    case "blank":
    case "too_long":
    case "control_character":
    case "not_printable_ascii":
    case "not_a_pfid":
    case "foreign_partition":
    case "out_of_range":
    case "not_an_option":
    case "not_a_timestamp":
    case "not_finished":
    case "taken":
    case "not_found":
    case "other":
      return reason;
  }
}
// @ts-expect-error
explain("too_short");

const updated = validateUpdateAgent(unknownValue);
if (updated.ok) {
  same<typeof updated.value, UpdateAgentRequest>();
  const cleared: string | null | undefined = updated.value.details.description;
  // @ts-expect-error
  const name: string = updated.value.details.name;
}
// @ts-expect-error
validateUpdateAgent({}, { environmentId: pfid });

// --- Answers.

if (result.ok) {
  buildAgentResponse(result.value);
  buildAgentResponse(result.value.details, { now: Date.now(), id: pfid });
}
const record: AgentRecord = {
  id: text,
  name: text,
  description: null,
  environment_id: text,
  inserted_at: text,
  updated_at: 5,
  retired: true,
  last_activity_at: new Date(),
  instance_counts: { pending: 0, active: 0, complete: 0, failed: 0, cancelled: 0 },
};
const response: AgentResponse = buildAgentResponse(record, { now: new Date() });
same<typeof response.status, "success">();
const answer: Agent = response.details;
same<typeof answer.type, "agent">();
same<typeof answer.status, "pending" | "active" | "dormant" | "retired">();
same<typeof answer.description, string | null>();
same<typeof answer.current_version_id, Pfid | null>();
same<
  keyof Agent,
  | "type"
  | "id"
  | "name"
  | "description"
  | "environment_id"
  | "status"
  | "current_version_id"
  | "current_schema_version_id"
  | "inserted_at"
  | "updated_at"
  | "available_actions"
  | "instance_counts"
>();
same<keyof Agent["available_actions"], "update" | "retire" | "reinstate" | "delete">();
// @ts-expect-error
answer.status = "active";
// @ts-expect-error
buildAgentResponse(result);
// @ts-expect-error
buildAgentResponse({ name: "Ada", environment_id: text });
// @ts-expect-error
buildAgentResponse({ ...record, inserted_at: undefined });
// @ts-expect-error
buildAgentResponse({ ...record, instance_counts: { pending: 0 } });
// @ts-expect-error
buildAgentResponse(record, { now: "2026-05-07T10:00:00Z" });
// @ts-expect-error
buildAgentResponse(record, { id: text });

// --- Standard Schema.

const asSchema: StandardSchemaV1<unknown, CreateAgentRequest> | StandardSchemaV1 = createAgentSchema;
const asJsonSchema: StandardJSONSchemaV1 = createAgentSchema;
same<StandardSchemaV1.InferOutput<typeof createAgentSchema>, CreateAgentRequest>();
type Input = StandardSchemaV1.InferInput<typeof createAgentSchema>;
const input: Input = { details: { name: "Ada", environment_id: "any text", description: null }, idempotency_key: null };
// @ts-expect-error
const noName: Input = { details: { environment_id: "any text" } };
createAgentSchema["~standard"].jsonSchema.input({ target: "draft-2020-12" });
// @ts-expect-error
createAgentSchema["~standard"].jsonSchema.input({});

// --- What isn't published.

// @ts-expect-error
import { core } from "agent-registrar";
