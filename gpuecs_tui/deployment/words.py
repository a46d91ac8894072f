"""The judgement on a deployment in words: what the command and the screen both show.

A row is a tuple of cells. The longest text is in the last cells, and ids come last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from gpuecs_tui.aws.reading import Unknown, value_or
from gpuecs_tui.deployment.cause import Diagnosis
from gpuecs_tui.deployment.rows import StoppedGroup, TaskRow
from gpuecs_tui.deployment.status import DeploymentStatus
from gpuecs_tui.deployment.verdict import Verdict, VerdictState
from gpuecs_tui.durations import ago, in_steps, in_words
from gpuecs_tui.i18n import N_, _, ngettext

HISTORY_SHOWN = 5
"""Deployments of the service that are shown."""
WORDS: Mapping[VerdictState, str] = {
    "healthy": N_("healthy"),
    "scaled_to_zero": N_("scaled to zero"),
    "under_way": N_("under way"),
    "failed": N_("failed"),
    "rolled_back": N_("rolled back"),
    "not_deployed": N_("not deployed"),
    "unknown": N_("unknown"),
}
"""Verdict → its word, untranslated."""
Row = tuple[str, ...]


def verdict_words(verdict: Verdict) -> str:
    """Return the verdict's word and its sentence."""
    return f"{_(WORDS[verdict.state])}: {verdict.sentence}"


def summary(it: DeploymentStatus) -> str:
    """Return the verdict and the first cause of what is not done."""
    first = it.diagnoses[:1] if it.verdict.state in ("failed", "rolled_back", "under_way") else ()
    causes = [words for each in first if (words := cause_words(each)) not in it.verdict.sentence]
    return " ".join((verdict_words(it.verdict), *causes))


def cause_words(found: Diagnosis) -> str:
    """Return the sentence of a cause, and that it is only likely if nothing proves it."""
    if found.certain:
        return found.sentence
    return _("Likely: {sentence}").format(sentence=found.sentence)


def estimate_words(it: DeploymentStatus) -> str:
    """Return how long the deployment has taken so far, and earlier ones; empty if it has ended."""
    last = next((each for each in it.stages if each.id == "revision"), None)
    if last is None or last.state != "waiting" or last.since is None:
        return ""
    elapsed = in_steps(max(it.now - last.since, timedelta()))
    if last.usual is None:
        return _("{time} so far.").format(time=elapsed) if elapsed else ""
    usual = in_words(last.usual)
    if not elapsed:
        return _("Earlier deployments took {usual}.").format(usual=usual)
    return _("{time} so far; earlier deployments took {usual}.").format(time=elapsed, usual=usual)


def unread(it: DeploymentStatus) -> Iterator[tuple[str, Unknown]]:
    """Yield what could not be read for the same reason, as one text, and the first reading."""
    by_reason: dict[str, list[str]] = {}
    for name, each in it.unknown.items():
        by_reason.setdefault(each.reason, []).append(name)
    for names in by_reason.values():
        yield ", ".join(names), it.unknown[names[0]]


def task_cells(row: TaskRow, now: datetime) -> Row:
    """Return status, revision, age, instance, target and id of a task."""
    task, instance = row.task, row.instance
    target = ", ".join(
        " ".join(filter(None, (f":{each.port}", each.health, each.reason))) for each in row.targets
    )
    health = "" if task.health == "UNKNOWN" else task.health
    return (
        f"{task.last_status} {health}".rstrip(),
        task.task_definition,
        ago(task.started_at or task.created_at, now),
        (instance.ec2_instance_id if instance else task.container_instance) or _("not placed"),
        target,
        task.id,
    )


def stopped_cells(group: StoppedGroup, now: datetime) -> Row:
    """Return number, revision, age, exit code and reason of a group of stopped tasks."""
    code = "" if group.exit_code is None else _("exit code {n}").format(n=group.exit_code)
    number = len(group.tasks)
    words = ngettext("{n} task", "{n} tasks", number).format(n=number)
    return words, group.revision, ago(group.newest_at, now), code, group.reason


def instance_rows(it: DeploymentStatus) -> Iterator[Row]:
    """Yield states in group and cluster, free GPUs, type, zone and id of each instance."""
    registered = {each.ec2_instance_id: each for each in value_or(it.facts.container_instances, ())}
    fleet = value_or(it.facts.fleet, None)
    for member in fleet.instances if fleet else ():
        each = registered.pop(member.ec2_instance_id, None)
        state = each.status if each else _("not in the cluster")
        room = _("{n} of {all} GPUs free").format(n=each.gpus_left, all=each.gpus) if each else ""
        lost = "" if each is None or each.agent_connected else _("agent not connected")
        yield (
            member.lifecycle, state, lost, room, member.instance_type, member.zone,
            member.ec2_instance_id,
        )  # fmt: skip
    for each in registered.values():
        yield _("not in the group"), each.status, "", "", "", each.zone, each.ec2_instance_id


def history_rows(it: DeploymentStatus) -> Iterator[Row]:
    """Yield status, revision, age, duration, rollback and reason of the newest deployments."""
    for each in value_or(it.facts.history, ())[:HISTORY_SHOWN]:
        took = ""
        if each.finished_at and (begun := each.started_at or each.created_at):
            took = in_words(max(each.finished_at - begun, timedelta()))
        back = _("back to {revision}").format(revision=each.rolled_back_to)
        yield (
            each.status, each.task_definition, ago(each.created_at, it.now), took,
            back if each.rolled_back_to else "", each.rollback_reason or each.status_reason,
        )  # fmt: skip
