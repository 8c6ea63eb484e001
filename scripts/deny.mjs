// Runs cargo-deny by deny.toml on the crate and on the bindings: what is published, not what only tests need.
//
// Advisories need a database, which is downloaded. Where that is impossible, the other checks still count, and this says so.
import { at, fail, Failure, isMain, output, quietly, run, say } from "./lib.mjs";

const program = at("target", "tools", "bin", "cargo-deny");

async function main() {
  const hasAdvisories = await quietly(program, ["deny", "--config", at("deny.toml"), "fetch", "db"]).then(
    () => true,
    () => false,
  );
  if (!hasAdvisories) say("SKIPPED: advisories, because their database could not be downloaded.");
  const checks = ["bans", "licenses", "sources", ...(hasAdvisories ? ["advisories"] : [])];
  let failures = 0;
  for (const manifest of [at("Cargo.toml"), at("wasm", "Cargo.toml")]) {
    say(`${output("cargo", ["pkgid", "--manifest-path", manifest])?.replace(/.*[/#]/, "") ?? manifest}: ${checks.join(", ")}`);
    const options = ["--locked", "--config", at("deny.toml"), "--manifest-path", manifest];
    if ((await run(program, ["deny", ...options, "check", ...checks])) !== 0) failures++;
  }
  if (failures > 0) throw new Failure("cargo-deny refuses something; deny.toml has the rules.");
}

if (isMain(import.meta)) await main().catch(fail);
