// The programs that every app contains, and what they must say.
import { readFileSync } from "node:fs";

const read = (name) => readFileSync(new URL(`../probes/${name}.js`, import.meta.url), "utf8");

/** What each probe says where the package works. */
const EXPECTED = {
  validator: "validator: true Zoë 🦀 pending; false details.name blank, details.environment_id not_a_pfid; generated true",
  service: "service: 200 Zoë 🦀; 422 validation_errors",
};

const EXPORT = { validator: "judgeValidator", service: "judgeService" };

/** What an app with these probes must say. */
export const expected = (probes) => probes.map((probe) => EXPECTED[probe]).join("\n");

/** Fails unless `text` is exactly what these probes say. */
export function check(text, probes) {
  if (text !== expected(probes)) throw new Error(`it said:\n${text}\ninstead of:\n${expected(probes)}`);
}

/** Fails unless a program printed exactly what these probes say, among other lines. */
export function checkPrinted(text, probes) {
  if (!text.includes(expected(probes))) throw new Error(`it printed:\n${text.slice(0, 2000)}\ninstead of:\n${expected(probes)}`);
}

/** A module of ours as CommonJS. */
const asCommonJs = (text) => {
  const exported = [];
  const body = text
    .replace(/^import (\{[^}]*\}) from ("[^"]*");$/gm, "const $1 = require($2);")
    .replace(/^export ((?:async )?function (\w+))/gm, (_, declaration, name) => {
      exported.push(name);
      return declaration;
    });
  return `${body}module.exports = { ${exported.join(", ")} };\n`;
};

/** How each kind of place tells its verdict. */
const REPORTS = {
  page: "(text) => { document.documentElement.dataset.verdict = text; }",
  console: "(text) => console.log(text)",
  worker: "(text) => postMessage(text)",
};

/** A program that asks these probes (modules beside it) and reports `to` a page, the console or a worker's page. */
export function mainProgram(probes, to, { commonJs = false, extension = "js" } = {}) {
  const names = probes.map((probe) => EXPORT[probe]);
  return `${importsOf(probes, { commonJs, extension })}

const report = ${REPORTS[to]};

async function main() {
  const lines = [];
  for (const judge of [${names.join(", ")}]) lines.push(await judge());
  report(lines.join("\\n"));
}

main().catch((error) => report("threw " + (error && error.stack ? error.stack : error)));
`;
}

/** The lines that import the probes' functions. */
const importsOf = (probes, { commonJs, extension }) =>
  probes
    .map((probe) =>
      commonJs
        ? `const { ${EXPORT[probe]} } = require("./${probe}.${extension}");`
        : `import { ${EXPORT[probe]} } from "./${probe}.${extension}";`,
    )
    .join("\n");

/** A test file for the many runners whose `test` and `expect` are alike; `head` imports these where they are no globals. */
export function testFile(probes, head = "", { commonJs = false } = {}) {
  return `${head}
${importsOf(probes, { commonJs, extension: "js" })}

test("it judges", async () => {
  const lines = [];
  for (const judge of [${probes.map((probe) => EXPORT[probe]).join(", ")}]) lines.push(await judge());
  expect(lines.join("\\n")).toBe(${JSON.stringify(expected(probes))});
});
`;
}

/** The probes' modules as files in a folder. */
export function probeFiles(probes, { folder = "", commonJs = false, extension = "js" } = {}) {
  return Object.fromEntries(probes.map((probe) => [`${folder}${probe}.${extension}`, commonJs ? asCommonJs(read(probe)) : read(probe)]));
}

/** Probes and a main program that uses them: the whole source of most apps. */
export function program(probes, to, { folder = "", main = "main", ...options } = {}) {
  return {
    ...probeFiles(probes, { folder, ...options }),
    [`${folder}${main}.${options.extension ?? "js"}`]: mainProgram(probes, to, options),
  };
}

/** A page with one script. */
export const html = (source, attributes = 'type="module"') =>
  `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>An app</title>\n<link rel="icon" href="data:,">\n<body>\n<script ${attributes} src="${source}"></script>\n</body>\n</html>\n`;

export const VALIDATOR = ["validator"];
export const BOTH = ["validator", "service"];
