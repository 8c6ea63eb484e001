// What is done with a block, by its language.
import { existsSync, readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { at } from "../../../scripts/lib.mjs";
import { checks } from "../checks.mjs";
import { difference, jsonDifference } from "./markdown.mjs";

const TSCONFIG = {
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2023", "DOM", "DOM.Iterable"],
    module: "ESNext",
    moduleResolution: "bundler",
    jsx: "react-jsx",
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    // The types of libraries are theirs; those of this package have a test of their own.
    skipLibCheck: true,
    noEmit: true,
  },
  include: ["*.ts", "*.tsx"],
};

/** Files that only a later block or a check uses. */
const FILES = new Set(["json", "jsonc", "sql", "toml", "css", "vue", "html"]);
const TYPED = new Set(["ts", "tsx"]);
const SCRIPTS = new Set(["js", "mjs", "cjs", "jsx"]);

const nameOf = ({ name, language, where }) => name || `block-${where.split(":").at(-1)}.${language === "js" ? "mjs" : language}`;

/** The block's promise about what the block before it printed. */
function compare(session, block) {
  if (session.printed === undefined) throw new Error("promises output, but nothing ran before it");
  const found =
    block.language === "json"
      ? jsonDifference(JSON.parse(session.withPorts(block.code)), JSON.parse(session.printed))
      : difference(session.withPorts(block.code), session.printed);
  if (found !== null) throw new Error(`the output differs from what is promised: ${found}\nIt was:\n${session.printed}`);
}

async function bundle(session, file, { platform, outfile, external = [] }) {
  const { build } = await import("esbuild");
  await build({
    entryPoints: [session.path(file)],
    absWorkingDir: session.cwd,
    bundle: true,
    format: "esm",
    platform,
    jsx: "automatic",
    external,
    logLevel: "silent",
    ...(outfile === undefined ? { write: false } : { outfile: session.path(outfile) }),
  });
}

async function typed(session, block) {
  const file = nameOf(block);
  await session.write(file, block.code);
  if (!existsSync(session.path("tsconfig.json"))) await session.write("tsconfig.json", JSON.stringify(TSCONFIG, null, 2));
  if ("file" in block.words) return;
  const config = { ...TSCONFIG, include: [file] };
  await session.write("tsconfig.block.json", JSON.stringify(config));
  await session.run(process.execPath, [at("node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.block.json"]);
  const outfile = "run" in block.words ? `${file}.mjs` : undefined;
  await bundle(session, file, { platform: outfile === undefined ? "browser" : "node", outfile });
  if (outfile !== undefined) await session.run(process.execPath, [outfile]);
}

async function script(session, block) {
  const file = nameOf(block);
  await session.write(file, block.code);
  if ("file" in block.words || "check" in block.words) return;
  if (extname(file) === ".jsx") await bundle(session, file, { platform: "browser" });
  else await session.run(process.execPath, [file]);
}

/** A doc test of the crate: rustdoc runs it, as src/lib.rs includes the document. */
function rust(block) {
  const document = block.where.split(":")[0];
  if (!readFileSync(at("src", "lib.rs"), "utf8").includes(`include_str!("../${document}")`)) {
    throw new Error(`src/lib.rs does not include ${document}, so no doc test runs this block`);
  }
}

/** A block that a test elsewhere runs: that test must read the document. */
function elsewhere(block) {
  const { by } = block.words;
  const document = basename(block.where.split(":")[0]);
  if (!existsSync(at(by)) || !readFileSync(at(by), "utf8").includes(document)) throw new Error(`${by} does not read ${document}`);
}

/** The `file` blocks that nothing uses: no other block names the file, and no later one is checked. */
export function unusedFiles(blocks) {
  return blocks.filter((block, index) => {
    if (!("file" in block.words)) return false;
    const stem = basename(block.name).replace(/\.\w+$/, "");
    const isNamed = blocks.some(({ code }, other) => other !== index && code.includes(stem));
    return block.name === "" || !(isNamed || blocks.slice(index + 1).some(({ words }) => "check" in words));
  });
}

/** Runs one block; resolves to "ran", "full" or "skipped", or throws. */
export async function runBlock(session, block) {
  const { language, words } = block;
  if ("skip" in words) return "skipped";
  if ("by" in words) return (elsewhere(block), "ran");
  if ("full" in words && !session.full) return "full";
  if (language === "rust") return (rust(block), "ran");
  if ("given" in words) await session.shell(`npm install ${words.given}`);
  if (language === "text" || "output" in words) compare(session, block);
  else if (language === "sh") {
    if ("server" in words) await session.serve(block.code, words.server || "8787");
    else await session.shell(block.code);
  } else if (TYPED.has(language)) await typed(session, block);
  else if (SCRIPTS.has(language)) await script(session, block);
  else if (FILES.has(language)) {
    if (!("check" in words) && !("file" in words))
      throw new Error(`nothing tests this ${language}: it needs a check, or to be a file of another block`);
    await session.write(nameOf(block), block.code);
  } else if (!("check" in words)) throw new Error(`nothing knows how to test a block of ${language || "no language"}`);
  if ("check" in words) {
    const check = checks[words.check];
    if (check === undefined) throw new Error(`tests/docs/checks.mjs has no check ${words.check}`);
    await check(session, { ...block, name: nameOf(block) });
  }
  return "ran";
}
