"""An IAM role can't change its path, and its name is in use until it is deleted.

The resources that refer to the roles are replaced by creating the new one first, which makes
Terraform create the roles first, too: IAM rejects the second role of the same name (CreateRole,
EntityAlreadyExists), whatever its path is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.base.stored_attributes import stored_attributes
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.plan.details import Action, PlanTree, ResourceChange
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.files import read_texts
from gpuecs_tui.terraform.read.rules import ROLES
from gpuecs_tui.terraform.state.backend import local_state

_TYPES = ("aws_iam_role", "aws_iam_instance_profile")
_DEFAULT = "/"


def refuse_another_path(directory: Path, environ: Mapping[str, str]) -> None:
    """Raise RunProblem if a role in the state would have to change its path and keep its name.

    Reads the files and a local state. The plan reports unreadable files and a remote state.
    """
    state = local_state(directory, environ)
    stored = dict(stored_attributes(state)) if state is not None else {}
    roles = [it for it in ROLES if isinstance(stored.get(it, {}).get("path"), str)]
    if not roles:
        return
    try:
        configuration = load_configuration(read_texts(directory), environ=environ)
    except ReadProblem:
        return
    for role in roles:
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
