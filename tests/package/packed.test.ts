// The published package: packed, installed into an empty folder, and used from there.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { basename, extname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const root = new URL("../..", import.meta.url);
let app: string;
let packed: { files: readonly { path: string }[] };

beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), "agent-registrar-"));
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", app], { cwd: root });
  // npm prints a list, or from version 12 on an object by name.
  [packed] = Object.values(JSON.parse(stdout) as object) as [typeof packed];
  const [tarball = ""] = (await readdir(app)).filter((name) => name.endsWith(".tgz"));
  await writeFile(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${tarball}`], { cwd: app });
}, 120_000);

afterAll(() => rm(app, { recursive: true, force: true }));

async function runs(name: string, program: string): Promise<unknown> {
  await writeFile(join(app, name), program);
  const { stdout, stderr } = await run(process.execPath, [name], { cwd: app });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

test("the package has the promised files, and none of the project's own tooling", () => {
  const paths = packed.files.map(({ path }) => path);
  for (const path of [
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "README.md",
    "SECURITY.md",
    "THIRD-PARTY-LICENSES.txt",
    "dist/bom.cdx.json",
    "dist/index.js",
    "dist/index.cjs",
    "dist/agent-registrar.global.js",
    "dist/validator.wasm",
    "dist/agent.wasm",
    "dist/service.wasm",
    "dist/cli.js",
  ]) {
    expect(paths).toContain(path);
  }
  expect(
    paths.filter(
      (path) =>
        !/^(dist\/|docs\/|examples\/|worker\/|CHANGELOG\.md$|(cloudflare|cloudflare\/durable|node|service|service\/slim|service-worker|slim|sqlite)\/package\.json$|LICENSE-|README\.md$|SECURITY\.md$|THIRD-PARTY-LICENSES\.txt$|package\.json$)/.test(
          path,
        ),
    ),
  ).toEqual([]);
  expect(paths.filter((path) => /^(worker|examples)\/.*(\.dev\.vars$|\.wrangler|node_modules|package-lock|\/dist\/)/.test(path))).toEqual(
    [],
  );
});

/** The anchors of a document's headings, as GitHub and npm generate them. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

test("the links in the package's documents have targets in the package", async () => {
  const paths = packed.files.map(({ path }) => path);
  const read = (page: string): Promise<string> => readFile(new URL(page, `${root}/`), "utf8");
  for (const page of paths.filter((path) => path.endsWith(".md"))) {
    for (const [, link = ""] of (await read(page)).matchAll(/\]\(([^):]+)\)/g)) {
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? page : posix.join(posix.dirname(page), file);
      expect(paths, `${page} links to ${link}`).toContain(target);
      if (anchor !== undefined) expect(anchorsOf(await read(target)), `${page} links to ${link}`).toContain(anchor);
    }
  }
});

test("plain Node imports it without flags and without await", async () => {
  const answer = await runs(
    "plain.js",
    `import { validateCreateAgent, buildAgentResponse } from "agent-registrar";
     const result = validateCreateAgent({ details: { name: " Ada ", environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1" } });
     console.log(JSON.stringify(buildAgentResponse(result.value, { now: 0 })));`,
  );
  expect(answer).toMatchObject({
    status: "success",
    details: { type: "agent", name: "Ada", status: "pending", inserted_at: "1970-01-01T00:00:00.000000Z" },
  });
});

test("the service answers from an installed package", async () => {
  const answer = await runs(
    "service.js",
    `import { createRegistrar } from "agent-registrar/service";
     const registrar = createRegistrar();
     const response = await registrar.fetch("http://localhost/api/v1/ping", { headers: { authorization: "Bearer " + registrar.defaults.token } });
     console.log(await response.text());`,
  );
  expect(answer).toEqual({ status: "success", details: { token_type: "api" } });
});

test("a worker's own tests can import it in Node", async () => {
  const answer = await runs(
    "worker.js",
    `import worker from "agent-registrar/cloudflare";
     const environment = { AGENT_REGISTRAR_TOKENS: '[{"token":"t"}]' };
     const request = new Request("http://localhost/api/v1/ping", { headers: { authorization: "Bearer t" } });
     console.log(await (await worker.fetch(request, environment)).text());`,
  );
  expect(answer).toMatchObject({ status: "success" });
});

test("the command runs", async () => {
  const { stdout } = await run(join(app, "node_modules", ".bin", "agent-registrar"), ["--version"]);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("a bundler with its defaults builds it into one script of a page", async () => {
  await writeFile(join(app, "index.html"), `<script type="module" src="./page.js"></script>`);
  await writeFile(
    join(app, "page.js"),
    `import { validateCreateAgent } from "agent-registrar"; document.title = String(validateCreateAgent({}).ok);`,
  );
  await build({ root: app, logLevel: "error", configFile: false, build: { outDir: join(app, "out") } });
  const assets = await readdir(join(app, "out", "assets"));
  expect(assets.map((name) => extname(name))).toEqual([".js"]);
  const answer = await runs(
    "bundled.js",
    `globalThis.document = { createElement: () => ({ relList: { supports: () => true } }) };
     globalThis.fetch = () => { throw new Error("nothing is fetched"); };
     await import("./out/assets/${assets[0]}");
     console.log(document.title);`,
  );
  expect(answer).toBe(false);
}, 60_000);

test("no file names a folder of the machine that built it", async () => {
  const folders = [
    fileURLToPath(root),
    homedir(),
    tmpdir(),
    ...[process.env["CARGO_HOME"], process.env["RUSTUP_HOME"]].filter((path) => path !== undefined),
  ];
  for (const { path } of packed.files) {
    const text = await readFile(join(app, "node_modules", "agent-registrar", path), "latin1");
    // The shortest folder that could be mistaken for a word: `/root` of `/root/.cargo`.
    for (const folder of folders) expect(text.includes(`${folder.replace(/\/$/, "")}/`), `${path} has ${folder}`).toBe(false);
  }
});

test("published scripts have maps with their sources, and the lines of their bytes are apart", async () => {
  const folder = join(app, "node_modules", "agent-registrar");
  for (const { path } of packed.files.filter(({ path }) => /^dist\/[^/]*\.c?js$/.test(path))) {
    const text = await readFile(join(folder, path), "utf8");
    const map = JSON.parse(await readFile(join(folder, `${path}.map`), "utf8")) as { sources: string[]; sourcesContent: string[] };
    expect(text, path).toContain(`\n//# sourceMappingURL=${basename(path)}.map`);
    expect(map.sourcesContent, path).toHaveLength(map.sources.length);
    for (const source of map.sources) expect(source, path).not.toMatch(/^([a-z]+:\/\/|\/|[A-Z]:)/);
    for (const line of text.split("\n")) if (line.length > 1_000) expect(line, path).toMatch(/^[0-9a-f]+$/);
  }
});

test("resolvers that don't know `exports` find each entry and its typings", async () => {
  const folder = join(app, "node_modules", "agent-registrar");
  interface Manifest {
    readonly exports: Readonly<Record<string, unknown>>;
    readonly main: string;
    readonly module: string;
    readonly types: string;
  }
  const read = async (path: string) => JSON.parse(await readFile(join(path, "package.json"), "utf8")) as Manifest;
  const subpaths = Object.keys((await read(folder)).exports).filter((name) => !/\.(wasm|json)$/.test(name));
  expect(subpaths).toHaveLength(9);
  for (const subpath of subpaths) {
    const stub = await read(join(folder, subpath));
    for (const file of [stub.main, stub.module, stub.types])
      expect(existsSync(join(folder, subpath, file)), `${subpath}: ${file}`).toBe(true);
  }
});

test.each(["worker", "examples/hono-gateway", "examples/react-form", "examples/sdk-test"])(
  "%s can be copied out: it names a published version, and nothing beside it",
  async (name) => {
    const folder = join(app, "node_modules", "agent-registrar", name);
    const { dependencies, devDependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
      dependencies?: Record<string, string>;
      devDependencies?: Record<string, string>;
    };
    const { version } = JSON.parse(await readFile(new URL("package.json", `${root}/`), "utf8")) as { version: string };
    expect({ ...devDependencies, ...dependencies }["agent-registrar"]).toBe(`^${version}`);
    const files = packed.files.map(({ path }) => path).filter((path) => path.startsWith(`${name}/`) && !path.endsWith(".md"));
    for (const file of files) {
      const text = await readFile(join(app, "node_modules", "agent-registrar", file), "utf8");
      for (const [, path = ""] of text.matchAll(/["'](\.\.\/[^"']*)["']/g)) {
        expect(posix.join(posix.dirname(file), path).startsWith(`${name}/`), `${file} names ${path}`).toBe(true);
      }
    }
  },
);
