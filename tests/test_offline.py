"""Nothing is fetched at run time, and nothing is kept outside the run folder and RSIMC_CACHE."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "urllib.Request"):
        sys.stderr.write(f"{event} {arguments}\\n")
        sys.stderr.flush()
        import os
        os._exit(99)

sys.addaudithook(refuse)
from rsimc.cli.main import main
for arguments in (
    ["simulate", "--prior", "-q", "--set", "run.horizon=2030", "--draws", "2000", "-o", "run"],
    ["report", "run"],
    ["report", "run", "run"],
    ["gallery", "run"],
    ["export", "run", "--format", "csv", "-o", "run.csv"],
    ["observations"],
    ["doctor"],
):
    assert main(arguments) == 0, arguments
"""


def test_a_run_and_its_report_need_no_network_and_leave_nothing_at_home(tmp_path: Path) -> None:
    home, cache, here = (tmp_path / name for name in ("home", "cache", "here"))
    for folder in (home, here):
        folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "JAX_"))}
    environment = {**kept, "HOME": str(home), "RSIMC_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=here, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in here.iterdir()) == ["comparison.html", "gallery.html", "run", "run.csv"]
    assert list(home.rglob("*")) == []
    assert sorted(path.name for path in cache.iterdir()) == ["pages", "xla"]
