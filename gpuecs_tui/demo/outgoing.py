"""Prevents the process of the demo account from opening connections.

moto delivers what AWS would deliver (an SNS message to an HTTP address, a Lambda function in a
Docker container), so a request to the account could make it connect to any address that this
machine can reach. The account itself needs no outgoing connections.
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
"""Names of Python's audit events (library reference, "Audit events table") at the start of a
connection, of a name lookup, and of a program."""


class OutgoingRefused(Exception):
    """A request would make the account connect to another address."""


def forbid() -> None:
    """Block connections, name lookups and new programs in this process from now on."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _EVENTS:
            raise OutgoingRefused(event)

    sys.addaudithook(refuse)
