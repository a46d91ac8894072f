"""The process of the demo account: ``python -m gpuecs_tui.demo.server FOLDER ID [IDLE_SECONDS]``.

account.py starts it. It closes moto's gaps, fills moto's backends, simulates what AWS does over
time (player.py) and serves on a free loopback port until it is stopped or has received no request
for protocol.IDLE_SECONDS.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import IO

from gpuecs_tui.demo import protocol
from gpuecs_tui.private_folder import open_private

SETTINGS = {
    # Roles of a stack attach AWS's managed policies, which don't exist without this setting.
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    # moto's own images would take 3 s and 100 MB, and no stack uses them; the seed adds the images
    # that a stack uses.
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    # As on AWS, a stack that names an unknown instance type must fail.
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
    "MOTO_ENABLE_KEYPAIR_VALIDATION": "true",
    # No page of another origin may read the responses of the account.
    "MOTO_DISABLE_GLOBAL_CORS": "true",
    # With this, a pending certificate stays pending; moto would issue it after a minute.
    "MOTO_ACM_VALIDATION_WAIT": str(10 * protocol.IDLE_SECONDS),
}
"""moto's settings; set before moto is imported, because moto reads them then."""


PREDECESSOR_SECONDS = 10.0
"""Seconds that a new server waits for a stopping server to release the folder."""


def main(folder: Path, identity: str, idle_seconds: float = protocol.IDLE_SECONDS) -> int:
    """Serve until stopped; return the exit code, EXIT_OTHER_LIVES if the folder is in use."""
    with open_private(folder / protocol.LIFE_LOCK) as life:
        deadline = time.monotonic() + PREDECESSOR_SECONDS
        while not _locked(life):
            if time.monotonic() > deadline:
                return protocol.EXIT_OTHER_LIVES
            time.sleep(0.05)
        os.environ.update(SETTINGS)
        _serve(folder, identity, idle_seconds)
    return 0


def _locked(life: IO[str]) -> bool:
    try:
        fcntl.flock(life, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _serve(folder: Path, identity: str, idle_seconds: float) -> None:
    # Imported here: moto reads its settings while it is imported, and takes a second.
    from werkzeug.serving import make_server

    from gpuecs_tui.demo import answer_check, outgoing
    from gpuecs_tui.demo.app import DemoApp
    from gpuecs_tui.demo.moto_patches import install
    from gpuecs_tui.demo.request_handler import RequestHandler
    from gpuecs_tui.demo.seed import furnish
    from gpuecs_tui.demo.simulator.player import Player

    install.close_all()
    furnish.furnish()
    token = secrets.token_urlsafe()
    gate = DemoApp(identity, token)
    server = make_server(
        "127.0.0.1", 0, answer_check.checked(gate), threaded=True, request_handler=RequestHandler
    )
    gate.on_stop = server.shutdown
    gate.port = server.server_port
    outgoing.forbid()

    def leave(_signal: int, _frame: FrameType | None) -> None:
        # shutdown() waits for serve_forever(), which runs in this very thread.
        threading.Thread(target=server.shutdown).start()

    def leave_when_idle() -> None:
        while (left := gate.last_request + idle_seconds - time.monotonic()) > 0:
            time.sleep(left)
        server.shutdown()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    info = {"pid": os.getpid(), "port": server.server_port, "id": identity, "token": token}
    _write_private(folder / protocol.INFO_FILE, json.dumps(info))
    player = Player(gate)
    gate.is_playing = player.is_alive
    player.start()
    threading.Thread(target=leave_when_idle, daemon=True).start()
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        (folder / protocol.INFO_FILE).unlink(missing_ok=True)
        server.server_close()


def _write_private(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    fresh.replace(path)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], *map(float, sys.argv[3:])))
