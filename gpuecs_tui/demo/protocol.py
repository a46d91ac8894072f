"""What the emulated account's server and those who look for it agree on."""

from __future__ import annotations

INFO_FILE = "server.json"
"""In the account's folder: ``{"pid", "port", "id", "token"}``."""

LOG_FILE = "server.log"

LIFE_LOCK = "life.lock"
"""Held by a server for as long as it lives, so that a folder never has two."""

STATUS_PATH = "/gpuecs-tui-demo/status"
"""Answers ``{"id", "pid", "playing", "faults"}``; no AWS service has such a path."""

STOP_PATH = "/gpuecs-tui-demo/stop"
"""Ends the server; needs the token of the info file in TOKEN_HEADER."""

FAULTS_PATH = "/gpuecs-tui-demo/faults"
"""Takes ``{"faults": [name, …]}``, from then on the account's only ones; needs the token, too."""

TOKEN_HEADER = "X-Gpuecs-Tui-Token"

EXIT_OTHER_LIVES = 75
"""A server's exit code when another one holds its folder (EX_TEMPFAIL of sysexits.h)."""

IDLE_SECONDS = 8 * 3600
"""A server that nobody asked anything for so long ends itself: forgotten, it holds 200 MB."""
