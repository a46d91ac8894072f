"""The faults of the trials."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random

from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.chaos import places
from tests.chaos.proxy import Proxy, Weather
from tests.chaos.viewers import Tmux, Viewer, has_tmux

VANISH_SECONDS = 5.0
"""Seconds for which the account is not reachable."""
BAD_SECONDS = (2.0, 15.0)
"""Duration in seconds of other faults that end without an action."""
LOOK_SECONDS = 0.05


class Watched(StrEnum):
    """The program that views or drives the run."""

    NOBODY = "nobody"
    """It is driven from this process."""
    COMMAND = "command"
    """``gpuecs-tui apply`` in a pty, which starts and approves it."""
    WIZARD = "wizard"
    """The wizard in a pty, showing the run."""
    TMUX = "tmux"
    """The wizard in a separate tmux."""


@dataclass(slots=True)
class Scene:
    """What a fault can affect."""

    run: Run
    stack: Path
    state_home: Path
    """The folder with the records of the runs."""
    disk: Path | None
    """The small disk that contains both folders, if there is one."""
    proxy: Proxy
    viewer: Viewer | Tmux | None
    draw: Random


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the viewer, the action, and the allowed results of the run."""

    name: str
    strike: Callable[[Scene], str]
    """Returns after the fault; the result is the broken promise, or empty."""
    ends: frozenset[RunStatus]
    watched: Watched = Watched.NOBODY
    on_small_disk: bool = False


def _killed_viewer(scene: Scene) -> str:
    assert isinstance(scene.viewer, Viewer)
    scene.viewer.signal(signal.SIGKILL)
    return ""


def _hung_up_viewer(scene: Scene) -> str:
    assert isinstance(scene.viewer, Viewer)
    scene.viewer.signal(signal.SIGHUP)
    return "" if scene.viewer.ends() else "the viewer goes on after SIGHUP"


def _closed_terminal(scene: Scene) -> str:
    assert isinstance(scene.viewer, Viewer)
    scene.viewer.take_terminal()
    return "" if scene.viewer.ends() else "the viewer goes on without its terminal"


def _killed_tmux(scene: Scene) -> str:
    assert isinstance(scene.viewer, Tmux)
    scene.viewer.kill_server()
    return "" if scene.viewer.ends() else "the wizard goes on without its tmux"


def _cancel(scene: Scene) -> str:
    runs.cancel(scene.run.refresh())
    return ""


def _send(
    number: signal.Signals, *, runner: bool = False, terraform: bool = False
) -> Callable[[Scene], str]:
    def strike(scene: Scene) -> str:
        present = scene.run.refresh()
        for pid in (present.pid if runner else 0, present.terraform_pid if terraform else 0):
            with contextlib.suppress(ProcessLookupError):
                if pid:
                    os.kill(pid, number)
        return ""

    return strike


def _storm(weather: Weather) -> Callable[[Scene], str]:
    def strike(scene: Scene) -> str:
        gone = weather in (Weather.GONE, Weather.HANGS)
        with scene.proxy.storm(weather):
            time.sleep(VANISH_SECONDS if gone else scene.draw.uniform(*BAD_SECONDS))
        return ""

    return strike


def _expired(scene: Scene) -> str:
    """The credentials are expired from now on, to the end of the run.

    For EC2's code, RequestExpired, the provider repeats the call for 10 minutes: the trial then
    cancels the run.
    """
    with scene.proxy.storm(Weather.EXPIRED):
        gives_up_at = time.monotonic() + scene.draw.uniform(*BAD_SECONDS)
        while not (run := scene.run.refresh()).is_final:
            if time.monotonic() >= gives_up_at:
                runs.cancel(run)
            time.sleep(LOOK_SECONDS)
    # The next step depends on whether the state could still be stored.
    next_steps = ("continues with the remaining changes", "gpuecs-tui state")
    told = "credentials have expired" in run.message and any(
        step in run.remedy for step in next_steps
    )
    if run.state is RunStatus.FAILED and not told:
        return f"it doesn't say that the credentials have expired: {run.message} {run.remedy}"
    return ""


