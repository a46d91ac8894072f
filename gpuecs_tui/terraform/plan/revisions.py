"""Revisions of a task definition that remain after a destroy of the stack."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from gpuecs_tui.i18n import ngettext
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.plan.details import Action, ResourceChange, load_plan
from gpuecs_tui.terraform.runs.run import Run

TYPE = "aws_ecs_task_definition"
_ARN = re.compile(r"arn:[a-z-]+:ecs:([a-z0-9-]+):([0-9]{12}):task-definition/(.+:[0-9]+)")


def revisions_left(runs: Iterable[Run], *, region: str = "", account: str = "") -> tuple[str, ...]:
    """Return ``family:revision`` of each that the plans of ``runs`` dropped and that AWS still has.

    With ``region`` and ``account``, only those there: a directory may have been moved.
    Sorted by family, then by number. Reads one file per run.
    """
    found: set[str] = set()
    for run in runs:
        tree = load_plan(run)
        for change in tree.changes if tree else ():
            kept = _kept(change) if change.type == TYPE else None
            if kept is not None and region in ("", kept[1]) and account in ("", kept[2]):
                found.add(kept[3])
    return tuple(sorted(found, key=_order))


def left_in_words(revisions: Sequence[str], directory: Path) -> str:
    """Return the sentence about these revisions after a destroy; "" if there are none."""
    if not revisions:
        return ""
    return ngettext(
        "{n} task definition revision stays ACTIVE and costs nothing: {names}. To deregister it "
        "if nothing uses it: gpuecs-tui destroy {directory} --deregister",
        "{n} task definition revisions stay ACTIVE and cost nothing: {names}. To deregister those "
        "that nothing uses: gpuecs-tui destroy {directory} --deregister",
        len(revisions),
    ).format(n=len(revisions), names=ranges(revisions), directory=shell_word(directory))


def ranges(revisions: Iterable[str]) -> str:
    """Return ``family:revision`` texts as one, sorted, with ranges: ``llm:1–4, llm:7``."""
    parts: list[tuple[str, int, int]] = []
    for family, number in sorted(map(_order, revisions)):
        if parts and parts[-1][0] == family and parts[-1][2] == number - 1:
            parts[-1] = family, parts[-1][1], number
        else:
            parts.append((family, number, number))
    return ", ".join(
        f"{family}:{first}" if first == last else f"{family}:{first}–{last}"
        for family, first, last in parts
    )


def _kept(change: ResourceChange) -> re.Match[str] | None:
    """Return Region, account and revision that a change drops; None if it is deregistered or there
    is none."""
    if change.action not in (Action.DELETE, Action.REPLACE):
        return None
    if change.before.get("skip_destroy") is not True:
        return None
    return _ARN.fullmatch(str(change.before.get("arn", "")))


def _order(name: str) -> tuple[str, int]:
    family, _colon, number = name.rpartition(":")
    return family, int(number)
