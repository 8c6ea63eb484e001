import { readFileSync } from "node:fs";

interface Described {
  readonly description?: string;
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, unknown>> };
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly name: string }[];
}

/** An operation of `docs/openapi.json`. */
export interface Operation {
  readonly method: string;
  /** Its path, with `$new` in place of an id. */
  readonly path: string;
  /** Whether it reads a body: `"optional"`, `"required"`, or not at all. */
  readonly body: "none" | "optional" | "required";
  /** Whether its body is lines of JSON instead of one object. */
  readonly readsLines: boolean;
  /** Whether it returns a page of a list. */
  readonly isList: boolean;
  /** A token that it takes. */
  readonly as: "account" | "operator";
}

const document = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8")) as {
  paths: Record<string, Record<string, Described>>;
};

/** Every operation, for rules that hold for all of them. */
export const operations: readonly Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { requestBody, parameters, description }]) => ({
    method: method.toUpperCase(),
    path: path.replace("{id}", "$new"),
    body: requestBody === undefined ? "none" : requestBody.required === true ? "required" : "optional",
    readsLines: requestBody?.content["application/x-ndjson"] !== undefined,
    isList: parameters?.some(({ name }) => name === "pagination[offset]") ?? false,
    as: description?.includes("Takes the operator's token.") ? ("operator" as const) : ("account" as const),
  })),
);
