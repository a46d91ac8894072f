"""Whether a directory has an upgrade that is not applied yet."""

from __future__ import annotations

from gpuecs_tui.terraform.base.addresses import FLEET_TIES, without_key
from gpuecs_tui.terraform.read.configuration import Configuration
from gpuecs_tui.terraform.read.past import is_earlier, past_in
from gpuecs_tui.terraform.read.rules import GROUP, TASK
from gpuecs_tui.terraform.render.past_addresses import FORMER, HTTP, HTTPS, LISTENER
from gpuecs_tui.terraform.state.stored_state import StoredState

_KEPT = "skip_destroy"
"""Argument of the task definition that keeps earlier revisions for a rollback."""


def is_unapplied(configuration: Configuration, state: StoredState) -> bool:
    """Tell whether ``configuration`` has an upgrade that is not applied to ``state``.

    The state has the earlier version's addresses, or an apply ended before it had changed
    everything that protects running resources.
    """
    present = configuration.blocks.keys()
    if is_earlier(configuration) or not {f"{LISTENER}.{HTTP}", f"{LISTENER}.{HTTPS}"} & present:
        return False
    former = {f"{kind}.{name}" for kind, *names in FORMER for name in names} - present
    held = {without_key(it.address) for it in state.resources}
    if former & held:
        return True
    if not past_in(configuration).moves:
        return False
    task = state.find(TASK)
    deregisters = task is not None and task.attributes.get(_KEPT) is not True
    if deregisters and configuration.value(TASK, _KEPT) is True:
        return True
    return FLEET_TIES in present and GROUP in held and FLEET_TIES not in held
