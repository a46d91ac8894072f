"""Carries out the steps before Terraform destroys.

Every step first reads the account, so that it can be repeated after any interruption: a target that
is missing counts as done. No step changes what the state holds about a resource that stays, so the
saved plan remains applicable. If AWS refuses a call, Terraform's own destroy is still safe, only
slower: the run says so and continues.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from gpuecs_tui.aws.batches import batches
from gpuecs_tui.aws.deployment.ask import Ask
from gpuecs_tui.aws.deployment.facts import DeployedNames
from gpuecs_tui.aws.deployment.seen import Seen
from gpuecs_tui.aws.deployment.tasks import read_tasks
from gpuecs_tui.aws.error_kinds import TRANSIENT
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.service.active_service import DRAINING, present_service
from gpuecs_tui.aws.service.live_count import scalable_target, service_id
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.terraform.teardown.account import account_of
from gpuecs_tui.terraform.teardown.resume import resume_words
from gpuecs_tui.terraform.teardown.steps import Step, StopTasks, SuspendScaling, TakeProtectionOff

POLL_SECONDS = 2.0
"""Interval of the reads of a service's tasks, or of a group. Each takes a few calls, and a task
takes at least as long to stop."""
PROTECTION_BATCH = 50
"""Maximum number of instances in one call (EC2 Auto Scaling API reference,
SetInstanceProtection)."""
_ROUNDS = 3
"""Maximum number of readings of a group: AWS refuses a whole call if one of its instances has begun
to terminate since it was read."""
SUSPENDED = {
    "DynamicScalingInSuspended": True,
    "DynamicScalingOutSuspended": True,
    "ScheduledScalingSuspended": True,
}
_SETTABLE = ("InService", "EnteringStandby", "Standby")
"""The lifecycle states in which AWS changes the protection of an instance; it refuses a whole call
for one in another state."""


CHANGES = (
    "application-autoscaling:RegisterScalableTarget",
    "ecs:UpdateService",
    "autoscaling:SetInstanceProtection",
)
"""The calls that change something. After one without an answer, its result is unknown."""


class Stopped(Exception):
    """A cancel was requested; the text says what the steps have changed, in whole sentences."""


class _Cancelled(Exception):
    """A cancel was requested."""


@dataclass(slots=True)
class Teardown:
    """Carries out steps in order."""

    directory: Path
    """The stack's directory, whose provider settings are used."""
    profile: str | None
    note: Callable[[str, str], None]
    """Adds a sentence with its level to the run's journal."""
    is_cancelled: Callable[[], bool]
    pause: Callable[[float], None]
    """Waits for some seconds, or less if a cancel is requested."""
    clock: Callable[[], float] = time.monotonic
    """The time in seconds."""
    changed: list[str] = field(default_factory=list)
    """What the steps have changed so far, or found as they would have left it, in whole
    sentences."""

    def carry_out(self, steps: tuple[Step, ...]) -> None:
        """Carry out ``steps``. Raises Stopped; a refusal of AWS is only noted."""
        try:
            self._carry_out(steps)
        except _Cancelled:
            raise Stopped(" ".join(self.changed)) from None

    def _carry_out(self, steps: tuple[Step, ...]) -> None:
        for number, step in enumerate(steps, 1):
            self._refuse_cancelled()
            words = _("Step {number} of {count} before Terraform destroys. {step}")
            self.note(words.format(number=number, count=len(steps), step=step.words), "info")
            try:
                with account_of(step.place, self.directory, self.profile) as reader:
                    if isinstance(step, SuspendScaling):
                        self._suspend(reader, step)
                    elif isinstance(step, StopTasks):
                        self._stop_tasks(reader, step)
                    else:
                        self._take_protection_off(reader, step)
            except AwsProblem as problem:
                self._tell_refused(number, step, problem)
                if problem.kind in TRANSIENT and problem.call in CHANGES:
                    self.changed.append(_unknown_words(step))
        self._refuse_cancelled()

    def _suspend(self, reader: AccountReader, step: SuspendScaling) -> None:
        target = scalable_target(reader, step.cluster, step.service)
        if target is None:
            words = _("The service {service} has no scalable target.")
        else:
            if not all((target.get("SuspendedState") or {}).get(it) for it in SUSPENDED):
                reader.call(
                    "application-autoscaling",
                    "RegisterScalableTarget",
                    ServiceNamespace="ecs",
                    ResourceId=service_id(step.cluster, step.service),
                    ScalableDimension="ecs:service:DesiredCount",
                    SuspendedState=SUSPENDED,
                )
            words = _("Task scaling of the service {service} is suspended.")
        words = words.format(service=step.service)
        if target is not None:
            back = resume_words(self.directory, reader.region, step.cluster, step.service)
            self.changed.append(_("{words} {back}").format(words=words, back=back))
        self.note(words, "info")

    def _stop_tasks(self, reader: AccountReader, step: StopTasks) -> None:
        found = present_service(reader, step.cluster, step.service)
        before = int(found.get("desiredCount", 0)) if found is not None else 0
        if found is None:
            words = _("The service {service} in the cluster {cluster} is already deleted.")
        elif found.get("status") == DRAINING:
            words = _("The service {service} in the cluster {cluster} is already being deleted.")
        elif not before:
            words = _("The desired count of the service {service} is already 0.")
        else:
            reader.call(
                "ecs", "UpdateService", cluster=step.cluster, service=step.service, desiredCount=0
            )
            words = _("The desired count of the service {service} was changed from {n} to 0.")
        words = words.format(service=step.service, cluster=step.cluster, n=before)
        if found is not None:
            # Also if it was changed earlier: the service runs no task after this destroy ends.
            self.changed.append(words)
        self.note(words, "info")
        self._wait(reader, step)

    def _wait(self, reader: AccountReader, step: StopTasks) -> None:
        """Wait until no task of the service runs, or the step's time is over."""
        names = DeployedNames(step.cluster, step.service, "", "")
        seen, begun, told = Seen(), self.clock(), 0
        while True:
            now = self.clock()
            tasks = read_tasks(Ask(reader, names, seen, now))
            left = sum(it.last_status != "STOPPED" for it in tasks)
            if not left:
                words = _("No task of the service {service} runs.")
                self.note(words.format(service=step.service), "info")
                return
            if now - begun >= step.patience:
                words = ngettext(
                    "{n} task of the service {service} still runs after {time}. Terraform "
                    "continues and waits for it when it deletes the service.",
                    "{n} tasks of the service {service} still run after {time}. Terraform "
                    "continues and waits for them when it deletes the service.",
                    left,
                )
                time_words = in_words(timedelta(seconds=now - begun))
                words = words.format(n=left, service=step.service, time=time_words)
                self.note(words, "warn")
                return
            if left != told:
                told = left
                words = ngettext(
                    "{n} task of the service {service} still runs.",
                    "{n} tasks of the service {service} still run.",
                    left,
                )
                self.note(words.format(n=left, service=step.service), "info")
            self.pause(POLL_SECONDS)
            self._refuse_cancelled()

    def _take_protection_off(self, reader: AccountReader, step: TakeProtectionOff) -> None:
        freed = 0
        try:
            for turn in range(1, _ROUNDS + 1):
                try:
                    for batch in batches(_protected(reader, step.group), PROTECTION_BATCH):
                        self._refuse_cancelled()
                        _unprotect(reader, step.group, batch)
                        freed += len(batch)
                    break
                except AwsProblem as problem:
                    if problem.kind != "other" or turn == _ROUNDS:
                        raise
                    # The group needs some time to show the state that AWS refused.
                    self.pause(POLL_SECONDS)
                    self._refuse_cancelled()
        finally:
            if freed:
                self._tell_freed(freed, step.group)
        if not freed:
            words = _("No instance of the Auto Scaling group {group} is protected from scale-in.")
            self.note(words.format(group=step.group), "info")

    def _tell_freed(self, freed: int, group: str) -> None:
        words = ngettext(
            "{n} instance of the Auto Scaling group {group} is no longer protected from scale-in.",
            "{n} instances of the Auto Scaling group {group} are no longer protected from "
            "scale-in.",
            freed,
        ).format(n=freed, group=group)
        self.changed.append(words)
        self.note(words, "info")

    def _tell_refused(self, number: int, step: Step, problem: AwsProblem) -> None:
        reason = problem.reason
        if isinstance(step, SuspendScaling):
            words = _(
                "Step {number} is not complete for the service {service} in the cluster {cluster}: "
                "{reason}. Application Auto Scaling may raise the desired count again until "
                "Terraform deletes the scalable target."
            ).format(number=number, cluster=step.cluster, service=step.service, reason=reason)
        elif isinstance(step, StopTasks):
            words = _(
                "Step {number} is not complete for the service {service} in the cluster {cluster}: "
                "{reason}. Terraform sets the desired count to 0 itself when it deletes the "
                "service, and waits until its tasks have stopped."
            ).format(number=number, service=step.service, cluster=step.cluster, reason=reason)
        elif step.is_forced:
            words = _(
                "Step {number} is not complete for the Auto Scaling group {group}: {reason}. The "
                "group has force_delete, so its deletion also terminates protected instances."
            ).format(number=number, group=step.group, reason=reason)
        else:
            words = _(
                "Step {number} is not complete for the Auto Scaling group {group}: {reason}. The "
                "group does not have force_delete, so Terraform may wait for protected instances "
                "until its time for the deletion is over."
            ).format(number=number, group=step.group, reason=reason)
        self.note(words, "warn")

    def _refuse_cancelled(self) -> None:
        if self.is_cancelled():
            raise _Cancelled


