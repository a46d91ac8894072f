"""Texts about a displayed run: verdict, progress, questions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from textual.content import Content

from gpuecs_tui.assessment.apply_gate import Checked
from gpuecs_tui.assessment.leftovers import Left
from gpuecs_tui.checks.finding import Finding
from gpuecs_tui.deployment.verdict import VerdictState
from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.terraform.engine.progress import ResourceProgress, RunProgress
from gpuecs_tui.terraform.plan.details import DESTRUCTIVE, PlanTree, runs_no_task
from gpuecs_tui.terraform.plan.notices import notices
from gpuecs_tui.terraform.plan.words import (
    PlanWarning,
    changes_only_outputs,
    full_words,
    is_ordinary,
    warnings,
)
from gpuecs_tui.terraform.read.service_url import ServiceUrl
from gpuecs_tui.terraform.runs.force_stop import SECOND_INTERRUPT_SECONDS
from gpuecs_tui.terraform.runs.run import HAS_CHANGES, ChangeCounts, Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.terraform.teardown.steps import steps_in_words, steps_of
from gpuecs_tui.widgets.base.clock import duration_text
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.keys.binding import key_in_sentence
from gpuecs_tui.widgets.run.keys import APPROVE, CANCEL, DISCARD
from gpuecs_tui.wizard.deployment_seen import DeploymentSeen

IN_FLIGHT_NAMED = 3
"""Maximum number of resources named in one line; the others are counted."""
WARNINGS_SHOWN = 2
"""Maximum number in the verdict, which must leave room for the log; the question before an apply
lists all."""
UNKNOWN_SHOWN = 3
"""Maximum number of unknown facts before an apply: the plan must stay visible at 24 rows."""
_STYLES: Mapping[RunStatus, str] = {
    RunStatus.SUCCEEDED: "bold $text-success",
    RunStatus.FAILED: "bold $text-error",
    RunStatus.LOST: "bold $text-error",
    RunStatus.CANCELLED: "bold $text-warning",
    RunStatus.STOPPING: "bold $text-warning",
    RunStatus.PLANNED: "bold $text-accent",
}
_DEPLOYMENT_STYLES: Mapping[VerdictState, str] = {
    "healthy": "bold $text-success",
    "scaled_to_zero": "bold",
    "failed": "bold $text-error",
    "rolled_back": "bold $text-error",
}
_LAST_TIMES: Mapping[RunStatus, str] = {
    RunStatus.STARTING: N_("The last start took {time}."),
    RunStatus.PLANNING: N_("The last plan took {time}."),
    RunStatus.APPLYING: N_("The last run of this kind took {time}."),
}
"""How long a similar run spent in the same state."""


def verdict(
    run: Run,
    progress: RunProgress,
    tree: PlanTree | None,
    url: ServiceUrl,
    last_time: float | None = None,
    told: Sequence[PlanWarning] = (),
    seen: DeploymentSeen | None = None,
) -> Content:
    """Return the current facts, the most important first; one to seven lines.

    ``last_time``: seconds that the last similar run spent in the present state of this run.
    ``told``: values that an unapplied plan keeps although the files contain others. ``seen``: what
    became of the run's deployment.
    """
    first = Content.styled(headline(run), _STYLES.get(run.state, "bold"))
    if seen is not None and run.state is RunStatus.SUCCEEDED:
        words = _("{run}, {deployment}").format(
            run=headline(run).rstrip("."), deployment=escape_controls(seen.words)
        )
        first = Content.styled(words, _DEPLOYMENT_STYLES.get(seen.state, "bold $text-warning"))
    if run.full_disk is not None:
        words = escape_controls(f"{run.full_disk.message} {run.full_disk.remedy}")
        first = Content("\n").join((first, Content.styled(words, "bold $text-warning")))
    lines = [first, *_details(run, progress, tree, url, told)]
    if last_time is not None and run.state in _LAST_TIMES:
        words = _(_LAST_TIMES[run.state]).format(time=duration_text(last_time))
        lines.append(Content.styled(words, "$text-muted"))
    return Content("\n").join(lines)


def headline(run: Run) -> str:
    """Return the status of the run in one sentence."""
    match run.state:
        case RunStatus.STARTING:
            return _("Starting: finding the engine and its providers.")
        case RunStatus.PLANNING:
            return _("Planning: Terraform compares the stack with the account.")
        case RunStatus.PLANNED:
            return plan_sentence(run)
        case RunStatus.APPROVED:
            return _("Approved by {who}. The apply is starting.").format(
                who=escape_controls(run.decided_by)
            )
        case RunStatus.APPLYING if run.operation is Operation.DESTROY:
            return _("Destroying. You can close this session; the run continues in the background.")
        case RunStatus.APPLYING:
            return _("Applying. You can close this session; the run continues in the background.")
        case RunStatus.STOPPING:
            since = (datetime.now(UTC) - run.state_since).total_seconds()
            return _("Stopping for {time}. Terraform was interrupted once.").format(
                time=duration_text(since)
            )
        case RunStatus.CANCELLED:
            return _("Cancelled. {message}").format(message=escape_controls(run.message)).strip()
        case RunStatus.SUCCEEDED if run.operation is Operation.PLAN and run.changes:
            return plan_sentence(run)
        case _final:
            return escape_controls(run.message) or _("The run has ended.")


def _details(
    run: Run,
    progress: RunProgress,
    tree: PlanTree | None,
    url: ServiceUrl,
    told: Sequence[PlanWarning],
) -> Iterator[Content]:
    if run.state is RunStatus.PLANNED:
        lines = destroyed_lines(run, progress, tree)
        yield from lines[:WARNINGS_SHOWN]
        rest = len(lines) - WARNINGS_SHOWN
        if rest > 0:
            more = ngettext("… and {n} more.", "… and {n} more.", rest).format(n=rest)
            yield Content.styled(more, "$text-error")
        yield from _noticed(told)
        words = _(
            "Waiting for approval. Press {apply} to apply this plan, {discard} to discard it."
        )
        keys = {"apply": key_in_sentence(APPROVE), "discard": key_in_sentence(DISCARD)}
        yield Content(words.format(**keys))
    elif run.state is RunStatus.APPLYING and run.outlives_credentials:
        words = _(
            "! The credentials have expired. Terraform may retry for ten minutes or "
            "longer. Press {key} to cancel the run; completed changes are kept."
        ).format(key=key_in_sentence(CANCEL))
        yield Content.styled(words, "$text-warning")
    elif run.state is RunStatus.STOPPING:
        waiting = in_flight(progress)
        yield Content(
            _("Waiting for: {resources}.").format(resources=waiting)
            if waiting
            else _("Terraform is finishing the operations in flight and saving its state.")
        )
    elif run.is_final:
        if run.remedy:
            yield Content(escape_controls(run.remedy))
        yield from _noticed(told)
        if run.state is RunStatus.SUCCEEDED and url.url:
            shown = (escape_controls(url.url), "bold $text-accent")
            if tree is not None and runs_no_task(tree):
                yield Content.assemble(
                    _("No task runs because the desired count is 0. Requests fail:"), " ", shown
                )
            else:
                # Without the plan's details, it is unknown whether the service has a task.
                known = _("The service will answer at") if tree is not None else _("URL:")
                yield Content.assemble(known, " ", shown, ". ", _("Next shows the deployment."))
            if url.record:
                yield Content(escape_controls(url.record))
        elif run.state is RunStatus.SUCCEEDED and run.operation is Operation.APPLY:
            yield Content(_("Next shows the deployment."))


def _noticed(told: Iterable[PlanWarning]) -> Iterator[Content]:
    for it in told:
        yield Content.styled(f"! {escape_controls(it.message)}", "$text-warning")


def plan_sentence(run: Run) -> str:
    """Return the counts of the plan in Terraform's words."""
    changes = run.changes or ChangeCounts()
    if not changes.total and (run.state is RunStatus.PLANNED or run.returncode == HAS_CHANGES):
        return changes_only_outputs()
    sentence = _("Plan: {add} to add, {change} to change, {destroy} to destroy.").format(
        add=changes.add, change=changes.change, destroy=changes.destroy
    )
    if changes.imported:
        sentence += " " + _("{n} to import.").format(n=changes.imported)
    return sentence


