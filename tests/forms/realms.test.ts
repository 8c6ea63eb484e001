// DOM implementations of test runners: their FormData, File and objects are of another realm.
import { createAgentFormSchema, formToCreateAgent } from "agent-registrar";
import { Window } from "happy-dom";
import { JSDOM } from "jsdom";
import { describe, expect, test } from "vitest";

const environment_id = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const markup = `
  <form>
    <input name="details.name" value="Ada">
    <input name="details[environment_id]" value="${environment_id}">
    <textarea name="details.description"></textarea>
    <input name="details.id" value="">
    <input name="idempotency_key">
    <input name="csrf" value="token">
    <input type="checkbox" name="terms">
  </form>`;

interface Realm {
  FormData: typeof FormData;
  File: typeof File;
  document: Document;
  eval(program: string): unknown;
}

const realms: readonly [string, () => Realm][] = [
  ["jsdom", () => new JSDOM(markup, { runScripts: "outside-only" }).window as unknown as Realm],
  [
    "happy-dom",
    () => {
      const window = new Window({ settings: { enableJavaScriptEvaluation: true, suppressInsecureJavaScriptEnvironmentWarning: true } });
      window.document.body.innerHTML = markup;
      return window as unknown as Realm;
    },
  ],
];

describe.each(realms)("%s", (_, open) => {
  const { FormData, File, document, eval: evaluate } = open();
  const verdict = (values: object): unknown => {
    const result = createAgentFormSchema["~standard"].validate(values);
    return result.issues?.map(({ path, reason }) => `${path.join(".")}: ${reason}`) ?? ("value" in result && result.value);
  };

  test("a form's FormData", () => {
    const form = new FormData(document.querySelector("form") as HTMLFormElement);
    expect(form).not.toBeInstanceOf(globalThis.FormData);
    expect(JSON.parse(JSON.stringify(formToCreateAgent(form)))).toEqual({ details: { name: "Ada", environment_id } });
    expect(verdict(form)).toEqual({ details: { name: "Ada", environment_id } });
  });

  test("an empty FormData, files, repeated names", () => {
    const form = new FormData();
    expect(verdict(form)).toEqual(["details.name: missing", "details.environment_id: missing"]);
    form.append("name", new File(["text"], "name.txt"));
    form.append("environment_id", environment_id);
    form.append("environment_id", environment_id);
    expect(verdict(form)).toEqual(["name: wrong_type", "environment_id: wrong_type"]);
  });

  test("plain objects", () => {
    const values = evaluate(`({ details: { name: "Ada", environment_id: "${environment_id}", id: "" }, idempotency_key: "" })`) as object;
    expect(verdict(values)).toEqual({ details: { name: "Ada", environment_id } });
    const broken = evaluate(`({ details: [], idempotency_key: new Map() })`) as object;
    expect(verdict(broken)).toEqual(["details: wrong_type", "idempotency_key: wrong_type"]);
  });
});
