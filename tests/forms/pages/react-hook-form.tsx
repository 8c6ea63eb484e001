import { standardSchemaResolver } from "@hookform/resolvers/standard-schema";
import { createAgentFormSchema, type CreateAgentRequest } from "agent-registrar";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import { FIELDS, FLAT, NESTED, nestedName, Row, show } from "./shown.js";

export function HookFormNested(): ReactNode {
  const { register, handleSubmit, formState } = useForm({ resolver: standardSchemaResolver(createAgentFormSchema), defaultValues: NESTED });
  const { details, idempotency_key } = formState.errors;
  return (
    <form noValidate onSubmit={handleSubmit((request: CreateAgentRequest) => show(request))}>
      {FIELDS.map((field) => (
        <Row key={field} field={field} errors={[field === "idempotency_key" ? idempotency_key?.message : details?.[field]?.message]}>
          <textarea {...register(nestedName(field))} />
        </Row>
      ))}
      <button>Create</button>
    </form>
  );
}

export function HookFormFlat(): ReactNode {
  const { register, handleSubmit, formState } = useForm({
    resolver: standardSchemaResolver(createAgentFormSchema.flat),
    defaultValues: FLAT,
  });
  return (
    <form noValidate onSubmit={handleSubmit((request: CreateAgentRequest) => show(request))}>
      {FIELDS.map((field) => (
        <Row key={field} field={field} errors={[formState.errors[field]?.message]}>
          <textarea {...register(field)} />
        </Row>
      ))}
      <button>Create</button>
    </form>
  );
}
