"""A run's folder: its files, its recorded state, and the lines that we add to Terraform's own.

A run is a folder ``STATE_HOME/gpuecs-tui/runs/ID`` (0700) with files of mode 0600:

=================  ==================================================================
run.json           facts that never change: user, directory, operation, settings
directory.json     the stack directory of the run again, in case run.json is damaged
state.json         the recorded state, with its history; written only by the holder of the
                   directory's lock, replaced as a whole and fsynced before it is acted on
decision.json      the one decision on a plan: approve or discard; created exactly once
cancel.json        the user requested to cancel the run
interrupted.json   created before Terraform's one SIGINT, so that no other process sends one
forced.json        the user force-stopped Terraform before it saved its state
locks.json         ids of the locks on the state that the run's Terraform was seen to hold
forgotten.json     the user dismissed the resources that the state lacks
journal.jsonl      Terraform's ``-json`` events, written by Terraform itself, and ours; synced
                   every second and before each transition
plan.tfplan        the saved plan; deleted once it is applied, stale or declined
plan.json          its ``show -json``, with masked sensitive values, only the shown parts
outputs.json       the stack's outputs after the run, without sensitive values
=================  ==================================================================
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import PRIVATE_FILE
from gpuecs_tui.regular_files import open_own
from gpuecs_tui.terraform.base.atomic_files import now, read_json, replace_json
from gpuecs_tui.terraform.base.liveness import (
    ProcessIdentity,
    boot_id,
    find_process,
    host_name,
    is_alive,
)
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.engine.events import NOTE, STATE
from gpuecs_tui.terraform.runs.run_facts import (
    RecordProblem,
    check_types,
    is_text,
    is_text_map,
    read_json_object,
)
from gpuecs_tui.terraform.runs.run_status import FOLLOWERS, WORKING, RunStatus


@dataclass(frozen=True, slots=True)
class RunFiles:
    """The files of one run."""

    folder: Path
    """The run's folder; its name is the run's id."""

    @property
    def facts(self) -> Path:
        """The facts of the run that never change."""
        return self.folder / "run.json"

    @property
    def directory_record(self) -> Path:
        """The stack directory of the run, in case run.json is damaged."""
        return self.folder / "directory.json"

    @property
    def state(self) -> Path:
        """The recorded state."""
        return self.folder / "state.json"

    @property
    def decision(self) -> Path:
        """The one decision on the plan."""
        return self.folder / "decision.json"

    @property
    def cancel(self) -> Path:
        """The user's request to cancel the run."""
        return self.folder / "cancel.json"

    @property
    def interrupted(self) -> Path:
        """Shows that Terraform's one SIGINT was sent."""
        return self.folder / "interrupted.json"

    @property
    def forced(self) -> Path:
        """Shows that Terraform was ended before its state was saved."""
        return self.folder / "forced.json"

    @property
    def locks(self) -> Path:
        """The ids of the locks on the state that the run's Terraform held."""
        return self.folder / "locks.json"

    @property
    def forgotten(self) -> Path:
        """Shows that the user dismissed the creations that are missing from the state."""
        return self.folder / "forgotten.json"

    @property
    def journal(self) -> Path:
        """All events, one JSON object per line; any other line is plain text of Terraform."""
        return self.folder / "journal.jsonl"

    @property
    def plan(self) -> Path:
        """The saved plan."""
        return self.folder / "plan.tfplan"

    @property
    def plan_details(self) -> Path:
        """The plan in JSON, with sensitive values masked."""
        return self.folder / "plan.json"

    @property
    def outputs(self) -> Path:
        """The stack's outputs."""
        return self.folder / "outputs.json"


_NAMES = frozenset(
    getattr(RunFiles(Path()), name).name
    for name, value in vars(RunFiles).items()
    if isinstance(value, property)
)
"""The names of all files of a run."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The content of state.json."""

    state: RunStatus
    """The last state that was written."""
    at: str
    """When, RFC 3339."""
    runner: ProcessIdentity | None
    """The runner process."""
    child: ProcessIdentity | None
    """The Terraform process that the runner waits for."""
    values: dict[str, Any]
    """What is known about the result so far: ``changes``, ``plan_sha256``, ``changed``
    (sentences about the steps before a destroy), ``exit``, …"""


def refuse_irregular(files: RunFiles) -> None:
    """Raise RecordProblem if a file of the run is not a regular file: a FIFO has no end.

    Links are followed. Raises FileNotFoundError if the run has no folder.
    """
    try:
        with os.scandir(files.folder) as found:
            names = sorted(it.name for it in found if it.name in _NAMES and not it.is_file())
    except FileNotFoundError:
        raise
    except OSError as error:
        raise RecordProblem(files.folder, error.strerror or str(error)) from None
    if names:
        raise RecordProblem(files.folder / names[0], _("it is not a regular file"))


def read_recorded(files: RunFiles) -> Recorded | None:
    """Return the recorded state, or None if there is none or it can't be read."""
    try:
        return recorded_of(files)
    except (FileNotFoundError, RecordProblem):
        return None


