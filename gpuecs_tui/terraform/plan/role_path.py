"""An IAM role can't change its path, and its name is in use until it is deleted.

The resources that refer to the roles are replaced by creating the new one first, which makes
Terraform create the roles first, too: IAM rejects the second role of the same name (CreateRole,
EntityAlreadyExists), whatever its path is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.plan.details import Action, PlanTree, ResourceChange
from gpuecs_tui.terraform.read.configuration import Configuration
from gpuecs_tui.terraform.read.rules import ROLES

_TYPES = ("aws_iam_role", "aws_iam_instance_profile")
_DEFAULT = "/"


def refuse_another_path(
    stored: Mapping[str, Mapping[str, Any]], configuration: Configuration
) -> None:
    """Raise RunProblem if a role in the state would have to change its path and keep its name.

    ``stored`` has the attributes of the state by address.
    """
    for role in (it for it in ROLES if isinstance(stored.get(it, {}).get("path"), str)):
        present = str(stored[role]["path"])
        renamed = configuration.value(role, "name") != stored[role].get("name")
        wanted = (
            configuration.value(role, "path")
            if configuration.expression(role, "path") is not None
            else _DEFAULT
        )
        if role in configuration.blocks and not renamed and wanted != present:
            if not isinstance(wanted, str):
                continue
            raise RunProblem(
                _(
                    "Nothing was planned: the IAM roles of this stack have the path {present}, and "
                    "stack.role_path is {wanted}. A role can't change its path."
                ).format(present=present, wanted=wanted),
                _remedy(present),
            )


def moved(change: ResourceChange, _tree: PlanTree) -> Iterator[str]:
    """Yield why IAM rejects a plan that creates a role again under another path."""
    changed = {it.path: it for it in change.attributes}
    if (
        change.type in _TYPES
        and change.action is Action.REPLACE
        and change.create_first
        and "path" in changed
        and "name" not in changed
    ):
        present = (changed["path"].before or "").strip('"')
        yield " ".join(
            (_("IAM rejects this change: a role can't change its path."), _remedy(present))
        )


def _remedy(present: str) -> str:
    return _("Set stack.role_path to {present}. To use another path, create another stack.").format(
        present=present
    )
