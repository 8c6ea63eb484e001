// Writes THIRD-PARTY-LICENSES.txt: the licenses of all software of others that the package and the crate contain.
//
//   npm run licenses   needs a build, because it asks the source maps of dist/ which packages are bundled
import { readFileSync, writeFileSync } from "node:fs";
import { at, fail, isMain, say } from "./lib.mjs";
import { bundledPackages, crates, licenseTexts } from "./parts.mjs";

export const FILE = "THIRD-PARTY-LICENSES.txt";

const RULE = "=".repeat(80);
const INTRODUCTION = `Software of others in agent-registrar, and its licenses.

"wasm" marks what is compiled into the WebAssembly files of the npm package, "js" what is bundled into its JavaScript, "crate" what a program
with the Rust crate and all of its features contains. Where a choice of licenses is offered, the MIT license is chosen.

Written by \`npm run licenses\`.`;

/** The standard library has no folder to read a license from. It names its licenses in COPYRIGHT of Rust's repository. */
const STANDARD_LIBRARY = `The Rust standard library (wasm, crate)
MIT OR Apache-2.0, Copyright (c) The Rust Project Contributors, under the MIT license as below

It contains compiler-builtins, with routines of LLVM's compiler-rt (Apache-2.0 WITH LLVM-exception) and of musl's libm (MIT,
Copyright (c) 2005-2020 Rich Felker, et al.), and dlmalloc-rs and hashbrown (MIT OR Apache-2.0).`;

const SQLITE = `SQLite (crate, feature sqlite)
In the public domain, by its authors: libsqlite3-sys compiles it in.`;

const MIT = () =>
  readFileSync(at("LICENSE-MIT"), "utf8")
    .replace(/^[\s\S]*?(?=Permission is hereby granted)/, "")
    .trimEnd();

/** The whole text. Parts with the same texts share a section. */
export function licensesText() {
  const parts = [
    ...crates().map((crate) => ({ ...crate, places: [...(crate.inWasm.length > 0 ? ["wasm"] : []), "crate"] })),
    ...bundledPackages().map((one) => ({ ...one, places: ["js"] })),
  ];
  const sections = new Map();
  for (const part of parts) {
    const text = licenseTexts(part).join("\n\n");
    const head = `${part.name} ${part.version} (${part.places.join(", ")}): ${part.license.replace("/", " OR ")}`;
    sections.set(text, [...(sections.get(text) ?? []), head]);
  }
  const written = [...sections].map(([text, heads]) => `${heads.join("\n")}\n\n${text}`);
  return `${[INTRODUCTION, `${STANDARD_LIBRARY}\n\n${MIT()}`, SQLITE, ...written].join(`\n\n${RULE}\n`)}\n`;
}

if (isMain(import.meta)) {
  try {
    writeFileSync(at(FILE), licensesText());
    say(`Wrote ${FILE}.`);
  } catch (error) {
    fail(error);
  }
}