def recorded_of(files: RunFiles) -> Recorded:
    """Return the recorded state. Raises FileNotFoundError, RecordProblem.

    If the runner was killed before it recorded Terraform's process, ``child`` is found among the
    running processes.
    """
    raw = read_json_object(files.state)
    check_types(files.state, raw, _TYPES)
    if raw.get("state") not in set(RunStatus):
        words = _("its state is {state!r}").format(state=raw.get("state"))
        raise RecordProblem(files.state, words, newer="state" in raw)
    values = raw.get("values") or {}
    for name, is_valid in _VALUES.items():
        if name in values and not is_valid(values[name]):
            words = _("the value of {name} is not valid").format(name=name)
            raise RecordProblem(files.state, words)
    state = RunStatus(raw["state"])
    runner, child = (ProcessIdentity.from_json(raw.get(name)) for name in ("runner", "child"))
    was_here = runner is not None and (runner.host, runner.boot) == (host_name(), boot_id())
    if state in WORKING and was_here and not is_alive(runner) and not is_alive(child):
        child = unrecorded_child(files) or child
    return Recorded(state, raw.get("at") or "", runner, child, values)


def record(
    files: RunFiles,
    state: RunStatus,
    *,
    runner: ProcessIdentity | None,
    child: ProcessIdentity | None = None,
    **values: Any,
) -> None:
    """Record that the run is in ``state`` now; it is on disk when this returns.

    ``runner`` is None while a runner is being started: the runner records itself later. ``values``
    are added to the recorded ones. The same state may be recorded again to add a new ``child``.
    Raises RunProblem for a transition that is not allowed, OSError if the file can't be written.
    """
    old = read_json(files.state) or {}
    before = old.get("state")
    allowed = before is None or before == state or state in FOLLOWERS.get(RunStatus(before), ())
    if not allowed:
        raise RunProblem(f"A run that is {before} can't become {state}.")
    at = now()
    history = list(old.get("history", ()))
    if before != state:
        history.append({"state": state, "at": at})
    replace_json(
        files.state,
        {
            "state": state,
            "at": at,
            "runner": runner.as_json() if runner else None,
            "child": child.as_json() if child else None,
            "values": {**old.get("values", {}), **values},
            "history": history,
        },
    )


def unrecorded_child(files: RunFiles) -> ProcessIdentity | None:
    """Return the Terraform process of the run: its command contains the path of the run's plan."""
    plan = str(files.plan)
    return find_process(("apply", plan), ("plan", f"-out={plan}"))


def _is_process(value: object) -> bool:
    return value is None or (isinstance(value, dict) and type(value.get("pid")) is int)


def _is_changes(value: object) -> bool:
    return isinstance(value, dict) and all(
        name in ("add", "change", "destroy", "imported", "existing") and type(it) is int
        for name, it in value.items()
    )


def _is_exit(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    code = value.get("returncode")
    told = (value.get(name, "") for name in ("message", "remedy"))
    return (code is None or type(code) is int) and all(isinstance(it, str) for it in told)


_TYPES: Mapping[str, Callable[[object], bool]] = {
    "state": is_text,
    "at": is_text,
    "runner": _is_process,
    "child": _is_process,
    "values": lambda value: isinstance(value, dict),
    "history": lambda value: (
        isinstance(value, list) and all(isinstance(step, dict) for step in value)
    ),
}
"""Every value that this version writes to state.json → the check of its type."""
_VALUES: Mapping[str, Callable[[object], bool]] = {
    "changes": _is_changes,
    "exit": _is_exit,
    "plan_sha256": is_text,
    "changed": is_text,
    "configuration": is_text_map,
    "below": is_text_map,
}
"""The values in it that are relied on → the check of their type."""


class JournalWriter:
    """Adds gpuecs-tui's events to a journal that Terraform writes to as well."""

    def __init__(self, files: RunFiles) -> None:
        # Several processes append whole lines, so that their lines do not mix.
        self.handle = open_own(files.journal, os.O_RDWR | os.O_APPEND | os.O_CREAT, PRIVATE_FILE)
        """The open file, which becomes Terraform's stdout."""

    def note(self, text: str, level: str = "info") -> None:
        """Add a sentence for the user; ``level`` is info, warn or error."""
        self._write(level, text, NOTE, {})

    def state(self, state: RunStatus, text: str) -> None:
        """Add a transition with its text; it and all lines before it are then on disk.

        A failure is added as an error: if Terraform never ran, no other line reports it.
        """
        level = "error" if state is RunStatus.FAILED else "info"
        self._write(level, text, STATE, {"state": state})
        self.sync()

    def sync(self) -> None:
        """Sync everything that was written so far, so that a power failure can't lose it."""
        # A full or missing disk must not end a run that Terraform can still finish.
        with contextlib.suppress(OSError):
            os.fdatasync(self.handle)

    def close(self) -> None:
        """Close the file; Terraform's copy of it remains open."""
        os.close(self.handle)

    def is_cut_off(self) -> bool:
        """Tell whether the last line is incomplete, as after a full disk; a new line would be
        appended to it."""
        size = os.fstat(self.handle).st_size
        return size > 0 and os.pread(self.handle, 1, size - 1) != b"\n"

    def _write(self, level: str, text: str, kind: str, more: dict[str, Any]) -> None:
        event = {
            "@level": level,
            "@message": text,
            "@module": "gpuecs_tui",
            "@timestamp": now(),
            "type": kind,
            **more,
        }
        line = json.dumps(event, ensure_ascii=False) + "\n"
        try:
            if self.is_cut_off():
                line = "\n" + line
            os.write(self.handle, line.encode("utf-8", "replace"))
        except OSError:
            # A full disk must not end a run that Terraform can still finish.
            return
