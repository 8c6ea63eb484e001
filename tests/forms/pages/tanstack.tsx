import { useForm } from "@tanstack/react-form";
import { createAgentFormSchema, formToCreateAgent } from "agent-registrar";
import type { ReactNode } from "react";
import { FIELDS, FLAT, NESTED, nestedName, Row, show } from "./shown.js";

export function TanStackNested(): ReactNode {
  const form = useForm({
    defaultValues: NESTED,
    validators: { onSubmit: createAgentFormSchema },
    onSubmit: ({ value }) => show(formToCreateAgent(value)),
  });
  return (
    <form noValidate onSubmit={(event) => (event.preventDefault(), void form.handleSubmit())}>
      {FIELDS.map((name) => (
        <form.Field key={name} name={nestedName(name)}>
          {(field) => (
            <Row field={name} errors={field.state.meta.errors.map((issue) => issue?.message)}>
              <textarea name={field.name} value={field.state.value} onChange={(event) => field.handleChange(event.target.value)} />
            </Row>
          )}
        </form.Field>
      ))}
      <button>Create</button>
    </form>
  );
}

export function TanStackFlat(): ReactNode {
  const form = useForm({
    defaultValues: FLAT,
    validators: { onSubmit: createAgentFormSchema.flat },
    onSubmit: ({ value }) => show(formToCreateAgent(value)),
  });
  return (
    <form noValidate onSubmit={(event) => (event.preventDefault(), void form.handleSubmit())}>
      {FIELDS.map((name) => (
        <form.Field key={name} name={name}>
          {(field) => (
            <Row field={name} errors={field.state.meta.errors.map((issue) => issue?.message)}>
              <textarea name={field.name} value={field.state.value} onChange={(event) => field.handleChange(event.target.value)} />
            </Row>
          )}
        </form.Field>
      ))}
      <button>Create</button>
    </form>
  );
}
