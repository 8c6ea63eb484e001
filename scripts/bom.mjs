// The bill of materials of the package: CycloneDX 1.6, in JSON. The same inputs give the same bytes, so it has no time and no serial number.
import { readFileSync } from "node:fs";
import { at, output } from "./lib.mjs";
import { bundledPackages, crates } from "./parts.mjs";

const ours = "MIT OR Apache-2.0";

/** An SPDX expression; Cargo's older form has a slash. */
const licenses = (expression) => [{ expression: expression.replaceAll("/", " OR ") }];

const ref = ({ name, version }) => `pkg:cargo/${name}@${version}`;

/** SHA-256 of each crate's archive, by `name version`, as Cargo.lock has it. */
function checksums() {
  const sums = new Map();
  for (const block of readFileSync(at("Cargo.lock"), "utf8").split("[[package]]")) {
    const field = (key) => new RegExp(`^${key} = "(.*)"$`, "m").exec(block)?.[1];
    if (field("checksum") !== undefined) sums.set(`${field("name")} ${field("version")}`, field("checksum"));
  }
  return sums;
}

function crateComponent(crate, sums) {
  return {
    type: "library",
    "bom-ref": ref(crate),
    name: crate.name,
    version: crate.version,
    hashes: [{ alg: "SHA-256", content: sums.get(`${crate.name} ${crate.version}`) }],
    licenses: licenses(crate.license),
    purl: ref(crate),
    properties: crate.inWasm.map((feature) => ({ name: "agent-registrar:file", value: `${feature}.wasm` })),
  };
}

function packageComponent({ name, version, license, integrity }) {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const sha512 = Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");
  const hashes = [{ alg: "SHA-512", content: sha512 }];
  return { type: "library", "bom-ref": purl, name, version, hashes, licenses: licenses(license), purl };
}

/** The bill of materials of what is in dist/. */
export function bom() {
  const { name, version } = JSON.parse(readFileSync(at("package.json"), "utf8"));
  const root = `pkg:npm/${name}@${version}`;
  const inWasm = crates().filter((crate) => crate.inWasm.length > 0);
  const known = new Set(inWasm.map((crate) => `${crate.name} ${crate.version}`));
  const bundled = bundledPackages().map(packageComponent);
  const sums = checksums();
  const rust = /^release: (.*)$/m.exec(output("rustc", ["-vV"]) ?? "")?.[1] ?? "unknown";
  const standard = {
    type: "library",
    "bom-ref": `pkg:generic/rust-std@${rust}`,
    name: "rust-std",
    version: rust,
    licenses: licenses(ours),
    purl: `pkg:generic/rust-std@${rust}`,
  };
  const components = [...inWasm.map((crate) => crateComponent(crate, sums)), ...bundled, standard];
  const uses = (crate) => crate.uses.filter((one) => known.has(one)).map((one) => `pkg:cargo/${one.replace(" ", "@")}`);
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { type: "library", "bom-ref": root, name, version, licenses: licenses(ours), purl: root } },
    components,
    dependencies: [
      { ref: root, dependsOn: components.map((one) => one["bom-ref"]) },
      ...inWasm.map((crate) => ({ ref: ref(crate), dependsOn: uses(crate) })),
    ],
  };
}
