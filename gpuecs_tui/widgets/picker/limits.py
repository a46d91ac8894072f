"""The allowed values of a key's declaration, in words and as a list."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.fields import Key
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.widgets.picker.rows import Choices, Row
from gpuecs_tui.wizard.decisions import FORM_KEYS

_CREATED = N_("create a new one")
EMPTY_MEANS: Mapping[str, str] = {
    "stack.permissions_boundary": N_("none"),
    "network.load_balancer_subnet_ids": N_("the instance subnets"),
    "network.load_balancer_security_group_ids": _CREATED,
    "network.instance_security_group_ids": _CREATED,
    "network.ingress_cidrs": N_("the VPC's CIDR blocks"),
    "network.ingress_prefix_list_ids": N_("none"),
    "network.ingress_security_group_ids": N_("none"),
    "network.vpc_endpoints": N_("none are created"),
    "fleet.ami_release": N_("the newest release"),
    "fleet.instance_types": N_("only the instance type above"),
    "fleet.key_name": N_("none (use SSM Session Manager)"),
    "fleet.instance_profile_arn": _CREATED,
    "autoscaling.metric_name": N_("no such policy"),
    "task.execution_role_arn": _CREATED,
    "task.task_role_arn": _CREATED,
    "task.command": N_("the command of the image"),
    "task.capabilities": N_("none"),
}
"""The meaning of an empty field, if words describe it better than a value; untranslated."""


def empty_means(key: str, stack: Stack) -> str:
    """Return what the empty field of a key in EMPTY_MEANS means; empty if it must not be empty."""
    if key == "network.ingress_cidrs":
        if stack.network.has_sources:
            return _("none")
        if not stack.load_balancer.internal:
            return ""
    return _(EMPTY_MEANS[key])


def limits_in_words(declaration: Key) -> str:
    """Return the range with its unit: "from 5 to 300 s"; empty if the key has no range."""
    unit = _(declaration.unit) if declaration.unit else ""
    low, high = declaration.minimum, declaration.maximum
    if declaration.kind != "integer" or low is None or high is None:
        return ""
    also = "".join(_(", or {value}").format(value=value) for value in declaration.also)
    limits = _("from {low} to {high}").format(low=low, high=high)
    return f"{limits} {unit}".rstrip() + also


@cache
def choices_of_declaration(key: str) -> Choices | None:
    """Return the list of all values of a key that takes only a few; None for others.

    The form itself shows the words of a ``choice``.
    """
    declaration = FORM_KEYS[key]
    if not declaration.choices or declaration.kind not in {"list", "integer"}:
        return None
    unit = _(declaration.unit) if declaration.unit else ""
    rows = tuple(Row(str(value), (str(value), unit)) for value in declaration.choices)
    return Choices(_(declaration.label), ("", ""), rows, multiple=declaration.kind == "list")
