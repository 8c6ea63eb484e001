// Forms: the conversion of their values, and the paths of their issues.
import { runInNewContext } from "node:vm";
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import {
  createAgentFormSchema,
  formToCreateAgent,
  formToUpdateAgent,
  type Issue,
  issuesFromErrors,
  updateAgentFormSchema,
  validateCreateAgent,
  validateUpdateAgent,
  type ValidationErrors,
} from "agent-registrar";
import { describe, expect, test } from "vitest";

const environment_id = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const body = { details: { name: "Ada", environment_id } };
const empty = { details: { name: "", environment_id: "", description: "", id: "" }, idempotency_key: "" };
const emptyFlat = { ...empty.details, idempotency_key: "" };

type Entries = readonly (readonly [string, string | Blob])[];

function formData(entries: Entries): FormData {
  const form = new FormData();
  for (const [name, value] of entries) form.append(name, value as string);
  return form;
}

/** The verdict of a schema in short: the output, or `details.name: blank`. */
function verdict(
  schema: typeof createAgentFormSchema.flat | typeof createAgentFormSchema | typeof updateAgentFormSchema,
  values: unknown,
): unknown {
  const { issues, ...rest } = schema["~standard"].validate(values) as { value?: unknown; issues?: readonly Issue[] };
  return issues?.map(({ path, reason }) => `${path.join(".")}: ${reason}`) ?? rest.value;
}

const create = (values: unknown): unknown => verdict(createAgentFormSchema, values);
const update = (values: unknown): unknown => verdict(updateAgentFormSchema, values);

