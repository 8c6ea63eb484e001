// The ids that the page has seen: in answers of the log that belong to this connection.
import { connection } from "../connection/client.js";
import { records } from "../requests/log.js";

export interface KnownId {
  readonly id: string;
  readonly name: string;
}

const LOOKED_AT = 100;
const MOST = 20;

/** The newest ids of a kind: "agent", "agent_instance". */
export function knownIds(kind: string): readonly KnownId[] {
  const found = new Map<string, string>();
  const { generation, environments = [], account } = connection.peek();
  const look = (value: unknown): void => {
    if (typeof value !== "object" || value === null || found.size >= MOST) return;
    const { type, id, name, status, schema_name } = value as Readonly<Record<string, unknown>>;
    if (type === kind && typeof id === "string" && !found.has(id)) {
      found.set(id, [name ?? schema_name, status].filter((part) => typeof part === "string").join(", "));
    }
    for (const inner of Object.values(value)) look(inner);
  };
  if (kind === "environment") look(environments);
  if (kind === "account") look(account);
  for (const record of records("own").slice(0, LOOKED_AT)) {
    if (record.generation !== generation || record.answer === undefined || record.answer.status >= 400 || record.answer.body.isCut)
      continue;
    try {
      look(JSON.parse(record.answer.body.text));
    } catch {
      // Not JSON: it names nothing.
    }
  }
  return [...found].map(([id, name]) => ({ id, name }));
}
