"""The judgement on a deployment and its facts as lines of text, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from textual.content import Content

from gpuecs_tui.assessment.deployed import Deployed
from gpuecs_tui.aws.deployment.facts import DeployedFleet
from gpuecs_tui.aws.deployment.parts import PARTS
from gpuecs_tui.aws.deployment.schedule import REST_SLACK_SECONDS, Pace
from gpuecs_tui.aws.reading import Unknown, value_or
from gpuecs_tui.deployment.cause import Diagnosis
from gpuecs_tui.deployment.rows import other_targets, stopped_groups, task_rows
from gpuecs_tui.deployment.stage_words import TITLES, stage_words
from gpuecs_tui.deployment.stages import Stage, StageState
from gpuecs_tui.deployment.status import DeploymentStatus
from gpuecs_tui.deployment.verdict import VerdictState
from gpuecs_tui.deployment.words import (
    cause_words,
    estimate_words,
    history_rows,
    instance_rows,
    stopped_cells,
    task_cells,
    unread,
    verdict_words,
)
from gpuecs_tui.durations import ago, in_steps
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.read.service_url import ServiceUrl
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.styles import FAINT, MUTED
from gpuecs_tui.widgets.deployment.table import INDENT, table, wrapped

EVENTS_SHOWN = 8
ACTIVITIES_SHOWN = 5
STYLES: Mapping[VerdictState, str] = {
    "healthy": "bold $text-success",
    "scaled_to_zero": "bold",
    "under_way": "bold $text-warning",
    "failed": "bold $text-error",
    "rolled_back": "bold $text-error",
    "not_deployed": "bold",
    "unknown": "bold $text-warning",
}
"""Only a healthy service is green."""
MARKS: Mapping[StageState, tuple[str, str]] = {
    "done": ("✓", MUTED),
    "waiting": ("▸", "$text-warning"),
    "failed": ("✗", "bold $text-error"),
    "unknown": ("?", "$text-warning"),
    "skipped": ("-", FAINT),
}
"""State of a stage → sign and style."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the screen shows."""

    status: DeploymentStatus
    deployed: Deployed
    url: ServiceUrl
    fix_key: str
    """The key that changes the answer which the first diagnosis suggests."""
    width: int
    """Cells of a line."""
    rows: int = 0
    """Rows on the first screen; 0: any number. Stages and diagnosis fit if they can."""

    @property
    def is_loading(self) -> bool:
        """Whether a part was not read yet, so that nothing can be called healthy."""
        return not PARTS.keys() <= self.status.facts.read_at.keys()


def verdict_line(status: DeploymentStatus) -> Content:
    """Return the verdict in its colour, and how long the deployment takes."""
    words = Content.styled(
        escape_controls(verdict_words(status.verdict)), STYLES[status.verdict.state]
    )
    estimate = estimate_words(status) if status.verdict.state == "under_way" else ""
    return Content.assemble(words, " ", (estimate, MUTED)) if estimate else words


def deployment_lines(it: Shown) -> list[Content]:
    """Return all below the verdict: stages, diagnosis, URL, rows, outputs."""
    status, end = it.status, it.deployed.end
    lines: list[Content] = []
    if end is not None:
        rest = end.sentences[1:] if it.deployed.is_gone else end.sentences
        lines += [part for text in rest for part in wrapped(text, it.width)]
        lines.append(Content(""))
    if status.verdict.state != "not_deployed":
        stages, cause = [*_stages(it)], [*_first_cause(it)]
        has_room = not it.rows or len(stages) + len(cause) < it.rows
        lines += [*stages, *([Content("")] if cause and has_room else []), *cause, *_url(it)]
        for section in _sections(it):
            lines += section
    lines += _section(it, _("Outputs"), (), _outputs(it))
    if end is not None and end.is_gone:
        # The status of a stack that is being destroyed is neither good nor bad.
        return [Content.styled(line.plain, MUTED) for line in lines]
    return lines


