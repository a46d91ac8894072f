"""The status of a live stack as lines of text: AWS's own words, in columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from rich.cells import cell_len
from textual.content import Content

from gpuecs_tui.aws.deployment.facts import (
    ContainerInstance,
    DeployedFleet,
    DeployedService,
    DeployedTask,
    DeploymentFacts,
    RegisteredTarget,
    ScalingActivity,
)
from gpuecs_tui.aws.reading import Reading, Unknown
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.terraform.read.service_url import ServiceUrl
from gpuecs_tui.terraform.recovery.end_of_stack import EndOfStack
from gpuecs_tui.widgets.base.safe_text import escape_controls, fit_cells

T = TypeVar("T")

SUMMARY_PARTS = ("service", "targets", "container_instances")
"""Parts of DeploymentFacts of which ``summary`` tells."""
EVENTS_SHOWN = 8
STOPPED_SHOWN = 3
ACTIVITIES_SHOWN = 5
ID_SHOWN = 12
"""Displayed characters of the id of a task or container instance, which has 32 hexadecimal
digits."""
GAP = 2
_GOOD = frozenset(
    {"ACTIVE", "COMPLETED", "RUNNING", "HEALTHY", "healthy", "InService", "Successful"}
)
_BAD = frozenset({"FAILED", "UNHEALTHY", "unhealthy", "Failed", "Unhealthy", "INACTIVE"})
"""Words of AWS that are coloured; all others stay plain, because only a person can judge them."""

TableRow = Sequence[str]


def deployment_lines(
    facts: DeploymentFacts,
    outputs: Mapping[str, Any],
    url: ServiceUrl,
    end: EndOfStack | None = None,
    width: int = 0,
) -> list[Content]:
    """Return all facts about the live stack, section by section.

    A stack that is being destroyed or is gone (``end``) is shown without colours, because its
    status is neither good nor bad. The rest of an incomplete destroy is shown as any other stack.
    A URL or an output that is longer than ``width`` cells is wrapped; 0: no line is wrapped.
    """
    gone = end is not None and end.is_gone
    sections: tuple[tuple[str, list[Content]], ...] = (
        (_("Service"), _part(facts.service, _service)),
        (_("Targets"), _part(facts.targets, _targets)),
        (_("Tasks"), _part(facts.tasks, _tasks)),
        (_("Container instances"), _part(facts.container_instances, _instances)),
        (_("Auto Scaling group"), _part(facts.fleet, _fleet)),
        (_("Scaling activities"), _part(facts.activities, _activities)),
        (_("Service events"), _part(facts.service, _events)),
        (_("Outputs"), [part for it in _outputs(outputs, end) for part in _folded(it, width)]),
    )
    lines: list[Content] = []
    if end is not None:
        lines = [Content.styled(escape_controls(it), "bold") for it in end.sentences]
        lines.append(Content(""))
    if gone:
        sections = tuple(
            (title, [Content.styled(line.plain, "$text-muted") for line in found])
            for title, found in sections
        )
    elif url.url:
        known = _("URL, once its DNS record exists:") if url.needs_record else _answers(facts)
        lines += [
            *_url_lines(known, escape_controls(url.url), width),
            *_record_lines(escape_controls(url.record), width),
            Content(""),
        ]
    for title, found in sections:
        lines += [Content.styled(title, "bold $text-accent"), *found, Content("")]
    return lines[:-1]


def _url_lines(words: str, url: str, width: int) -> list[Content]:
    """Return ``words`` and the URL: the URL is on lines of its own if both don't fit on one."""
    shown = Content.styled(url, "bold $text-accent")
    whole = Content.assemble(words, " ", shown)
    if not width or whole.cell_length <= width:
        return [whole]
    return [Content(words), *_folded(shown, width)]


def _record_lines(record: str, width: int) -> list[Content]:
    """Return the sentence about the DNS record, wrapped between words."""
    if not record:
        return []
    return list(Content(record).wrap(width)) if width else [Content(record)]


def _folded(line: Content, width: int) -> list[Content]:
    return line.fold(width) if width and line.cell_length > width else [line]


