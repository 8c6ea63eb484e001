// The bodies and verdicts of the corpus (tests/corpus/README.md), through the JavaScript API.
import { readFileSync } from "node:fs";
import { type Refused, validateCreateAgent, validateUpdateAgent } from "agent-registrar";
import { describe, expect, test } from "vitest";

interface Case {
  readonly name: string;
  readonly body?: unknown;
  readonly raw?: string;
  readonly options?: Parameters<typeof validateCreateAgent>[1];
  readonly expect: { readonly ok: boolean; readonly issues?: readonly object[] };
}

const read = (name: string): readonly Case[] =>
  JSON.parse(readFileSync(new URL(`../corpus/${name}.json`, import.meta.url), "utf8")) as Case[];

/** The API's error body for the issues. */
function errorOf(issues: Refused["issues"]): unknown {
  const errors: Record<string, string[]> = {};
  for (const { path, message } of issues) (errors[path.join(".")] ??= []).push(message);
  return { status: "error", code: "validation_errors", message: expect.any(String) as string, errors };
}

for (const [file, validate] of [
  ["create_agent", validateCreateAgent],
  ["update_agent", validateUpdateAgent],
] as const) {
  describe(file, () => {
    test.each(read(file))("$name", ({ body, raw, options, expect: expected }) => {
      const input: unknown = raw === undefined ? body : JSON.parse(raw);
      const before = JSON.stringify(input);
      const result = validate(input, options);
      if (result.ok) {
        expect(result).toStrictEqual(expected);
      } else {
        const { issues, error, ...rest } = result;
        expect({ ...rest, issues: issues.map(({ message: _, ...issue }) => issue) }).toStrictEqual(expected);
        expect(error).toStrictEqual(errorOf(issues));
        expect(Object.keys(error.errors)).toStrictEqual([...new Set(issues.map(({ path }) => path.join(".")))]);
      }
      // The verdict changes nothing.
      expect(JSON.stringify(input)).toBe(before);
    });
  });
}
