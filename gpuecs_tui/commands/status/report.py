"""What ``status`` prints: lines for people, a tree for programs, and what changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from gpuecs_tui.aws.reading import Unknown, value_or
from gpuecs_tui.columns import cells, pad
from gpuecs_tui.commands.output import print_json
from gpuecs_tui.deployment.cause import Diagnosis
from gpuecs_tui.deployment.rows import StoppedGroup, TaskRow, stopped_groups, task_rows
from gpuecs_tui.deployment.stage_words import TITLES, stage_words
from gpuecs_tui.deployment.status import READINGS, DeploymentStatus
from gpuecs_tui.deployment.verdict import VerdictState
from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import N_, _, ngettext

GAP = 2
HISTORY_SHOWN = 5
_INDENT = "  "
WORDS: dict[VerdictState, str] = {
    "healthy": N_("healthy"),
    "scaled_to_zero": N_("scaled to zero"),
    "under_way": N_("under way"),
    "failed": N_("failed"),
    "rolled_back": N_("rolled back"),
    "not_deployed": N_("not deployed"),
    "unknown": N_("unknown"),
}
"""Verdict → its word, untranslated."""


def lines(it: DeploymentStatus) -> Iterator[str]:
    """Yield the whole report: verdict, causes, stages, tasks, instances, deployments."""
    yield f"{_(WORDS[it.verdict.state])}: {it.verdict.sentence}"
    if it.verdict.state == "not_deployed" or len(it.unknown) == len(READINGS):
        return
    for found in it.diagnoses:
        yield ""
        yield from diagnosis_lines(found)
    yield from _section(
        _("Stages"), [(_(TITLES[each.id]), stage_words(each, it.now)) for each in it.stages]
    )
    yield from _section(_("Tasks"), [_task(row, it.now) for row in task_rows(it.facts)])
    yield from _section(
        _("Stopped tasks"), [_stopped(group, it.now) for group in stopped_groups(it.facts)]
    )
    yield from _section(_("Instances"), list(_instances(it)))
    yield from _section(_("Deployments"), list(_history(it)))
    yield from _section(_("Not read"), [(parts, each.reason) for parts, each in _unknown(it)])


def diagnosis_lines(found: Diagnosis) -> Iterator[str]:
    """Yield a cause: its sentence and id, AWS's words, the next step, and other causes."""
    sentence = (
        found.sentence if found.certain else _("Likely: {sentence}").format(sentence=found.sentence)
    )
    yield f"{sentence} [{found.cause.id}]"
    for text in found.seen:
        yield f"    AWS: {text}"
    yield f"    → {found.next_step}"
    for text in found.alternatives:
        yield f"    · {text}"


def unknown_lines(it: DeploymentStatus) -> Iterator[str]:
    """Yield why the verdict is unknown, and what could not be read."""
    yield it.verdict.sentence
    for parts, each in _unknown(it):
        words = _("Could not read {parts}: {reason}. {remedy}")
        yield words.format(parts=parts, reason=each.reason, remedy=each.remedy).rstrip()


def _unknown(it: DeploymentStatus) -> Iterator[tuple[str, Unknown]]:
    """Yield what could not be read for the same reason, as one text, and the first reading."""
    by_reason: dict[str, list[str]] = {}
    for name, each in it.unknown.items():
        by_reason.setdefault(each.reason, []).append(name)
    for names in by_reason.values():
        yield ", ".join(names), it.unknown[names[0]]


def changes(it: DeploymentStatus, before: DeploymentStatus | None) -> Iterator[str]:
    """Yield what is new since ``before``, each line with the time of day."""
    at = f"{it.now.astimezone():%H:%M:%S}"
    if before is None or it.verdict != before.verdict:
        yield f"{at} {_(WORDS[it.verdict.state])}: {it.verdict.sentence}"
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


def _task(row: TaskRow, now: datetime) -> tuple[str, ...]:
    task, instance = row.task, row.instance
    target = ", ".join(
        " ".join(filter(None, (f":{each.port}", each.health, each.reason))) for each in row.targets
    )
    return (
        task.last_status,
        task.task_definition,
        _ago(task.started_at or task.created_at, now),
        (instance.ec2_instance_id if instance else task.container_instance) or _("not placed"),
        target,
        task.id,
    )


def _stopped(group: StoppedGroup, now: datetime) -> tuple[str, ...]:
    code = "" if group.exit_code is None else _("exit code {n}").format(n=group.exit_code)
    number = len(group.tasks)
    words = ngettext("{n} task", "{n} tasks", number).format(n=number)
    return words, group.revision, _ago(group.newest_at, now), code, group.reason


def _instances(it: DeploymentStatus) -> Iterator[tuple[str, ...]]:
    registered = {each.ec2_instance_id: each for each in value_or(it.facts.container_instances, ())}
    fleet = value_or(it.facts.fleet, None)
    for member in fleet.instances if fleet else ():
        each = registered.pop(member.ec2_instance_id, None)
        state = each.status if each else _("not in the cluster")
        room = _("{n} of {all} GPUs free").format(n=each.gpus_left, all=each.gpus) if each else ""
        lost = "" if each is None or each.agent_connected else _("agent not connected")
        yield (
            member.ec2_instance_id, member.zone, member.instance_type, member.lifecycle, state,
            room, lost,
        )  # fmt: skip
    for each in registered.values():
        yield each.ec2_instance_id, each.zone, "", "", each.status, "", _("not in the group")


def _history(it: DeploymentStatus) -> Iterator[tuple[str, ...]]:
    for each in value_or(it.facts.history, ())[:HISTORY_SHOWN]:
        took = ""
        if each.finished_at and (begun := each.started_at or each.created_at):
            took = in_words(max(each.finished_at - begun, timedelta()))
        back = _("back to {revision}").format(revision=each.rolled_back_to)
        yield (
            each.status, each.task_definition, _ago(each.created_at, it.now), took,
            back if each.rolled_back_to else "", each.rollback_reason or each.status_reason,
        )  # fmt: skip


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


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return ""
    return _("{time} ago").format(time=in_words(max(now - at, timedelta())))


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _seconds(time: timedelta | None) -> float | None:
    return time.total_seconds() if time is not None else None
