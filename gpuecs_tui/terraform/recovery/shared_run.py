"""The record of a run next to the state in S3, for other users of the stack.

The run's own journal is on one machine. If the run is killed and its user is away, other users
could not know what it created. So an apply writes one small JSON object below the state's key,
``KEY.gpuecs-tui/RUN.json``, with its user and the addresses, types and ids of what it has created.
It contains no attribute and no secret. docs/security.md lists its contents.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from gpuecs_tui.i18n import ngettext
from gpuecs_tui.terraform.base.atomic_files import now, parse_time
from gpuecs_tui.terraform.runs.orphan_candidates import Candidate, lacking
from gpuecs_tui.terraform.state.stored_state import StoredState

FOLDER = ".gpuecs-tui/"
"""Suffix of the state's key under which the records of its runs are."""
FORMAT = 1
LARGEST = 4 * 1024 * 1024
"""Maximum bytes of a record: one of 10,000 creations has 2 MiB."""


@dataclass(frozen=True, slots=True)
class SharedRun:
    """The content of such a record."""

    id: str
    user: str
    host: str
    operation: str
    started_at: str
    """RFC 3339."""
    ended: bool
    """The run has ended and ``created`` is missing from the state. False: the run may be in
    progress."""
    updated_at: datetime | None
    created: tuple[Candidate, ...]
    """What it created, or started to create."""

    @property
    def who(self) -> str:
        """Return ``user@host``."""
        return f"{self.user}@{self.host}"

    def without(self, addresses: Iterable[str]) -> SharedRun:
        """Return the record without the creations at these addresses."""
        gone = frozenset(addresses)
        return replace(self, created=tuple(it for it in self.created if it.address not in gone))

    def as_json(self) -> bytes:
        """Return the record as it is stored."""
        raw = {
            "format": FORMAT,
            "run": self.id,
            "user": self.user,
            "host": self.host,
            "operation": self.operation,
            "started_at": self.started_at,
            "ended": self.ended,
            "updated_at": now(),
            "created": [
                {
                    "address": it.address,
                    "type": it.type,
                    "id": it.id,
                    "begun_at": it.begun_at.isoformat() if it.begun_at else "",
                    **({"taken": True} if it.taken else {}),
                }
                for it in self.created
            ],
        }
        return json.dumps(raw, indent=1).encode()


def with_shared(
    own: tuple[Candidate, ...], shared: Iterable[SharedRun], state: StoredState
) -> tuple[Candidate, ...]:
    """Return ``own``, and what ``shared`` runs (newest first) created and ``state`` lacks."""
    found: dict[str, Candidate] = {}
    for run in shared:
        for it in run.created:
            found.setdefault(it.address, it)
    known = {it.address for it in own}
    return (*own, *lacking((it for it in found.values() if it.address not in known), state))


def created_elsewhere(who: str, count: int) -> str:
    """Return the sentence about resources that the killed run of another user or machine
    created."""
    words = ngettext(
        "The killed run of {who} probably created {n} resource that is not in the state. "
        "Recover it there, or import it here.",
        "The killed run of {who} probably created {n} resources that are not in the state. "
        "Recover them there, or import them here.",
        count,
    )
    return words.format(n=count, who=who)


def may_work(run: SharedRun, count: int) -> str:
    """Return the sentence about a ``run`` of a backend without a lock, which may have been
    killed."""
    words = ngettext(
        "Run {run} of {who} created, or started to create, {n} resource that is not in the "
        "state. The backend has no lock, so it is unknown whether that run is still in "
        "progress. Ask {who}; if the run has ended, recover the resource there with: "
        "gpuecs-tui state DIR --recover",
        "Run {run} of {who} created, or started to create, {n} resources that are not in the "
        "state. The backend has no lock, so it is unknown whether that run is still in "
        "progress. Ask {who}; if the run has ended, recover the resources there with: "
        "gpuecs-tui state DIR --recover",
        count,
    )
    return words.format(run=run.id, who=run.who, n=count)


def parse_shared_run(text: bytes) -> SharedRun | None:
    """Return the record in ``text``; None for anything else, including a later format."""
    if len(text) > LARGEST:
        return None
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        return None
    names = ("run", "user", "host", "operation", "started_at", "updated_at")
    created = raw.get("created")
    if not isinstance(created, list) or not all(isinstance(raw.get(it), str) for it in names):
        return None
    found = []
    for item in created:
        candidate = _candidate(item, raw)
        if candidate is None:
            return None
        found.append(candidate)
    updated = parse_time(raw["updated_at"])
    return SharedRun(
        id=raw["run"],
        user=raw["user"],
        host=raw["host"],
        operation=raw["operation"],
        started_at=raw["started_at"],
        ended=raw.get("ended") is True,
        updated_at=updated.astimezone(UTC) if updated else None,
        created=tuple(found),
    )


def _candidate(item: object, run: Mapping[str, Any]) -> Candidate | None:
    if not isinstance(item, dict):
        return None
    address, type_, id_, begun = (item.get(it) for it in ("address", "type", "id", "begun_at"))
    if not (isinstance(address, str) and isinstance(type_, str) and isinstance(id_, str)):
        return None
    at = parse_time(begun) if isinstance(begun, str) else None
    who, taken = f"{run['user']}@{run['host']}", item.get("taken") is True
    return Candidate(address, type_, id_, run["run"], at, by=who, taken=taken)
