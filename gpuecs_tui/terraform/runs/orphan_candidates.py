"""Resources that earlier runs created, or may have created, and that are missing from the state.

During an apply, Terraform saves the local state at most about every 20 s, so a killed Terraform
loses what it created since. The journal has these resources: each ``apply_complete`` contains the
identity of the created resource. An interrupted creation (a cancel, a lost connection) may still
have succeeded: the journal has only its start.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gpuecs_tui.regular_files import open_regular
from gpuecs_tui.terraform.base.atomic_files import (
    create_json,
    now,
    parse_time,
    read_json,
    replace_json,
)
from gpuecs_tui.terraform.engine.events import Decoder, Diagnostic, Event, Hook
from gpuecs_tui.terraform.runs.journal import RunFiles
from gpuecs_tui.terraform.runs.launch import who
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.terraform.runs.unread_run import UnreadRun
from gpuecs_tui.terraform.state.stored_state import StoredResource, StoredState

ABSENT_NAME = "absent.json"
"""File in a run's folder that lists its creations that were searched and not found."""
_REFUSED = re.compile(r"StatusCode: 4\d\d", re.IGNORECASE)
"""The text of a call that AWS rejected."""
_CREATING = re.compile(
    r"(?!.*\bwaiting\b)(?:creating|putting|attaching|registering)\b", re.IGNORECASE
)
"""First words of the provider if the creation itself was rejected: then nothing was created. An
error of a read or a wait after it (also rejected with an expired token) means that it was
created."""
_ONLY_IN_STATE = "terraform_data"
"""A type that exists only in the state, so that nothing is lost with it."""
_ATTACHMENT = "aws_iam_role_policy_attachment"
_MADE_UP = re.compile(r"\d{8}|arn:")
"""First characters of the part of an attachment's id after the role name."""
_TAKEN = re.compile(r"Already ?Exists|Duplicate[a-z]*Name|\.Duplicate\b", re.IGNORECASE)
"""The error of a creation whose name already exists. It may be its own: if the response of a
successful call was lost (a 500, a lost connection), the provider repeats the call, which is then
rejected. The creation time and the tags show whether the resource is ours (aws/orphans.py)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resource that may have to be imported into the state."""

    address: str
    type: str
    id: str
    """The provider's id; empty if the end of its creation was not seen."""
    run: str
    """Id of the run that created it."""
    begun_at: datetime | None
    """When its creation began: a resource at AWS that is older is a different one."""
    other_id: str = ""
    """The id that the state has at this address instead; empty if none."""
    by: str = ""
    """``user@host`` of the run; empty for a run that is recorded on this machine."""
    taken: bool = False
    """Whether AWS rejected its creation because the name already exists."""

    @property
    def certain(self) -> bool:
        """Tell whether it was created for certain."""
        return bool(self.id)


def candidates(runs: Iterable[Run | UnreadRun], state: StoredState) -> tuple[Candidate, ...]:
    """Return what ``runs`` (newest first) created and is missing from ``state``.

    Runs before the last successful apply are not read: their resources are in the state. Takes
    about 10 ms per megabyte of journal.
    """
    return lacking(_created(runs), state)


def holding(runs: Iterable[Run | UnreadRun]) -> frozenset[str]:
    """Return the ids of ``runs`` (newest first) that may have created what is missing from the
    state.

    Only the journals are read, not the state: the resources may be in it by now.
    """
    return frozenset(it.run for it in _created(runs))


def _created(runs: Iterable[Run | UnreadRun]) -> list[Candidate]:
    told: dict[str, Candidate | None] = {}
    for run in runs:
        if isinstance(run, Run):
            if run.operation is Operation.PLAN or not run.is_final:
                continue
            if run.state is RunStatus.SUCCEEDED and not run.only_bring_back:
                break
        if run.files.forgotten.exists():
            continue
        for address, found in told_by(run).items():
            told.setdefault(address, found)
    return [it for it in told.values() if it]


def forget_run(run: Run | UnreadRun) -> None:
    """Dismiss what a run created and is missing from the state. Raises OSError."""
    create_json(run.files.forgotten, {"by": who(), "at": now()})


def note_absent(run: Run, addresses: Iterable[str]) -> None:
    """Record that these creations of a run did not happen, so that they are not searched again."""
    path = run.files.folder / ABSENT_NAME
    replace_json(path, {"addresses": sorted({*_absent(run.files), *addresses}), "at": now()})


def _absent(files: RunFiles) -> frozenset[str]:
    known = (read_json(files.folder / ABSENT_NAME) or {}).get("addresses")
    named = known if isinstance(known, list) else ()
    return frozenset(it for it in named if isinstance(it, str))


def lacking(told: Iterable[Candidate], state: StoredState) -> tuple[Candidate, ...]:
    """Return the candidates in ``told`` that aren't in ``state``, or are there as another
    resource."""
    return tuple(_lacking(told, state))


def _lacking(told: Iterable[Candidate], state: StoredState) -> Iterator[Candidate]:
    for found in told:
        stored = state.find(found.address)
        if found.type == _ONLY_IN_STATE:
            continue
        if stored is None:
            yield found
        elif found.certain and not _is_same(found, stored):
            # A replacement: the state still has the old resource.
            yield replace(found, other_id=stored.id)


def _is_same(found: Candidate, stored: StoredResource) -> bool:
    if found.type == _ATTACHMENT:
        # The provider generates its id: ROLE-TIME at a creation, ROLE-POLICY at an import.
        role = str(stored.attributes.get("role") or "")
        rest = found.id.removeprefix(f"{role}-")
        return rest != found.id and _MADE_UP.match(rest) is not None
    return stored.id == found.id


def told_by(run: Run | UnreadRun) -> Mapping[str, Candidate | None]:
    """Return address → what the run created there; None: the resource there was deleted."""
    events = events_of(run.files)
    refused, taken = set(), set()
    for event in events:
        if isinstance(event, Diagnostic) and event.severity == "error":
            words = f"{event.summary}\n{event.detail}"
            if _TAKEN.search(words):
                taken.add(event.address)
            elif _CREATING.match(event.summary) and _REFUSED.search(words):
                refused.add(event.address)
    absent = _absent(run.files)
    told: dict[str, Candidate | None] = {}
    begun: dict[str, datetime | None] = {}
    for event in events:
        if not isinstance(event, Hook) or event.phase != "apply" or event.is_data:
            continue
        address = event.address
        if event.action == "delete" and event.step == "complete":
            told[address] = None
        if event.action != "create":
            continue
        if event.step == "start":
            begun[address] = parse_time(event.at)
        if event.step in ("start", "complete"):
            told[address] = Candidate(
                address, event.resource_type, event.id_value, run.id, begun.get(address)
            )
    for address, found in list(told.items()):
        if found is None or found.certain:
            continue
        if address in refused or address in absent:
            del told[address]
        elif address in taken:
            told[address] = replace(found, taken=True)
    return told


def events_of(files: RunFiles) -> list[Event]:
    """Return all events in the journal of a run so far; none if it can't be read."""
    decoder = Decoder()
    try:
        with os.fdopen(open_regular(files.journal), "rb") as journal:
            return [decoder.decode(it.decode("utf-8", "replace")) for it in journal if it.strip()]
    except OSError:
        return []