def _unknown_words(step: Step) -> str:
    """Return that it is unknown whether the change of ``step`` was made, one sentence."""
    if isinstance(step, SuspendScaling):
        words = _("Whether task scaling of the service {service} was suspended is unknown.")
        return words.format(service=step.service)
    if isinstance(step, StopTasks):
        words = _("Whether the desired count of the service {service} was changed to 0 is unknown.")
        return words.format(service=step.service)
    words = _(
        "Whether instances of the Auto Scaling group {group} are still protected from scale-in is "
        "unknown."
    )
    return words.format(group=step.group)


def _protected(reader: AccountReader, group: str) -> list[str]:
    """Return the ids of the protected instances of a group; empty if it does not exist."""
    groups = reader.items(
        "autoscaling",
        "DescribeAutoScalingGroups",
        "AutoScalingGroups",
        AutoScalingGroupNames=[group],
    )
    return [
        it["InstanceId"]
        for found in groups
        for it in found.get("Instances", ())
        if it.get("ProtectedFromScaleIn") and it.get("LifecycleState") in _SETTABLE
    ]


def _unprotect(reader: AccountReader, group: str, ids: list[str]) -> None:
    reader.call(
        "autoscaling",
        "SetInstanceProtection",
        AutoScalingGroupName=group,
        InstanceIds=ids,
        ProtectedFromScaleIn=False,
    )
