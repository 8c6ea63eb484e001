// The cost of each binding from JavaScript to the rules: the package's, which passes numbers, and wasm-bindgen's.

import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { VALIDATE_KINDS } from "../lib/inputs.mjs";
import { interleaved } from "../lib/measure.mjs";
import { start } from "../lib/process.mjs";
import { duration, ratio, table } from "../lib/table.mjs";

export const title = "Bindings";
export const peers = [];

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const CONTENDERS = ["ours", "bindgen"];

const ALIKE = `The same bodies through the same rules. The package passes all texts at once and gets one number back. The feature
\`bindgen\` of \`wasm/\` reads each property through \`Reflect\`, and serde-wasm-bindgen converts its results to objects.
Node, one body; in brackets the time relative to the package.`;

/** The binding as users of wasm-bindgen build it: release profile, no wasm-opt. */
function build() {
  const wasm32 = "wasm32-unknown-unknown";
  execFileSync(
    "cargo",
    ["build", "--quiet", "--locked", "--release", "--package", "agent-registrar-wasm", "--target", wasm32, "--features", "bindgen"],
    { cwd: at("."), stdio: ["ignore", 2, 2] },
  );
  const compiled = at(`target/${wasm32}/release/agent_registrar_wasm.wasm`);
  execFileSync(at("target/tools/bin/wasm-bindgen"), [
    compiled,
    "--target",
    "web",
    "--out-dir",
    at("build/bindgen"),
    "--out-name",
    "bindgen",
  ]);
}

export async function run({ quick, progress }) {
  progress("cargo builds the binding");
  build();
  const started = await Promise.all(
    CONTENDERS.map(async (name) => {
      const process = await start("validate/child.mjs", { args: [name] });
      return { ...process, ...(await process.call("about")) };
    }),
  );
  try {
    for (const contender of started) for (const kind of VALIDATE_KINDS) await contender.call("run", kind, quick ? 20 : 60);
    const measured = await interleaved({
      contenders: started,
      cells: VALIDATE_KINDS,
      rounds: quick ? 5 : 15,
      measure: (contender, kind) => contender.call("run", kind, quick ? 10 : 30),
      progress,
    });
    const [ours] = started;
    const rows = started.map((contender) => [
      contender.name,
      ...VALIDATE_KINDS.map((kind) => {
        const time = measured.get(contender).get(kind).median;
        return contender === ours ? duration(time) : `${duration(time)} (${ratio(time / measured.get(ours).get(kind).median)})`;
      }),
    ]);
    const size = Math.round(statSync(at("build/bindgen/bindgen_bg.wasm")).size / 1024);
    return [ALIKE, table(["", ...VALIDATE_KINDS], rows), `wasm-bindgen's output is ${size} KB of wasm before wasm-opt.`].join("\n\n");
  } finally {
    await Promise.all(started.map(({ stop }) => stop()));
  }
}
