"""``gpuecs-tui --version`` compared with a Python that does nothing."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from tests.benchmarks.peers import wheel_python
from tests.benchmarks.rows import Row

TIMES = 15
LIMIT = 3.0


def measure() -> list[Row]:
    """Start both alternately and compare the medians."""
    program = wheel_python().with_name("gpuecs-tui")
    seconds: dict[str, list[float]] = {"ours": [], "bare": []}
    for _turn in range(TIMES):
        seconds["ours"].append(_time([str(program), "--version"]))
        seconds["bare"].append(_time([sys.executable, "-c", "pass"]))
    ours, bare = (statistics.median(seconds[name]) for name in ("ours", "bare"))
    return [Row("gpuecs-tui --version", ours * 1000, "ms", "python -c pass", ours / bare, LIMIT)]


def _time(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start
