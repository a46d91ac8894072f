"""Write single decisions into a directory for one change of the service, and restore them.

The decisions are written before the plan that needs them. If that plan is not applied, the earlier
values are written back. A note under the user's state folder (XDG) names both values while the
change is open, so that the next command can restore them after a killed one.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import make_private
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.resolve import resolve
from gpuecs_tui.stack.unread import by_key
from gpuecs_tui.terraform.base.atomic_files import create_json, read_json, replace_json
from gpuecs_tui.terraform.base.liveness import ProcessIdentity, identify, is_alive
from gpuecs_tui.terraform.read.directory import ReadBack, read
from gpuecs_tui.terraform.runs.applied import is_applied
from gpuecs_tui.terraform.runs.run import APPROVE
from gpuecs_tui.terraform.runs.run_list import runs_of
from gpuecs_tui.terraform.write import change_note, last_write
from gpuecs_tui.terraform.write.rewrite import files_for
from gpuecs_tui.terraform.write.stack import WriteChanges, WriteProblem, compare, write


@dataclass(frozen=True, slots=True)
class ValueChange:
    """Decisions that a command has written into a directory."""

    directory: Path
    command: str
    """The command that wrote them, such as ``scale``."""
    before: Mapping[str, Value]
    """Key → its value before; only keys that differ."""
    after: Mapping[str, Value]
    """The same keys with the written values."""
    files: tuple[str, ...] = ()
    """Names of the files that were changed; empty if the directory already had the values."""
    digests: Mapping[str, str | None] | None = None
    """The digests that the record of the last write had for the keys; None without a record."""
    newest: str = ""
    """Id of the directory's newest run before; empty if there was none."""


def refuse_unread(found: ReadBack, keys: Iterable[str]) -> None:
    """Raise WriteProblem with file and line if one of ``keys`` could not be read."""
    unread = by_key(found.unread)
    for key in keys:
        if key in found.answers:
            continue
        reason = unread[key].sentence if key in unread else _("No file sets it.")
        raise WriteProblem(
            _("Could not read {key} in the directory: {reason}").format(key=key, reason=reason),
            _("Change it in that file."),
        )


def put_values(
    directory: Path, values: Mapping[str, Value], command: str, environ: Mapping[str, str]
) -> ValueChange:
    """Write ``values`` where the directory sets them, and nothing else; return the change.

    The change is open until ``close`` or ``restore``, and meanwhile no other process can make one.
    Raises WriteProblem or ReadProblem; then no file has changed.
    """
    refuse_another(directory)
    found = read(directory, environ)
    refuse_unread(found, values)
    before = {key: found.answers[key] for key in values if found.answers[key] != values[key]}
    after = {key: values[key] for key in before}
    newest = next((run.id for run in runs_of(directory)), "")
    if not before:
        return ValueChange(directory, command, {}, {}, newest=newest)
    changes = _changes(directory, found, after, environ)
    change = ValueChange(
        directory,
        command,
        before,
        after,
        tuple(it.file for it in changes.files),
        last_write.digests_of(directory, before),
        newest,
    )
    _note(change)
    try:
        _write(changes, {key: last_write.answer_digest(value) for key, value in after.items()})
    except WriteProblem:
        close(directory)
        raise
    return change


def restore(change: ValueChange, environ: Mapping[str, str]) -> Mapping[str, Value]:
    """Write the earlier values back and return them. Raises WriteProblem or ReadProblem.

    A value that was changed since stays, and is not returned.
    """
    if not change.before:
        return {}
    found = read(change.directory, environ)
    values = {key: change.before[key] for key in _unedited(change, found)}
    if values:
        digests = change.digests or {}
        kept = {key: it for key, it in digests.items() if key in values}
        _write(_changes(change.directory, found, values, environ), kept)
    close(change.directory)
    return values


def refuse_another(directory: Path) -> None:
    """Raise WriteProblem while another process has an open change in ``directory``.

    Its values may be taken back, so that a plan of them, or a change on top of them, is wrong.
    """
    tree = change_note.noted(directory)
    writer = ProcessIdentity.from_json(tree.get("writer"))
    if writer is None or writer == identify() or not is_alive(writer):
        return
    words = _("gpuecs-tui {command} (process {pid} on {host}) is changing {directory}.")
    raise WriteProblem(
        words.format(
            command=tree.get("command", ""), pid=writer.pid, host=writer.host, directory=directory
        ),
        _("Try again when it has ended."),
    )


def mark_called(change: ValueChange, *, called: bool) -> None:
    """Record whether a call that makes the change in AWS may have had an effect.

    Raises WriteProblem.
    """
    if not change.before:
        return
    try:
        path = change_note.note_of(change.directory)
        replace_json(path, {**change_note.noted(change.directory), "called": called})
    except OSError as error:
        raise _not_recorded(error) from None


def was_called(change: ValueChange) -> bool:
    """Tell whether a call that makes the change in AWS may have had an effect."""
    return bool(change.before) and change_note.noted(change.directory).get("called") is True


