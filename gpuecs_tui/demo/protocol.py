"""Constants shared by the demo account's server and its clients."""

from __future__ import annotations

INFO_FILE = "server.json"
"""File in the account's folder: ``{"pid", "port", "id", "token"}``."""

LOG_FILE = "server.log"

LIFE_LOCK = "life.lock"
"""Locked by a server while it runs, so that a folder never has two servers."""

ROOT_PATH = "/gpuecs-tui-demo/"
"""Prefix of the server's own paths; no AWS service has such a path. All of them require the token
of the info file in TOKEN_HEADER."""

STATUS_PATH = "/gpuecs-tui-demo/status"
"""Returns ``{"id", "pid", "playing", "faults", "lasting", "waiting"}``: the active faults, those of
``demo fault`` among them, and ``[name, seconds]`` of those that start later."""

STOP_PATH = "/gpuecs-tui-demo/stop"
"""Stops the server."""

FAULTS_PATH = "/gpuecs-tui-demo/faults"
"""Takes ``{"faults": [name, …]}``, which replace the faults of ``--demo-fault``;
``{"keep": [name, …], "in": seconds}`` adds faults that last, and ``{"clear": [name, …]}`` ends
these faults or, if the list is empty, every fault. Returns the faults as STATUS_PATH does."""

METRICS_PATH = "/gpuecs-tui-demo/metrics"
"""Takes ``{"set": {name: value}}``; a value of None ends the data of the metric. Returns all
metrics as ``{"metrics": {name: value}}``."""

TOKEN_HEADER = "X-Gpuecs-Tui-Token"

PACE_VARIABLE = "GPUECS_TUI_DEMO_PACE"
"""Environment variable: factor for all waits of the account; 1 is the normal pace."""

PACE_RANGE = (0.001, 1000.0)
"""Beyond these limits, changes would be too fast to see or too slow to happen."""


def is_pace(text: str) -> bool:
    """Return whether ``text`` is a valid value of PACE_VARIABLE."""
    try:
        return PACE_RANGE[0] <= float(text) <= PACE_RANGE[1]
    except ValueError:
        return False


EXIT_OTHER_LIVES = 75
"""A server's exit code if another server holds its folder (EX_TEMPFAIL of sysexits.h)."""

IDLE_SECONDS = 8 * 3600
"""Seconds without a request after which a server ends itself, because it uses 200 MB."""
