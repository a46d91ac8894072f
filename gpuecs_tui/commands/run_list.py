"""The output of ``runs``: all runs of a stack, including unreadable ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gpuecs_tui.columns import cells, pad
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import operation_title, status_title
from gpuecs_tui.terraform.runs.unread_run import UnreadRun


def lines_of_runs(runs: Sequence[Run | UnreadRun]) -> Iterator[str]:
    """Yield one line for each run, in columns; the caller escapes control characters."""
    read = [run for run in runs if isinstance(run, Run)]
    rows = {
        it.id: (operation_title(it.operation), status_title(it.state), _counts(it)) for it in read
    }
    widths = [max(map(cells, column)) for column in zip(*rows.values(), strict=True)]
    for run in runs:
        if isinstance(run, UnreadRun):
            line = f"{run.id}  {_unread_word(run)}  {run.message} {run.remedy}"
        else:
            started = f"{run.started_at.astimezone():%Y-%m-%d %H:%M:%S}"
            padded = (pad(text, n) for text, n in zip(rows[run.id], widths, strict=True))
            line = "  ".join((started, *padded, f"{run.user}@{run.host}", run.message))
        yield " ".join(line.splitlines()).rstrip()


def _unread_word(run: UnreadRun) -> str:
    if run.newer:
        return _("written by a newer version")
    return _("damaged, dismissed") if run.is_dismissed else _("damaged")


def unread_tree(run: UnreadRun) -> dict[str, Any]:
    """Return an unreadable run as ``--json`` prints it."""
    return {
        "id": run.id,
        "directory": str(run.directory) if run.directory else None,
        "operation": None,
        "state": "newer" if run.newer else "damaged",
        "started_at": None,
        "ended_at": None,
        "user": None,
        "host": None,
        "pid": None,
        "changes": None,
        "message": run.message,
        "remedy": run.remedy,
    }


def _counts(run: Run) -> str:
    changes = run.changes
    if changes is None:
        return ""
    return f"+{changes.add} ~{changes.change} -{changes.destroy}"


def run_tree(run: Run) -> dict[str, Any]:
    """Return a run as ``--json`` prints it."""
    changes = run.changes
    return {
        "id": run.id,
        "directory": str(run.directory),
        "operation": run.operation.value,
        "state": run.state.value,
        "started_at": run.started_at.isoformat(),
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "user": run.user,
        "host": run.host,
        "pid": run.pid or None,
        "changes": None
        if changes is None
        else {
            "add": changes.add,
            "change": changes.change,
            "destroy": changes.destroy,
            "import": changes.imported,
        },
        "message": run.message,
        "remedy": run.remedy,
    }