def _stages(it: Shown) -> Iterator[Content]:
    status = it.status
    widest = max(Content(_(TITLES[each.id])).cell_length for each in status.stages)
    pending = False
    for each in status.stages:
        sign, style = MARKS[each.state]
        words = stage_words(each, status.now)
        if each.state == "unknown" and it.is_loading:
            sign, style, words = "·", FAINT, _("loading …")
        title, text = Content(_(TITLES[each.id])), ""
        if pending and each.state == "waiting":
            # It waits for an earlier stage.
            sign, style, text = "·", FAINT, FAINT
        pending = pending or each.state in ("waiting", "failed")
        gap = " " * (widest - title.cell_length + INDENT)
        why = _why(each, status.diagnoses)
        yield Content.assemble((sign, style), " ", title, gap, words, why).stylize_before(text)


def _why(stage: Stage, diagnoses: Iterable[Diagnosis]) -> str:
    """Return the id of the cause for which a stage has failed."""
    found = next((each for each in diagnoses if each.cause.stage == stage.id), None)
    return f": {found.cause.id}" if found is not None and stage.state == "failed" else ""


def _first_cause(it: Shown) -> Iterator[Content]:
    """Yield the first diagnosis: the cause, AWS's words, the next step."""
    if not it.status.diagnoses:
        return
    found = it.status.diagnoses[0]
    style = "bold" if found.cause.stage == "note" else "bold $text-error"
    yield from wrapped(Content.styled(escape_controls(cause_words(found)), style), it.width)
    for text in found.seen:
        quoted = _("AWS: “{text}”").format(text=escape_controls(text))
        yield from wrapped(Content.styled(quoted, MUTED), it.width, INDENT)
    step = f"→ {found.next_step}"
    if it.fix_key:
        step = _("{step} {key} opens the field with this value.").format(step=step, key=it.fix_key)
    yield from wrapped(step, it.width, 0, INDENT)
    for text in found.alternatives:
        yield from wrapped(f"· {text}", it.width, 0, INDENT)


def _url(it: Shown) -> Iterator[Content]:
    url, record = escape_controls(it.url.url), escape_controls(it.url.record)
    if not url or (it.deployed.end is not None and it.deployed.end.is_gone):
        return
    yield Content("")
    words = _("URL, once its DNS record exists:") if it.url.needs_record else _answers(it.status)
    shown = Content.styled(url, "bold $text-accent")
    whole = Content.assemble(words, " ", shown)
    if whole.cell_length <= it.width:
        yield whole
    else:
        yield from wrapped(words, it.width)
        yield from wrapped(shown, it.width)
    if record:
        yield from wrapped(record, it.width)


def _answers(status: DeploymentStatus) -> str:
    """Return the words before the URL; the service answers only with a healthy target."""
    targets = status.facts.targets
    if isinstance(targets, Unknown):
        return _("Service URL, status unknown:")
    if any(each.health == "healthy" for each in targets.value or ()):
        return _("The service answers at")
    if status.verdict.state == "scaled_to_zero":
        return _("No task runs because the desired count is 0. URL:")
    return _("The service will answer, once a target is healthy, at")


def _sections(it: Shown) -> Iterator[list[Content]]:
    status, facts, now = it.status, it.status.facts, it.status.now
    others = [
        line
        for each in status.diagnoses[1:]
        for line in (
            *wrapped(escape_controls(cause_words(each)), it.width, INDENT),
            *wrapped(f"→ {each.next_step}", it.width, INDENT, INDENT),
        )
    ]
    if others:
        yield _section(it, _("Also"), (), others)
    tasks = ("tasks", "targets", "container_instances")
    rows = [task_cells(row, now) for row in task_rows(facts)]
    yield _section(it, _("Tasks"), tasks, _rows(it, facts.tasks, rows))
    apart = [
        (each.health, each.reason, each.description, f"{each.id}:{each.port}")
        for each in other_targets(facts)
    ]
    if apart or isinstance(facts.targets, Unknown):
        named = _("Targets without a task")
        yield _section(it, named, ("targets",), _rows(it, facts.targets, apart))
    stopped = [stopped_cells(group, now) for group in stopped_groups(facts)]
    if stopped:
        yield _section(it, _("Stopped tasks"), ("tasks",), table(stopped, it.width))
    history = [*history_rows(status)]
    yield _section(it, _("Deployments"), ("history",), _rows(it, facts.history, history))
    yield _section(it, _("Rollout"), ("service",), _rows(it, facts.service, _rollout(status)))
    fleet = [*_group(value_or(facts.fleet, None)), *table([*instance_rows(status)], it.width)]
    named = _("Instances")
    yield _section(it, named, ("fleet", "container_instances"), _part(it, facts.fleet, fleet))
    launches = [
        (ago(each.started_at, now), each.status, each.status_message or each.description)
        for each in value_or(facts.activities, ())[:ACTIVITIES_SHOWN]
    ]
    named = _("Scaling activities")
    yield _section(it, named, ("activities",), _rows(it, facts.activities, launches))
    service = value_or(facts.service, None)
    events = service.events[:EVENTS_SHOWN] if service else ()
    told = [(ago(each.at, now), each.message) for each in events]
    yield _section(it, _("Service events"), ("service",), _rows(it, facts.service, told))
    missing = [*_unread(it)]
    if missing and not it.is_loading:
        yield _section(it, _("Not read"), (), missing)


