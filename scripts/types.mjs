// Writes js/generated/wire.ts: the TypeScript types of the components of docs/openapi.json and js/generated/library.json.
// `npm run describe` runs it after the two are written.
import { readFileSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";
import { at, isMain } from "./lib.mjs";

/** The path of the types. */
export const typesPath = at("js", "generated", "wire.ts");

const header = `// Generated from docs/openapi.json and js/generated/library.json by \`npm run describe\`, with json-schema-to-typescript. Do not edit.

declare const brand: unique symbol;
`;

const options = {
  bannerComment: "",
  additionalProperties: false,
  unknownAny: true,
  // Lists, not a tuple type for each number of items.
  maxItems: -1,
  style: { printWidth: 1_000 },
};

/** Types of what callers give: ids are strings, counts may be bigints, and `undefined` counts as absent. */
const givenTypes = ["AgentRecord", "StoredCounts"];

const schemasOf = (...path) => JSON.parse(readFileSync(at(...path), "utf8")).components.schemas;

/** The text of js/generated/wire.ts. */
export async function types() {
  const all = { ...schemasOf("js", "generated", "library.json"), ...schemasOf("docs", "openapi.json") };
  const schemas = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  // A branded type: only functions that check an id give a `Pfid`; a string is none.
  schemas.Pfid.tsType = 'string & { readonly [brand]: "Pfid" }';
  schemas.Time.tsType = "string | Date | number | bigint";
  const declarations = [];
  for (const [name, schema] of Object.entries(schemas)) {
    const declaration = readonly(await compile(prepared(schema), name, options));
    declarations.push(givenTypes.includes(name) ? given(declaration) : declaration);
  }
  return [header, ...declarations].join("\n");
}

/** The schema with references as type names, and without what types cannot express. */
function prepared(schema) {
  if (Array.isArray(schema)) return schema.map(prepared);
  if (typeof schema !== "object" || schema === null) return schema;
  const { $ref, ...rest } = schema;
  // Types cannot express which combinations of keys an object has.
  if (rest.properties !== undefined) delete rest.oneOf;
  // An object with arbitrary keys.
  const types = [rest.type].flat();
  if (types.includes("object") && rest.properties === undefined && rest.additionalProperties === undefined) {
    return { ...rest, tsType: ["{ readonly [key: string]: unknown }", ...types.slice(1)].join(" | ") };
  }
  const members = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, prepared(value)]));
  return $ref === undefined ? members : { ...members, tsType: $ref.split("/").at(-1) };
}

/** Makes all members and lists `readonly`, for which the generator has no option, and puts short comments on one line. */
function readonly(declaration) {
  return declaration
    .replace(/^( +)(\[k: string\]|"[^"]+"\??|[\w$]+\??): (.*);$/gm, (_, indent, key, type) => `${indent}readonly ${key}: ${list(type)};`)
    .replace(/^( +)(\[k: string\]|"[^"]+"\??|[\w$]+\??): \{$/gm, "$1readonly $2: {")
    .replace(/^( *)\/\*\*\n *\* (.*)\n *\*\/$/gm, "$1/** $2 */");
}

/** Makes the members those of a value that a caller gives. */
function given(declaration) {
  return declaration
    .replace(/^( +readonly \w+\??: )Pfid\b/gm, "$1string")
    .replace(/^( +readonly \w+\??: )number\b/gm, "$1number | bigint")
    .replace(/^( +readonly \w+\?: .*);$/gm, "$1 | undefined;");
}

const list = (type) => type.replace(/^(\S+\[\]|\(.*\)\[\]|\[.*\])(?=$| \| null$)/, "readonly $1");

if (isMain(import.meta)) writeFileSync(typesPath, await types());
