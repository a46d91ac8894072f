"""How the demo account's server handles one HTTP connection.

server.py imports it late: moto, which it extends, takes a second to import.
"""

from __future__ import annotations

from moto.moto_server.werkzeug_app import MotoRequestHandler


class RequestHandler(MotoRequestHandler):
    """Sends each response at once; logs only failures."""

    wbufsize = 1 << 20
    """Bytes of a response that are collected before they are sent.

    Without a buffer, the headers are sent before the body. The AWS provider's Go client sometimes
    closes the connection between the two (the response says ``Connection: close``), and sends the
    call again. Measured: ten of 5,400 calls were repeated, and none of 10,800 with the buffer. A
    repeated create fails, because its resource exists.
    """

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log a request that failed: other lines of eight hours of polling would fill the disk."""
        if str(code).startswith("5"):
            super().log_request(code, size)
