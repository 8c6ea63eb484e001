"""Runs Schemathesis against the registrar, and holds the run itself to have been worth something.

python tests/clients/schemathesis/run.py [further arguments of `schemathesis run`]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
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


class Run:
    def __init__(self) -> None:
        # Answers by operation and phase, and how many by status.
        self.statuses: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        self.cases = 0
        self.shortcomings: list[str] = []

    def add(self, url: str, phases: list[str], arguments: list[str]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            report, answers = Path(folder) / "report.json", Path(folder) / "answers.json"
            command = [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml")),
                *("run", str(ROOT / "docs" / "openapi.json"), "--url", url),
                *("--checks", "all", "--phases", ",".join(phases)),
                *("--report", "json", "--report-json-path", str(report)),
                *arguments,
            ]
            env = {
                **os.environ,
                "REGISTRAR_URL": url,
                **TOKENS,
                "REGISTRAR_ANSWERS": str(answers),
                "HYPOTHESIS_STORAGE_DIRECTORY": folder,
            }
            code = subprocess.run(command, cwd=HERE, env=env, timeout=TIME_LIMIT_S, check=False).returncode
            told, counted = json.loads(report.read_text()), json.loads(answers.read_text())
        if code != 0:
            self.shortcomings.append(f"schemathesis ended with {code}")
        for phase in phases:
            if told["phases"][phase]["status"] != "success":
                self.shortcomings.append(f"phase {phase}: {told['phases'][phase]}")
        self.cases += told["test_cases"]["generated"]
        for operation, phase, status, times in counted:
            self.statuses[operation, phase][status] += times

    def untried(self) -> list[str]:
        """The operations that never succeeded in a scenario."""
        tried = [name for name in OPERATIONS if name not in LEADS_NOWHERE]
        return [name for name in tried if self.statuses[name, "stateful"][200] == 0]


def summary(run: Run) -> list[str]:
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
    found += [f"{operation} never succeeded in the stateful phase" for operation in run.untried()]
    return found


def main() -> int:
    began = time.monotonic()
    server = subprocess.Popen(
        ["node", str(HERE / "server.mjs")],
        env={**os.environ, **TOKENS},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url = server.stdout.readline().strip()
        if not url:
            raise RuntimeError("the registrar did not start")
        run = Run()
        run.add(url, ["examples", "coverage", "fuzzing"], sys.argv[1:])
        # By itself: what the other phases have seen would have a say in what is drawn, and no scenario could be run
        # again the same way.
        run.add(url, ["stateful"], sys.argv[1:])
        # Hypothesis ends the phase early, without a failure, where it finds that it could not.
        if run.untried() and not run.shortcomings:
            run.add(url, ["stateful"], [*sys.argv[1:], "--seed", "2"])
    finally:
        server.terminate()
        server.wait()
    found = summary(run)
    requests = sum(sum(counts.values()) for counts in run.statuses.values())
    print(f"\n{run.cases} test cases, {requests} requests in {time.monotonic() - began:.0f} s")
    for shortcoming in found:
        print(f"FAILED: {shortcoming}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
