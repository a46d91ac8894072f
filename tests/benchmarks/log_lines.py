"""The text of the measured logs: lines that have little in common with each other.

``python -m tests.benchmarks.log_lines RATE`` writes these lines, RATE lines per second.
"""

from __future__ import annotations

import random
import sys
import time

from gpuecs_tui.terraform.engine.log_line import Level, LogLine

BURST = 10_000
"""Number of lines for the measurement of the speed of a single large addition."""
LAST = "====THE=END===="
"""The text after the last line: none of its cells was shown in the same place before."""
RESOURCES = 40
"""Number of resources of a stack with all optional resources."""
TICK = 0.02
WORDS = ["creating", "complete", "aws_lb.this", "aws_ecs_service.app", "after", "id=arn:aws", "12s"]


def random_line(number: int) -> str:
    """Return a line of about 92 bytes that has little in common with the previous one."""
    chance = random.Random(number)
    return f"{number:06d} {' '.join(chance.choices(WORDS, k=9))}"[:91]


LINES = [random_line(number) for number in range(20_000)]
RECORDS = [
    LogLine(line, Level.INFO, f"aws_ecs_service.app[{number % RESOURCES}]")
    for number, line in enumerate(LINES)
]
"""The lines as records of a run's log."""
BYTES_PER_LINE = sum(map(len, LINES)) / len(LINES) + 1


def main(rate: int) -> None:
    """Write lines forever."""
    begin, written = time.perf_counter(), 0
    while True:
        time.sleep(TICK)
        due = int((time.perf_counter() - begin) * rate) - written
        start = written % len(LINES)
        sys.stdout.write("\n".join((LINES[start:] + LINES)[:due]) + "\n")
        sys.stdout.flush()
        written += due


if __name__ == "__main__":
    main(int(sys.argv[1]))