def _rollout(status: DeploymentStatus) -> list[tuple[str, ...]]:
    """Return the deployments that DescribeServices names, with their counts."""
    service = value_or(status.facts.service, None)
    return [
        (
            each.status,
            each.task_definition,
            each.rollout_state,
            _("{running} of {desired} run").format(running=each.running, desired=each.desired),
            _("{n} pending").format(n=each.pending) if each.pending else "",
            _("{n} failed").format(n=each.failed) if each.failed else "",
            each.rollout_reason if each.failed else "",
        )
        for each in (service.deployments if service else ())
    ]


def _group(fleet: DeployedFleet | None) -> list[Content]:
    if fleet is None:
        return []
    text = _("minimum {low}, desired {desired}, maximum {high}").format(
        low=fleet.minimum, desired=fleet.desired, high=fleet.maximum
    )
    return [Content(f"  {text}")]


def _unread(it: Shown) -> Iterator[Content]:
    """Yield why parts are unknown, and what to do about it."""
    problem = it.deployed.problem
    if problem is not None:
        text = f"{problem.message} {problem.remedy}".rstrip()
        yield from wrapped(Content.styled(escape_controls(text), "$text-warning"), it.width, INDENT)
    for parts, each in unread(it.status):
        text = f"{parts}: {each.reason}. {each.remedy}".rstrip()
        yield from wrapped(text, it.width, INDENT, INDENT)


def _section(
    it: Shown, title: str, parts: Sequence[str], found: Sequence[Content]
) -> list[Content]:
    """Return a title with the age of its parts, and the lines below it."""
    head = Content.styled(title, "bold $text-accent")
    if age := _age(it, parts):
        head = Content.assemble(head, "  ", (age, MUTED))
    return [Content(""), head, *found]


def _age(it: Shown, parts: Iterable[str]) -> str:
    """Return the age of the oldest part in steps; empty while it is read as often as planned."""
    read_at = it.status.facts.read_at
    planned = timedelta(seconds=Pace.TASKS.seconds(moving=False) + REST_SLACK_SECONDS)
    ages = [it.status.now - read_at[part] for part in parts if part in read_at]
    oldest = max(ages, default=timedelta())
    return _("read {time} ago").format(time=in_steps(oldest)) if oldest >= planned else ""


def _rows(it: Shown, reading: object, rows: Sequence[Sequence[str]]) -> list[Content]:
    return _part(it, reading, table(rows, it.width))


def _part(it: Shown, reading: object, found: list[Content]) -> list[Content]:
    """Return ``found``, or why the part that it comes from is unknown."""
    if not isinstance(reading, Unknown):
        return found or [Content.styled(_("  none"), MUTED)]
    if not reading.call:
        return [Content.styled(_("  loading …"), MUTED)]
    text = f"{reading}. {reading.remedy}".rstrip()
    return wrapped(Content.styled(escape_controls(text), "$text-warning"), it.width, INDENT, INDENT)


def outputs_text(output: Any) -> str:
    """Return an output's value on one line; for a sensitive one, a text that it is sensitive."""
    import json

    if not isinstance(output, dict) or output.get("sensitive"):
        return _("(sensitive)")
    value = output.get("value")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _outputs(it: Shown) -> list[Content]:
    outputs = it.deployed.outputs
    if not outputs:
        words = _("none")
        if it.deployed.end is None:
            words = _("none: nothing was applied from this directory by this user")
        return [Content.styled(f"  {words}", MUTED)]
    return table([(name, outputs_text(outputs[name])) for name in outputs], it.width)
