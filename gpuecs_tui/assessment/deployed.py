"""What is deployed from a directory: the names in the account, and what the last apply left."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gpuecs_tui.deployment.applied import Applied
from gpuecs_tui.deployment.status import DeploymentStatus
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import Stack, ignored_changes
from gpuecs_tui.stack.partitions import account_in
from gpuecs_tui.terraform.recovery.end_of_stack import EndOfStack, applied_at, end_of_stack
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.applied import is_applied
from gpuecs_tui.terraform.runs.latest_outputs import latest_outputs
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.terraform.state.reader import read_state
from gpuecs_tui.terraform.state.stored_state import StateProblem, StoredState

if TYPE_CHECKING:
    from gpuecs_tui.aws.deployment.facts import DeployedNames, DeploymentFacts

_TASK_DEFINITION, _SERVICE, _GROUP, _TARGETS, _CLUSTER = (
    "aws_ecs_task_definition",
    "aws_ecs_service",
    "aws_autoscaling_group",
    "aws_lb_target_group",
    "aws_ecs_cluster",
)
"""Resource types of the service's parts."""
_ALTERNATE = f"{_TARGETS}.alternate"
_IGNORED = "service.ignore_changes"
_ATTRIBUTES = {
    "cluster_name": (_CLUSTER, "name"),
    "service_name": (_SERVICE, "name"),
    "target_group_arn": (_TARGETS, "arn"),
    "autoscaling_group_name": (_GROUP, "name"),
}
"""Output of a stack → the resource type and attribute with the same value."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a directory has deployed."""

    names: DeployedNames | None
    """None if nothing is deployed from it."""
    applied: Applied
    stack: Stack
    """The decisions in the directory."""
    end: EndOfStack | None = None
    """The destroy that was the last run to change the stack."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """The outputs of the last run that recorded any, name → ``{"value": …}``."""
    is_applied: bool = False
    """Whether the newest run left the files in the directory applied."""
    runs: Sequence[Run] = ()
    """The directory's runs, newest first."""
    account: str = ""
    """The account in which the stack was applied, 12 digits; empty if it is unknown."""
    problem: StateProblem | None = None
    """Why the state could not be read, if what was applied is unknown for that reason."""

    @property
    def is_gone(self) -> bool:
        """Whether a destroy left nothing."""
        return self.end is not None and self.end.ended_well and self.end.left == 0

    def status(self, facts: DeploymentFacts, now: datetime) -> DeploymentStatus:
        """Judge ``facts`` about it; ``now`` is aware and in UTC."""
        return self.not_read(now) or DeploymentStatus.of(facts, self.applied, now)

    def not_read(self, now: datetime) -> DeploymentStatus | None:
        """Return the status of a stack for which nothing is read; None if the account is read."""
        if self.end is not None and self.is_gone:
            return DeploymentStatus.not_deployed(self.end.sentences[0], now)
        if self.names is None:
            sentence = _("Nothing is deployed from this directory.")
            return DeploymentStatus.not_deployed(sentence, now)
        return None


def deployed_from(
    directory: Path,
    stack: Stack,
    environ: Mapping[str, str],
    unknown: Collection[str] = (),
) -> Deployed:
    """Return what ``directory``, whose decisions are ``stack``, has deployed.

    ``unknown``: keys whose value in ``stack`` is a default because it could not be read. What was
    applied comes from the state, because the last apply may have been another user's. Blocks: it
    reads the state, which takes about a second outside the directory. Raises NoHome.
    """
    runs = run_list.runs_of(directory)
    # The names of an earlier apply still hold if the state can't be read. Its revision may not.
    recorded: Mapping[str, Any] = latest_outputs(runs) or {}
    outputs, problem, state = recorded, None, None
    try:
        state = read_state(directory, environ)
    except StateProblem as error:
        problem = error
    else:
        outputs = {**outputs, **outputs_of(state, stack)}
    under_way, end = _under_way(runs), end_of_stack(runs, state)
    found = Deployed(
        None, Applied(), stack, end, recorded, bool(runs) and is_applied(runs[0]), runs
    )
    # The first apply has no resources in its state at its start.
    if state is not None and not state.resources and not under_way:
        return found
    from gpuecs_tui.aws.deployment.names import names_of

    are_applied = found.is_applied and not unknown
    applied = applied_of(stack, state, unknown=unknown, are_applied=are_applied)
    applied = replace(applied, under_way=under_way, directory=directory)
    return replace(
        found,
        names=names_of(stack, outputs),
        applied=applied,
        problem=problem,
        account=_account(stack, state, recorded),
    )


