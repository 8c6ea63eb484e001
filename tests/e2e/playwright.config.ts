import { execFileSync } from "node:child_process";
import { defineConfig } from "@playwright/test";

/** The browser of this machine: `CHROME_BIN`, or the first of the usual names on the path. */
function chrome(): string {
  if (process.env["CHROME_BIN"]) return process.env["CHROME_BIN"];
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    } catch {
      // The next name.
    }
  }
  throw new Error("no Chromium found: install one, or set CHROME_BIN to its path");
}

export default defineConfig({
  testDir: ".",
  outputDir: "../../test-results/e2e",
  fullyParallel: true,
  workers: 2,
  reporter: "list",
  // Steps that take milliseconds alone take seconds on a machine that is busy with other stages.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  use: {
    browserName: "chromium",
    launchOptions: {
      executablePath: chrome(),
      // Chromium's sandbox refuses to run as root, which is what containers are.
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    },
  },
});