def destroyed_lines(run: Run, progress: RunProgress, tree: PlanTree | None) -> list[Content]:
    """Return a line for each resource that the plan destroys or replaces, with its consequence if
    known."""
    if tree is not None:
        told = warnings(tree)
        lines = []
        for warning in told:
            lines.append(Content.styled(f"! {escape_controls(full_words(warning))}", "$text-error"))
        named = {warning.address for warning in told}
        rest = [
            c.address
            for c in tree.changes
            if c.action in DESTRUCTIVE and c.address not in named and not is_ordinary(c)
        ]
    else:
        lines = []
        rest = [
            it.address for it in progress.resources.values() if it.action in ("delete", "replace")
        ]
    lines += [Content.styled(f"- {escape_controls(address)}", "$text-error") for address in rest]
    return lines


def _revised(tree: PlanTree | None) -> list[str]:
    """Return the addresses that a plan replaces in an ordinary change."""
    changes = tree.changes if tree is not None else ()
    return [c.address for c in changes if c.action in DESTRUCTIVE and is_ordinary(c)]


def plan_question(
    run: Run, progress: RunProgress, tree: PlanTree | None, told: Sequence[PlanWarning] = ()
) -> list[Content]:
    """Return the text of the question about a plan: the steps before a destroy, then destroyed
    resources.

    ``told``: as for ``verdict``.
    """
    lines = [Content.styled(plan_sentence(run), "bold")]
    if steps := steps_in_words(steps_of(run, tree)):
        lines += [Content(""), *(Content(escape_controls(it)) for it in steps)]
    if gone := destroyed_lines(run, progress, tree):
        lines += [Content(""), Content(_("Destroyed or replaced:")), *gone]
    if noticed := [*(notices(tree) if tree is not None else ()), *told]:
        lines += [Content(""), *_noticed(noticed)]
    if usual := _revised(tree):
        lines += [Content(""), Content(_("Replaced by a new revision:"))]
        lines += [Content.styled(f"  {escape_controls(it)}", "$text-muted") for it in usual]
    for action, title in (("create", _("Created:")), ("update", _("Changed in place:"))):
        found = [it.address for it in progress.resources.values() if it.action == action]
        if found:
            lines += [Content(""), Content(title)]
            lines += [Content.styled(f"  {escape_controls(it)}", "$text-muted") for it in found]
    return lines


