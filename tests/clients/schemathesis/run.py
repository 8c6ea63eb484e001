"""Runs Schemathesis against the registrar, and holds the run itself to have been worth something.

python tests/clients/schemathesis/run.py [--quick | --stores] [further arguments of `schemathesis run`]

With `--quick`, the phases that draw at random have an eighth of the examples, too few for each operation to succeed in a scenario.
With `--stores`, every request also goes to a registrar on rusqlite, on node:sqlite and in Durable Objects, whose answers are to be
those of the one in memory, to the byte. Each phase has fewer examples then.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
TOKENS = {
    "REGISTRAR_TOKEN": "account-token-for-schemathesis",
    "REGISTRAR_OPERATOR_TOKEN": "operator-token-for-schemathesis",
}

# What a run takes is known; one that takes this long hangs.
TIME_LIMIT_S = 1800

# What no other operation's answer leads to is no part of any scenario.
LEADS_NOWHERE = {"GET /api/v1/ping", "GET /api/v1/openapi", "POST /api/v1/bulk", "GET /api/v1/export", "POST /api/v1/import"}

PATHS = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
OPERATIONS = [f"{method.upper()} {path}" for path, methods in PATHS.items() for method in methods]


def smaller(config: Path, copy: Path, examples: Callable[[int], int]) -> Path:
    """A copy of the configuration, with the numbers of examples that the function makes of those in it."""
    text = config.read_text().replace('hooks = "hooks.py"', f'hooks = "{config.parent / "hooks.py"}"')
    copy.write_text(re.sub(r"(max-examples = )(\d+)", lambda it: f"{it[1]}{examples(int(it[2]))}", text))
    return copy


class Run:
    def __init__(self, examples: Callable[[int], int] | None) -> None:
        # The number of examples of a phase by that in the configuration; None: the same.
        self.examples = examples
        # Answers by operation and phase, and how many by status.
        self.statuses: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        self.cases = 0
        self.compared = 0
        self.shortcomings: list[str] = []

    def add(self, url: str, phases: list[str], arguments: list[str], more: dict[str, str]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            config = HERE / "schemathesis.toml"
            if self.examples is not None:
                config = smaller(config, Path(folder) / "schemathesis.toml", self.examples)
            report, answers = Path(folder) / "report.json", Path(folder) / "answers.json"
            command = [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
                *("run", str(ROOT / "docs" / "openapi.json"), "--url", url),
                *("--checks", "all", "--phases", ",".join(phases)),
                *("--report", "json", "--report-json-path", str(report)),
                *arguments,
            ]
            env = {
                **os.environ,
                "REGISTRAR_URL": url,
                **TOKENS,
                **more,
                "REGISTRAR_ANSWERS": str(answers),
                "HYPOTHESIS_STORAGE_DIRECTORY": folder,
            }
            code = subprocess.run(command, cwd=HERE, env=env, timeout=TIME_LIMIT_S, check=False).returncode
            told, counted = json.loads(report.read_text()), json.loads(answers.read_text())
        self.compared += counted["compared"]
        self.shortcomings += [f"a difference between stores: {it}" for it in counted["differences"]]
        if code != 0:
            self.shortcomings.append(f"schemathesis ended with {code}")
        for phase in phases:
            if told["phases"][phase]["status"] != "success":
                self.shortcomings.append(f"phase {phase}: {told['phases'][phase]}")
        self.cases += told["test_cases"]["generated"]
        for operation, phase, status, times in counted["answers"]:
            self.statuses[operation, phase][status] += times

    def untried(self) -> list[str]:
        """The operations that never succeeded in a scenario."""
        tried = [name for name in OPERATIONS if name not in LEADS_NOWHERE]
        return [name for name in tried if self.statuses[name, "stateful"][200] == 0]


def summary(run: Run, is_quick: bool) -> list[str]:
    """Prints what was answered; gives what is wrong with a run: failures, or that it proves too little."""
    found, statuses = list(run.shortcomings), run.statuses
    print("\nAnswers, in all phases (and in the stateful one):")
    for operation in OPERATIONS:
        total: Counter[int] = sum((counts for (name, _), counts in statuses.items() if name == operation), Counter())
        stateful = statuses[operation, "stateful"]
        print(f"  {operation:46}", ", ".join(f"{status}: {times} ({stateful[status]})" for status, times in sorted(total.items())))
        if total[200] == 0:
            found.append(f"{operation} never succeeded")
        found += [f"{operation} answered {status}" for status in total if status >= 500]
    if not is_quick:
        found += [f"{operation} never succeeded in the stateful phase" for operation in run.untried()]
    return found


def main() -> int:
    began = time.monotonic()
    arguments = [it for it in sys.argv[1:] if it not in {"--quick", "--stores"}]
    has_stores = "--stores" in sys.argv
    is_quick = "--quick" in sys.argv
    # Each request goes to four stores.
    examples = (lambda _: 4) if has_stores else (lambda it: it // 8) if is_quick else None
    program = [str(ROOT / "tests" / "conformance" / "run.mjs"), "--serve"] if has_stores else [str(HERE / "server.mjs")]
    server = subprocess.Popen(["node", *program], env={**os.environ, **TOKENS}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        line = server.stdout.readline().strip()
        if not line:
            raise RuntimeError("the registrar did not start")
        more = json.loads(line) if has_stores else {}
        url = more.pop("REGISTRAR_URL", line)
        run = Run(examples)
        run.add(url, ["examples", "fuzzing"] if has_stores else ["examples", "coverage", "fuzzing"], arguments, more)
        # By itself: what the other phases have seen would have a say in what is drawn, and no scenario could be run
        # again the same way.
        run.add(url, ["stateful"], arguments, more)
        # Hypothesis ends the phase early, without a failure, where it finds that it could not.
        if run.untried() and not run.shortcomings and examples is None:
            run.add(url, ["stateful"], [*arguments, "--seed", "2"], more)
    finally:
        server.stdin.close()
        server.terminate()
        server.wait()
    found = shortcomings_of_stores(run) if has_stores else summary(run, is_quick)
    requests = sum(sum(counts.values()) for counts in run.statuses.values())
    print(f"\n{run.cases} test cases, {requests} requests, {run.compared} compared in {time.monotonic() - began:.0f} s")
    for shortcoming in found:
        print(f"FAILED: {shortcoming}")
    return 1 if found else 0


def shortcomings_of_stores(run: Run) -> list[str]:
    """What is wrong with a run on all stores: it has too few examples for every operation to succeed."""
    found = list(run.shortcomings)
    if run.compared < 1_000:
        found.append(f"only {run.compared} answers were compared")
    return found


if __name__ == "__main__":
    sys.exit(main())
