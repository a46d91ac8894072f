"""Starts, finds and stops the demo account. Imports neither moto nor boto3.

The account is a child process in its own session, so it outlives the command that started it, and
the next command finds what this one created. Its folder (by default in the user's state folder)
contains ``server.json`` (its address; mode 0600, because the token in it can stop the server),
``server.log`` and two lock files.
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
"""Seconds until a server must listen: usually 2 s, ten times that on a machine under full load."""
_SERVER_BYTES = 64 * 1024
"""Free space below which a server that printed no error has failed on a full disk: its record and
its log need a few blocks."""

ANSWER_SECONDS = 10.0
"""Seconds until a server that does not respond to a status request counts as hung."""

STOP_SECONDS = 10.0
"""Seconds until a server must have ended after a stop request."""

POLL_SECONDS = 0.05

LOG_BYTES = 1_000_000
"""Size in bytes from which the log is emptied at the next start."""

ACCESS_KEY = "AKIADEMOGPUECSTUI000"
"""The access key of the user ``demo`` in the demo account; it is not valid anywhere else."""

SECRET_KEY = "demo-secret-that-opens-nothing"

REGION = "us-east-1"
"""The Region with seeded resources; the others have only what AWS gives a new account."""

_KEPT = ("AWS_CA_BUNDLE",)


class DemoProblem(Exception):
    """The demo account can't be used; its text is a message for the user."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A running demo account."""

    endpoint: str
    """``http://127.0.0.1:PORT``, the endpoint of all AWS services."""
    pid: int
    """The server's process."""
    folder: Path
    """The folder with its log and its info file."""
    faults: tuple[str, ...] = ()
    """The simulated faults, as ``--demo-fault`` names them (fault_names)."""
    lasting: tuple[str, ...] = ()
    """Those of them that last until they are cleared."""
    waiting: tuple[tuple[str, float], ...] = ()
    """Faults that start later: name and seconds."""
    playing: bool = True
    """Whether the simulation runs; False after an internal error, which is in the log."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The variables that direct boto3 and Terraform to the account only."""
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
        """Return the environment of a child process that uses this account.

        It is ``base`` (the process's own if None) without all variables of the user's AWS
        configuration, because a profile, a role or an endpoint of one service would bypass the
        account. Proxies are disabled for loopback addresses.
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
    """Return the account of ``folder`` (the user's shared account if None); start it if needed.

    Concurrent callers get the same server. Raises DemoProblem if moto isn't installed, the folder
    can't be written or the server doesn't start.
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
            _("Could not store the demo account in {folder}: {reason}.").format(
                folder=home, reason=error.strerror
            )
        ) from error


def find(folder: Path | None = None) -> DemoAccount | None:
    """Return the running account of ``folder``, or None. Never starts one.

    Files of a server that has ended are ignored. Raises DemoProblem if its process runs but doesn't
    respond for ANSWER_SECONDS.
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
                        "The demo account (process {pid}) does not respond. End that process and "
                        "try again."
                    ).format(pid=info["pid"])
                ) from error
            continue
        except (OSError, ValueError, http.client.HTTPException):
            return None  # Refused, or another program's server that now has the port.
        if answer.get("id") != info["id"]:
            return None
        playing = bool(answer.get("playing"))
        found = DemoAccount(endpoint=endpoint, pid=info["pid"], folder=home, playing=playing)
        return _with_state(found, answer)


def with_faults(account: DemoAccount, faults: Iterable[str]) -> DemoAccount:
    """Set the faults of ``--demo-fault`` to exactly ``faults`` (fault_names), for all its users.

    Faults that start_faults started stay.

    Raises fault_names.UnknownFault, and DemoProblem if the account has ended or refuses them.
    """
    wanted = fault_names.told(faults)
    if wanted == tuple(it for it in account.faults if it not in account.lasting):
        return account
    return _change_faults(account, {"faults": wanted})


def start_faults(account: DemoAccount, faults: Iterable[str], seconds: float = 0.0) -> DemoAccount:
    """Start faults that last until they are cleared, ``seconds`` from now on the account's clock.

    Raises fault_names.UnknownFault, and DemoProblem if the account has ended or refuses them.
    """
    return _change_faults(account, {"keep": fault_names.told(faults), "in": seconds})


def clear_faults(account: DemoAccount, faults: Iterable[str] = ()) -> DemoAccount:
    """End ``faults``, or every fault if there are none given; those that wait don't start.

    Raises fault_names.UnknownFault, and DemoProblem if the account has ended.
    """
    return _change_faults(account, {"clear": fault_names.told(faults)})


def set_metrics(account: DemoAccount, values: Mapping[str, float | None]) -> dict[str, float]:
    """Set CloudWatch metrics, None: no data from now on; return all that are set, by name.

    Raises DemoProblem if the account has ended.
    """
    answer = _post(account, protocol.METRICS_PATH, {"set": dict(values)})
    return {str(name): float(value) for name, value in answer.get("metrics", {}).items()}


def _change_faults(account: DemoAccount, change: dict[str, Any]) -> DemoAccount:
    return _with_state(account, _post(account, protocol.FAULTS_PATH, change))


def _post(account: DemoAccount, path: str, change: dict[str, Any]) -> dict[str, Any]:
    """Send a change to the account's server and return its answer. Raises DemoProblem."""
    info = _info(account.folder)
    try:
        return _ask(
            account.endpoint + path,
            token=info["token"] if info else "",
            body=json.dumps(change).encode(),
        )
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise DemoProblem(
            _(
                "Could not change the demo account: {reason}. To reset it: gpuecs-tui demo stop"
            ).format(reason=error)
        ) from error