def _full_disk(scene: Scene) -> str:
    assert scene.disk is not None
    with places.full(scene.disk):
        _wait(scene)
    return ""


def _read_only(which: Callable[[Scene], Path]) -> Callable[[Scene], str]:
    def strike(scene: Scene) -> str:
        with places.read_only(which(scene)):
            _wait(scene)
        return ""

    return strike


def _wait(scene: Scene) -> None:
    time.sleep(scene.draw.uniform(*BAD_SECONDS))


_WELL = frozenset({RunStatus.SUCCEEDED})
# If a viewer that started its run dies before the plan is ready, other programs must decide on the
# plan.
_LEFT = _WELL | {RunStatus.PLANNED}
_STOPPED = _WELL | {RunStatus.CANCELLED, RunStatus.DISCARDED}
_BADLY = _WELL | {RunStatus.FAILED}
_ANYHOW = _BADLY | {RunStatus.LOST}

FAULTS = (
    Fault("command SIGKILL", _killed_viewer, _LEFT, Watched.COMMAND),
    Fault("command SIGHUP", _hung_up_viewer, _LEFT, Watched.COMMAND),
    Fault("command pty closed", _closed_terminal, _LEFT, Watched.COMMAND),
    Fault("TUI SIGKILL", _killed_viewer, _WELL, Watched.WIZARD),
    Fault("TUI SIGHUP", _hung_up_viewer, _WELL, Watched.WIZARD),
    Fault("TUI pty closed", _closed_terminal, _WELL, Watched.WIZARD),
    Fault("tmux server SIGKILL", _killed_tmux, _WELL, Watched.TMUX),
    Fault("cancel", _cancel, _STOPPED),
    Fault("runner SIGTERM", _send(signal.SIGTERM, runner=True), _STOPPED),
    Fault("runner SIGHUP", _send(signal.SIGHUP, runner=True), _WELL),
    Fault("runner SIGKILL", _send(signal.SIGKILL, runner=True), _ANYHOW),
    Fault("Terraform SIGKILL", _send(signal.SIGKILL, terraform=True), _BADLY),
    Fault("runner and Terraform SIGKILL",
          _send(signal.SIGKILL, runner=True, terraform=True), _ANYHOW),
    Fault("runner and Terraform SIGTERM",
          _send(signal.SIGTERM, runner=True, terraform=True), _STOPPED),
    Fault("account answers 500", _storm(Weather.ERRORS), _BADLY),
    Fault("account throttles", _storm(Weather.THROTTLES), _BADLY),
    Fault("account hangs", _storm(Weather.HANGS), _BADLY),
    Fault("account vanishes for 5 s", _storm(Weather.GONE), _BADLY),
    Fault("credentials expire", _expired, _BADLY | _STOPPED),
    Fault("disk full", _full_disk, _ANYHOW, on_small_disk=True),
    Fault("runs folder read-only", _read_only(lambda scene: scene.state_home), _ANYHOW),
    Fault("stack folder read-only", _read_only(lambda scene: scene.stack), _ANYHOW),
)  # fmt: skip
"""All faults, in the order of the table."""


def available(folder: Path) -> tuple[tuple[Fault, ...], dict[str, str]]:
    """Return the faults that are possible on this machine, and why the others are not."""
    missing = {}
    if not has_tmux():
        missing["tmux server SIGKILL"] = "tmux is not installed"
    if not places.can_mount():
        missing["disk full"] = "a file system of limited size takes root"
    if not places.can_be_read_only(folder):
        why = "this file system has no immutable files"
        missing |= dict.fromkeys(("runs folder read-only", "stack folder read-only"), why)
    return tuple(it for it in FAULTS if it.name not in missing), missing
