"""What ``status`` prints: lines for people, a tree for programs, and what changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from gpuecs_tui.aws.reading import value_or
from gpuecs_tui.columns import cells, pad
from gpuecs_tui.commands.output import print_json
from gpuecs_tui.deployment.cause import Diagnosis
from gpuecs_tui.deployment.rows import TaskRow, stopped_groups, task_rows
from gpuecs_tui.deployment.stage_words import TITLES, stage_words
from gpuecs_tui.deployment.status import READINGS, DeploymentStatus
from gpuecs_tui.deployment.words import (
    cause_words,
    history_rows,
    instance_rows,
    stopped_cells,
    task_cells,
    unread,
    verdict_words,
)
from gpuecs_tui.i18n import _

GAP = 2
_INDENT = "  "


def lines(it: DeploymentStatus) -> Iterator[str]:
    """Yield the whole report: verdict, causes, stages, tasks, instances, deployments."""
    yield verdict_words(it.verdict)
    if it.verdict.state == "not_deployed" or len(it.unknown) == len(READINGS):
        return
    for found in it.diagnoses:
        yield ""
        yield from diagnosis_lines(found)
    yield from _section(
        _("Stages"), [(_(TITLES[each.id]), stage_words(each, it.now)) for each in it.stages]
    )
    yield from _section(_("Tasks"), [task_cells(row, it.now) for row in task_rows(it.facts)])
    yield from _section(
        _("Stopped tasks"), [stopped_cells(group, it.now) for group in stopped_groups(it.facts)]
    )
    yield from _section(_("Instances"), list(instance_rows(it)))
    yield from _section(_("Deployments"), list(history_rows(it)))
    yield from _section(_("Not read"), [(parts, each.reason) for parts, each in unread(it)])


def diagnosis_lines(found: Diagnosis) -> Iterator[str]:
    """Yield a cause: its sentence and id, AWS's words, the next step, and other causes."""
    yield f"{cause_words(found)} [{found.cause.id}]"
    for text in found.seen:
        yield f"    AWS: {text}"
    yield f"    → {found.next_step}"
    for text in found.alternatives:
        yield f"    · {text}"


def unknown_lines(it: DeploymentStatus) -> Iterator[str]:
    """Yield why the verdict is unknown, and what could not be read."""
    yield it.verdict.sentence
    for parts, each in unread(it):
        words = _("Could not read {parts}: {reason}. {remedy}")
        yield words.format(parts=parts, reason=each.reason, remedy=each.remedy).rstrip()


def changes(it: DeploymentStatus, before: DeploymentStatus | None) -> Iterator[str]:
    """Yield what is new since ``before``, each line with the time of day."""
    at = f"{it.now.astimezone():%H:%M:%S}"
    if before is None or it.verdict != before.verdict:
        yield f"{at} {verdict_words(it.verdict)}"
    known = {each.id: each.state for each in before.stages} if before else {}
    for each in it.stages:
        if known.get(each.id) != each.state and (before is not None or each.state != "skipped"):
            yield f"{at} {_(TITLES[each.id])}: {stage_words(each, it.now)}"
    named = {each.cause.id for each in before.diagnoses} if before else set()
    for found in it.diagnoses:
        if found.cause.id not in named:
            first, *rest = diagnosis_lines(found)
            yield f"{at} {first}"
            yield from rest


def json_line(it: DeploymentStatus, before: DeploymentStatus | None) -> Iterator[str]:
    """Yield the tree on one line, if anything but a time has changed since ``before``."""
    if before is None or list(changes(it, before)):
        yield json.dumps(tree(it))


def print_tree(it: DeploymentStatus) -> None:
    """Print the tree as indented JSON."""
    print_json(tree(it))


def tree(it: DeploymentStatus) -> dict[str, Any]:
    """Return everything as plain values: times in ISO 8601, durations in seconds."""
    return {
        "state": it.verdict.state,
        "sentence": it.verdict.sentence,
        "at": _time(it.now),
        "applied": {
            "task_definition": it.applied.task_definition or None,
            "desired": it.applied.desired,
        },
        "causes": [_cause(each) for each in it.diagnoses],
        "stages": [
            {
                "id": each.id,
                "state": each.state,
                "since": _time(each.since),
                "took": _seconds(each.took),
                "usual": _seconds(each.usual),
            }
            for each in it.stages
        ],
        "tasks": [_task_tree(row) for row in task_rows(it.facts)],
        "stopped": [
            {
                "reason": group.reason,
                "exit_code": group.exit_code,
                "task_definition": group.revision,
                "newest_at": _time(group.newest_at),
                "tasks": [task.id for task in group.tasks],
            }
            for group in stopped_groups(it.facts)
        ],
        "deployments": [
            {
                "id": each.id,
                "status": each.status,
                "task_definition": each.task_definition,
                "created_at": _time(each.created_at),
                "finished_at": _time(each.finished_at),
                "rolled_back_to": each.rolled_back_to or None,
            }
            for each in value_or(it.facts.history, ())
        ],
        "unknown": {name: each.reason for name, each in it.unknown.items()},
    }


def _cause(found: Diagnosis) -> dict[str, Any]:
    return {
        "id": found.cause.id,
        "stage": found.cause.stage,
        "certain": found.certain,
        "sentence": found.sentence,
        "seen": list(found.seen),
        "next_step": found.next_step,
        "alternatives": list(found.alternatives),
        "change": {"key": found.change.key, "value": found.change.value} if found.change else None,
    }


def _task_tree(row: TaskRow) -> dict[str, Any]:
    return {
        "id": row.task.id,
        "status": row.task.last_status,
        "task_definition": row.task.task_definition,
        "instance": row.instance.ec2_instance_id if row.instance else None,
        "zone": row.task.zone or (row.instance.zone if row.instance else "") or None,
        "started_at": _time(row.task.started_at),
        "targets": [
            {"id": each.id, "port": each.port, "health": each.health, "reason": each.reason}
            for each in row.targets
        ],
    }


def _section(title: str, rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield a title and its rows in columns; the last column keeps its length. Nothing if empty."""
    if not rows:
        return
    yield ""
    yield title
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        shown = [pad(cell, width + GAP) for cell, width in zip(row, widths, strict=True) if width]
        yield f"{_INDENT}{''.join(shown)}".rstrip()


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _seconds(time: timedelta | None) -> float | None:
    return time.total_seconds() if time is not None else None
