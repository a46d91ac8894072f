"""Names that a stack's runs created and that are missing from its state: no other owner has
them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from gpuecs_tui.stack.state_facts import Begun
from gpuecs_tui.terraform.base.addresses import without_key
from gpuecs_tui.terraform.plan.details import load_plan
from gpuecs_tui.terraform.recovery.shared_run import SharedRun, with_shared
from gpuecs_tui.terraform.recovery.shared_runs import ShelfProblem, shelf_of
from gpuecs_tui.terraform.runs.orphan_candidates import Candidate, candidates
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_list import records_of
from gpuecs_tui.terraform.state.stored_state import StoredState


def created_beside(
    directory: Path, state: StoredState, environ: Mapping[str, str], *, offline: bool = False
) -> tuple[Candidate, ...]:
    """Return what runs of this stack created, or may have created, and ``state`` lacks.

    The next plan imports these resources. Blocks for a listing with a state in S3, unless
    ``offline``.
    """
    own = candidates(records_of(directory), state)
    return tuple(with_shared(own, () if offline else _shared(directory, environ), state))


def begun_in(created: Iterable[Candidate], directory: Path) -> dict[str, Begun]:
    """Return the items of ``created`` without an id, by resource address without a key.

    Reads the plans of the runs of ``directory`` that began one: they have the names.
    """
    uncertain = [it for it in created if not it.certain]
    wanted = {it.run for it in uncertain}
    records = records_of(directory) if wanted else ()
    names = {it.id: _planned_names(it) for it in records if it.id in wanted and isinstance(it, Run)}
    found: dict[str, Begun] = {}
    for it in uncertain:
        name = names.get(it.run, {}).get(it.address, "")
        begun = Begun(it.run, name, it.taken, str(directory))
        found.setdefault(without_key(it.address), begun)
    return found


def _planned_names(run: Run) -> dict[str, str]:
    """Return address → name of what the plan of a run creates; unknown and masked names are left
    out."""
    tree = load_plan(run)
    changes = tree.changes if tree else ()
    return {it.address: name for it in changes if (name := it.planned_name())}


def names_in(created: Iterable[Candidate]) -> frozenset[str]:
    """Return the ids of ``created`` and the names in these ids.

    An ARN ends with the name; the ARN of a load balancer or target group, with name and number.
    """
    found = set()
    for it in created:
        parts = it.id.rpartition(":")[2].split("/") if it.id.startswith("arn:") else [it.id]
        found |= {it.id, parts[-1], *(parts[-2:-1] if ":elasticloadbalancing:" in it.id else ())}
    return frozenset(found - {""})


def _shared(directory: Path, environ: Mapping[str, str]) -> tuple[SharedRun, ...]:
    shelf = shelf_of(directory, environ)
    if shelf is None:
        return ()
    try:
        return shelf.read()
    except ShelfProblem:
        # The plan reports the error; until then the name counts as taken.
        return ()
    finally:
        shelf.close()
