// The virtual environment for the tests in Python: .venv, with exactly the packages of tests/clients/requirements.txt.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { at, atLeast, digest, output, quietly } from "./lib.mjs";

const LEAST_PYTHON = "3.11.0";
const packages = at("tests", "clients", "requirements.txt");
const stamp = at(".venv", "made-of");

/** The Python of the virtual environment. */
export const venvPython = at(".venv", ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]));

/** A Python on this machine that is new enough and can make virtual environments, or null. */
export function python() {
  const newer = ["3.14", "3.13", "3.12", "3.11"].map((version) => `python${version}`);
  const names = process.env.PYTHON === undefined ? ["python3", "python", ...newer] : [process.env.PYTHON];
  const asked = ["-c", "import ensurepip, sys, venv; print('.'.join(map(str, sys.version_info[:3])))"];
  return names.find((name) => atLeast(output(name, asked) ?? "0", LEAST_PYTHON)) ?? null;
}

/** Why the tests in Python cannot run here, or null. */
export const noPython = () =>
  python() === null ? `no Python ${LEAST_PYTHON} or newer with its venv module was found; install one, or set PYTHON to its path` : null;

export const venv = {
  what: "the Python packages of tests/clients/requirements.txt",
  why: "a published client and Schemathesis try the service",
  // Without Python nothing is installed; the stages that need it are skipped with a message.
  missing: () => {
    if (python() === null || (existsSync(stamp) && readFileSync(stamp, "utf8") === digest([packages]) && existsSync(venvPython)))
      return null;
    return existsSync(stamp) ? "out of date" : "no .venv";
  },
  install: async () => {
    await quietly(python(), ["-m", "venv", "--clear", at(".venv")]);
    const pip = ["-m", "pip", "--quiet", "--disable-pip-version-check"];
    await quietly(venvPython, [...pip, "install", "--no-deps", "--requirement", packages]);
    await quietly(venvPython, [...pip, "check"]);
    writeFileSync(stamp, digest([packages]));
  },
  byHand: `python3 -m venv --clear .venv && .venv/bin/pip install --no-deps --requirement tests/clients/requirements.txt`,
};
