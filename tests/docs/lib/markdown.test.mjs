// The tests of what takes blocks out of documents and compares output.
import assert from "node:assert/strict";
import { test } from "node:test";
import { blocksOf, difference, jsonDifference } from "./markdown.mjs";

const fence = "```";

test("blocks have language, name, code and the words of the marker before them", () => {
  const text = `a\n<!-- test: full, server: 5173, check: page -->\n${fence}sh\nnpm run dev\n${fence}\n\n${fence}js a.mjs\n1;\n\n2;\n${fence}\n`;
  assert.deepEqual(blocksOf("a.md", text), [
    { language: "sh", name: "", code: "npm run dev\n", where: "a.md:3", words: { full: "", server: "5173", check: "page" } },
    { language: "js", name: "a.mjs", code: "1;\n\n2;\n", where: "a.md:7", words: {} },
  ]);
});

test("a reason may have commas", () => {
  const [{ words }] = blocksOf("a.md", `<!-- test: full, skip: it deploys, which costs money -->\n${fence}sh\n:\n${fence}`);
  assert.deepEqual(words, { full: "", skip: "it deploys, which costs money" });
});

test("a block in a list loses its indentation", () => {
  assert.equal(blocksOf("a.md", `- x\n\n  ${fence}js\n  if (a) {\n    b;\n  }\n  ${fence}\n`)[0].code, "if (a) {\n  b;\n}\n");
});

test("a marker that is misspelt, that lacks its reason, or that stands before no block is an error", () => {
  const block = `${fence}sh\n:\n${fence}\n`;
  assert.throws(() => blocksOf("a.md", `<!-- test: ful -->\n${block}`), /"ful" is no word/);
  assert.throws(() => blocksOf("a.md", `<!-- test: skip -->\n${block}`), /needs what follows/);
  assert.throws(() => blocksOf("a.md", `<!-- test: full -->\ntext\n${block}`), /stands before no block/);
  assert.throws(() => blocksOf("a.md", "<!-- test: full -->\n"), /stands before no block/);
  assert.throws(() => blocksOf("a.md", `${fence}sh\n:\n`), /has no end/);
});

test("output is compared line by line, and … stands for anything within its line", () => {
  assert.equal(difference("a\nid …!\n", "a\nid 7 (8)!\n"), null);
  assert.match(difference("a\n", "b\n"), /line 1 is "b", promised "a"/);
  assert.match(difference("a\n", "a\nb\n"), /line 2 is "b", promised undefined/);
  assert.match(difference("a\nb", "a\n"), /line 2 is undefined, promised "b"/);
  assert.match(difference("a.c", "abc"), /line 1/);
  assert.match(difference("a…", "b\na"), /line 1/);
});

test("JSON is compared by value, with the order of its keys", () => {
  assert.equal(jsonDifference({ a: ["…", 1, null] }, { a: ["x", 1, null] }), null);
  assert.match(jsonDifference({ a: { b: 1 } }, { a: { b: 2 } }), /\$\.a\.b is 2, promised 1/);
  assert.match(jsonDifference({ a: 1, b: 2 }, { b: 2, a: 1 }), /keys b,a, promised are a,b/);
  assert.match(jsonDifference([], {}), /keys/);
  assert.match(jsonDifference(null, {}), /promised null/);
  assert.match(jsonDifference("a…", 1), /promised/);
});
