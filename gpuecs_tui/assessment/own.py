"""Facts of a stack's directory other than its answers: state, provider, user data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.provider import NO_MIRROR, Mirrored
from gpuecs_tui.stack.state_facts import StateFacts


@dataclass(frozen=True, slots=True)
class Own:
    """Facts that the rules need. The defaults are those of an answers file without a directory."""

    owned: frozenset[str] | None = frozenset()
    """Names, ids and ARNs of the stack's own resources, which are not "taken"; None if its state is
    not read."""
    state: StateFacts = field(default_factory=StateFacts)
    """How the stack's state is kept, and why it is not read."""
    provider: str = ""
    """The AWS provider's version that the directory asks for; empty if the choice is open."""
    rollbacks: Mapping[str, bool] = field(default_factory=dict)
    """Address of each service that rolls back when Terraform is interrupted → whether certainly;
    empty if ``provider`` is not affected."""
    bootstrap: str = ""
    """The text of the directory's user data file; empty without one."""
    mirrored: Mirrored = NO_MIRROR
    """The folder from which a run takes the AWS provider, and its releases."""
    other_scalers: tuple[str, ...] = ()
    """Addresses of what scales the Auto Scaling group besides its capacity provider."""


def pending() -> Own:
    """Return the facts before ``read_own`` has ended: it is unknown whether names are taken."""
    return Own(None, StateFacts(unread=_("The stack's state is still loading.")))


def read_own(
    path: Path,
    environ: Mapping[str, str],
    *,
    offline: bool = False,
    plugin_dir: Path | None = None,
) -> Own:
    """Read the directory ``path``, which need not exist, or a file of answers. Never raises.

    Blocks: it reads files and, for about a second, a state outside the directory. ``offline`` reads
    only files. ``environ`` is used to read the state. ``plugin_dir`` is the user's --plugin-dir.
    """
    from gpuecs_tui.terraform.engine.mirror import mirrored

    provided = mirrored(environ, plugin_dir)
    if path.exists() and not path.is_dir():
        return Own(mirrored=provided)
    from gpuecs_tui.stack.provider import rolls_back
    from gpuecs_tui.terraform.engine.provider_choice import provider_choice
    from gpuecs_tui.terraform.read.bootstrap import bootstrap
    from gpuecs_tui.terraform.read.scaling.other_scalers import other_scalers
    from gpuecs_tui.terraform.recovery.own_state import own_state

    found = own_state(path, environ, offline=offline)
    provider = provider_choice(path)
    rollbacks: Mapping[str, bool] = {}
    if rolls_back(provider):
        # Parsing takes 20 ms, so it is done only for the affected releases.
        from gpuecs_tui.terraform.read.rollback import rollback_services

        rollbacks = rollback_services(path, environ)
    scalers = other_scalers(path, environ)
    return Own(found.owned, found.facts, provider, rollbacks, bootstrap(path), provided, scalers)
