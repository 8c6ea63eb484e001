// All apps, in the order of docs/environments.md. To add one: a module here with its apps, and if it needs further tools
// a folder in ../families with package.json and the lock file that
// `npm install --package-lock-only --ignore-scripts` writes.
import { apps as astro } from "./astro.mjs";
import { apps as bun } from "./bun.mjs";
import { apps as checks } from "./checks.mjs";
import { apps as deno } from "./deno.mjs";
import { apps as edge } from "./edge.mjs";
import { apps as esbuild } from "./esbuild.mjs";
import { apps as frameworks } from "./frameworks.mjs";
import { apps as installers } from "./installers.mjs";
import { apps as jest } from "./jest.mjs";
import { apps as jestTransforms } from "./jest-transforms.mjs";
import { apps as next } from "./next.mjs";
import { apps as node } from "./node.mjs";
import { apps as others } from "./others.mjs";
import { apps as parcel } from "./parcel.mjs";
import { apps as plain } from "./plain.mjs";
import { apps as rollup } from "./rollup.mjs";
import { apps as typescript } from "./typescript.mjs";
import { apps as vite } from "./vite.mjs";
import { apps as vitest } from "./vitest.mjs";
import { apps as webpack } from "./webpack.mjs";
import { apps as wrangler } from "./wrangler.mjs";

export const apps = [
  ...checks,
  ...installers,
  ...node,
  ...bun,
  ...deno,
  ...plain,
  ...esbuild,
  ...vite,
  ...astro,
  ...webpack,
  ...rollup,
  ...parcel,
  ...others,
  ...next,
  ...frameworks,
  ...jest,
  ...jestTransforms,
  ...vitest,
  ...edge,
  ...typescript,
  ...wrangler,
];