def _answers(facts: DeploymentFacts) -> str:
    """Return the words before the URL; the service answers only with a healthy target."""
    targets, service = facts.targets, facts.service
    if isinstance(targets, Unknown):
        return _("Service URL, status unknown:")
    if any(it.health == "healthy" for it in targets.value or ()):
        return _("The service answers at")
    if not isinstance(service, Unknown) and service.value and not service.value.desired:
        return _("No task runs because the desired count is 0. URL:")
    return _("The service will answer, once a target is healthy, at")


def summary(facts: DeploymentFacts, end: EndOfStack | None = None) -> Content:
    """Return the status in one line: tasks, targets, instances; or that the stack is being or was
    destroyed."""
    if end is not None and end.is_gone:
        return Content.styled(_end_in_short(end), "bold")
    parts = []
    if isinstance(facts.service, Unknown):
        parts.append(Content.styled(str(facts.service), "$text-warning"))
    elif facts.service.value is None:
        parts.append(Content.styled(_("The service does not exist yet."), "bold"))
    else:
        it = facts.service.value
        good = it.desired == it.running and not it.pending
        text = _("{running}/{desired} tasks running").format(running=it.running, desired=it.desired)
        parts.append(Content.styled(text, "bold $text-success" if good else "bold $text-warning"))
    if not isinstance(facts.targets, Unknown) and facts.targets.value is not None:
        targets = facts.targets.value
        healthy = sum(it.health == "healthy" for it in targets)
        text = _("{healthy}/{n} targets healthy").format(healthy=healthy, n=len(targets))
        good = bool(targets) and healthy == len(targets)
        parts.append(Content.styled(text, "$text-success" if good else "$text-warning"))
    if not isinstance(facts.container_instances, Unknown):
        number = len(facts.container_instances.value)
        text = ngettext("{n} instance registered", "{n} instances registered", number)
        parts.append(Content(text.format(n=number)))
    return Content(" · ").join(parts)


def is_deployment_healthy(facts: DeploymentFacts) -> bool:
    """Tell whether all desired tasks run, at least one, and every target is healthy."""
    if isinstance(facts.service, Unknown) or isinstance(facts.targets, Unknown):
        return False
    service, targets = facts.service.value, facts.targets.value
    if service is None or not targets:
        return False
    runs = 0 < service.desired == service.running and not service.pending
    return runs and all(it.health == "healthy" for it in targets)


def _end_in_short(end: EndOfStack) -> str:
    if end.under_way:
        return _("The stack is being destroyed.")
    return _("The stack was destroyed.")


def outputs_text(name: str, output: Any) -> str:
    """Return an output's value on one line; for a sensitive one, a text that it is sensitive."""
    import json

    if not isinstance(output, dict) or output.get("sensitive"):
        return _("(sensitive)")
    value = output.get("value")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _outputs(outputs: Mapping[str, Any], end: EndOfStack | None) -> list[Content]:
    if not outputs:
        if end is not None:
            return [_quiet(_("none"))]
        return [_quiet(_("none: nothing was applied from this directory yet"))]
    rows = [(name, outputs_text(name, outputs[name])) for name in outputs]
    return _table(rows)


def _part(reading: Reading[T], lines: Callable[[T], list[Content]]) -> list[Content]:
    if isinstance(reading, Unknown):
        if not reading.call:
            # It comes with the next answers.
            return [_quiet(_("loading …"))]
        found = [Content.styled(f"  {escape_controls(str(reading))}", "$text-warning")]
        return [*found, _quiet(escape_controls(reading.remedy))] if reading.remedy else found
    return lines(reading.value)


def _service(it: DeployedService | None) -> list[Content]:
    if it is None:
        return [_quiet(_("there is none of this name"))]
    rows: list[TableRow] = [
        (_("deployment"), _("rollout"), _("desired"), _("running"), _("pending"), _("failed"))
    ]
    rows += [
        (
            f"{each.status} {each.task_definition}",
            each.rollout_state,
            *map(str, (each.desired, each.running, each.pending, each.failed)),
        )
        for each in it.deployments
    ]
    reasons = [
        _quiet(escape_controls(each.rollout_reason)) for each in it.deployments if each.failed
    ]
    head = _("{name}: {status}; desired {desired}, running {running}, pending {pending}")
    text = head.format(
        name=it.name, status=it.status, desired=it.desired, running=it.running, pending=it.pending
    )
    return [Content(f"  {escape_controls(text)}"), *_table(rows, heading=True), *reasons]