describe("the values of a form", () => {
  const full = { ...body.details, description: "d", id: environment_id };
  test.each<[string, object, object]>([
    ["nested", { details: { ...empty.details, ...body.details }, idempotency_key: "" }, body],
    ["flat", { ...emptyFlat, ...body.details }, body],
    ["everything, nested", { details: full, idempotency_key: "k" }, { details: full, idempotency_key: "k" }],
    ["everything, flat", { ...full, idempotency_key: "k" }, { details: full, idempotency_key: "k" }],
    ["dotted keys", { "details.name": "Ada", "details.environment_id": environment_id, "details.id": "", idempotency_key: "" }, body],
    ["bracketed keys", { "details[name]": "Ada", 'details["environment_id"]': environment_id }, body],
    [
      "FormData, flat",
      formData([
        ["name", "Ada"],
        ["environment_id", environment_id],
        ["description", ""],
        ["idempotency_key", ""],
      ]),
      body,
    ],
    [
      "FormData, dotted",
      formData([
        ["details.name", "Ada"],
        ["details.environment_id", environment_id],
        ["details.id", ""],
      ]),
      body,
    ],
    [
      "FormData, bracketed",
      formData([
        ["details[name]", "Ada"],
        ["details['environment_id']", environment_id],
        ["idempotency_key", "k"],
      ]),
      { ...body, idempotency_key: "k" },
    ],
    ["URLSearchParams", new URLSearchParams({ "details[name]": "Ada", "details[environment_id]": environment_id, id: "" }), body],
    ["nothing", {}, { details: {} }],
    ["an empty FormData", new FormData(), { details: {} }],
    ["all of it empty", empty, { details: { name: "" } }],
    ["undefined fields", { details: { ...body.details, id: undefined }, idempotency_key: undefined }, body],
    ["no details", { details: undefined, idempotency_key: "k" }, { details: {}, idempotency_key: "k" }],
    [
      "details that nobody filled in",
      formData([
        ["details", ""],
        ["idempotency_key", "k"],
      ]),
      { details: {}, idempotency_key: "k" },
    ],
    ["null is a description", { details: { ...body.details, description: null } }, { details: { ...body.details, description: null } }],
    ["white space is a value", { ...body.details, description: " ", id: " " }, { details: { ...body.details, description: " ", id: " " } }],
    ["line breaks as browsers send them", formData([["description", "a\r\nb\r\n"]]), { details: { description: "a\nb\n" } }],
    ["flat where details is none", { details: undefined, ...body.details }, body],
    ["a name beside details is another field", { details: { environment_id }, name: "Ada" }, { details: { environment_id } }],
  ])("%s", (_, values, expected) => {
    expect(formToCreateAgent(values)).toEqual(expected);
    expect(Object.getPrototypeOf(formToCreateAgent(values))).toBe(Object.prototype);
  });

  test("unknown keys are listed as ignored and not sent", () => {
    const names = ["csrf", "$ACTION_ID_1", "details.team_id", "details.a.b", "details[]", "list[0].id", ""];
    const made = formToCreateAgent(
      formData([["details.name", "Ada"], ["details.environment_id", environment_id], ...names.map((name) => [name, "x"] as const)]),
    );
    expect(JSON.parse(JSON.stringify(made))).toEqual(body);
    expect(validateCreateAgent(made)).toEqual({
      ok: true,
      value: body,
      ignored: ["details.team_id", "details.a", "details.", "csrf", "$ACTION_ID_1", "list", ""],
    });
    // In an update, these have no meaning either.
    expect(formToUpdateAgent({ ...emptyFlat, name: "Ada" })).toEqual({ details: { name: "Ada" } });
    expect(validateUpdateAgent(formToUpdateAgent({ ...body.details, id: "x" })).ignored).toEqual(["environment_id", "id"]);
  });

  test("names such as __proto__ change no prototype and are not lost", () => {
    const names = [
      "__proto__",
      "__proto__.name",
      "__proto__[polluted]",
      "details[__proto__][name]",
      "details.__proto__",
      "constructor.prototype.polluted",
      "details.constructor",
    ];
    const attack: Entries = names.map((name) => [name, "polluted"] as const);
    for (const values of [
      formData(attack),
      Object.fromEntries(attack),
      JSON.parse(`{"details":{"__proto__":{"name":"x"}},"__proto__":{"polluted":1}}`) as object,
    ]) {
      const made = formToCreateAgent(values) as { details: object };
      expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
      expect(Object.getPrototypeOf(made.details)).toBe(Object.prototype);
      expect(create(values)).toEqual(["details.name: missing", "details.environment_id: missing"]);
      expect("polluted" in {}).toBe(false);
    }
    expect(create(formData([...attack, ["details.name", "Ada"], ["details.environment_id", environment_id]]))).toEqual(body);
  });

  test("two values for one field are of the wrong type, and so is a value below a field", () => {
    const rest: Entries = [["details.environment_id", environment_id]];
    const wrong = ["details.name: wrong_type"];
    expect(create(formData([["details.name", "Ada"], ["details.name", "Bob"], ...rest]))).toEqual(wrong);
    expect(create(formData([["details.name", "Ada"], ["details[name]", "Bob"], ...rest]))).toEqual(wrong);
    expect(create(formData([["details.name[]", "Ada"], ...rest]))).toEqual(wrong);
    expect(create(formData([["details[name][first]", "Ada"], ...rest]))).toEqual(wrong);
    expect(create(formData([["idempotency_key", "a"], ["idempotency_key", "b"], ["details.name", "Ada"], ...rest]))).toEqual([
      "idempotency_key: wrong_type",
    ]);
    expect(create(formData([["details", "x"], ["details.name", "Ada"], ...rest]))).toEqual(["details: wrong_type"]);
    // An empty one is no value.
    expect(create(formData([["details.id", ""], ["details.id", environment_id], ["details.name", "Ada"], ...rest]))).toEqual({
      details: { ...body.details, id: environment_id },
    });
  });

  test("files are of the wrong type", () => {
    const file = new File(["text"], "name.txt");
    expect(
      create(
        formData([
          ["name", file],
          ["environment_id", environment_id],
          ["avatar", file],
        ]),
      ),
    ).toEqual(["name: wrong_type"]);
    expect(
      create(
        formData([
          ["details[name]", "Ada"],
          ["details[environment_id]", environment_id],
          ["details[description]", file],
          ["idempotency_key", file],
        ]),
      ),
    ).toEqual(["details.description: wrong_type", "idempotency_key: wrong_type"]);
  });

  test("a value that is not a form is left to the validator", () => {
    for (const value of [
      5,
      "details",
      true,
      [],
      [["name", "Ada"]],
      new Map([["details", {}]]),
      new Date(0),
      Symbol("s"),
      () => body,
      new (class Values {})(),
    ]) {
      expect(formToCreateAgent(value as object)).toBe(value);
      expect(create(value)).toEqual(["details: wrong_type"]);
      expect(create({ details: value })).toEqual(["details: wrong_type"]);
    }
    for (const value of [undefined, null]) {
      expect(create(value)).toEqual(["details.name: missing", "details.environment_id: missing"]);
    }
  });

  test("a value whose getter throws is an issue of its field", () => {
    const throwing = (key: string, more: object = {}): object =>
      Object.defineProperty({ ...more }, key, {
        enumerable: true,
        get: () => {
          throw new Error("mine");
        },
      });
    expect(create({ details: throwing("name", { environment_id }) })).toEqual(["details.name: unreadable"]);
    expect(create(throwing("name", { environment_id }))).toEqual(["name: unreadable"]);
    expect(create(throwing("details"))).toEqual(["details: unreadable"]);
    expect(create(throwing("idempotency_key", body))).toEqual(["idempotency_key: unreadable"]);
    expect(create(throwing("extra", body))).toEqual(body);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(create(proxy)).toEqual(["details: unreadable"]);
    expect(create({ details: proxy })).toEqual(["details: unreadable"]);
    expect(
      create({
        getAll() {},
        entries() {
          throw new Error("mine");
        },
      }),
    ).toEqual(["details.name: missing", "details.environment_id: missing"]);
    class Broken {
      getAll(): void {}
      entries(): never {
        throw new Error("mine");
      }
    }
    expect(create(new Broken())).toEqual(["details: wrong_type"]);
    class Odd {
      getAll(): void {}
      *entries(): Iterator<unknown> {
        yield 5;
      }
    }
    expect(create(new Odd())).toEqual(["details: wrong_type"]);
  });

  test("a polluted prototype adds no field to a form and removes none", () => {
    const polluted = ["name", "details", "environment_id", "0", "1", "path", "getAll", "entries"];
    for (const key of polluted) Object.defineProperty(Object.prototype, key, { set() {}, get: () => environment_id, configurable: true });
    const made = [create({}), create({ details: { ...body.details } }), create({ ...body.details })];
    for (const key of polluted) delete (Object.prototype as Record<string, unknown>)[key];
    expect(made).toEqual([["details.name: missing", "details.environment_id: missing"], body, body]);
  });
});

