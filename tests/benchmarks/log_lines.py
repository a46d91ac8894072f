"""The text that logs are measured with: lines that have little in common with one another.

``python -m tests.benchmarks.log_lines RATE`` writes them as they are, RATE lines a second.
"""

from __future__ import annotations

import random
import sys
import time

from gpuecs_tui.terraform.engine.log_line import Level, LogLine

BURST = 10_000
"""Lines for how fast they are taken in at once."""
LAST = "====THE=END===="
"""What follows the last of them: no cell of it stands where it is shown before."""
RESOURCES = 40
"""Of a stack with all that it can have."""
TICK = 0.02
WORDS = ["creating", "complete", "aws_lb.this", "aws_ecs_service.app", "after", "id=arn:aws", "12s"]


def random_line(number: int) -> str:
    """A line of about 92 bytes that has little in common with the one before."""
    chance = random.Random(number)
    return f"{number:06d} {' '.join(chance.choices(WORDS, k=9))}"[:91]


LINES = [random_line(number) for number in range(20_000)]
RECORDS = [
    LogLine(line, Level.INFO, f"aws_ecs_service.app[{number % RESOURCES}]")
    for number, line in enumerate(LINES)
]
"""The lines as a run's log has them."""
BYTES_PER_LINE = sum(map(len, LINES)) / len(LINES) + 1


def main(rate: int) -> None:
    """Write lines for ever."""
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
