import { createReadStream } from "node:fs";
import { isPfid, type Pfid, validateCreateAgent, validateUpdateAgent } from "../validator/index.js";
import { readArguments, UsageError, type Wish } from "./arguments.js";
import { bodiesOf } from "./bodies.js";
import { judge, type Place, type Verdict } from "./judge.js";
import { counted, Output, printable } from "./output.js";

const USAGE = `agent-registrar validate: checks bodies of 'Create a new agent' by the API's rules

Usage: agent-registrar validate [FILE…] [options]

Reads each FILE, or standard input for '-' and without a FILE. A file holds one JSON body, or NDJSON: one body a line.
Prints FILE:LINE:COLUMN for each issue, and a warning for each key that the API drops.

  --update             the bodies are for updating an agent
  --environment-id ID  takes the place of a missing environment_id, as with a token of an environment's scope
  --json               prints one JSON object for each body:
                       {file, line, ok, issues: [{path, code, reason, message, params?, line, column}],
                       ignored: [{path, line, column}], error?: the API's answer}
  -h, --help           prints this
  -v, --version        prints the version

Exit status: 0 all bodies are valid, 1 one is not, 2 usage, or a file cannot be read.
`;

/** Standard input, as an argument and in messages. */
const STDIN = "-";

/** The results of a run. */
class Tally {
  valid = 0;
  invalid = 0;
  errors = 0;
  warnings = 0;

  count({ ok, issues, ignored }: Verdict): void {
    if (ok) this.valid++;
    else this.invalid++;
    this.errors += issues.length;
    this.warnings += ignored.length;
  }

  sentence(): string {
    const { valid, invalid, errors, warnings } = this;
    const bodies = `${counted(valid + invalid, "body", "bodies")}: ${valid.toLocaleString("en")} valid, ${invalid.toLocaleString("en")} invalid`;
    const found = [errors > 0 && counted(errors, "error"), warnings > 0 && counted(warnings, "warning")].filter(Boolean);
    return found.length === 0 ? bodies : `${bodies} (${found.join(", ")})`;
  }
}

/** Checks files. */
export async function validateCommand(args: readonly string[]): Promise<Wish | undefined> {
  const { values, positionals } = readArguments(args, {
    update: { type: "boolean" },
    "environment-id": { type: "string" },
    json: { type: "boolean" },
  });
  if (values.help) return { help: USAGE };
  if (values.version) return { version: true };
  const environmentId = values["environment-id"];
  if (environmentId !== undefined && values.update) throw new UsageError("--environment-id has no meaning with --update: leave it out");
  if (environmentId !== undefined && !isPfid(environmentId)) throw new UsageError("--environment-id must be a PFID");
  const files = positionals.length > 0 ? positionals : [STDIN];
  if (files.filter((file) => file === STDIN).length > 1) throw new UsageError("'-' reads standard input: give it once");
  if (positionals.length === 0 && process.stdin.isTTY) throw new UsageError("validate needs files, or '-' to read standard input");

  const output = new Output(process.stdout);
  const tally = new Tally();
  let isUnreadable = false;
  const validate = values.update
    ? validateUpdateAgent
    : (input: unknown) => validateCreateAgent(input, { environmentId: environmentId as Pfid | undefined });
  for (const file of files) {
    try {
      for await (const { line, verdict } of verdictsOn(file, validate)) {
        tally.count(verdict);
        output.write(values.json ? asJson(file, line, verdict) : asText(file, verdict, output));
        await output.ready();
      }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException | null)?.code === undefined) throw cause;
      isUnreadable = true;
      process.stderr.write(`agent-registrar: cannot read ${printable(file)}: ${reasonOf(cause as NodeJS.ErrnoException)}\n`);
    }
  }
  if (!values.json) output.write(`${output.colour(tally.invalid > 0 ? "error" : "good", tally.sentence())}\n`);
  process.exitCode = isUnreadable ? 2 : tally.invalid > 0 ? 1 : 0;
  return undefined;
}

async function* verdictsOn(
  file: string,
  validate: Parameters<typeof judge>[1],
): AsyncGenerator<{ readonly line: number; readonly verdict: Verdict }> {
  const stream: AsyncIterable<Uint8Array> = file === STDIN ? process.stdin : createReadStream(file);
  let isEmpty = true;
  for await (const body of bodiesOf(stream)) {
    isEmpty = false;
    yield { line: body.line, verdict: judge(body, validate) };
  }
  // An empty input is not JSON, and no output would look like success.
  if (isEmpty) yield { line: 1, verdict: judge({ bytes: new Uint8Array(0), line: 1 }, validate) };
}

function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "it is a folder";
    case "EACCES":
    case "EPERM":
      return "you may not read it";
    default:
      return error.message;
  }
}

function asJson(file: string, line: number, { ok, issues, ignored, error }: Verdict): string {
  return `${JSON.stringify({ file, line, ok, issues, ignored, error })}\n`;
}

function asText(file: string, { issues, ignored }: Verdict, output: Output): string {
  const entry = (place: Place, colour: "error" | "warning", text: string): string => {
    const where = output.colour("strong", `${printable(file)}:${place.line}:${place.column}:`);
    return `${where} ${output.colour(colour, `${colour}:`)} ${text}\n`;
  };
  const errors = issues.map((issue) => {
    const path = issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
    return entry(issue, "error", `${path}${issue.message} ${output.colour("weak", `[${issue.reason}]`)}`);
  });
  const warnings = ignored.map((key) => {
    return entry(key, "warning", `${printable(key.path)}: The API ignores this key. ${output.colour("weak", "[ignored]")}`);
  });
  return [...errors, ...warnings].join("");
}
