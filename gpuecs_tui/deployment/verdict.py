"""The verdict on a deployment: healthy only where every fact proves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gpuecs_tui.aws.deployment.facts import DeployedService
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.deployment.causes.rollout import failed_words
from gpuecs_tui.deployment.situation import Situation
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.releases.stages import CLEAN_UP, TESTING, serving

VerdictState = Literal[
    "healthy", "scaled_to_zero", "under_way", "failed", "rolled_back", "not_deployed", "unknown"
]
FINAL: frozenset[VerdictState] = frozenset(
    {"healthy", "scaled_to_zero", "failed", "rolled_back", "not_deployed"}
)
"""States that don't change without another apply or a fault."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state and one translated sentence about it."""

    state: VerdictState
    sentence: str


def verdict(it: Situation) -> Verdict:
    """Return the verdict.

    ``healthy``: the service is ACTIVE, runs all desired tasks, at least one, in the revision that
    was applied (where Terraform ignores the revision: in that of the PRIMARY deployment), its
    targets are healthy, and its last deployment neither failed nor was rolled back. While a run
    changes the stack, nothing is final.
    """
    if it.applied.under_way == "destroy":
        return Verdict("under_way", _("The stack is being destroyed."))
    found = _present(it)
    if it.applied.under_way == "apply" and found.state in FINAL:
        return Verdict("under_way", _("An apply is in progress."))
    return found


def _present(it: Situation) -> Verdict:
    reading = it.facts.service
    if isinstance(reading, Unknown):
        return Verdict(
            "unknown", _("Could not read the service: {reason}.").format(reason=reading.reason)
        )
    service = it.service
    if service is None or service.status == "INACTIVE":
        return Verdict("not_deployed", _("The service does not exist."))
    if service.status != "ACTIVE":
        return Verdict(
            "under_way",
            _("The service is being deleted; {n} tasks still run.").format(n=service.running),
        )
    if it.has_failed:
        return _failed(it, service)
    return _of_tasks(it, service)


def _failed(it: Situation, service: DeployedService) -> Verdict:
    if it.is_rolling_back:
        return Verdict("under_way", failed_words(it))
    rolled_back = it.newest.status == "ROLLBACK_SUCCESSFUL" if it.newest else it.rolled_back_to
    if rolled_back and it.applied.is_rollback_wanted:
        return _of_tasks(it, service)
    return Verdict("rolled_back" if rolled_back else "failed", failed_words(it))


def _of_tasks(it: Situation, service: DeployedService) -> Verdict:
    if not service.desired:
        if service.running or service.pending:
            words = ngettext(
                "The service is scaling to zero; {n} task still runs.",
                "The service is scaling to zero; {n} tasks still run.",
                service.running,
            )
            return Verdict("under_way", words.format(n=service.running))
        return Verdict("scaled_to_zero", _zero_words(it))
    primary = it.primary
    if primary is None or not primary.rollout_state:
        return Verdict("unknown", _("ECS does not report the state of the deployment."))
    if primary.rollout_state != "COMPLETED" or it.release_stage:
        words = _(
            "The deployment of {revision} is in progress: {running} of {desired} tasks run."
        ).format(revision=primary.task_definition, running=primary.running, desired=service.desired)
        return Verdict("under_way", f"{words} {_release_words(it)}".strip())
    if not it.applied.ignores_task_definition:
        if not it.applied.task_definition:
            return Verdict(
                "unknown",
                _("The service runs {revision}; the revision that was applied is unknown.").format(
                    revision=primary.task_definition
                ),
            )
        if primary.task_definition != it.applied.task_definition:
            return Verdict(
                "failed",
                _("The service runs {revision}, and {applied} was applied.").format(
                    revision=primary.task_definition, applied=it.applied.task_definition
                ),
            )
    others = [each for each in service.deployments if each.status == "ACTIVE"]
    if service.running != service.desired or service.pending or others:
        return Verdict(
            "under_way",
            _("{running} of {desired} tasks run, and {pending} are starting.").format(
                running=service.running, desired=service.desired, pending=service.pending
            ),
        )
    return _of_targets(it, service)


def _release_words(it: Situation) -> str:
    """Return who serves the requests in the present stage of a deployment that shifts them."""
    stage, service = it.release_stage, it.service
    if not stage or service is None:
        return ""
    served = serving(stage, service.strategy)
    has_old = any(each.status == "ACTIVE" and each.running for each in service.deployments)
    if served == "new":
        return _shifted_words(stage, has_old=has_old)
    if not has_old:
        return _("No old task runs.")
    if served == "both":
        return _("The requests shift from the old tasks to the new ones.")
    if served == "unknown":
        return ""
    if stage not in TESTING or not service.has_test_listener:
        return _("The old tasks serve all requests.")
    if stage == "TEST_TRAFFIC_SHIFT":
        return _(
            "The requests of the test port shift to the new tasks. The old ones serve all others."
        )
    return _("The new tasks serve the test port, and the old ones all other requests.")


def _shifted_words(stage: str, *, has_old: bool) -> str:
    """Return what follows after all requests have shifted; ``has_old``: old tasks still run."""
    if stage == CLEAN_UP:
        if has_old:
            return _("All requests go to the new tasks. ECS stops the old ones.")
        return _("All requests go to the new tasks.")
    if has_old:
        return _("All requests go to the new tasks. The old ones run until the bake time ends.")
    return _("All requests go to the new tasks. The bake time has not ended.")


def _zero_words(it: Situation) -> str:
    """Return what it means that the service runs no task."""
    stack = it.stack
    # A scheduled action may have set the minimum to 0.
    if stack is None or not stack.autoscaling.enabled or stack.autoscaling.schedules:
        least = 0
    else:
        least = stack.autoscaling.min_tasks
    if not least:
        return _("The service is scaled to zero: no task runs.")
    return ngettext(
        "The service is scaled to zero although task scaling keeps at least {n} task. If it stays "
        "so, run gpuecs-tui scale {directory} {tasks}.",
        "The service is scaled to zero although task scaling keeps at least {n} tasks. If it stays "
        "so, run gpuecs-tui scale {directory} {tasks}.",
        least,
    ).format(n=least, directory=shell_word(it.applied.directory), tasks=shell_word(str(least)))


def _of_targets(it: Situation, service: DeployedService) -> Verdict:
    words = ngettext("{n} task of {revision} runs", "{n} tasks of {revision} run", service.running)
    tasks = words.format(n=service.running, revision=it.running_revision)
    if not it.applied.has_load_balancer:
        return Verdict("healthy", _("{tasks}.").format(tasks=tasks))
    targets = it.facts.targets
    if isinstance(targets, Unknown):
        return Verdict(
            "unknown", _("Could not read the targets: {reason}.").format(reason=targets.reason)
        )
    if targets.value is None:
        return Verdict("failed", _("The target group of the service does not exist."))
    good = sum(each.health == "healthy" for each in it.targets)
    if good != len(it.targets) or good < service.desired:
        return Verdict(
            "under_way",
            _("{tasks}, and {good} of {all} targets are healthy.").format(
                tasks=tasks, good=good, all=max(len(it.targets), service.desired)
            ),
        )
    healthy = ngettext("{n} target is healthy", "{n} targets are healthy", good).format(n=good)
    return Verdict("healthy", _("{tasks}, and {targets}.").format(tasks=tasks, targets=healthy))
