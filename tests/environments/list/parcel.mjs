// Parcel with its defaults: it reads `main` and `module`, and `exports` only with a setting.
import { BOTH, html, program, VALIDATOR } from "../lib/probes.mjs";

const source = (probes, settings = {}) => ({
  "package.json": settings,
  "src/index.html": html("./main.js"),
  ...program(probes, "page", { folder: "src/" }),
});

const build = async (app, probes) => {
  await app.tool("parcel", "build", "src/index.html", "--no-cache");
  await app.checkPage("dist", probes);
};

export const apps = [
  {
    name: "parcel",
    family: "parcel",
    tool: "parcel",
    parts: {
      build: {
        what: "Parcel, build",
        browser: true,
        test: async (app) => {
          await app.write(source(VALIDATOR));
          await build(app, VALIDATOR);
        },
      },
      serve: {
        what: "Parcel, dev server",
        browser: true,
        test: async (app) => {
          await app.write(source(VALIDATOR));
          await app.checkServed(
            "parcel",
            (port, other) => ["serve", "src/index.html", "--port", String(port), "--hmr-port", String(other)],
            VALIDATOR,
          );
        },
      },
      service: {
        what: "Parcel, build, with the service",
        browser: true,
        test: async (app) => {
          await app.write(source(BOTH));
          await build(app, BOTH);
        },
      },
      exports: {
        what: "Parcel that reads `exports`, build, with the service",
        needed: "`packageExports`, as for every package with subpaths",
        browser: true,
        test: async (app) => {
          await app.write(source(BOTH, { "@parcel/resolver-default": { packageExports: true } }));
          await build(app, BOTH);
        },
      },
    },
  },
];
