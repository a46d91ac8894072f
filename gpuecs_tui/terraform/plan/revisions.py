"""Revisions of a task definition that remain after a destroy of the stack."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gpuecs_tui.i18n import ngettext
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.plan.details import Action, ResourceChange, load_plan
from gpuecs_tui.terraform.runs.run import Run

_TYPE = "aws_ecs_task_definition"
_ARN = re.compile(r"arn:[a-z-]+:ecs:[a-z0-9-]+:[0-9]{12}:task-definition/(.+:[0-9]+)")


def revisions_left(runs: Iterable[Run]) -> tuple[str, ...]:
    """Return ``family:revision`` of each that the plans of ``runs`` dropped and that AWS still has.

    Sorted by family, then by number. Reads one file per run.
    """
    found: set[str] = set()
    for run in runs:
        tree = load_plan(run)
        for change in tree.changes if tree else ():
            if change.type == _TYPE and (name := _kept(change)):
                found.add(name)
    return tuple(sorted(found, key=_order))


def left_in_words(revisions: tuple[str, ...]) -> str:
    """Return the sentence about these revisions after a destroy; "" if there are none."""
    if not revisions:
        return ""
    return ngettext(
        "{n} task definition revision stays ACTIVE and costs nothing: {names}. If nothing else "
        "uses it, remove it with: aws ecs deregister-task-definition --task-definition {first}",
        "{n} task definition revisions stay ACTIVE and cost nothing: {names}. If nothing else "
        "uses one, remove it with: aws ecs deregister-task-definition --task-definition {first}",
        len(revisions),
    ).format(n=len(revisions), names=", ".join(revisions), first=shell_word(revisions[0]))


def _kept(change: ResourceChange) -> str:
    """Return the revision that a change drops; "" if it is deregistered or there is none."""
    if change.action not in (Action.DELETE, Action.REPLACE):
        return ""
    if change.before.get("skip_destroy") is not True:
        return ""
    match = _ARN.fullmatch(str(change.before.get("arn", "")))
    return match[1] if match else ""


def _order(name: str) -> tuple[str, int]:
    family, _colon, number = name.rpartition(":")
    return family, int(number)
