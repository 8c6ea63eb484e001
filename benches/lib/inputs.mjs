// The inputs of the measurements: many of each kind, each parsed from JSON, so that the texts have the representation
// of those of a request. All texts and ids differ, so that caches help only with the shape and the kinds of errors,
// which also recur in the input of users.

import { random } from "./random.mjs";

export const ENVIRONMENT = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
export const ACCOUNT = "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk";

/** The number of inputs of a kind. */
export const VARIANTS = 128;

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const WORDS = "invoice support refund triage reader planner billing search night report ticket draft claims router".split(" ");
const SIGNS = [
  "\u00e9",
  "\u00df",
  "\u0416",
  "\u05e9",
  "\u0928",
  "\u4ee3",
  "\u7406",
  "\u30a2",
  "\ud55c",
  "\u{1f916}",
  "\u{1f9fe}",
  "\u{20bb7}",
  "a",
  " ",
];

const text = ({ pick }, signs, length) => Array.from({ length }, () => pick(signs)).join("");
const words = ({ pick }, count) => Array.from({ length: count }, () => pick(WORDS)).join(" ");

/** A new id in the partition of the environment. */
const pfid = (r) => `013xrzp12g${ENVIRONMENT.slice(10, 16)}${text(r, DIGITS, 16)}`;

/** The body of a create, with the optional fields as often as clients send them. */
function body(r, number) {
  const details = { name: `${words(r, 2)} agent ${r.below(10_000)}`, environment_id: pfid(r) };
  if (number % 4 !== 3) details.description = words(r, 8 + r.below(8));
  if (number % 4 === 2) details.id = pfid(r);
  return number % 2 === 0 ? { details, idempotency_key: `create-${text(r, DIGITS, 20)}` } : { details };
}

/** Mistakes in a body, at most one per field. */
const FAULTS = [
  (b) => delete b.details.name,
  (b, r) => (b.details.environment_id = words(r, 2)),
  (b, r) => (b.idempotency_key = `cl\u00e9 ${words(r, 2)}`),
  (b) => (b.details.name = "   "),
  (b) => delete b.details.environment_id,
  (b, r) => (b.details.id = pfid(r).toUpperCase()),
  (b, r) => (b.details.name = text(r, "abcdefgh", 300)),
  (b, r) => (b.details.description = `${words(r, 3)}\u0000${words(r, 3)}`),
];

/** Three mistakes in three different fields, by their indexes above. */
const TRIPLES = [
  [0, 1, 2],
  [3, 1, 5],
  [6, 4, 2],
  [0, 7, 2],
  [3, 4, 7],
  [6, 1, 7],
];

const KINDS = {
  valid: body,
  "1 error"(r, number) {
    const it = body(r, number);
    FAULTS[number % FAULTS.length](it, r);
    return it;
  },
  "3 errors"(r, number) {
    const it = body(r, number);
    for (const fault of TRIPLES[number % TRIPLES.length]) FAULTS[fault](it, r);
    return it;
  },
  "long Unicode"(r, number) {
    const it = body(r, number);
    it.details.name = `\u4ee3${text(r, SIGNS, 253)}\u7406`;
    it.details.description = text(r, SIGNS, 600);
    return it;
  },
  "unknown keys"(r, number) {
    const it = body(r, number);
    return {
      team: words(r, 1),
      ...it,
      details: { tags: [words(r, 1)], ...it.details, owner_id: pfid(r), priority: r.below(9) },
      trace: words(r, 2),
    };
  },
};

export const VALIDATE_KINDS = Object.keys(KINDS);

/** The JSON texts of one kind. */
export function texts(kind, count = VARIANTS) {
  const r = random(VALIDATE_KINDS.indexOf(kind) + 1);
  return Array.from({ length: count }, (_, number) => JSON.stringify(KINDS[kind](r, number)));
}

/** The same for a service, which has one environment. */
export function requests(kind, count = VARIANTS) {
  return texts(kind, count).map((json) => {
    const it = JSON.parse(json);
    // A value that is not an id is a deliberate mistake.
    if (it.details.environment_id?.length === ENVIRONMENT.length) it.details.environment_id = ENVIRONMENT;
    return JSON.stringify(it);
  });
}

/** Bodies for a store: valid ones without an id or a key of the caller, so that each can be sent repeatedly. */
export function storable(count = VARIANTS, kind = "valid") {
  return requests(kind, count).map((json) => {
    const it = JSON.parse(json);
    delete it.details.id;
    delete it.idempotency_key;
    return JSON.stringify(it);
  });
}