describe("values of another realm", () => {
  const realm = (program: string): object => runInNewContext(program, { environment_id }) as object;

  test("plain objects", () => {
    expect(create(realm(`({ details: { name: "Ada", environment_id, description: "", id: "" }, idempotency_key: "" })`))).toEqual(body);
    expect(create(realm(`({ name: "Ada", environment_id, description: "" })`))).toEqual(body);
    expect(update(realm(`({ details: Object.assign(Object.create(null), { name: "Ada" }) })`))).toEqual({ details: { name: "Ada" } });
  });

  test("FormData, by its methods", () => {
    const made = realm(`
      class FormData {
        #entries = [["name", "Ada"], ["environment_id", environment_id], ["id", ""]];
        *entries() { yield* this.#entries; }
        getAll(name) { return this.#entries.filter(([key]) => key === name).map(([, value]) => value); }
      }
      new FormData()`);
    expect(create(made)).toEqual(body);
  });
});

describe("issues", () => {
  test("of an untouched form are those of its required fields, on the fields", () => {
    expect(create(empty)).toEqual(["details.name: blank", "details.environment_id: missing"]);
    expect(create(emptyFlat)).toEqual(["name: blank", "environment_id: missing"]);
    expect(create({})).toEqual(["details.name: missing", "details.environment_id: missing"]);
    expect(verdict(createAgentFormSchema.flat, {})).toEqual(["name: missing", "environment_id: missing"]);
    expect(verdict(createAgentFormSchema.flat, { idempotency_key: "" })).toEqual(["name: missing", "environment_id: missing"]);
    expect(verdict(createAgentFormSchema.flat, empty)).toEqual(["details.name: blank", "details.environment_id: missing"]);
  });

  test("of every field have the path of the form's field", () => {
    const bad = { name: "\0", environment_id: "x", description: "\0", id: "y", idempotency_key: "ü" };
    const { idempotency_key, ...details } = bad;
    const reasons = ["name: control_character", "environment_id: not_a_pfid", "description: control_character", "id: not_a_pfid"];
    const flat = [...reasons, "idempotency_key: not_printable_ascii"];
    const nested = [...reasons.map((reason) => `details.${reason}`), "idempotency_key: not_printable_ascii"];
    expect(create({ details, idempotency_key })).toEqual(nested);
    expect(create(bad)).toEqual(flat);
    expect(create(formData(Object.entries(bad)))).toEqual(flat);
    expect(
      create(
        formData(Object.entries(bad).map(([name, value]) => [name === "idempotency_key" ? name : `details[${name}]`, value] as const)),
      ),
    ).toEqual(nested);
    expect(update({ details: { name: "", description: "\0", current_version_id: "x" } })).toEqual([
      "details.name: blank",
      "details.description: control_character",
      "details.current_version_id: not_a_pfid",
    ]);
    expect(update({ name: "", current_version_id: "x" })).toEqual(["name: blank", "current_version_id: not_a_pfid"]);
  });

  test("are the validator's own", () => {
    const result = validateCreateAgent({ details: { name: "" } });
    const asForm = createAgentFormSchema["~standard"].validate({ details: { name: "" } });
    expect(asForm.issues).toStrictEqual(!result.ok && result.issues);
  });
});

