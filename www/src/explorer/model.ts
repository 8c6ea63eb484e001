// The operations of an OpenAPI document, as the explorer shows them.

/** The part of JSON Schema that the document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface ResponseObject extends Content {
  readonly $ref?: string;
  readonly description?: string;
}

export interface ParameterObject {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
}

interface OperationObject {
  readonly operationId?: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: Content & { readonly required?: boolean };
  readonly responses?: Readonly<Record<string, ResponseObject>>;
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components?: {
    readonly schemas?: Readonly<Record<string, Schema>>;
    readonly responses?: Readonly<Record<string, ResponseObject>>;
  };
}

/** A value that a person fills in. */
export interface Input {
  /** Where it goes: dotted path in the body, or the parameter's name. */
  readonly path: string;
  readonly place: "path" | "query" | "body";
  readonly isRequired: boolean;
  /** The schema with its reference resolved and null taken out. */
  readonly schema: Schema;
  readonly kind: "text" | "number" | "boolean" | "choice" | "json";
  readonly choices: readonly string[];
  readonly description: string;
}

export interface Outcome {
  readonly status: string;
  readonly description: string;
  readonly schema: Schema | undefined;
}

export interface Operation {
  readonly id: string;
  readonly group: string;
  readonly method: string;
  /** With parameters in braces. */
  readonly path: string;
  readonly title: string;
  readonly description: string;
  readonly inputs: readonly Input[];
  readonly hasBody: boolean;
  /** The media type of the body. One that is not JSON is written as text. */
  readonly mediaType: string;
  readonly outcomes: readonly Outcome[];
  /** Whether the service lists it without having built it. */
  readonly isMissing: boolean;
}

const METHODS = ["get", "put", "post", "delete", "patch", "head"];
/** What people call the tags. Other tags are groups of their own. */
const GROUPS: Readonly<Record<string, string>> = {
  agent: "Agents",
  agent_instance: "Instances",
  agent_spans: "Spans",
  agent_version: "Versions",
  agent_schema_version: "Versions",
  environment: "Environments",
  account: "Account and tokens",
  api_token: "Account and tokens",
  pfid: "Other",
  ping: "Other",
  openapi: "Other",
  bulk: "Other",
  export: "Operator",
  import: "Operator",
};

const JSON_TYPE = "application/json";

/** Follows references, and takes `null` out of the choices of a type: fields that may be null may be left out. */
export function resolve(document: Document, schema: Schema | undefined): Schema {
  let found = schema ?? {};
  const seen = new Set<string>();
  for (let depth = 0; depth < 20; depth++) {
    const { $ref, anyOf, ...rest } = found;
    if ($ref !== undefined) {
      if (seen.has($ref)) return rest;
      seen.add($ref);
      found = { ...document.components?.schemas?.[$ref.split("/").pop() ?? ""], ...rest };
    } else if (anyOf !== undefined) {
      const [only, ...others] = anyOf.filter(({ type }) => type !== "null");
      if (only === undefined || others.length > 0) return found;
      found = { ...only, ...rest };
    } else break;
  }
  return found;
}

/** The types of a schema without `null`. */
export const typesOf = ({ type }: Schema): readonly string[] =>
  (type === undefined ? [] : typeof type === "string" ? [type] : type).filter((name) => name !== "null");

function kindOf(schema: Schema): Input["kind"] {
  if (schema.enum !== undefined) return "choice";
  const [type, ...others] = typesOf(schema);
  if (others.length > 0) return "json";
  if (type === "string") return "text";
  if (type === "integer" || type === "number") return "number";
  return type === "boolean" ? "boolean" : "json";
}

function input(
  document: Document,
  place: Input["place"],
  path: string,
  given: Schema | undefined,
  isRequired: boolean,
  about?: string,
): Input {
  const schema = resolve(document, given);
  const choices = (schema.enum ?? []).filter((value) => value !== null).map(String);
  return { path, place, isRequired, schema, kind: kindOf(schema), choices, description: about ?? schema.description ?? "" };
}

/** The fields of a body; those of `details` and of other objects with known members are flat. */
function bodyInputs(document: Document, given: Schema, prefix: string, isRequired: boolean): readonly Input[] {
  const { properties = {}, required = [] } = resolve(document, given);
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    const isNeeded = isRequired && required.includes(name);
    const inner = resolve(document, schema);
    if (inner.properties !== undefined && path.split(".").length < 3) return bodyInputs(document, schema, path, isNeeded);
    return [input(document, "body", path, schema, isNeeded, schema.description)];
  });
}

const schemaIn = ({ content }: Content): Schema | undefined => content?.[JSON_TYPE]?.schema;

/** All operations, in the order of the document's groups. */
export function operationsOf(document: Document): readonly Operation[] {
  const operations: Operation[] = [];
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const given = item[method];
      if (given === undefined) continue;
      const [tag = "Other"] = given.tags ?? [];
      const parameters = (given.parameters ?? []).map((one) =>
        input(document, one.in === "path" ? "path" : "query", one.name, one.schema, one.required === true, one.description),
      );
      const types = Object.keys(given.requestBody?.content ?? {});
      const mediaType = types.find((type) => type === JSON_TYPE) ?? types[0] ?? JSON_TYPE;
      const body = given.requestBody === undefined ? undefined : schemaIn(given.requestBody);
      const outcomes = Object.entries(given.responses ?? {}).map(([status, response]): Outcome => {
        const found =
          response.$ref === undefined ? response : (document.components?.responses?.[response.$ref.split("/").pop() ?? ""] ?? {});
        return { status, description: found.description ?? "", schema: schemaIn(found) };
      });
      operations.push({
        id: given.operationId ?? `${method} ${path}`,
        group: GROUPS[tag] ?? tag,
        method: method.toUpperCase(),
        path,
        title: given.summary ?? given.operationId ?? path,
        description: given.description ?? "",
        inputs: [...parameters, ...(body === undefined ? [] : bodyInputs(document, body, "", true))],
        hasBody: given.requestBody !== undefined,
        mediaType,
        outcomes,
        isMissing: outcomes.some(({ status }) => status === "501"),
      });
    }
  }
  const order = [...new Set([...Object.values(GROUPS), ...operations.map(({ group }) => group)])];
  return operations.sort((a, b) => order.indexOf(a.group) - order.indexOf(b.group));
}

