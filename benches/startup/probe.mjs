// A new process: the time from before the import to after the first answer. Prints nanoseconds.

import { ENVIRONMENT } from "../lib/inputs.mjs";

const [, , part, name] = process.argv;
const input = { details: { name: "billing router agent 7", environment_id: ENVIRONMENT } };
const body = new TextEncoder().encode(JSON.stringify(input));

const start = process.hrtime.bigint();
let answer;
if (part === "validate") {
  const { default: contender } = await import(`../validate/${name}.mjs`);
  answer = contender.validate(input).value.details.name;
} else {
  const { default: contender } = await import(`../service/${name}.mjs`);
  answer = await contender.open().post(body);
}
const time = process.hrtime.bigint() - start;
if (answer.length === 0) throw new Error("There is no answer.");
process.stdout.write(String(time));
