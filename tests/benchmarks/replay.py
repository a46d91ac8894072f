"""An account that responds to each call after 150 ms.

A separate process replays responses that were recorded from the demo account, so that its speed and
CPU are not measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpuecs_tui.aws.discovery.account import read_account
from gpuecs_tui.aws.session import connect
from gpuecs_tui.demo import account

CALL_SECONDS = 0.15
"""Seconds per call to AWS from a bastion host in another Region."""

SERVER = """
import sys
from tests.support.aws.large_account import answers
from tests.support.aws.stub import Stub, running
stub = Stub(upstream=sys.argv[1], replay=True, delay=float(sys.argv[2]))
if most := int(sys.argv[3]):
    stub.answers.update(answers(most))
with running(stub):
    print(stub.url, flush=True)
    for _asked in sys.stdin:
        print(len(stub.calls), flush=True)
"""


class Replay:
    """The server, which counts the received calls."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def calls(self) -> int:
        """Return the number of calls so far."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def replaying(most: int = 0) -> Iterator[Replay]:
    """Set the environment so that this process uses such an account.

    With ``most``, its subnets, security groups, images and Spot prices are those of a large account
    (tests/support/aws/large_account.py), in pages of at most that many items.
    """
    with tempfile.TemporaryDirectory() as folder:
        demo = account.start_or_find(Path(folder))
        before = dict(os.environ)
        os.environ.clear()
        os.environ.update(demo.environment(before))
        command = [sys.executable, "-c", SERVER, demo.endpoint, str(CALL_SECONDS), str(most)]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdin and server.stdout
            os.environ["AWS_ENDPOINT_URL"] = server.stdout.readline().strip()
            read_account(connect("", account.REGION))
            yield Replay(server)
        finally:
            server.communicate()
            account.stop(Path(folder))
            os.environ.clear()
            os.environ.update(before)
