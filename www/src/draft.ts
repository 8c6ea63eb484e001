/** The values of the form's controls. */
export interface Draft {
  readonly name: string;
  readonly environment_id: string;
  readonly description: string;
  readonly id: string;
  readonly idempotency_key: string;
}

export type FieldName = keyof Draft;

/** The fields in the order of the contract, with the dotted paths that the validator and the service use. */
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

/** The body that the form sends. An empty control is an absent key. Ids are trimmed, because copying often adds white space. */
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
