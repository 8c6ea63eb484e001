// npm run soak:attacks [-- --seconds 10] [--connections 1500] [--rounds 2] [--db FILE] [ATTACK…]
//
// Attacks a server one way after another. Prints inputs tried, how others were served meanwhile, and the server's memory. Fails where
// others were not served within 250 ms at the 99th percentile, or the memory exceeded the bound, or a later round took more than the first.
import { parseArgs } from "node:util";
import { Agent } from "node:http";
import { ATTACKS } from "../tests/attacks/attacker.mjs";
import { nodes } from "../tests/durable/nodes.mjs";
import { attack, fill, HEAP_MB, memoryOf, MOST_MEMORY, startServer } from "../tests/attacks/measure.mjs";

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    connections: { type: "string", default: "1500" },
    rounds: { type: "string", default: "1" },
    db: { type: "string" },
  },
  allowPositionals: true,
});
const MIB = 1024 * 1024;
/** The cache of SQLite's pages, and as much around it. */
const SQLITE = 2 * 16 * MIB;
/** How much more memory a later round may take than the first. */
const MOST_GROWTH = 1.1;
const MOST_MS = 250;
const mib = (bytes) => `${Math.round(bytes / MIB)} MiB`;
const percent = (part) => `${Math.round(part * 100)} %`;
const ms = (milliseconds) => `${milliseconds?.toFixed(1)} ms`;

const mostMemory = values.db === undefined ? MOST_MEMORY : MOST_MEMORY + SQLITE;
const names = positionals.length > 0 ? positionals : Object.keys(ATTACKS);
// A file needs node:sqlite.
const [node] = values.db === undefined ? [process.execPath] : await nodes(["24"]);
const server = await startServer(values.db === undefined ? [] : ["--db", values.db], { node });
await fill(server, new Agent({ keepAlive: true }));
console.log(`--max-old-space-size=${HEAP_MB}, ${mib(memoryOf(server.child))} resident before the first attack\n`);
console.log(
  "| attack | connections | requests | bytes | others | failed | median | 99 % | slowest | new connections, median | event loop, 99 % | longest | ran | waited for a processor | memory before | peak | after |",
);
console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
const findings = [];
const peaks = [];
for (let round = 1; round <= Number(values.rounds); round += 1) {
  let most = 0;
  for (const name of names) {
    const { tried, others, loop, memory } = await attack(server, name, Number(values.seconds), Number(values.connections));
    const served = [others.requests, others.failures.length, ms(others.median), ms(others.at99), ms(others.slowest), ms(others.newcomers)];
    const ofLoop = [ms(loop.at99), ms(loop.longest), percent(loop.ran), percent(loop.waited)];
    const row = [name, tried.connections, tried.requests, mib(tried.bytes), ...served, ...ofLoop, ...Object.values(memory).map(mib)];
    console.log(`| ${row.join(" | ")} |`);
    if (others.failures.length > 0) findings.push(`${name}: ${others.failures[0]}`);
    if (!(others.at99 <= MOST_MS)) findings.push(`${name}: 99 % within ${ms(others.at99)}`);
    if (memory.peak > mostMemory) findings.push(`${name}: ${mib(memory.peak)}`);
    if (server.child.exitCode !== null) findings.push(`${name}: the server ended`);
    most = Math.max(most, memory.peak);
  }
  peaks.push(most);
  if (most > peaks[0] * MOST_GROWTH) findings.push(`round ${round}: ${mib(most)}, and the first ${mib(peaks[0])}`);
}
console.log(`\nPeak of each round: ${peaks.map(mib).join(", ")}`);
await server.stop();
console.log(findings.length === 0 ? "\nNo findings." : `\nFindings:\n${findings.map((finding) => `- ${finding}`).join("\n")}`);
process.exitCode = findings.length === 0 ? 0 : 1;
