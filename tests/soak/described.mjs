// Whether an answer is one that docs/openapi.json describes.
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";

const document = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8"));
const ajv = new Ajv2020({ strict: false }).addSchema({ ...document, $id: "openapi.json" });
const templates = Object.keys(document.paths);
const known = new Map();

const escaped = (key) => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));

function pointerTo(method, path, status) {
  const segments = path.split("?")[0].split("/");
  const fits = (template) => {
    const parts = template.split("/");
    return parts.length === segments.length && parts.every((part, index) => part === "{id}" || part === segments[index]);
  };
  const fitting = templates.filter(fits);
  // A fixed word goes before an id: `agent/show`.
  const template = fitting.find((one) => !one.includes("{id}")) ?? fitting[0];
  const operation = document.paths[template]?.[method.toLowerCase()];
  if (operation === undefined) return undefined;
  const answer = operation.responses[status];
  if (answer === undefined) return null;
  const place = answer.$ref?.slice(2).split("/") ?? ["paths", template, method.toLowerCase(), "responses", status];
  return `openapi.json#/${[...place, "content", "application/json", "schema"].map(escaped).join("/")}`;
}

/** Why the answer to a request is not as described; `undefined`: it is, or there is no such operation. */
export function undescribed(method, path, { status, body }) {
  const pointer = pointerTo(method, path, String(status));
  if (pointer === null) return `status ${status} is not described`;
  if (pointer === undefined) return undefined;
  let validate = known.get(pointer);
  if (validate === undefined) known.set(pointer, (validate = ajv.compile({ $ref: pointer })));
  return validate(JSON.parse(Buffer.from(body, "latin1").toString())) ? undefined : ajv.errorsText(validate.errors);
}
