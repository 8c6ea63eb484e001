// The commands that end by themselves: `validate` and `pfid`.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parsePfid, validateCreateAgent, validateUpdateAgent } from "agent-registrar";
import { createRegistrar } from "agent-registrar/service";
import { afterAll, describe, expect, test } from "vitest";

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "agent-registrar-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, with these bytes as standard input. */
function run(args: readonly string[], input: string | Uint8Array = "", env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { PATH: process.env["PATH"] ?? "", ...env }, maxBuffer: 1e9 };
    const child = execFile(process.execPath, [CLI, ...args], options, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
    child.stdin?.on("error", () => undefined).end(input);
  });
}

/** The findings of `validate --json` on a text: places and reasons. */
async function found(text: string | Uint8Array, ...args: string[]): Promise<string[][]> {
  const { stdout, stderr } = await run(["validate", "--json", ...args, "-"], text);
  expect(stderr).toBe("");
  return records(stdout).map(({ line, issues, ignored }) => [
    `line ${line}`,
    ...issues.map((issue) => `${issue.line}:${issue.column} ${issue.path.join(".")} ${issue.reason}`),
    ...ignored.map((key) => `${key.line}:${key.column} ${key.path} ignored`),
  ]);
}

interface Line {
  readonly file: string;
  readonly line: number;
  readonly ok: boolean;
  readonly issues: readonly { path: string[]; code: string; reason: string; message: string; line: number; column: number }[];
  readonly ignored: readonly { path: string; line: number; column: number }[];
  readonly error?: { readonly code: string };
}

