// TypeScript 5 and 7: each module resolution, with and without the DOM library, without skipLibCheck.

/** Correct uses compile. Misuses must not compile, which shows that the types are not `any`. */
const root = `import { buildAgentResponse, createAgentSchema, isPfid, validateCreateAgent, type CreateAgentResult } from "agent-registrar";

const result: CreateAgentResult = validateCreateAgent({});
if (result.ok) {
  const name: string = buildAgentResponse(result.value).details.name;
  console_(name);
} else {
  console_(result.issues[0].message);
  // @ts-expect-error An invalid body has no value.
  console_(result.value);
}
console_(String(isPfid(createAgentSchema)));
// @ts-expect-error An object is not a string.
console_(result);

function console_(text: string): void {
  void text;
}
`;

const service = `import { createRegistrar } from "agent-registrar/service";

export const token: string | null = createRegistrar({ seed: "a" }).defaults.token;
// @ts-expect-error A seed is not an object.
createRegistrar({ seed: {} });
export const answer = createRegistrar().fetch("http://localhost/");
`;

const requiring = `import registrar = require("agent-registrar");

export const ok: boolean = registrar.validateCreateAgent({}).ok;
// @ts-expect-error \`ok\` is a boolean.
export const wrong: string = registrar.validateCreateAgent({}).ok;
`;

const RESOLUTIONS = {
  bundler: { module: "esnext", moduleResolution: "bundler" },
  nodenext: { module: "nodenext" },
  node10: { module: "commonjs", moduleResolution: "node10", ignoreDeprecations: "5.0" },
};

const LIBRARIES = { dom: ["es2022", "dom", "dom.iterable"], "no-dom": ["es2022"] };

/** The files for a module resolution. */
const sources = (resolution) => ({
  "root.ts": root,
  "service.ts": service,
  ...(resolution === "nodenext" ? { "requiring.cts": requiring } : {}),
});

const part = (label, resolution, library) => ({
  what: `${label}, \`${resolution}\`, ${library === "dom" ? "with" : "without"} the DOM library`,
  test: async (app) => {
    const options = {
      ...RESOLUTIONS[resolution],
      target: "es2022",
      lib: LIBRARIES[library],
      types: [],
      strict: true,
      skipLibCheck: false,
      noEmit: true,
    };
    const files = sources(resolution);
    await app.write({
      "package.json": { type: "module" },
      "tsconfig.json": { compilerOptions: options, files: Object.keys(files) },
      ...files,
    });
    await app.tool("tsc", "--project", ".");
  },
});

const version = (family, label, resolutions, tags = []) => ({
  name: family,
  family,
  tool: "typescript",
  tags,
  parts: Object.fromEntries(
    resolutions.flatMap((resolution) =>
      Object.keys(LIBRARIES).map((library) => [`${resolution}-${library}`, part(label, resolution, library)]),
    ),
  ),
});

export const apps = [
  version("typescript-5", "TypeScript 5", ["bundler", "nodenext", "node10"]),
  version("typescript-7", "TypeScript 7", ["bundler", "nodenext"], ["quick"]),
];
