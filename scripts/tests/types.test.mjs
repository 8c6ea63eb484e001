// The generated types are those of the document.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { types, typesPath } from "../types.mjs";

test("js/generated/wire.ts is up to date", async () => {
  assert.equal(readFileSync(typesPath, "utf8"), await types(), "run `npm run describe`");
});
