// Makes the archive that would be published, which cargo builds natively, and checks it on wasm32 outside of this tree.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at, fail, must, targetDir } from "../../scripts/lib.mjs";

async function main() {
  const [, version] = /^version = "(.*)"$/m.exec(readFileSync(at("Cargo.toml"), "utf8"));
  await must("cargo", ["package", "--quiet", "--locked", "--allow-dirty", "--package", "agent-registrar"]);
  const folder = mkdtempSync(join(tmpdir(), "agent-registrar-"));
  try {
    const name = `agent-registrar-${version}`;
    await must("tar", ["-xf", join(targetDir, "package", `${name}.crate`), "-C", folder]);
    const env = { CARGO_TARGET_DIR: join(targetDir, "crate") };
    for (const features of [["--no-default-features"], ["--features", "http,json,sql"]]) {
      const check = ["check", "--quiet", "--locked", "--lib", "--target", "wasm32-unknown-unknown"];
      await must("cargo", [...check, ...features], { cwd: join(folder, name), env });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await main().catch(fail);
