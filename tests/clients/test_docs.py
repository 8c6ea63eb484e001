"""Runs the Python snippet of docs/clients.md unchanged."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

from test_prefactor_http import Server

TEXT = (Path(__file__).parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")


class Snippet(unittest.TestCase):
    def test_it_prints_the_documented_output(self) -> None:
        server = Server("my-token", "my-environment-token")
        self.addCleanup(server.stop)
        found = re.search(r"^```python\n(.*?)^```\n\n(?:<!--.*?-->\n)?```text\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
        assert found is not None
        code = found[1].replace("http://127.0.0.1:8787", server.url)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.stdout, done.stderr), (found[2], ""))
