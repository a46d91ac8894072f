"""What a stack's directory says of itself beside its answers: state, provider, user data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.state_facts import StateFacts


@dataclass(frozen=True, slots=True)
class Own:
    """Facts that the rules need; as it is, those of a file of answers, which has no directory."""

    owned: frozenset[str] | None = frozenset()
    """Names, ids and ARNs of the stack's own resources, which don't count as taken by others; None
    where its state is not read."""
    state: StateFacts = field(default_factory=StateFacts)
    """How the stack's state is kept, and why it is not read."""
    provider: str = ""
    """The AWS provider's version that the directory asks for; empty where the choice is open."""
    bootstrap: str = ""
    """The text of the directory's user data file; empty without one."""


def pending() -> Own:
    """Return what is known before ``read_own`` has ended: no name counts as taken by others."""
    return Own(None, StateFacts(unread=_("The stack's state is still being read.")))


def read_own(path: Path, environ: Mapping[str, str], *, offline: bool = False) -> Own:
    """Read the directory ``path``, which need not exist, or a file of answers. Never raises.

    Blocks: files, and with the state elsewhere than in the directory a second for that. ``offline``
    reads only files. ``environ`` is what the state is read with.
    """
    if path.exists() and not path.is_dir():
        return Own()
    from gpuecs_tui.terraform.engine.provider_choice import provider_choice
    from gpuecs_tui.terraform.read.bootstrap import bootstrap
    from gpuecs_tui.terraform.recovery.own_state import own_state

    found = own_state(path, environ, offline=offline)
    return Own(found.owned, found.facts, provider_choice(path), bootstrap(path))
