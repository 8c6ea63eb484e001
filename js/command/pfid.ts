import { generatePfid, isPfid, parsePfid } from "../validator/index.js";
import { readArguments, refusePositionals, runSubcommand, UsageError, wholeNumber, type Wish } from "./arguments.js";
import { Output, printable } from "./output.js";
import { linesOf } from "./lines.js";

const USAGE = `agent-registrar pfid: the ids of the API

Usage: agent-registrar pfid generate [options]
       agent-registrar pfid parse ID… | -

generate prints one id a line; later ids are greater than earlier ones.

  --count NUMBER    how many (default 1, at most 1000000)
  --partition P     the account's partition: a number from 0 to 1073741823, or any id of the account
                    (default 123456789, which 'serve' has)
  --at TIME         the time in the ids: RFC 3339 such as 2026-05-07T10:00:00Z, or Unix milliseconds (default: now)

parse prints time, partition and randomness of each id; with '-' it reads ids from standard input, one a line.

  --json            one JSON object a line

  -h, --help        prints this
  -v, --version     prints the version

Exit status: 0 done, 1 something is no PFID, 2 usage.
`;

/** The partition of the default account. */
const DEFAULT_PARTITION = 123_456_789;
const MAX_PARTITION = 2 ** 30 - 1;
const MAX_TIME = 2 ** 48 - 1;
const MAX_COUNT = 1_000_000;
const RULE = "is not a PFID: 32 characters of 0-9 and a-z without i, l, o, u, the first one 0 to 7";

/** `pfid generate` and `pfid parse`. */
export function pfidCommand(args: readonly string[]): Promise<Wish | undefined> {
  return runSubcommand("pfid", args, { usage: USAGE, subcommands: { generate, parse } });
}

async function generate(args: readonly string[]): Promise<Wish | undefined> {
  const { values, positionals } = readArguments(args, {
    count: { type: "string" },
    partition: { type: "string" },
    at: { type: "string" },
    json: { type: "boolean" },
  });
  if (values.help) return { help: USAGE };
  if (values.version) return { version: true };
  refusePositionals(positionals);
  const count = wholeNumber("count", values.count, 1, MAX_COUNT) ?? 1;
  const partition = partitionOf(values.partition);
  const now = timeOf(values.at);
  const output = new Output(process.stdout);
  for (let index = 0; index < count; index++) {
    const id = generatePfid({ partition, now });
    output.write(values.json ? `${JSON.stringify({ id })}\n` : `${id}\n`);
    await output.ready();
  }
  return undefined;
}

function partitionOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PARTITION;
  // A number has at most 10 digits, an id 32 characters.
  if (isPfid(text)) return parsePfid(text)?.partition as number;
  if (!/^\d+$/.test(text) || Number(text) > MAX_PARTITION) {
    throw new UsageError(`--partition must be a whole number from 0 to ${MAX_PARTITION}, or a PFID`);
  }
  return Number(text);
}

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const isNumber = /^\d+$/.test(text);
  // `Date` also accepts texts that are not RFC 3339, and reads those without an offset as local time.
  const isTime = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text);
  const time = isNumber ? Number(text) : isTime ? Date.parse(text.toUpperCase()) : Number.NaN;
  if (!(time >= 0 && time <= MAX_TIME)) {
    throw new UsageError(`--at must be an RFC 3339 time such as 2026-05-07T10:00:00Z from 1970 on, or Unix milliseconds up to ${MAX_TIME}`);
  }
  return time;
}

async function parse(args: readonly string[]): Promise<Wish | undefined> {
  const { values, positionals } = readArguments(args, { json: { type: "boolean" } });
  if (values.help) return { help: USAGE };
  if (values.version) return { version: true };
  if (positionals.length === 0) throw new UsageError("pfid parse needs ids, or '-' to read them from standard input");
  if (positionals.includes("-") && positionals.length > 1) throw new UsageError("'-' reads standard input: give it alone");
  const output = new Output(process.stdout);
  let wrong = false;
  const show = (text: string): void => {
    const shown = values.json ? asJson(text) : asText(text, output);
    if (shown !== undefined) return output.write(shown);
    wrong = true;
    if (values.json) output.write(`${JSON.stringify({ id: text, error: RULE })}\n`);
    else process.stderr.write(`agent-registrar: '${printable(text)}' ${RULE}\n`);
  };
  if (positionals[0] === "-") {
    for await (const { bytes } of linesOf(process.stdin, 1024)) {
      const text = Buffer.from(bytes).toString("utf8").trim();
      if (text !== "") show(text);
      await output.ready();
    }
  } else positionals.forEach(show);
  if (wrong) process.exitCode = 1;
  return undefined;
}

interface Parts {
  readonly timestamp: number;
  readonly time: string | null;
  readonly partition: number;
  readonly randomness: string;
}

function partsOf(text: string): Parts | undefined {
  const parts = parsePfid(text);
  if (parts === null) return undefined;
  const { timestamp, partition, randomness } = parts;
  // RFC 3339 has no years from 10,000 on.
  const time = new Date(timestamp).toISOString();
  return { timestamp, time: time.startsWith("+") ? null : time, partition, randomness: Buffer.from(randomness).toString("hex") };
}

function asJson(text: string): string | undefined {
  const parts = partsOf(text);
  return parts && `${JSON.stringify({ id: text, ...parts })}\n`;
}

function asText(text: string, output: Output): string | undefined {
  const parts = partsOf(text);
  if (parts === undefined) return undefined;
  const { timestamp, time, partition, randomness } = parts;
  return `${output.colour("strong", text)}
  time        ${time ?? "after the year 9999"} (${timestamp} ms)
  partition   ${partition}
  randomness  ${randomness}
`;
}
