"""What the emulated account's server and those who look for it agree on."""

from __future__ import annotations

INFO_FILE = "server.json"
"""In the account's folder: ``{"pid", "port", "id", "token"}``."""

LOG_FILE = "server.log"

LIFE_LOCK = "life.lock"
"""Held by a server for as long as it lives, so that a folder never has two."""

ROOT_PATH = "/gpuecs-tui-demo/"
"""Begins the paths of the server's own; no AWS service has such a path. All of them need the token
of the info file in TOKEN_HEADER."""

STATUS_PATH = "/gpuecs-tui-demo/status"
"""Answers ``{"id", "pid", "playing", "faults"}``."""

STOP_PATH = "/gpuecs-tui-demo/stop"
"""Ends the server."""

FAULTS_PATH = "/gpuecs-tui-demo/faults"
"""Takes ``{"faults": [name, …]}``, from then on the account's only ones."""

TOKEN_HEADER = "X-Gpuecs-Tui-Token"

PACE_VARIABLE = "GPUECS_TUI_DEMO_PACE"
"""Environment variable: how long the account lets things take, as a share of the usual."""

PACE_RANGE = (0.001, 1000.0)
"""Beyond these nothing would be seen, or nothing would ever happen."""


def is_pace(text: str) -> bool:
    """Tell whether ``text`` is a value of PACE_VARIABLE."""
    try:
        return PACE_RANGE[0] <= float(text) <= PACE_RANGE[1]
    except ValueError:
        return False


EXIT_OTHER_LIVES = 75
"""A server's exit code when another one holds its folder (EX_TEMPFAIL of sysexits.h)."""

IDLE_SECONDS = 8 * 3600
"""A server that nobody asked anything for so long ends itself: forgotten, it holds 200 MB."""