function records(stdout: string): Line[] {
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

const environment_id = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const good = JSON.stringify({ details: { name: "Ada", environment_id } });

describe("validate", () => {
  test("prints every issue and ignored key with its place, for people and editors", async () => {
    const text = `{\n  "details": {\n    "name": " ",\n    "team": 5,\n    "id": 7\n  },\n  "idempotency_key": ""\n}\n`;
    writeFileSync(join(folder, "body.json"), text);
    expect(await run(["validate", "body.json"])).toEqual({
      code: 1,
      stderr: "",
      stdout: [
        "body.json:3:13: error: details.name: Name must not be blank. [blank]",
        "body.json:2:14: error: details.environment_id: Environment ID is required. [missing]",
        "body.json:5:11: error: details.id: ID must be text. [wrong_type]",
        "body.json:7:22: error: idempotency_key: Idempotency key must not be blank. [blank]",
        "body.json:4:5: warning: details.team: The API ignores this key. [ignored]",
        "1 body: 0 valid, 1 invalid (4 errors, 1 warning)",
        "",
      ].join("\n"),
    });
  });

  test("prints one JSON object for each body, with the API's own answer", async () => {
    const { code, stdout } = await run(["validate", "--json"], `{"details":{"name":5,"x.y":1}}\n${good}`);
    const refused = validateCreateAgent({ details: { name: 5 } });
    expect(code).toBe(1);
    expect(records(stdout)).toEqual([
      {
        file: "-",
        line: 1,
        ok: false,
        issues: [
          { path: ["details", "name"], code: "invalid_value", reason: "wrong_type", message: "Name must be text.", line: 1, column: 20 },
          {
            path: ["details", "environment_id"],
            code: "required_value",
            reason: "missing",
            message: "Environment ID is required.",
            line: 1,
            column: 12,
          },
        ],
        ignored: [{ path: "details.x.y", line: 1, column: 22 }],
        error: refused.ok ? undefined : refused.error,
      },
      { file: "-", line: 2, ok: true, issues: [], ignored: [] },
    ]);
  });

  test("valid bodies end with 0, warnings included", async () => {
    expect(await run(["validate"], good)).toEqual({ code: 0, stderr: "", stdout: "1 body: 1 valid, 0 invalid\n" });
    const { code, stdout } = await run(["validate", "-"], good.replace('"details"', '"extra":1,"details"'));
    expect([code, stdout]).toEqual([
      0,
      "-:1:2: warning: extra: The API ignores this key. [ignored]\n1 body: 1 valid, 0 invalid (1 warning)\n",
    ]);
  });

  test("takes bodies of updates, and a default environment", async () => {
    expect(await found('{"details":{"description":null}}', "--update")).toEqual([["line 1"]]);
    expect(await found('{"details":{"name":null}}', "--update")).toEqual([["line 1", "1:20 details.name missing"]]);
    expect(await found('{"details":{"name":"Ada"}}', "--environment-id", environment_id)).toEqual([["line 1"]]);
  });

  test("files that cannot be read are reported, the others checked, and the end is 2", async () => {
    writeFileSync(join(folder, "good.json"), good);
    const { code, stdout, stderr } = await run(["validate", "missing.json", ".", "good.json", "-"], "{}");
    expect(code).toBe(2);
    expect(stderr).toBe(
      "agent-registrar: cannot read missing.json: there is no such file\nagent-registrar: cannot read .: it is a folder\n",
    );
    expect(stdout).toBe("-:1:1: error: details: Details are required. [missing]\n2 bodies: 1 valid, 1 invalid (1 error)\n");
  });

  test.each<[string, string, string[][]]>([
    ["one line", good, [["line 1"]]],
    ["one line and its break", `${good}\n`, [["line 1"]]],
    ["many lines, some blank", `\n${good}\n\r\n  \n{}\r\n${good}`, [["line 2"], ["line 5", "5:1 details missing"], ["line 6"]]],
    [
      "one document over many lines",
      `\n\n${JSON.stringify({ details: { name: 5, environment_id } }, null, 1)}`,
      [["line 3", "5:11 details.name wrong_type"]],
    ],
    [
      "a document whose second line is an object",
      '{"details":\n{"name":5}\n}',
      [["line 1", "2:9 details.name wrong_type", "2:1 details.environment_id missing"]],
    ],
    ["an array", `[${good}]`, [["line 1", "1:1 details wrong_type"]]],
    ["an array over many lines", `[\n${good}\n]`, [["line 1", "1:1 details wrong_type"]]],
    [
      "values that are no objects",
      "5\nnull\n",
      [
        ["line 1", "1:1 details wrong_type"],
        ["line 2", "2:1 details missing"],
      ],
    ],
    ["NDJSON whose first line is broken", `{"details":{"name":"Ada"\n${good}\n`, [["line 1", "1:25  not_json"], ["line 2"]]],
    ["NDJSON with another broken line", `${good}\n{"details":}\n${good}`, [["line 1"], ["line 2", "2:12  not_json"], ["line 3"]]],
    ["a document that is broken below", '{\n "details": {\n  "name": "Ada",\n }\n}', [["line 1", "4:2  not_json"]]],
    ["nothing", "", [["line 1", "1:1  not_json"]]],
    ["white space", " \n\n", [["line 1", "1:1  not_json"]]],
    ["a byte order mark", `\ufeff${good}`, [["line 1"]]],
    ["byte order marks of concatenated files", `\ufeff${good}\n\ufeff{"details":5}`, [["line 1"], ["line 2", "2:12 details wrong_type"]]],
    ["columns in UTF-16 units", `{"😀":1,"details":5}`, [["line 1", "1:19 details wrong_type", "1:2 😀 ignored"]]],
    ["a key twice", '{"details":{},\n"details":{}}', [["line 1", "2:1  duplicate_key"]]],
    ["a key twice further down", '{"x":[{"a":1,"\\u0061":2}]}', [["line 1", "1:14  duplicate_key"]]],
    ["32 levels", `{"x":${"[".repeat(31)}${"]".repeat(31)},"details":5}`, [["line 1", "1:79 details wrong_type", "1:2 x ignored"]]],
    ["33 levels", `{"x":${"[".repeat(32)}${"]".repeat(32)}}`, [["line 1", "1:37  too_deep"]]],
    ["far too many levels", "[".repeat(1_000_000), [["line 1", "1:33  too_deep"]]],
    ["brackets in texts", `{"details":{"name":"${"[{".repeat(40)}","environment_id":"${environment_id}"}}`, [["line 1"]]],
    [
      "a lone surrogate",
      `{"details":{"name":"\\ud800","environment_id":"${environment_id}"}}`,
      [["line 1", "1:20 details.name not_well_formed"]],
    ],
    ["a comment", `${good} // x`, [["line 1", `1:${good.length + 2}  not_json`]]],
    ["more after the end", `${good} 5`, [["line 1", `1:${good.length + 2}  not_json`]]],
    ["a text that does not end", '{"details', [["line 1", "1:2  not_json"]]],
  ])("reads %s", async (_, text, expected) => {
    expect(await found(text)).toEqual(expected);
  });

  test("bytes that are not UTF-8 are reported at their place", async () => {
    const bytes = (...parts: (string | number[])[]) => Buffer.concat(parts.map((part) => Buffer.from(part as string)));
    expect(await found(bytes("{\n", '"é": "', [0xff], '"}'))).toEqual([["line 1", "2:7  not_utf8"]]);
    expect(await found(bytes(good, "\n", '{"😀', [0xf0, 0x9f], '"}'))).toEqual([["line 1"], ["line 2", "2:5  not_utf8"]]);
    expect(await found(bytes('{"', [0xf0, 0x9f]))).toEqual([["line 1", "1:3  not_utf8"]]);
    // PowerShell 5 redirects as UTF-16.
    expect((await run(["validate"], Buffer.from(`\ufeff${good}`, "utf16le"))).stdout).toContain("The file is UTF-16. Save it as UTF-8.");
  });

  test("a body longer than the API's limit is reported, and not held in memory", async () => {
    const longest = 1_048_576;
    const padded = (length: number) => `{"details":5}${" ".repeat(length - 13)}`;
    expect(await found(padded(longest))).toEqual([["line 1", "1:12 details wrong_type"]]);
    expect(await found(padded(longest + 1))).toEqual([["line 1", "1:1  too_long"]]);
    expect(await found(`${good}\n${padded(longest + 1)}\n${good}`)).toEqual([["line 1"], ["line 2", "2:1  too_long"], ["line 3"]]);
    const lines = `{\n"details":5,\n${'"x":1,\n'.repeat(200_000)}"y":1}`;
    expect(await found(lines)).toEqual([["line 1", "1:1  too_long"]]);
  });

  test("NDJSON streams: a body is judged as soon as its line has arrived", async () => {
    const child = spawn(process.execPath, [CLI, "validate", "--json"], { stdio: ["pipe", "pipe", "inherit"] });
    const answers = child.stdout.setEncoding("utf8")[Symbol.asyncIterator]();
    // Two lines decide that it is NDJSON.
    child.stdin.write(`${good}\n{}\n`);
    let said = "";
    while (records(said).length < 2) said += (await answers.next()).value as string;
    child.stdin.write(`${good.slice(0, 5)}`);
    child.stdin.write(`${good.slice(5)}\n`);
    while (records(said).length < 3) said += (await answers.next()).value as string;
    child.stdin.end();
    expect(records(said).map(({ line, ok }) => [line, ok])).toEqual([
      [1, true],
      [2, false],
      [3, true],
    ]);
  });

  test("a reader that closes its end of the pipe causes no error", async () => {
    writeFileSync(join(folder, "many.ndjson"), '{"details":{"name":5}}\n'.repeat(20_000));
    for (const args of ["validate many.ndjson", "validate --json many.ndjson", "pfid generate --count 100000", "--help"]) {
      const { stdout, stderr, code } = await new Promise<Ended>((resolve) => {
        const line = `"${process.execPath}" "${CLI}" ${args} | head -n 1`;
        execFile("sh", ["-c", line], { cwd: folder }, (error, out, err) =>
          resolve({ code: Number(error?.code ?? 0), stdout: out, stderr: err }),
        );
      });
      expect([args, code, stderr]).toEqual([args, 0, ""]);
      expect(stdout).not.toBe("");
    }
  });

  test("a terminal or FORCE_COLOR turns colours on, and NO_COLOR turns them off", async () => {
    const isColoured = async (env: Record<string, string>) => (await run(["validate"], "{}", env)).stdout.includes("\u001b[");
    expect(await isColoured({})).toBe(false);
    expect(await isColoured({ FORCE_COLOR: "1" })).toBe(true);
    expect(await isColoured({ FORCE_COLOR: "" })).toBe(true);
    expect(await isColoured({ FORCE_COLOR: "0" })).toBe(false);
    expect(await isColoured({ NO_COLOR: "1" })).toBe(false);
    expect(await isColoured({ NO_COLOR: "1", FORCE_COLOR: "1" })).toBe(true);
    // JSON is for programs.
    expect((await run(["validate", "--json"], "{}", { FORCE_COLOR: "1" })).stdout).not.toContain("\u001b[");
  });

  test("control characters in keys and file names are escaped for a terminal", async () => {
    const { stdout, stderr } = await run(["validate", "\u001b[31mx", "-"], '{"\\u001b[2J\\nx\\u202e":1}');
    expect(stdout).toContain("-:1:2: warning: \\u001b[2J\\u000ax\\u202e: The API ignores this key.");
    expect(stderr).toContain("cannot read \\u001b[31mx: ");
  });

  const corpus = (name: string) =>
    JSON.parse(readFileSync(new URL(`../corpus/${name}.json`, import.meta.url), "utf8")) as {
      body?: unknown;
      raw?: string;
      options?: unknown;
    }[];

  test.each([
    ["create_agent", [], validateCreateAgent],
    ["update_agent", ["--update"], validateUpdateAgent],
  ] as const)("agrees with the validator on every body of the corpus: %s", async (name, args, validate) => {
    const texts = corpus(name)
      .filter(({ options }) => options === undefined)
      .map(({ body, raw }) => (raw ?? JSON.stringify(body)).replaceAll("\n", " "))
      .filter((text) => text.length < 1_000_000 && !/\p{Cs}/u.test(text));
    const { stdout } = await run(["validate", "--json", ...args], texts.join("\n"));
    const lines = records(stdout);
    expect(lines).toHaveLength(texts.length);
    lines.forEach((line, index) => {
      const result = validate(JSON.parse(texts[index] as string));
      expect(line.ok).toBe(result.ok);
      expect(line.ignored.map(({ path }) => path)).toEqual(result.ignored);
      expect(line.issues.map(({ line: _, column: __, ...issue }) => issue)).toEqual(result.ok ? [] : result.issues);
    });
  });

  test("accepts the same JSON texts as the API's reader", async () => {
    const texts = [
      ...[
        "{}",
        "{ }",
        '{"a":1e5}',
        '{"a":-0.5E+3}',
        '{"a":"\\u00e9\\/"}',
        '{"a":[]}',
        '{"a":[[],{}]}',
        '{"a":true,"b":false,"c":null}',
        "\t{}",
      ],
      ...["{", "}", '{"a"}', '{"a":}', '{"a":1,}', "{,}", "{'a':1}", "{a:1}", '{"a":01}', '{"a":1.}', '{"a":.5}', '{"a":+1}', '{"a":-}'],
      ...['{"a":1e}', '{"a":NaN}', '{"a":tru}', '{"a":"\\x"}', '{"a":"\\u12"}', '{"a":"\t"}', '{"a":"\u007f"}', '{"a":[1,]}', '{"a":[,1]}'],
      ...['{"a":1 "b":2}', '{"a":1}{}', '{"a":1}/**/', "\u00a0{}", "{}\u00a0", "\u2028{}", "{}\0", '{"a":"b', '{"a" 1}', '{"a"::1}'],
      ...['{"a":1,"a":1}', '{"a":{"b":1,"b":1}}', '{"__proto__":1,"__proto__":2}', "\u000b{}"],
    ];
    const registrar = createRegistrar();
    const headers = { authorization: `Bearer ${registrar.defaults.token}`, "content-type": "application/json" };
    for (const line of records((await run(["validate", "--json"], `${good}\n${texts.join("\n")}`)).stdout).slice(1)) {
      const text = texts[line.line - 2] as string;
      const { status } = registrar.handle("POST", "/api/v1/agent", headers, new TextEncoder().encode(text));
      expect([text, line.error?.code === "bad_request"]).toEqual([text, status === 400]);
    }
  });
});

describe("pfid", () => {
  test("generates increasing ids of a partition and a time", async () => {
    const { code, stdout } = await run(["pfid", "generate", "--count", "5000", "--at", "2026-05-07T12:00:00.5+02:00", "--partition", "7"]);
    const ids = stdout.trimEnd().split("\n");
    expect([code, ids.length]).toEqual([0, 5000]);
    expect(ids).toEqual([...new Set(ids)].sort());
    const { timestamp, partition } = parsePfid(ids[0] as string) ?? expect.fail();
    expect([timestamp, partition]).toEqual([Date.UTC(2026, 4, 7, 10, 0, 0, 500), 7]);
  });

  test("by default, one id of now in the default account's partition; as an id names it; as JSON", async () => {
    const before = Date.now();
    const parts = parsePfid((await run(["pfid", "generate"])).stdout.trim()) ?? expect.fail();
    expect(parts.partition).toBe(123_456_789);
    expect(parts.timestamp).toBeGreaterThanOrEqual(before);
    const { stdout } = await run(["pfid", "generate", "--partition", "000000000000000z0000000000000000", "--json"]);
    expect(parsePfid((JSON.parse(stdout) as { id: string }).id)?.partition).toBe(31);
  });

  test("parses ids for people and programs, from arguments and standard input", async () => {
    const id = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";
    const parts = parsePfid(id) ?? expect.fail();
    const randomness = Buffer.from(parts.randomness).toString("hex");
    expect(await run(["pfid", "parse", id])).toEqual({
      code: 0,
      stderr: "",
      stdout: `${id}\n  time        2009-02-13T23:31:30.000Z (1234567890000 ms)\n  partition   123456789\n  randomness  ${randomness}\n`,
    });
    const { code, stdout } = await run(["pfid", "parse", "--json", "-"], `${id}\r\n\nnope\n7${"z".repeat(31)}`);
    expect(code).toBe(1);
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
    ).toMatchObject([
      { id, timestamp: 1_234_567_890_000, time: "2009-02-13T23:31:30.000Z", partition: 123_456_789, randomness },
      { id: "nope", error: expect.stringContaining("is not a PFID") as string },
      { timestamp: 2 ** 48 - 1, time: null, partition: 2 ** 30 - 1 },
    ]);
    const wrong = await run(["pfid", "parse", id.toUpperCase(), id]);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining(`'${id.toUpperCase()}' is not a PFID`)]);
    expect(wrong.stdout).toContain("partition   123456789");
  });
});

describe("a command of commands", () => {
  const USAGE = /^agent-registrar (account|token|pfid): .+\n\nUsage: /;

  test.each([
    ["account", "create or list"],
    ["token", "create, list or revoke"],
    ["pfid", "generate or parse"],
  ])("%s", async (command, names) => {
    for (const help of [["--help"], ["-h"], [names.split(/\W/)[0] as string, "--help"]]) {
      const ended = await run([command, ...help]);
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      expect(USAGE.exec(ended.stdout)?.[1]).toBe(command);
    }
    const wrong = [
      { args: [], message: `${command} needs a command: ${names}` },
      { args: ["toString"], message: `unknown command '${command} toString'` },
      { args: ["--toString"], message: "Unknown option '--toString'" },
    ];
    for (const { args, message } of wrong) {
      const { code, stdout, stderr } = await run([command, ...args]);
      expect([code, stdout, stderr.includes(message)]).toEqual([2, "", true]);
    }
  });
});