def finding_lines(errors: Sequence[Finding]) -> list[Content]:
    """Return the errors of the checks before an apply; empty without errors."""
    if not errors:
        return []
    title = Content.styled(_("The checks found errors:"), "bold $text-error")
    lines = [Content.styled(f"! {escape_controls(it.message)}", "$text-error") for it in errors]
    return [title, *lines, Content("")]


def freshness_lines(checked: Checked) -> list[Content]:
    """Return which account data the check before an apply used, and what is unknown."""
    doubtful = bool(checked.account_problem or checked.not_checked or checked.unknown)
    style = "$text-warning" if doubtful else "$text-muted"
    if checked.other_files:
        style = "bold $text-error"
    lines = [Content.styled(escape_controls(checked.sentence), style)]
    told = checked.shown_unknown
    lines += [
        Content.styled(f"? {escape_controls(it.message)}", style) for it in told[:UNKNOWN_SHOWN]
    ]
    rest = len(told) - UNKNOWN_SHOWN
    if rest > 0:
        more = ngettext("… and {n} more.", "… and {n} more.", rest).format(n=rest)
        lines.append(Content.styled(more, style))
    return [*lines, Content("")]


def loss_lines(progress: RunProgress, operation: Operation) -> list[Content]:
    """Return what may be lost if Terraform is force-stopped before it has saved its state."""
    lines = [
        Content(
            _(
                "Terraform is interrupted a second time, and killed if it does not end "
                "within {seconds} s. Its state is not saved, and the state lock is not "
                "released."
            ).format(seconds=round(SECOND_INTERRUPT_SECONDS))
        )
    ]
    if created := len(progress.completed()):
        words = ngettext(
            "{n} resource was created in this run. If it is missing from the state "
            "afterwards, the next plan imports it.",
            "{n} resources were created in this run. The next plan imports those that "
            "are missing from the state afterwards.",
            created,
        )
        lines.append(Content(words.format(n=created)))
    if waiting := in_flight(progress):
        words = (
            _(
                "May be destroyed although the state still contains them: {resources}. The "
                "next destroy removes such resources from the state."
            )
            if operation is Operation.DESTROY
            else _(
                "May be created or destroyed without a record in the state: {resources}. The "
                "next plan searches for them by name and tags."
            )
        )
        lines.append(Content.styled(words.format(resources=waiting), "$text-error"))
    return lines


def in_flight(progress: RunProgress, now: datetime | None = None) -> str:
    """Return the resources in progress with their durations, the longest first."""
    running = progress.in_flight()
    named = ", ".join(_with_time(it, now) for it in running[:IN_FLIGHT_NAMED])
    rest = len(running) - IN_FLIGHT_NAMED
    return named if rest <= 0 else _("{names} and {n} more").format(names=named, n=rest)


def _with_time(it: ResourceProgress, now: datetime | None) -> str:
    elapsed = it.elapsed(now)
    seconds = "" if elapsed is None else f" ({duration_text(elapsed)})"
    return f"{escape_controls(it.address)}{seconds}"


def progress_words(run: Run, progress: RunProgress) -> str:
    """Return the sentence next to the progress bar; it changes only when resources start or end."""
    if run.state not in (RunStatus.APPLYING, RunStatus.STOPPING):
        return ""
    running = progress.in_flight()
    if not running:
        return ""
    names = ", ".join(escape_controls(it.address) for it in running[:IN_FLIGHT_NAMED])
    rest = len(running) - IN_FLIGHT_NAMED
    return names if rest <= 0 else _("{names} and {n} more").format(names=names, n=rest)


def left_summary(left: Left) -> Content:
    """Return one line about what a destroy left in the account besides revisions; may be empty."""
    if left.count:
        words = ngettext(
            "! {n} resource of the stack is left in the account. The log names it and its cost.",
            "! {n} resources of the stack are left in the account. The log names them and their "
            "costs.",
            left.count,
        ).format(n=left.count)
        return Content.styled(words, "$text-warning")
    if left.unread or not left.has_revisions:
        words = _("? What is left in the account was not read completely. The log says why.")
        return Content.styled(words, "$text-warning")
    return Content("")
