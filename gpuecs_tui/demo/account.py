"""Start, find and stop the emulated account; imports neither moto nor boto3.

The account is a child process in a session of its own, so that it outlives the command that
started it: what one command creates there, the next one finds. A folder (by default in the user's
state folder) holds what is known of it: ``server.json`` (where it listens, 0600, for the token in
it can stop the server), ``server.log`` and two lock files.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import importlib.util
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gpuecs_tui.demo import fault_names, protocol
from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import make_private, open_private
from gpuecs_tui.user_folders import state_folder

START_SECONDS = 60.0
"""How long a server may take to listen: a machine under full load needs ten times the usual 2 s."""

ANSWER_SECONDS = 10.0
"""How long a server may leave a question about itself unanswered before it counts as hung."""

STOP_SECONDS = 10.0
"""How long a server may take to leave after it was told to."""

POLL_SECONDS = 0.05

LOG_BYTES = 1_000_000
"""Size from which the log of earlier servers is emptied at the next start."""

ACCESS_KEY = "AKIADEMOGPUECSTUI000"
"""The key that the emulated account knows as the user ``demo``; it opens nothing elsewhere."""

SECRET_KEY = "demo-secret-that-opens-nothing"

REGION = "us-east-1"
"""The region that is furnished; the others have only what AWS gives a new account."""

_KEPT = ("AWS_CA_BUNDLE",)


class DemoProblem(Exception):
    """The emulated account can't be used; its text is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A living emulated account."""

    endpoint: str
    """``http://127.0.0.1:PORT``; every AWS service answers there."""
    pid: int
    """The server's process."""
    folder: Path
    """Where its log and its info file lie."""
    faults: tuple[str, ...] = ()
    """What is wrong with it by request, as ``--demo-fault`` names it (fault_names)."""
    playing: bool = True
    """Whether instances still join and tasks still start; False after a fault, told in the log."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The variables that lead boto3 and Terraform to the account and to nothing else."""
        nothing = os.devnull
        return MappingProxyType(
            {
                "AWS_ENDPOINT_URL": self.endpoint,
                "AWS_ACCESS_KEY_ID": ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
                "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_CONFIG_FILE": nothing,
                "AWS_SHARED_CREDENTIALS_FILE": nothing,
                "AWS_EC2_METADATA_DISABLED": "true",
            }
        )

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return ``base`` (the process's own when None) as a child on this account must have it.

        Every variable of the user's AWS set-up is left out, for a profile, a role or an endpoint
        of one service would lead past the account; proxies are told to leave loopback alone.
        """
        given = os.environ if base is None else base
        kept = {
            name: value
            for name, value in given.items()
            if not name.startswith("AWS_") or name in _KEPT
        }
        direct = ",".join(filter(None, (kept.get("NO_PROXY", kept.get("no_proxy")), "127.0.0.1")))
        return {**kept, **self.environ, "NO_PROXY": direct, "no_proxy": direct}


def start_or_find(folder: Path | None = None) -> DemoAccount:
    """Return the account of ``folder`` (the user's shared one when None), starting it if need be.

    Callers at the same moment get the same server. Raises DemoProblem where moto isn't installed,
    the folder can't be written or the server doesn't come up.
    """
    home = _folder(folder)
    found = find(home)
    if found:
        return found
    _require_moto()
    _require_pace()
    try:
        make_private(home)
        with _locked(home / "start.lock"):
            return find(home) or _start(home)
    except OSError as error:
        raise DemoProblem(
            _("The demo account can't be kept in {folder}: {reason}.").format(
                folder=home, reason=error.strerror
            )
        ) from error


def start(private_dir: Path) -> DemoAccount:
    """Start (or find) an account of its own whose files lie in ``private_dir``, for tests."""
    return start_or_find(private_dir)


def find(folder: Path | None = None) -> DemoAccount | None:
    """Return the living account of ``folder``, or None; never starts one.

    Files of a server that is gone are passed over. Raises DemoProblem when its process lives
    but doesn't answer for ANSWER_SECONDS.
    """
    home = _folder(folder)
    info = _info(home)
    if info is None:
        return None
    endpoint = f"http://127.0.0.1:{info['port']}"
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            answer = _ask(endpoint + protocol.STATUS_PATH, token=info["token"])
        except TimeoutError as error:
            if time.monotonic() > deadline:
                raise DemoProblem(
                    _(
                        "The demo account (process {pid}) doesn't answer; end that process "
                        "and start again."
                    ).format(pid=info["pid"])
                ) from error
            continue
        except (OSError, ValueError, http.client.HTTPException):
            return None  # Refused, or somebody else's server: its port was given away.
        if answer.get("id") != info["id"]:
            return None
        playing = bool(answer.get("playing"))
        return DemoAccount(
            endpoint=endpoint,
            pid=info["pid"],
            folder=home,
            faults=tuple(map(str, answer.get("faults", ()))),
            playing=playing,
        )


def with_faults(account: DemoAccount, faults: Iterable[str]) -> DemoAccount:
    """Let ``account`` have exactly ``faults`` (fault_names) from now on, for all who use it.

    Raises fault_names.UnknownFault, and DemoProblem when the account is gone or doesn't take them.
    """
    wanted = fault_names.told(faults)
    if wanted == account.faults:
        return account
    info = _info(account.folder)
    try:
        _ask(
            account.endpoint + protocol.FAULTS_PATH,
            token=info["token"] if info else "",
            body=json.dumps({"faults": wanted}).encode(),
        )
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise DemoProblem(
            _(
                "The demo account doesn't take its faults ({reason}); start it anew: "
                "gpuecs-tui demo stop"
            ).format(reason=error)
        ) from error
    return replace(account, faults=wanted)


def stop(folder: Path | None = None) -> bool:
    """End the account of ``folder`` with all that was created there; False when none lives.

    Raises DemoProblem when it doesn't leave within STOP_SECONDS.
    """
    home = _folder(folder)
    account = find(home)
    info = _info(home)
    if account is None or info is None:
        return False
    # It may be gone before its answer is.
    with contextlib.suppress(OSError, http.client.HTTPException):
        _ask(account.endpoint + protocol.STOP_PATH, token=info["token"])
    deadline = time.monotonic() + STOP_SECONDS
    # Not its process but its port is looked at: a process nobody waits for stays as a zombie.
    while find(home):
        if time.monotonic() > deadline:
            raise DemoProblem(
                _("The demo account (process {pid}) didn't stop; end that process.").format(
                    pid=account.pid
                )
            )
        time.sleep(POLL_SECONDS)
    return True


def _folder(folder: Path | None) -> Path:
    return folder.resolve() if folder else state_folder() / "demo"


def _require_moto() -> None:
    if any(importlib.util.find_spec(name) is None for name in ("moto", "flask", "flask_cors")):
        raise DemoProblem(
            _("The demo account needs moto, which isn't installed: pip install 'gpuecs-tui[demo]'.")
        )


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open_private(path) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _require_pace() -> None:
    text = os.environ.get(protocol.PACE_VARIABLE, "")
    if text and not protocol.is_pace(text):
        raise DemoProblem(
            _("{variable} is {value}: it must be a number above 0, such as 0.1.").format(
                variable=protocol.PACE_VARIABLE, value=text
            )
        )


def _start(home: Path) -> DemoAccount:
    log = home / protocol.LOG_FILE
    identity = secrets.token_hex(8)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MOTO_"))}
    with log.open("ab") as output:
        log.chmod(0o600)
        if output.tell() > LOG_BYTES:
            output.truncate(0)
        begin = output.tell()
        child = subprocess.Popen(
            # -P: a moto.py or flask.py in the user's folder must not be taken for ours.
            [sys.executable, "-P", "-m", "gpuecs_tui.demo.server", str(home), identity],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # The user's folder stays free to be unmounted or removed.
            cwd=home,
            env=inherited,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        # A server started by a caller that died since holds the folder; ours leaves it to that one.
        account = find(home)
        if account:
            _disown(child)
            return account
        if child.poll() not in (None, protocol.EXIT_OTHER_LIVES):
            break
        time.sleep(POLL_SECONDS)
    else:
        child.terminate()
    raise DemoProblem(
        _("The demo account didn't start: {reason} (see {log})").format(
            reason=_last_line(log, begin) or _("it said nothing"), log=log
        )
    )


def _disown(child: subprocess.Popen[bytes]) -> None:
    # The server is meant to outlive this process; without this Popen warns when it is collected.
    if child.returncode is None:
        child.returncode = 0


def _last_line(log: Path, begin: int) -> str:
    with log.open("rb") as handle:
        handle.seek(begin)
        lines = handle.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


def _info(home: Path) -> dict[str, Any] | None:
    try:
        info = json.loads((home / protocol.INFO_FILE).read_bytes())
        return {
            "pid": int(info["pid"]),
            "port": int(info["port"]),
            "id": str(info["id"]),
            "token": str(info["token"]),
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _ask(url: str, token: str = "", body: bytes | None = None) -> dict[str, Any]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    headers = {protocol.TOKEN_HEADER: token, "Content-Type": "application/json"}
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with direct.open(request, timeout=ANSWER_SECONDS / 5) as response:
            answer = json.load(response)
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise error.reason from error
        raise
    if not isinstance(answer, dict):
        raise ValueError(url)
    return answer
