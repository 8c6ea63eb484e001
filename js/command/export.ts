import { createWriteStream, existsSync } from "node:fs";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { readArguments, refusePositionals, UsageError, type Wish } from "./arguments.js";
import { Counts, HEADER, kindOf } from "./format.js";
import { ask, type Place, placeOf, refusal } from "./place.js";
import { Progress } from "./progress.js";

const USAGE = `agent-registrar export: all records of a file or a server, as lines of JSON

Usage: agent-registrar export --db FILE [options] > agents.ndjson
       agent-registrar export --from URL [options] > agents.ndjson

  --db FILE        the file of 'serve --db', while no server has it (needs Node 22.13)
  --from URL       a server or a worker, asked with the operator's token
  --token TOKEN    the operator's token (default: the environment variable AGENT_REGISTRAR_OPERATOR_TOKEN)
  --account ID     only this account; may be repeated (default: all)
  --out FILE       writes this file, which must not exist (default: standard output)
  -h, --help       prints this
  -v, --version    prints the version

The last line has totals, by which 'agent-registrar import' notices that a file was cut. There is no secret in it, and no token: of
API tokens it has digests. Idempotency keys are not in it.

Exit status: 0 done, 2 usage, or a place that cannot be read.
`;

const OPTIONS = {
  db: { type: "string" },
  from: { type: "string" },
  token: { type: "string" },
  account: { type: "string", multiple: true },
  out: { type: "string" },
} as const;

/** `export`. */
export async function exportCommand(args: readonly string[]): Promise<Wish | undefined> {
  const { values, positionals } = readArguments(args, OPTIONS);
  if (values.help) return { help: USAGE };
  if (values.version) return { version: true };
  refusePositionals(positionals);
  if (values.out !== undefined && existsSync(values.out)) throw new UsageError(`${values.out} exists; name a file that does not`);
  const place = placeOf({ file: values.db, url: values.from, token: values.token }, "--from", false, "export --from URL");
  try {
    const accounts = await accountsOf(place, values.account);
    const out = values.out === undefined ? process.stdout : createWriteStream(values.out, { flags: "wx", mode: 0o600 });
    const done = values.out === undefined ? undefined : finished(out);
    // It is awaited at the end; until then, its failure must not end the process.
    done?.catch(() => undefined);
    const counts = await exportAll(place, accounts, out);
    if (values.out !== undefined) out.end();
    await done;
    process.stderr.write(`exported ${counts.sentence()}\n`);
  } finally {
    place.close();
  }
  return undefined;
}

interface AccountPage {
  readonly summaries: readonly { readonly id: string }[];
  readonly pagination: { readonly next_page_offset: number | null };
}

/** The accounts that are named, or all, oldest first. */
export async function accountsOf(place: Place, named?: readonly string[]): Promise<readonly string[]> {
  if (named !== undefined) return named;
  const ids: string[] = [];
  for (let offset: number | null = 0; offset !== null; ) {
    const page: AccountPage = await ask(place, "GET", `/api/v1/account?pagination[page_size]=100&pagination[offset]=${offset}`);
    ids.push(...page.summaries.map(({ id }) => id));
    offset = page.pagination.next_page_offset;
  }
  return ids;
}

const LINE_FEED = 0x0a;
const COMMA = 0x2c;

async function exportAll(place: Place, accounts: readonly string[], out: Writable): Promise<Counts> {
  const counts = new Counts();
  const progress = new Progress("exported");
  await write(out, Buffer.from(HEADER));
  for (const account of accounts) {
    for (let cursor: string | null = ""; cursor !== null; ) {
      const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const { status, body } = await place.send("GET", `/api/v1/export?account_id=${encodeURIComponent(account)}${query}`);
      if (status !== 200) throw refusal(place, status, body);
      const page = linesOf(body);
      for (const line of page.lines) counts.add(kindOf(line));
      // The commas between the lines become spaces, which a reader of JSON skips.
      await write(out, page.bytes);
      cursor = page.next;
      progress.at(counts.total);
    }
  }
  await write(out, Buffer.from(counts.line()));
  return counts;
}

interface Page {
  /** The bytes of all lines, each with its line break. */
  readonly bytes: Uint8Array;
  readonly lines: readonly Uint8Array[];
  readonly next: string | null;
}

/** The lines of a page: its first line begins the list, its last one ends it. Payloads are not read, so that they stay as they are. */
function linesOf(body: Uint8Array): Page {
  const last = body.lastIndexOf(LINE_FEED);
  const pieces: Uint8Array[] = [];
  const lines: Uint8Array[] = [];
  for (let start = body.indexOf(LINE_FEED) + 1; start < last; ) {
    let end = body.indexOf(LINE_FEED, start);
    const next = end + 1;
    if (body[end - 1] === COMMA) end -= 1;
    const line = body.subarray(start, end);
    lines.push(line);
    pieces.push(line, BREAK);
    start = next;
  }
  if (lines.length === 0 && last > body.indexOf(LINE_FEED)) throw new Error("the answer is not a page of an export");
  const { next_cursor: next } = JSON.parse(`{${Buffer.from(body.subarray(last + 3)).toString()}`) as { next_cursor: string | null };
  return { bytes: Buffer.concat(pieces), lines, next };
}

const BREAK = Buffer.from("\n");

/** Writes, and waits while the reader is slower. */
async function write(out: Writable, bytes: Uint8Array): Promise<void> {
  if (out.write(bytes) || bytes.length === 0) return;
  await new Promise<void>((resolve, reject) => {
    const settle = (done: () => void): void => {
      out.off("drain", drained).off("error", failed);
      done();
    };
    const drained = (): void => settle(resolve);
    const failed = (cause: unknown): void => settle(() => reject(cause));
    out.on("drain", drained).on("error", failed);
  });
}
