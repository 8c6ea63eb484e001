// Formisch accepts schemas of Valibot only: one of plain texts describes the form, and a check calls this package.
import { Field, Form, useForm } from "@formisch/react";
import { createAgentFormSchema, formToCreateAgent } from "agent-registrar";
import type { ReactNode } from "react";
import * as v from "valibot";
import { FIELDS, NESTED, Row, show } from "./shown.js";

const schema = v.pipe(
  v.object({
    details: v.object({ name: v.string(), environment_id: v.string(), description: v.string(), id: v.string() }),
    idempotency_key: v.string(),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    const { issues = [] } = createAgentFormSchema["~standard"].validate(dataset.value);
    for (const { message, path } of issues) {
      // Formisch reads only the keys.
      const items = path.map((key) => ({ type: "object", origin: "value", input: {}, key, value: undefined }) as const);
      addIssue({ message, path: items as unknown as [v.IssuePathItem, ...v.IssuePathItem[]] });
    }
  }),
);

export function FormischForm(): ReactNode {
  const form = useForm({ schema, initialInput: NESTED });
  return (
    <Form of={form} onSubmit={(output) => show(formToCreateAgent(output))}>
      {FIELDS.map((name) => (
        <Field key={name} of={form} path={name === "idempotency_key" ? [name] : ["details", name]}>
          {(field) => (
            <Row field={name} errors={field.errors ?? []}>
              <textarea {...field.props} value={field.input ?? ""} />
            </Row>
          )}
        </Field>
      ))}
      <button>Create</button>
    </Form>
  );
}