/** What a person filled in, by {@link keyOf}. */
export type Values = Readonly<Record<string, string>>;

export const keyOf = ({ place, path }: Input): string => `${place}:${path}`;

/** The body that the fields make; `undefined` if there is none to send. Throws a `SyntaxError` where a field is no JSON. */
export function bodyOf(operation: Operation, values: Values): Record<string, unknown> | undefined {
  if (!operation.hasBody) return undefined;
  const body: Record<string, unknown> = {};
  for (const input of operation.inputs) {
    const text = values[keyOf(input)] ?? "";
    if (input.place !== "body" || text === "") continue;
    const names = input.path.split(".");
    let at = body;
    for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Record<string, unknown>;
    at[names.at(-1) as string] = input.kind === "text" || input.kind === "choice" ? text : (JSON.parse(text) as unknown);
  }
  return body;
}

/** The fields that a body fills, for the way back from JSON. */
export function valuesOf(operation: Operation, body: unknown): Values {
  const values: Record<string, string> = {};
  for (const input of operation.inputs) {
    if (input.place !== "body") continue;
    let at: unknown = body;
    for (const name of input.path.split(".")) {
      at = typeof at === "object" && at !== null && Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined;
    }
    if (at !== undefined && at !== null) values[keyOf(input)] = typeof at === "string" && input.kind !== "json" ? at : JSON.stringify(at);
  }
  return values;
}

/** Path and query of a request. A parameter of the path that is empty stays in braces. */
export function targetOf(operation: Operation, values: Values): string {
  const query = new URLSearchParams();
  let { path } = operation;
  for (const input of operation.inputs) {
    const text = values[keyOf(input)] ?? "";
    if (text === "") continue;
    if (input.place === "path") path = path.replace(`{${input.path}}`, encodeURIComponent(text));
    else if (input.place === "query") query.append(input.path, text);
  }
  const search = query.toString().replaceAll("%5B", "[").replaceAll("%5D", "]");
  return search === "" ? path : `${path}?${search}`;
}

/** The operation of a sent request, and what was filled in. */
export function operationOf(
  operations: readonly Operation[],
  method: string,
  target: string,
): { readonly operation: Operation; readonly values: Values } | undefined {
  const [path = "", search = ""] = target.split("?");
  const segments = path.split("/");
  const fitting = operations.flatMap((operation) => {
    const pattern = operation.path.split("/");
    if (operation.method !== method || pattern.length !== segments.length) return [];
    const values: Record<string, string> = {};
    for (const [index, part] of pattern.entries()) {
      const segment = segments[index] ?? "";
      if (part.startsWith("{")) values[`path:${part.slice(1, -1)}`] = decodeURIComponent(segment);
      else if (part !== segment) return [];
    }
    for (const [name, value] of new URLSearchParams(search)) values[`query:${name}`] = value;
    return [{ operation, values, fixed: pattern.filter((part) => !part.startsWith("{")).length }];
  });
  // `/agent/show` before `/agent/{id}`.
  return fitting.sort((a, b) => b.fixed - a.fixed)[0];
}

/** The kind of object that an input's id names; `undefined` if it is no id. */
export function kindOfId(operation: Operation, { path, place, schema }: Input): string | undefined {
  if (schema.pattern !== undefined && !schema.pattern.startsWith("^[0-7]")) return undefined;
  const name = path.split(".").at(-1) ?? "";
  if (place === "path" && name === "id") {
    const kind = operation.path.split("/")[3] ?? "";
    return kind === "agent_spans" ? "agent_span" : kind;
  }
  if (name === "parent_span_id") return "agent_span";
  if (name.startsWith("current_")) return `agent_${name.slice(8, -3)}`;
  return name.endsWith("_id") ? name.slice(0, -3) : undefined;
}

/** A type in words: "text or null, 1 to 128". */
export function typeInWords(document: Document, given: Schema): string {
  const schema = resolve(document, given);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.filter((value) => value !== null).join(", ");
  const names: Readonly<Record<string, string>> = {
    string: "text",
    integer: "whole number",
    object: "object",
    array: "list",
    boolean: "true or false",
  };
  const isNullable = Array.isArray(given.type) ? given.type.includes("null") : (given.anyOf?.some(({ type }) => type === "null") ?? false);
  const words = [...typesOf(schema).map((name) => names[name] ?? name), ...(isNullable ? ["null"] : [])];
  const range = (least: number | undefined, most: number | undefined): string =>
    most === undefined || most > 1e9
      ? ""
      : least === undefined
        ? `, at most ${most.toLocaleString("en")}`
        : `, ${least} to ${most.toLocaleString("en")}`;
  const bounds = range(schema.minLength ?? schema.minimum ?? schema.minItems, schema.maxLength ?? schema.maximum ?? schema.maxItems);
  return `${words.length === 0 ? "any value" : words.join(" or ")}${schema.format === undefined ? "" : `, ${schema.format}`}${bounds}`;
}