def _targets(targets: tuple[RegisteredTarget, ...] | None) -> list[Content]:
    if targets is None:
        return [_quiet(_("target group not found"))]
    if not targets:
        return [_quiet(_("none registered"))]
    rows = [(f"{it.id}:{it.port}", it.health, it.reason, it.description) for it in targets]
    return _table(rows)


def _tasks(tasks: tuple[DeployedTask, ...]) -> list[Content]:
    if not tasks:
        return [_quiet(_("none"))]
    live = [it for it in tasks if it.last_status != "STOPPED"]
    stopped = [it for it in tasks if it.last_status == "STOPPED"]
    rows = [
        (
            it.id[:ID_SHOWN],
            it.last_status,
            it.health if it.health != "UNKNOWN" else "",
            it.task_definition,
            it.container_instance[:ID_SHOWN] or _("not placed"),
            _clock(it.started_at or it.created_at),
            it.stopped_reason,
        )
        for it in (*live, *stopped[:STOPPED_SHOWN])
    ]
    return _table(rows)


def _instances(instances: tuple[ContainerInstance, ...]) -> list[Content]:
    if not instances:
        return [_quiet(_("none registered"))]
    rows = [
        (_("instance"), _("zone"), _("status"), _("tasks"), _("GPUs free"), _("memory free"), "")
    ]
    rows += [
        (
            it.ec2_instance_id,
            it.zone,
            it.status,
            f"{it.running}+{it.pending}" if it.pending else str(it.running),
            f"{it.gpus_left}/{it.gpus}",
            f"{it.memory_left}/{it.memory} MiB",
            "" if it.agent_connected else _("agent not connected"),
        )
        for it in instances
    ]
    return _table(rows, heading=True)


def _fleet(it: DeployedFleet | None) -> list[Content]:
    if it is None:
        return [_quiet(_("there is none of this name"))]
    text = _("minimum {low}, desired {desired}, maximum {high}").format(
        low=it.minimum, desired=it.desired, high=it.maximum
    )
    rows = [
        (each.ec2_instance_id, each.zone, each.instance_type, each.lifecycle, each.health)
        for each in it.instances
    ]
    return [Content(f"  {text}"), *_table(rows)]


def _activities(activities: tuple[ScalingActivity, ...]) -> list[Content]:
    if not activities:
        return [_quiet(_("none"))]
    rows = [
        (_clock(it.started_at), it.status, it.status_message or it.description)
        for it in activities[:ACTIVITIES_SHOWN]
    ]
    return _table(rows)


def _events(it: DeployedService | None) -> list[Content]:
    if it is None or not it.events:
        return [_quiet(_("none"))]
    return _table([(_clock(each.at), each.message) for each in it.events[:EVENTS_SHOWN]])


def _clock(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%H:%M:%S") if moment else ""


def _quiet(text: str) -> Content:
    return Content.styled(f"  {text}", "$text-muted")


def _table(rows: Sequence[TableRow], *, heading: bool = False) -> list[Content]:
    """Align columns by cells; the last column is not padded."""
    shown = [[escape_controls(cell) for cell in row] for row in rows]
    if not shown:
        return []
    widths = [max(cell_len(cell) for cell in column) for column in zip(*shown, strict=True)]
    return [_line(row, widths, heading=heading and number == 0) for number, row in enumerate(shown)]


def _line(row: list[str], widths: list[int], *, heading: bool) -> Content:
    parts = list(_cells(row, widths, heading=heading))
    return Content.assemble("  ", *parts).rstrip()


def _cells(row: list[str], widths: list[int], *, heading: bool) -> Iterator[tuple[str, str]]:
    for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
        if not width:
            continue
        style = "$text-muted" if heading else ""
        style = "$text-success" if cell in _GOOD else "bold $text-error" if cell in _BAD else style
        last = number == len(row) - 1
        yield (cell if last else fit_cells(cell, width), style)
        yield ("" if last else " " * GAP, "")