def _account(stack: Stack, state: StoredState | None, recorded: Mapping[str, Any]) -> str:
    """Return the account in the ARN of the task definition, in the state or else in ``recorded``
    outputs."""
    arn = _attribute(state, _TASK_DEFINITION, "arn", stack.names.task_family) if state else None
    arn = arn or recorded.get("task_definition_arn", {}).get("value")
    return account_in(str(arn or ""))


def _under_way(runs: Sequence[Run]) -> Literal["", "apply", "destroy"]:
    """Return which run of the directory changes the stack at present."""
    live = next((it for it in runs if it.is_live), None)
    if live is None or (live.state is not RunStatus.APPROVED and applied_at(live) is None):
        return ""
    return "destroy" if live.operation is Operation.DESTROY else "apply"


def applied_of(
    stack: Stack, state: StoredState | None, *, unknown: Collection[str], are_applied: bool
) -> Applied:
    """Return what the last apply left in ``state``; nothing is known without a state.

    The decisions in the directory are those of the service only if they ``are_applied``.
    """
    arn = count = balancers = None
    # Whether revision and count are those of the service depends on this decision.
    if state is not None and _IGNORED not in unknown:
        arn = _attribute(state, _TASK_DEFINITION, "arn", stack.names.task_family)
        count = _attribute(state, _SERVICE, "desired_count", stack.names.service)
    if state is not None:
        balancers = _attribute(state, _SERVICE, "load_balancer", stack.names.service)
    ignored = ignored_changes(stack)
    return Applied(
        task_definition=str(arn or "").rpartition("/")[2],
        desired=count if isinstance(count, int) else None,
        has_load_balancer=balancers != [],
        ignores_task_definition="task_definition" in ignored,
        ignores_desired="desired_count" in ignored,
        stack=stack if are_applied else None,
        region=stack.stack.region,
    )


def outputs_of(state: StoredState, stack: Stack) -> Mapping[str, Any]:
    """Return the outputs of a stack that name its parts, from the resources in ``state``."""
    wanted = {
        _CLUSTER: stack.names.cluster,
        _SERVICE: stack.names.service,
        _GROUP: stack.names.autoscaling_group,
        _TARGETS: stack.names.target_group,
    }
    found = {
        output: _attribute(state, kind, attribute, wanted[kind])
        for output, (kind, attribute) in _ATTRIBUTES.items()
    }
    if alternate := state.find(_ALTERNATE):
        found["alternate_target_group_arn"] = alternate.attributes.get("arn")
    return {output: {"value": value} for output, value in found.items() if value}


def _attribute(state: StoredState, kind: str, attribute: str, name: str) -> Any:
    """Return an attribute of the only resource of a type, or of the one with that name."""
    found = [it for it in state.resources if _type_of(it.address) == kind]
    if len(found) > 1:
        named = ("name", "family")
        found = [it for it in found if name in (it.attributes.get(key) for key in named)]
    return found[0].attributes.get(attribute) if len(found) == 1 else None


def _type_of(address: str) -> str:
    """Return the type in an address such as ``module.a["b"].aws_ecs_service.this[0]``."""
    return next((part for part in address.split(".") if part.startswith("aws_")), "")
