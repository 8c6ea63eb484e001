// The OpenAPI document in linters and generators of clients. The clients are compiled, and make calls to a server.
//
//   node tests/openapi/run.mjs
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { build } from "esbuild";
import { at, digest, fail, Failure, isMain, must, say } from "../../scripts/lib.mjs";
import { noPython, python } from "../../scripts/python.mjs";

const folder = fileURLToPath(new URL(".", import.meta.url));
const inFolder = (...parts) => join(folder, ...parts);
const tool = (name, ...path) => inFolder("node_modules", ...name.split("/"), ...path);
const document = at("docs", "openapi.json");
/** Generated clients. In the root's folder, so that `agent-registrar/…` is this package. */
const work = at("build", "openapi");
const typescript = join(work, "typescript");
const node = process.execPath;

/** Runs an installation again only when what it installs has changed. */
async function once(stampFile, inputs, install) {
  const stamp = digest(inputs);
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  await install();
  writeFileSync(stampFile, stamp);
}

async function installGenerators() {
  await once(inFolder("node_modules", ".stamp"), [inFolder("package-lock.json")], () =>
    must("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder }),
  );
}

/** A Node that orval 8 can run in. */
function newNode() {
  const [major] = process.versions.node.split(".").map(Number);
  const packed = tool(`node-${process.platform}-${process.arch}`, "bin", "node");
  return major >= 22 || !existsSync(packed) ? node : packed;
}

async function lint() {
  const redocly = [tool("@redocly/cli", "bin", "cli.js"), "lint", "--extends=recommended", "--format=json", document];
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  const { stdout } = spawnSync(node, redocly, { encoding: "utf8", env });
  const { problems } = JSON.parse(stdout.slice(stdout.indexOf("{")));
  // Warnings do not make it fail by themselves.
  if (problems.length > 0) throw new Failure(`Redocly: ${JSON.stringify(problems, null, 2)}`);
  say("Redocly: nothing to say.");
  const spectral = tool("@stoplight/spectral-cli", "dist", "index.js");
  await must(node, [spectral, "lint", "--fail-severity=hint", "--ruleset", inFolder("spectral.json"), document]);
}

/** orval of one version, with its client for `fetch`. It takes its configuration from a file alone. */
async function orval(version, binary, runtime) {
  const target = join(typescript, version);
  const output = { target: join(target, "api.ts"), schemas: join(target, "model"), client: "fetch", mode: "single" };
  const config = join(work, `${version}.config.cjs`);
  writeFileSync(config, `module.exports = ${JSON.stringify({ api: { input: { target: document }, output } })};\n`);
  await must(runtime, [tool(version, ...binary), "--config", config]);
}

async function generateTypeScript() {
  await must(node, [tool("openapi-typescript", "bin", "cli.js"), document, "--output", join(typescript, "openapi-typescript.d.ts")]);
  const heyApi = ["--input", document, "--output", join(typescript, "hey-api"), "--client", "@hey-api/client-fetch", "--no-log-file"];
  await must(node, [tool("@hey-api/openapi-ts", "bin", "run.js"), ...heyApi]);
  await orval("orval-7", ["dist", "bin", "orval.js"], node);
  await orval("orval-8", ["dist", "bin", "orval.mjs"], newNode());
  await must(node, [at("node_modules", "typescript", "bin", "tsc"), "--project", inFolder("tsconfig.json")]);
}

async function callFromTypeScript() {
  const outfile = join(work, "live.mjs");
  await build({
    entryPoints: [inFolder("live.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    external: ["agent-registrar/*"],
    outfile,
  });
  await must(node, [outfile], { cwd: at() });
}

async function generatePython() {
  const venv = inFolder(".venv");
  const executable = (name) => join(venv, ...(process.platform === "win32" ? ["Scripts", `${name}.exe`] : ["bin", name]));
  await once(join(venv, "stamp"), [inFolder("requirements.txt")], async () => {
    await must(python(), ["-m", "venv", "--clear", venv]);
    const pip = ["-m", "pip", "--quiet", "--disable-pip-version-check"];
    await must(executable("python"), [...pip, "install", "--no-deps", "--requirement", inFolder("requirements.txt")]);
    await must(executable("python"), [...pip, "check"]);
  });
  const target = join(work, "python", "registrar_client");
  const config = ["--meta", "none", "--config", inFolder("python.yaml"), "--fail-on-warning"];
  await must(executable("openapi-python-client"), ["generate", "--path", document, "--output-path", target, "--overwrite", ...config]);
  await must(executable("python"), ["-m", "compileall", "-q", target]);
  const { serve } = await import(new URL("../../dist/node.js", import.meta.url).href);
  const server = await serve({ port: 0 });
  try {
    const { token, environment_id } = server.registrar.defaults;
    await must(executable("python"), [inFolder("live.py"), join(work, "python"), server.url, token, environment_id]);
  } finally {
    await server.close();
  }
}

async function main() {
  await installGenerators();
  rmSync(work, { recursive: true, force: true });
  mkdirSync(typescript, { recursive: true });
  await lint();
  await generateTypeScript();
  await callFromTypeScript();
  const missing = noPython();
  if (missing === null) await generatePython();
  else say(`The Python client was not generated: ${missing}`);
}

if (isMain(import.meta)) await main().catch(fail);
