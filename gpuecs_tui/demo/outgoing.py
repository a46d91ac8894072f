"""Keeps the emulated account's process from connecting to anything.

moto delivers what AWS would deliver (an SNS message to an HTTP address, a Lambda function in a
Docker container), so a request to the account could make it ask any address that this machine
reaches. Nothing in the account needs a connection of its own.
"""

from __future__ import annotations

import sys
from typing import Any

_EVENTS = frozenset(
    {
        "socket.connect",
        "socket.sendto",
        "socket.sendmsg",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "subprocess.Popen",
        "os.system",
        "os.posix_spawn",
    }
)
"""Names of Python's audit events (library reference, "Audit events table") by which a connection, a
question to a name server or a program begins."""


class OutgoingRefused(Exception):
    """The account was asked for something by which it would connect to another address."""


def forbid() -> None:
    """Let nothing in this process connect, look a name up or start a program, from now on."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _EVENTS:
            raise OutgoingRefused(event)

    sys.addaudithook(refuse)
