"""What a plan destroys or replaces, printed before its summary; the plan as JSON; typed names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gpuecs_tui.commands.failure import Failure, harmless
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.plan.details import ChangedAttribute, PlanTree, wait_for_plan
from gpuecs_tui.terraform.plan.notices import ignored_values, notices
from gpuecs_tui.terraform.plan.words import PlanWarning, full_words, needs_name, warnings
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation
from gpuecs_tui.terraform.teardown.steps import steps_in_words, steps_of


def warn_once(run: Run) -> Callable[[], Iterator[str]]:
    """Return the text before the summary of a plan: what it destroys, and the notices.

    Before a destroy of everything, it is the list of the steps before Terraform. From the second
    call on, the result is empty. Waits until the plan's details are read, unless the plan only
    creates.
    """
    told = False

    def lines() -> Iterator[str]:
        nonlocal told
        if told:
            return
        told = True
        if run.operation is Operation.DESTROY:
            yield from map(harmless, steps_in_words(steps_of(run, wait_for_plan(run))))
            return
        tree = wait_for_plan(run, only_if_it_affects=True)
        for warning in () if tree is None else _told(run, tree):
            yield harmless(f"!  {full_words(warning)}")

    return lines


def as_json(run: Run) -> dict[str, Any]:
    """Return the details of the plan of ``run``. Waits for the plan; empty if there will be none.

    Values are JSON texts, or Terraform's words for sensitive and unknown ones.
    """
    tree = wait_for_plan(run)
    if tree is None:
        return {"resources": [], "outputs": [], "warnings": []}
    return {
        "resources": [
            {
                "address": it.address,
                "previous_address": it.previous_address or None,
                "action": it.action.value,
                "reason": it.reason or None,
                "attributes": [_attribute(each) for each in it.attributes],
            }
            for it in tree.changes
        ],
        "outputs": [_attribute(it) for it in tree.outputs],
        "warnings": [
            {
                "rule": it.rule,
                "address": it.address,
                "message": it.message,
                "because": list(it.because),
            }
            for it in _told(run, tree)
        ],
    }


def refuse_unconfirmed(run: Run, name: str | None) -> None:
    """Raise Failure if applying the plan of ``run`` requires a name that differs from ``name``."""
    if not run.changes or not run.changes.destroy:
        return
    tree = wait_for_plan(run)
    if not needs_name(run, tree):
        return
    gone = [it.address for it in warnings(tree)] if tree is not None else []
    if gone:
        more = ngettext("{first} and {n} more", "{first} and {n} more", len(gone) - 1)
        what = more.format(first=gone[0], n=len(gone) - 1) if len(gone) > 1 else gone[0]
    else:
        n = run.changes.destroy
        what = ngettext("{n} resource", "{n} resources", n).format(n=n)
    wanted = stack_name(run.directory)
    if name != wanted:
        raise Failure(
            _("Nothing was applied: the plan destroys or replaces {what}.").format(what=what),
            _("To apply it, add --confirm {name}.").format(name=shell_word(wanted)),
        )


def _told(run: Run, tree: PlanTree) -> tuple[PlanWarning, ...]:
    return (*warnings(tree), *notices(tree), *ignored_values(run, tree))


def _answers(directory: Path) -> Mapping[str, object]:
    from gpuecs_tui.commands import stack_source

    try:
        return stack_source.answers_of(directory, limits=False)
    except Failure:
        return {}


def stack_name(directory: Path) -> str:
    """Return the name to type before resources are destroyed: the stack's, or the directory's."""
    return str(_answers(directory).get("stack.name", "")).strip() or directory.resolve().name


def _attribute(of: ChangedAttribute) -> dict[str, Any]:
    return {
        "path": of.path,
        "before": of.before,
        "after": of.after,
        "forces_replacement": of.forces_replacement,
    }
