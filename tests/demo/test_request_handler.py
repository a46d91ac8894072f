"""One connection to the demo account, on a socket that counts what is sent."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import Any

import pytest
from werkzeug.serving import make_server

from gpuecs_tui.demo.request_handler import RequestHandler

_KIB = 1024


class _CountingSocket(socket.socket):
    """A socket that notes each piece of data that is handed to the kernel."""

    def __init__(self, other: socket.socket) -> None:
        super().__init__(other.family, other.type, other.proto, other.detach())
        self.pieces: list[bytes] = []

    def send(self, data: Any, *rest: int) -> int:
        self.pieces.append(bytes(data))
        return super().send(data, *rest)

    def sendall(self, data: Any, *rest: int) -> None:
        self.pieces.append(bytes(data))
        super().sendall(data, *rest)


@pytest.mark.parametrize("size", [0, 1, 100 * _KIB])
def test_headers_and_body_are_sent_at_once(size: int) -> None:
    """A Go client that has only the headers sometimes closes the connection and repeats the call,
    and the demo account then refuses to create the resource a second time."""

    def answer(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", str(size))])
        yield b"x" * size

    server = make_server("127.0.0.1", 0, answer, request_handler=RequestHandler)
    ours, theirs = socket.socketpair()
    counting = _CountingSocket(theirs)
    with server.socket, ours, counting:
        ours.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")
        ours.shutdown(socket.SHUT_WR)
        RequestHandler(counting, ("127.0.0.1", 1), server)
    [response] = counting.pieces
    assert response.startswith((b"HTTP/1.0 200 OK", b"HTTP/1.1 200 OK"))
    assert response.endswith(b"\r\n\r\n" + b"x" * size)
