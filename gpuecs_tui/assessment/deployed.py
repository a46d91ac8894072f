"""What is deployed from a directory: the names in the account, and what the last apply left."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpuecs_tui.deployment.applied import Applied
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.terraform.recovery.end_of_stack import EndOfStack, end_of_stack
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.applied import is_applied
from gpuecs_tui.terraform.runs.latest_outputs import latest_outputs
from gpuecs_tui.terraform.state.reader import read_state
from gpuecs_tui.terraform.state.stored_state import StateProblem, StoredState

if TYPE_CHECKING:
    from gpuecs_tui.aws.deployment.facts import DeployedNames

_TASK_DEFINITION, _SERVICE, _GROUP, _TARGETS, _CLUSTER = (
    "aws_ecs_task_definition",
    "aws_ecs_service",
    "aws_autoscaling_group",
    "aws_lb_target_group",
    "aws_ecs_cluster",
)
"""Resource types of the service's parts."""
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
    end: EndOfStack | None = None
    """The destroy that was the last run to change the stack."""
    problem: StateProblem | None = None
    """Why the state could not be read, if what was applied is unknown for that reason."""


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
    end = end_of_stack(directory, environ)
    # The names of an earlier apply still hold if the state can't be read. Its revision may not.
    outputs: Mapping[str, Any] = latest_outputs(runs) or {}
    problem, state = None, None
    try:
        state = read_state(directory, environ)
    except StateProblem as error:
        problem = error
    else:
        outputs = {**outputs, **outputs_of(state, stack)}
    if state is not None and not state.resources:
        return Deployed(None, Applied(), end)
    from gpuecs_tui.aws.deployment.names import names_of

    are_applied = bool(runs) and is_applied(runs[0]) and not unknown
    applied = applied_of(stack, state, unknown=unknown, are_applied=are_applied)
    return Deployed(names_of(stack, outputs), applied, end, problem)


def applied_of(
    stack: Stack, state: StoredState | None, *, unknown: Collection[str], are_applied: bool
) -> Applied:
    """Return what the last apply left in ``state``; nothing is known without a state.

    The decisions in the directory are those of the service only if they ``are_applied``.
    """
    arn = count = None
    # Whether revision and count are those of the service depends on this decision.
    if state is not None and _IGNORED not in unknown:
        arn = _attribute(state, _TASK_DEFINITION, "arn", stack.names.task_family)
        count = _attribute(state, _SERVICE, "desired_count", stack.names.service)
    ignored = stack.service.ignore_changes
    return Applied(
        task_definition=str(arn or "").rpartition("/")[2],
        desired=count if isinstance(count, int) else None,
        ignores_task_definition="task_definition" in ignored,
        ignores_desired="desired_count" in ignored,
        stack=stack if are_applied else None,
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
