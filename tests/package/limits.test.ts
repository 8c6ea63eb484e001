// Limits count Unicode scalar values, not UTF-16 units and not bytes.
import { validateCreateAgent, validateUpdateAgent } from "agent-registrar";
import { expect, test } from "vitest";
import { DESCRIPTION_LIMIT, IDEMPOTENCY_KEY_LIMIT, NAME_LIMIT } from "../../js/generated/rules.js";

const environment_id = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

/** The stored form of the name or description, or the reason of its issue. */
function outcome(details: { readonly name?: string; readonly description?: string }): unknown {
  const result = validateCreateAgent({ details: { name: "Ada", environment_id, ...details } });
  if (!result.ok) return result.issues.map(({ reason }) => reason);
  return details.name === undefined ? result.value.details.description : result.value.details.name;
}

/** One, two, three and four bytes of UTF-8; the last has two UTF-16 units. */
const characters = ["a", "é", "€", "🦀"];

test(`a name has 1 to ${NAME_LIMIT} characters`, () => {
  for (const character of characters) {
    expect(outcome({ name: character })).toBe(character);
    expect(outcome({ name: character.repeat(NAME_LIMIT) })).toBe(character.repeat(NAME_LIMIT));
    expect(outcome({ name: character.repeat(NAME_LIMIT + 1) })).toEqual(["too_long"]);
  }
  expect(outcome({ name: "a" + "🦀".repeat(NAME_LIMIT - 1) })).toBe("a" + "🦀".repeat(NAME_LIMIT - 1));
  expect(outcome({ name: "a" + "🦀".repeat(NAME_LIMIT) })).toEqual(["too_long"]);
});

test(`a description has at most ${DESCRIPTION_LIMIT} characters, as they are`, () => {
  expect(outcome({ description: "" })).toBe("");
  expect(outcome({ description: " \t\r\n " })).toBe(" \t\r\n ");
  for (const character of characters) {
    expect(outcome({ description: character.repeat(DESCRIPTION_LIMIT) })).toBe(character.repeat(DESCRIPTION_LIMIT));
    expect(outcome({ description: character.repeat(DESCRIPTION_LIMIT + 1) })).toEqual(["too_long"]);
  }
  expect(outcome({ description: "a" + "🦀".repeat(DESCRIPTION_LIMIT - 1) })).toBe("a" + "🦀".repeat(DESCRIPTION_LIMIT - 1));
  expect(outcome({ description: "a" + "🦀".repeat(DESCRIPTION_LIMIT) })).toEqual(["too_long"]);
});

test(`an idempotency key has 1 to ${IDEMPOTENCY_KEY_LIMIT} printable ASCII characters`, () => {
  const reasons = (idempotency_key: string): unknown => {
    const result = validateUpdateAgent({ details: {}, idempotency_key });
    return result.ok ? result.value.idempotency_key : result.issues.map(({ reason }) => reason);
  };
  expect(reasons(" ~")).toBe(" ~");
  expect(reasons("k".repeat(IDEMPOTENCY_KEY_LIMIT))).toBe("k".repeat(IDEMPOTENCY_KEY_LIMIT));
  expect(reasons("k".repeat(IDEMPOTENCY_KEY_LIMIT + 1))).toEqual(["too_long"]);
  expect(reasons("é".repeat(IDEMPOTENCY_KEY_LIMIT + 1))).toEqual(["too_long", "not_printable_ascii"]);
  expect(reasons("🦀".repeat(1_000))).toEqual(["too_long", "not_printable_ascii"]);
  expect(reasons("")).toEqual(["blank"]);
});

test("trimming removes exactly Unicode's white space", () => {
  // JavaScript's `trim` differs: it removes U+FEFF and not U+0085.
  const isWhite = (character: string): boolean => /^\p{White_Space}$/u.test(character);
  for (let unit = 0; unit < 0xd800; unit++) {
    const character = String.fromCharCode(unit);
    const name = outcome({ name: `${character}Ada${character}` });
    if (isWhite(character)) expect(name).toBe("Ada");
    else if (/^\p{Cc}$/u.test(character)) expect(name).toEqual(["control_character"]);
    else expect(name).toBe(`${character}Ada${character}`);
  }
  expect(outcome({ name: "\u0085Ada\u0085" })).toBe("Ada");
  expect(outcome({ name: "\ufeffAda" })).toBe("\ufeffAda");
  expect(outcome({ name: "\ufeff" })).toBe("\ufeff");
  expect(outcome({ name: "\u0085\u2028\u3000" })).toEqual(["blank"]);
});

test("white space around a name of any length does not count", () => {
  const name = "🦀".repeat(NAME_LIMIT);
  for (const length of [
    1,
    NAME_LIMIT,
    NAME_LIMIT + 1,
    NAME_LIMIT + 2,
    2 * NAME_LIMIT,
    2 * NAME_LIMIT + 1,
    16_383,
    16_384,
    16_385,
    40_000,
  ]) {
    for (const white of [" ", "\u3000"]) {
      const around = white.repeat(length);
      expect(outcome({ name: around + name + around })).toBe(name);
      expect(outcome({ name: around + name })).toBe(name);
      expect(outcome({ name: name + around })).toBe(name);
      expect(outcome({ name: around })).toEqual(["blank"]);
      expect(outcome({ name: around + "a" + name })).toEqual(["too_long"]);
      expect(outcome({ name: "a" + around + "b" })).toEqual(length > NAME_LIMIT - 2 ? ["too_long"] : `a${around}b`);
    }
  }
});

test("every control character of a name and a description", () => {
  for (let code = 0; code < 0xa0; code++) {
    const character = String.fromCharCode(code);
    const control = /^\p{Cc}$/u.test(character);
    expect(outcome({ name: `a${character}b` })).toEqual(control ? ["control_character"] : `a${character}b`);
    const allowed = !control || "\t\n\r".includes(character);
    expect(outcome({ description: character })).toEqual(allowed ? character : ["control_character"]);
    // At every place of the eight bytes that are checked at once.
    for (let place = 0; place < 9; place++) {
      const text = "x".repeat(place) + character + "x".repeat(20);
      expect(outcome({ description: text })).toEqual(allowed ? text : ["control_character"]);
    }
  }
});

test("an issue has the limit that its message names", () => {
  const result = validateUpdateAgent({
    details: { name: "a".repeat(NAME_LIMIT + 1), description: "a".repeat(DESCRIPTION_LIMIT + 1), current_version_id: "x" },
    idempotency_key: "k".repeat(IDEMPOTENCY_KEY_LIMIT + 1),
  });
  expect(!result.ok && result.issues.map(({ params }) => params)).toEqual([
    { limit: NAME_LIMIT },
    { limit: DESCRIPTION_LIMIT },
    undefined,
    { limit: IDEMPOTENCY_KEY_LIMIT },
  ]);
  expect(!result.ok && result.issues.map((issue) => "params" in issue)).toEqual([true, true, false, true]);
});
