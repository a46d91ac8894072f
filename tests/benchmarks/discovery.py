"""Time to read a whole account at 150 ms a call, compared with the longest chain of calls.

``python -m tests.benchmarks.discovery``. A separate process replays responses that were recorded
from the demo account, so that its speed and CPU are not measured. The limit is relative to the
longest chain of calls that depend on each other; the same calls in sequence are shown too.
"""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial

from gpuecs_tui.aws.discovery.account import TOPICS, ReadProgress, read_account
from gpuecs_tui.aws.discovery.identity import read_identity
from gpuecs_tui.aws.session import connect
from gpuecs_tui.demo import account
from tests.benchmarks.replay import CALL_SECONDS, replaying
from tests.benchmarks.rows import Row, table

CHAIN = 3
"""The number of dependent calls: sts:GetCallerIdentity, then ecs:ListClusters, then
ecs:DescribeClusters, because the list may contain deleted clusters, whose names are free. No list
of the demo account has a second page."""
LIMIT = 1.25
TRIES = 3


def measure() -> list[Row]:
    """Measure a first discovery with loaded models, one in a fresh process, and the calls in
    sequence."""
    with replaying():
        warm, first, sequential = [], [], []
        for _try in range(TRIES):
            reader = connect("", account.REGION)
            reader.prepare()
            begin = time.perf_counter()
            seen: list[float] = []
            read_account(reader, partial(_note, seen))
            warm.append(time.perf_counter() - begin)
            first.append(seen[0] - begin)
            reader.close()
        begin = time.perf_counter()
        reader = connect("", account.REGION)
        read_identity(reader)
        for topic in TOPICS:
            topic.read(reader)
        sequential.append(time.perf_counter() - begin)
        cold = min(_cold() for _try in range(TRIES))
    chain = CHAIN * CALL_SECONDS
    against = f"longest chain, {CHAIN} calls"
    best = min(warm)
    return [
        Row("discovery of an account", best, "s", against, best / chain, LIMIT),
        Row("discovery: first list shown", min(first), "s", against, min(first) / chain),
        Row("discovery in a fresh process", cold, "s", against, cold / chain),
        Row(
            "discovery, calls one by one",
            min(sequential),
            "s",
            "discovery of an account",
            min(sequential) / best,
        ),
    ]


def _note(seen: list[float], _progress: ReadProgress) -> None:
    seen.append(time.perf_counter())


def _cold() -> float:
    code = (
        "import time; begin = time.perf_counter()\n"
        "from gpuecs_tui.aws.discovery.account import read_account\n"
        "from gpuecs_tui.aws.session import connect\n"
        f"read_account(connect('', {account.REGION!r}))\n"
        "print(time.perf_counter() - begin)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stdout)


if __name__ == "__main__":
    print(table(measure()))
