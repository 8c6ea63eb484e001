// A careful implementation in plain JavaScript: the whole contract, and the body of the 422 answer.

import * as r from "./rules.mjs";

const SENTENCES = {
  missing: "is required",
  wrong_type: "has the wrong type",
  not_well_formed: r.MESSAGES.notWellFormed,
  blank: r.MESSAGES.blank,
  too_long: "is too long",
  control_character: r.MESSAGES.control,
  not_printable_ascii: r.MESSAGES.key,
  not_a_pfid: r.MESSAGES.pfid,
  foreign_partition: r.MESSAGES.foreign,
};

const PATHS = {
  details: ["details"],
  name: ["details", "name"],
  environment_id: ["details", "environment_id"],
  description: ["details", "description"],
  id: ["details", "id"],
  idempotency_key: ["idempotency_key"],
};

function issue(field, reason) {
  const required = reason === "missing" || reason === "blank";
  return { path: PATHS[field], code: required ? "required_value" : "invalid_value", reason, message: SENTENCES[reason] };
}

function text(value, field, limit, clean, issues) {
  if (typeof value !== "string") issues.push(issue(field, "wrong_type"));
  else if (!value.isWellFormed()) issues.push(issue(field, "not_well_formed"));
  else {
    if (r.isLonger(value, limit)) issues.push(issue(field, "too_long"));
    if (!clean(value)) issues.push(issue(field, "control_character"));
  }
}

function validate(input) {
  const issues = [];
  const { details, idempotency_key: key } = input;
  let name;
  if (details === undefined || details === null) issues.push(issue("details", "missing"));
  else if (!r.isRecord(details)) issues.push(issue("details", "wrong_type"));
  else {
    const { name: raw, environment_id: environment, description, id } = details;
    if (raw === undefined || raw === null) issues.push(issue("name", "missing"));
    else {
      name = typeof raw === "string" ? r.trim(raw) : raw;
      if (name === "") issues.push(issue("name", "blank"));
      else text(name, "name", r.NAME_LIMIT, r.hasNoControl, issues);
    }
    let isEnvironment = false;
    if (environment === undefined || environment === null) issues.push(issue("environment_id", "missing"));
    else if (typeof environment !== "string") issues.push(issue("environment_id", "wrong_type"));
    else if (!(isEnvironment = r.PFID.test(environment))) issues.push(issue("environment_id", "not_a_pfid"));
    if (description !== undefined && description !== null) {
      text(description, "description", r.DESCRIPTION_LIMIT, r.hasOnlyLayoutControl, issues);
    }
    if (id !== undefined && id !== null) {
      if (typeof id !== "string") issues.push(issue("id", "wrong_type"));
      else if (!r.PFID.test(id)) issues.push(issue("id", "not_a_pfid"));
      else if (isEnvironment && id.slice(10, 16) !== environment.slice(10, 16)) issues.push(issue("id", "foreign_partition"));
    }
  }
  if (key !== undefined && key !== null) {
    if (typeof key !== "string") issues.push(issue("idempotency_key", "wrong_type"));
    else if (!r.KEY.test(key)) {
      issues.push(issue("idempotency_key", key === "" ? "missing" : key.length > 128 ? "too_long" : "not_printable_ascii"));
    }
  }
  const ignored = r.dropped(input);
  if (issues.length === 0) {
    const value = { details: { name, environment_id: details.environment_id } };
    if (details.description !== undefined) value.details.description = details.description;
    if (details.id !== undefined && details.id !== null) value.details.id = details.id;
    if (key !== undefined && key !== null) value.idempotency_key = key;
    return { ok: true, value, ignored };
  }
  const errors = {};
  for (const { path, message } of issues) (errors[path.join(".")] ??= []).push(message);
  const error = { status: "error", code: "validation_errors", message: "The request is not valid.", errors };
  return { ok: false, issues, error, ignored };
}

export default { name: "hand-written JavaScript", validate, paths: (issue) => [issue.path] };
