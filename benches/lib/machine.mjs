import { readFileSync } from "node:fs";
import { arch, cpus, loadavg, platform } from "node:os";

const json = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));

/** The load of the machine before the measurement. */
const load = loadavg()[0];

/** The machine, the date and the versions of a section, in one line. */
export async function describe({ quick, seconds, peers }) {
  const { version } = json("../../package.json");
  const { dependencies } = json("../package.json");
  const processor = cpus();
  const model = processor[0]?.model.trim().replace(/\s+/g, " ") ?? "unknown processor";
  const versions = [`agent-registrar ${version}`, ...peers.map((name) => `${name} ${dependencies[name]}`)];
  const when = new Date().toISOString().slice(0, 10);
  return `${when}, ${quick ? "quick run" : "full run"} of ${seconds} s; ${processor.length} \u00d7 ${model}, ${platform()} ${arch()}, load ${load.toFixed(1)} before; Node ${process.versions.node} (V8 ${process.versions.v8}); ${versions.join(", ")}.`;
}
