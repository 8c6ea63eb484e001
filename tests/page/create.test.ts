// The form's draft and the JSON mode, without a browser.
import { describe, expect, test } from "vitest";
import { bodyOf, draftOf, EMPTY, shownIn, withField, mergedDraft } from "../../www/src/create/draft.ts";
import { lineAt, scan } from "../../www/src/create/scan.ts";
import { compareCodePoints } from "../../www/src/data/code-points.ts";

/** Texts that are JSON, and ways to break each at each place. */
const TEXTS = [
  '{"details": {"name": "Ada", "id": null}, "list": [1, -2.5e3, true, false, {"a": []}], "": "\\u00e9\\n"}',
  '[[], {}, 0, ""]',
  '  "text"  ',
  "-0.5E+1",
];
const BREAKS = ["", ",", "}", "]", '"', "\\", "{", ":", "x", "0", " ", "\n", "\u0001"];

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("the scanner of the JSON mode", () => {
  test("finds an error exactly where JSON.parse does not read the text", () => {
    for (const text of TEXTS) {
      for (let at = 0; at <= text.length; at++) {
        for (const other of BREAKS) {
          for (const length of [0, 1]) {
            const broken = text.slice(0, at) + other + text.slice(at + length);
            expect(scan(broken).error === undefined, broken).toBe(isJson(broken));
          }
        }
      }
    }
  });

  test("gives the place of every value", () => {
    const text = TEXTS[0] ?? "";
    const { places } = scan(text);
    const at = (path: string): string => {
      const place = places.find((one) => one.path === path);
      return text.slice(place?.start, place?.end);
    };
    expect(at("")).toBe(text);
    expect(at("details.name")).toBe('"Ada"');
    expect(at("list.1")).toBe("-2.5e3");
    expect(at("list.4.a")).toBe("[]");
    const key = places.find((one) => one.path === "details.id")?.key;
    expect(text.slice(key?.start, key?.end)).toBe('"id"');
  });

  test.each([
    ['{"a": 1\n"b": 2}', 2, 1, "a comma or } is missing"],
    ['{"a" 1}', 1, 6, "a colon is missing"],
    ["[1,]", 1, 4, "the last comma is too many"],
    ['{"a": "b', 1, 7, "its closing quotation mark is missing"],
    ["", 1, 1, "a value is missing at the end"],
    ["{} {}", 1, 4, "nothing may follow the value"],
    [`${"[".repeat(600)}`, 1, 514, "it is nested too deeply"],
  ])("says what is wrong with %j", (text, line, column, message) => {
    const { error } = scan(text);
    expect(error?.message).toBe(message);
    expect(lineAt(text, error?.offset ?? 0)).toEqual({ line, column });
  });
});

describe("the draft", () => {
  test("gives every body back, with the keys that the form has no field for", () => {
    const bodies = [
      { details: { name: "Ada" } },
      { details: { name: "Ada", environment_id: "e", description: "d", id: "i", owner: 1 }, idempotency_key: "k", retries: [2] },
      { details: { name: 42, description: null, id: {} }, idempotency_key: null },
    ];
    for (const body of bodies) expect(bodyOf(draftOf(body) ?? EMPTY)).toEqual(body);
  });

  test("is none where the form can't show the body", () => {
    for (const body of [null, [], "text", { details: [] }, { details: "text" }]) expect(draftOf(body)).toBeUndefined();
  });

  test("shows a value that is no text, until the field is typed into", () => {
    const draft = draftOf({ details: { name: "Ada", description: 42 } }) ?? EMPTY;
    expect(shownIn(draft, "description")).toBe("42");
    expect(bodyOf(withField(draft, "description", "43"))).toEqual({ details: { name: "Ada", description: "43" } });
  });

  test("trims ids, which copying surrounds with white space, and leaves empty fields out", () => {
    const draft = withField(withField(EMPTY, "name", " Ada "), "id", " i\n");
    expect(bodyOf(draft)).toEqual({ details: { name: " Ada ", id: "i" } });
  });
});

test("names are compared by code point, as the service sorts them", () => {
  const sorted = ["A", "Invoice", "Zed", "a", "invoice", "é", "\uffee", "😀"];
  expect([...sorted].reverse().sort(compareCodePoints)).toEqual(sorted);
});

test("a stored draft gets what was typed before it was known, and keeps the rest", () => {
  const typed = { ...EMPTY, fields: { ...EMPTY.fields, name: "Ada" } };
  const stored = draftOf({ details: { name: "Bob", description: "Reads mail", owner: "x" } }) ?? EMPTY;
  expect(bodyOf(mergedDraft(stored, typed))).toEqual({ details: { name: "Ada", description: "Reads mail", owner: "x" } });
  // The text of the JSON mode says the same as the fields, so it goes; one that the fields can't say stays.
  expect(mergedDraft({ ...stored, text: '{"details": {"name": "Bob"}}' }, typed).text).toBeUndefined();
  expect(mergedDraft({ ...stored, text: "{ no JSON" }, typed)).toMatchObject({ text: "{ no JSON", fields: { name: "Ada" } });
  expect(mergedDraft(stored, { ...EMPTY, text: "[]" }).text).toBe("[]");
});
