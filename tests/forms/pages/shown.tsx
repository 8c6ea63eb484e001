// The common output of the forms, so that one test can drive them all.
import type { ReactNode } from "react";

/** The last part of each field's name. */
export const FIELDS = ["name", "environment_id", "description", "id", "idempotency_key"] as const;

export type FieldName = (typeof FIELDS)[number];

/** The path of a field in a nested form. */
export const nestedName = <Name extends FieldName>(name: Name): NestedName<Name> =>
  (name === "idempotency_key" ? name : `details.${name}`) as NestedName<Name>;
type NestedName<Name extends FieldName> = Name extends "idempotency_key" ? Name : `details.${Name}`;

export const NESTED = {
  details: { name: "", environment_id: "", description: "", id: "" },
  idempotency_key: "",
};

export const FLAT = { name: "", environment_id: "", description: "", id: "", idempotency_key: "" };

export function Row({
  field,
  errors,
  children,
}: {
  field: FieldName;
  errors: readonly (string | undefined)[] | undefined;
  children: ReactNode;
}): ReactNode {
  return (
    <p data-field={field}>
      {children}
      <output>{errors?.filter(Boolean).join("\n")}</output>
    </p>
  );
}

export function show(output: unknown): void {
  document.documentElement.dataset["output"] = JSON.stringify(output);
}