describe("updates", () => {
  test("an empty description or version keeps the stored value, or clears it with the option", () => {
    const values = { details: { name: "Ada", description: "", current_version_id: "" }, idempotency_key: "" };
    expect(update(values)).toEqual({ details: { name: "Ada" } });
    expect(formToUpdateAgent(values)).toEqual({ details: { name: "Ada" } });
    expect(formToUpdateAgent(values, {})).toEqual({ details: { name: "Ada" } });
    expect(formToUpdateAgent(values, { emptied: "clear" })).toEqual({
      details: { name: "Ada", description: null, current_version_id: null },
    });
    expect(formToUpdateAgent(formData([["description", ""]]), { emptied: "clear" })).toEqual({ details: { description: null } });
    expect(update({ details: { description: null } })).toEqual({ details: { description: null } });
  });

  test("an update without changes is valid", () => {
    for (const values of [undefined, {}, { details: undefined }, new FormData()]) expect(update(values)).toEqual({ details: {} });
  });
});

describe("errors of the API", () => {
  test("with messages of this package's validator become its issues", () => {
    for (const input of [
      {},
      { details: {} },
      { details: { name: "", environment_id: "x", description: "\0", id: "y" }, idempotency_key: "ü" },
    ]) {
      const result = validateCreateAgent(input);
      if (result.ok) throw new Error("valid?");
      expect(issuesFromErrors(JSON.parse(JSON.stringify(result.error)) as ValidationErrors)).toEqual(result.issues);
    }
  });

  const answer = (errors: unknown): ValidationErrors =>
    ({ status: "error", code: "validation_errors", message: "m", errors }) as ValidationErrors;

  test("with other messages keep them", () => {
    expect(
      issuesFromErrors(answer({ "details.name": ["can't be blank", "is odd"], "details.id": "is taken", "details.team_id": [] })),
    ).toEqual([
      { path: ["details", "name"], code: "invalid_value", reason: "other", message: "can't be blank" },
      { path: ["details", "name"], code: "invalid_value", reason: "other", message: "is odd" },
      { path: ["details", "id"], code: "invalid_value", reason: "other", message: "is taken" },
    ]);
    // The sentence of one field, said of another.
    expect(issuesFromErrors(answer({ "details.id": ["Name is required."] }))[0]?.reason).toBe("other");
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "error"],
    ["another error", { status: "error", code: "not_found", message: "m" }],
    ["errors that are no object", answer("errors")],
    ["a list of errors", answer(["Name is required."])],
    ["messages that are none", answer({ "details.name": 5, "details.id": [null, {}], idempotency_key: { a: "b" } })],
    ["inherited errors", Object.create({ errors: { "details.name": ["x"] } })],
    [
      "errors that throw",
      {
        get errors() {
          throw new Error("mine");
        },
      },
    ],
  ])("%s: no issues", (_, error) => {
    expect(issuesFromErrors(error as ValidationErrors)).toEqual([]);
  });

  test("may have names such as __proto__", () => {
    expect(issuesFromErrors(answer(JSON.parse(`{"__proto__":["x"]}`)))).toMatchObject([{ path: ["__proto__"], message: "x" }]);
  });
});

test("the schemas are Standard Schemas and Standard JSON Schemas", () => {
  const schemas: readonly (StandardSchemaV1 & StandardJSONSchemaV1)[] = [
    createAgentFormSchema,
    createAgentFormSchema.flat,
    updateAgentFormSchema,
    updateAgentFormSchema.flat,
  ];
  for (const schema of schemas) expect(schema["~standard"]).toMatchObject({ version: 1, vendor: "agent-registrar" });
});
