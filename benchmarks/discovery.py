"""Discovery of a whole account, every call answered after 150 ms, against its longest chain.

``python -m benchmarks.discovery``. The answers are recorded from the emulated account and replayed
by a process of their own, so that neither its speed nor its CPU is measured. The yardstick is the
longest chain of calls of which each needs the one before; beside it stand the same calls made one
after another.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.rows import Row, table
from gpuecs_tui.aws.discovery import TOPICS, Progress, read_account
from gpuecs_tui.aws.discovery_identity import read_identity
from gpuecs_tui.aws.session import connect
from gpuecs_tui.demo import account

CALL_SECONDS = 0.15
"""What a call to AWS takes from a bastion in another region."""
CHAIN = 2
"""sts:GetCallerIdentity, then any other call: no list of the emulated account has a second page."""
LIMIT = 1.5
TRIES = 3

SERVER = """
import sys
from tests.aws.stub import Stub, running
with running(Stub(upstream=sys.argv[1], replay=True, delay=float(sys.argv[2]))) as stub:
    print(stub.url, flush=True)
    sys.stdin.read()
"""


def measure() -> list[Row]:
    """Measure a first discovery with models loaded, one in a fresh process, and one by one."""
    with _replaying():
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


def _note(seen: list[float], _progress: Progress) -> None:
    seen.append(time.perf_counter())


def _cold() -> float:
    code = (
        "import time; begin = time.perf_counter()\n"
        "from gpuecs_tui.aws.discovery import read_account\n"
        "from gpuecs_tui.aws.session import connect\n"
        f"read_account(connect('', {account.REGION!r}))\n"
        "print(time.perf_counter() - begin)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stdout)


@contextmanager
def _replaying() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        demo = account.start(Path(folder))
        before = dict(os.environ)
        os.environ.clear()
        os.environ.update(demo.environment(before))
        command = [sys.executable, "-c", SERVER, demo.endpoint, str(CALL_SECONDS)]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdin and server.stdout
            os.environ["AWS_ENDPOINT_URL"] = server.stdout.readline().strip()
            read_account(connect("", account.REGION))
            yield
        finally:
            server.communicate()
            account.stop(Path(folder))
            os.environ.clear()
            os.environ.update(before)


if __name__ == "__main__":
    print(table(measure()))
