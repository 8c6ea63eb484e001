import { useForm } from "@conform-to/react/future";
import { createAgentFormSchema, type CreateAgentRequest } from "agent-registrar";
import type { ReactNode } from "react";
import { FIELDS, FLAT, NESTED, Row, show } from "./shown.js";

export function ConformNested(): ReactNode {
  const { form, fields } = useForm(createAgentFormSchema, {
    defaultValue: NESTED,
    onSubmit(event, { value }) {
      event.preventDefault();
      const request: CreateAgentRequest = value;
      show(request);
    },
  });
  const details = fields.details.getFieldset();
  return (
    <form {...form.props}>
      {FIELDS.map((name) => {
        const field = name === "idempotency_key" ? fields.idempotency_key : details[name];
        return (
          <Row key={name} field={name} errors={field.errors}>
            <textarea name={field.name} defaultValue={field.defaultValue} />
          </Row>
        );
      })}
      <button>Create</button>
    </form>
  );
}

export function ConformFlat(): ReactNode {
  const { form, fields } = useForm(createAgentFormSchema.flat, {
    defaultValue: FLAT,
    onSubmit(event, { value }) {
      event.preventDefault();
      show(value);
    },
  });
  return (
    <form {...form.props}>
      {FIELDS.map((name) => (
        <Row key={name} field={name} errors={fields[name].errors}>
          <textarea name={fields[name].name} defaultValue={fields[name].defaultValue} />
        </Row>
      ))}
      <button>Create</button>
    </form>
  );
}