def _with_state(account: DemoAccount, answer: dict[str, Any]) -> DemoAccount:
    """Return ``account`` with the faults of the server's answer."""
    return replace(
        account,
        faults=tuple(map(str, answer.get("faults", ()))),
        lasting=tuple(map(str, answer.get("lasting", ()))),
        waiting=tuple((str(word), float(left)) for word, left in answer.get("waiting", ())),
    )


def stop(folder: Path | None = None) -> bool:
    """Stop the account of ``folder`` and drop everything in it; False if none is running.

    Raises DemoProblem if it doesn't end within STOP_SECONDS.
    """
    home = _folder(folder)
    account = find(home)
    info = _info(home)
    if account is None or info is None:
        return False
    # It may end before its response is complete.
    with contextlib.suppress(OSError, http.client.HTTPException):
        _ask(account.endpoint + protocol.STOP_PATH, token=info["token"])
    deadline = time.monotonic() + STOP_SECONDS
    # Check its port and not its process: a process without a waiting parent remains as a zombie.
    while find(home):
        if time.monotonic() > deadline:
            raise DemoProblem(
                _("The demo account (process {pid}) did not stop. End that process.").format(
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
            _(
                "The demo account requires moto, which is not installed. Run: pip install "
                "'gpuecs-tui[demo]'"
            )
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
            _("{variable} is {value}. Use a number greater than 0, for example 0.1.").format(
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
            # -P: don't import a moto.py or flask.py from the user's directory.
            [sys.executable, "-P", "-m", "gpuecs_tui.demo.server", str(home), identity],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # The user's directory must not be in use, so that it can be unmounted or removed.
            cwd=home,
            env=inherited,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        # If a server of a caller that has died holds the folder, the new server ends and leaves it.
        account = find(home)
        if account:
            _disown(child)
            return account
        if child.poll() not in (None, protocol.EXIT_OTHER_LIVES):
            break
        time.sleep(POLL_SECONDS)
    else:
        child.terminate()
    if _is_full(home):
        raise DemoProblem(
            _(
                "Could not start the demo account: the disk of {folder} is full. Free some space "
                "there, or set XDG_STATE_HOME to a directory on another disk."
            ).format(folder=home)
        )
    raise DemoProblem(
        _("Could not start the demo account: {reason} (see {log}).").format(
            reason=_last_line(log, begin) or _("it printed no error"), log=log
        )
    )


def _is_full(folder: Path) -> bool:
    """Tell whether the disk of ``folder`` has no room for the server's small files."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _SERVER_BYTES or (disk.f_files > 0 and not disk.f_favail)


def _disown(child: subprocess.Popen[bytes]) -> None:
    # The server outlives this process; without this, Popen warns when it is garbage-collected.
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
