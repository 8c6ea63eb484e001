import { standardSchemaResolver } from "@hookform/resolvers/standard-schema";
import { createAgentFormSchema, issuesFromErrors, type CreateAgentFormValues, type CreateAgentRequest } from "agent-registrar";
import { useState } from "react";
import { type FieldPath, useForm } from "react-hook-form";

const fields = [
  ["name", "Name"],
  ["environment_id", "Environment ID"],
  ["description", "Description (optional)"],
  ["id", "ID (optional)"],
] as const;

export function AgentForm() {
  const [created, setCreated] = useState("");
  const { register, handleSubmit, setError, reset, formState } = useForm({
    resolver: standardSchemaResolver(createAgentFormSchema),
    defaultValues: { details: { name: "", environment_id: "", description: "", id: "" }, idempotency_key: "" },
  });
  const { errors, isSubmitting } = formState;

  async function send(request: CreateAgentRequest) {
    const response = await fetch("/api/v1/agent", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    const answer = await response.json();
    if (response.ok) {
      setCreated(answer.details.id);
      return reset();
    }
    // What only the API can know goes back onto the fields.
    const issues = issuesFromErrors(answer);
    for (const { path, message } of issues) {
      setError(path.join(".") as FieldPath<CreateAgentFormValues>, { message });
    }
    if (issues.length === 0) setError("root", { message: answer.message });
  }

  return (
    <form noValidate onSubmit={handleSubmit(send)}>
      {fields.map(([name, label]) => (
        <p key={name}>
          <label>
            {label} <input {...register(`details.${name}`)} aria-invalid={errors.details?.[name] !== undefined} />
          </label>
          <output>{errors.details?.[name]?.message}</output>
        </p>
      ))}
      <button disabled={isSubmitting}>Create</button>
      <p role="alert">{errors.root?.message}</p>
      {created !== "" && <p role="status">Created {created}</p>}
    </form>
  );
}
