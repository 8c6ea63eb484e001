import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { readFileSync } from "node:fs";

type Node = { readonly [key: string]: Node };

const document = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8")) as Node;
const ajv = new Ajv2020({ strict: false, allErrors: true }).addSchema({ ...document, $id: "openapi.json" });
const known = new Map<string, ValidateFunction>();

const escaped = (key: string): string => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));

/** The pointer to the description of the answer with this status to this request; undefined for a request that is not described. */
function place(method: string, target: string, status: number, type: string): string | undefined {
  const [path = ""] = target.split("?");
  const segments = path.split("/");
  const fits = (template: string): boolean => {
    const parts = template.split("/");
    return parts.length === segments.length && parts.every((part, index) => part === "{id}" || part === segments[index]);
  };
  const templates = Object.keys(document["paths"] ?? {}).filter(fits);
  // A fixed word goes before an id: `agent/show`.
  const template = templates.find((one) => !one.includes("{id}")) ?? templates[0];
  const operation = template === undefined ? undefined : document["paths"]?.[template]?.[method.toLowerCase()];
  if (template === undefined || operation === undefined) return undefined;
  const answer = operation["responses"]?.[String(status)];
  if (answer === undefined) throw new Error(`${method} ${template} answers ${status}, which is not described`);
  const shared = answer["$ref"] as unknown as string | undefined;
  const pointer = shared?.slice(2).split("/") ?? ["paths", template, method.toLowerCase(), "responses", String(status)];
  return `openapi.json#/${[...pointer, "content", type, "schema"].map(escaped).join("/")}`;
}

/** The errors of an answer according to `docs/openapi.json`. */
export function undescribed(method: string, target: string, response: Response, body: unknown): readonly string[] {
  // Status 405 belongs to no operation; the document describes it with the path.
  if (response.status === 405) return [];
  const pointer = place(method, target, response.status, response.headers.get("content-type") ?? "");
  if (pointer === undefined) return [];
  let validate = known.get(pointer);
  if (validate === undefined) known.set(pointer, (validate = ajv.compile({ $ref: pointer })));
  if (validate(body)) return [];
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ""}`);
}