def has_begun(change: ValueChange) -> bool:
    """Tell whether a run that started after the write was approved, or AWS was called.

    Part of the change may then be in the account, even if the apply failed.
    """
    if was_called(change):
        return True
    newer = takewhile(lambda run: run.id != change.newest, runs_of(change.directory))
    # An import of missing resources applies no value.
    return any(
        (read_json(run.files.decision) or {}).get("decision") == APPROVE
        for run in newer
        if not run.only_bring_back
    )


def close(directory: Path) -> None:
    """Remove the note: the values are applied, or restored."""
    with contextlib.suppress(OSError):
        change_note.note_of(directory).unlink(missing_ok=True)


def interrupted_change(directory: Path, environ: Mapping[str, str]) -> ValueChange | None:
    """Return the change that a killed command left in ``directory``; None if there is none.

    The change of a command that still runs is not returned. A change whose apply has begun, or
    whose values were applied or all changed since, is closed. Values that were changed since are
    left out. Raises ReadProblem.
    """
    tree = change_note.noted(directory)
    if is_alive(ProcessIdentity.from_json(tree.get("writer"))):
        return None
    change = _from_json(directory, tree)
    if change is None:
        return None
    unedited = _unedited(change, read(directory, environ))
    runs = runs_of(directory)
    if not unedited or has_begun(change) or (runs and is_applied(runs[0])):
        close(directory)
        return None
    return replace(
        change,
        before={key: change.before[key] for key in unedited},
        after={key: change.after[key] for key in unedited},
    )


def interrupted_words(change: ValueChange) -> str:
    """Return which values a killed command left in the directory."""
    return _(
        "A gpuecs-tui {command} was interrupted before it was applied. The directory has its "
        "values: {after}. The values before: {before}."
    ).format(command=change.command, after=in_words(change.after), before=in_words(change.before))


def in_words(values: Mapping[str, Value]) -> str:
    """Return values as text, such as ``service.desired_count = 2``."""
    return ", ".join(f"{key} = {KEYS[key].unparse(value)}" for key, value in values.items())


def _unedited(change: ValueChange, found: ReadBack) -> tuple[str, ...]:
    """Return the keys that still have the written value in the directory."""
    return tuple(key for key, it in change.after.items() if found.answers.get(key) == it)


def _changes(
    directory: Path, found: ReadBack, values: Mapping[str, Value], environ: Mapping[str, str]
) -> WriteChanges:
    """Return the changes of files that set ``values`` only. Raises WriteProblem."""
    if found.earlier:
        raise WriteProblem(
            _("An earlier version of gpuecs-tui wrote {directory}.").format(directory=directory),
            _("Upgrade it first: gpuecs-tui render {directory} {directory}").format(
                directory=shell_word(directory)
            ),
        )
    stack = resolve({**found.answers, **values}, None).stack
    changes = compare(
        directory, files_for(stack, directory), explicit=frozenset(values), environ=environ
    )
    more = [it.file for it in changes.files if it.kind != "change" or it.hand_edited]
    if more:
        raise WriteProblem(
            _("Could not set {keys}: {files} sets it in a manual change.").format(
                keys=", ".join(values), files=", ".join(more)
            ),
            _("Change it in that file, then run: gpuecs-tui apply {directory} --yes").format(
                directory=shell_word(directory)
            ),
        )
    return changes


def _write(changes: WriteChanges, digests: Mapping[str, str | None]) -> None:
    earlier = last_write.record_of(changes.directory)
    write(changes)
    last_write.remember_only(changes.directory, earlier, digests)


def _note(change: ValueChange) -> None:
    """Record an open change. Raises WriteProblem: without a note a kill could hide the change."""
    tree = {
        "format": change_note.FORMAT,
        "directory": os.path.realpath(change.directory),
        "command": change.command,
        "writer": identify().as_json(),
        "before": dict(change.before),
        "after": dict(change.after),
        "files": list(change.files),
        "digests": None if change.digests is None else dict(change.digests),
        "newest": change.newest,
    }
    try:
        path = change_note.note_of(change.directory)
        make_private(path.parent)
        while not create_json(path, tree):
            refuse_another(change.directory)
            # Its command has ended.
            path.unlink(missing_ok=True)
    except OSError as error:
        raise _not_recorded(error) from None


def _not_recorded(error: OSError) -> WriteProblem:
    return WriteProblem(
        _("Could not record the change: {reason}.").format(reason=error.strerror or error),
        _("Check free space and permissions, or set XDG_STATE_HOME to a writable directory."),
    )


def _from_json(directory: Path, tree: Mapping[str, Any]) -> ValueChange | None:
    before, after, digests = tree.get("before"), tree.get("after"), tree.get("digests")
    if not isinstance(before, dict) or not isinstance(after, dict) or before.keys() != after.keys():
        return None
    if not before or not before.keys() <= KEYS.keys():
        return None
    return ValueChange(
        directory,
        str(tree.get("command", "")),
        {key: _value(it) for key, it in before.items()},
        {key: _value(it) for key, it in after.items()},
        tuple(str(it) for it in tree.get("files") or ()),
        digests if isinstance(digests, dict) else None,
        str(tree.get("newest", "")),
    )


def _value(raw: Any) -> Value:
    """Return a value of JSON as a decision: its lists are tuples."""
    return tuple(raw) if isinstance(raw, list) else raw
