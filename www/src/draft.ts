/** What the form's controls hold. */
export interface Draft {
  readonly name: string;
  readonly environment_id: string;
  readonly description: string;
  readonly id: string;
  readonly idempotency_key: string;
}

export type FieldName = keyof Draft;

/** The fields in the order of the contract, and the dotted paths under which validator and service name them. */
export const FIELDS: readonly { readonly name: FieldName; readonly path: string }[] = [
  { name: "name", path: "details.name" },
  { name: "environment_id", path: "details.environment_id" },
  { name: "description", path: "details.description" },
  { name: "id", path: "details.id" },
  { name: "idempotency_key", path: "idempotency_key" },
];

/** The body of a create. */
export interface CreateBody {
  readonly details: {
    readonly name: string;
    readonly environment_id?: string;
    readonly description?: string;
    readonly id?: string;
  };
  readonly idempotency_key?: string;
}

/** What the form would send. An empty control is an absent key; ids lose the white space that copying drags along. */
export function bodyOf(draft: Draft): CreateBody {
  const environment = draft.environment_id.trim();
  const id = draft.id.trim();
  return {
    details: {
      name: draft.name,
      ...(environment !== "" && { environment_id: environment }),
      ...(draft.description !== "" && { description: draft.description }),
      ...(id !== "" && { id }),
    },
    ...(draft.idempotency_key !== "" && { idempotency_key: draft.idempotency_key }),
  };
}
