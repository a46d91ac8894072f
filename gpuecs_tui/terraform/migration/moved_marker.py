"""The record next to a state in S3 that tells other checkouts that the state was moved away.

Terraform does not delete the old object. A checkout that still uses it would change the old copy,
and the two states would diverge. The record is a small JSON object at the state's key plus
``SUFFIX``; it contains no secret. A move back deletes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.atomic_files import now, parse_time
from gpuecs_tui.terraform.base.liveness import host_name
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.runs.launch import user_name
from gpuecs_tui.terraform.state.backend import LOCAL, S3, present_backend, workspace
from gpuecs_tui.terraform.state.content import PlaceProblem, serial_and_lineage, with_reader
from gpuecs_tui.terraform.state.location import StateLocation, backend_change, location_of
from gpuecs_tui.terraform.state.stored_state import StateProblem

SUFFIX = ".moved.json"
_FORMAT = 1
_TYPES = {
    "format": int,
    "target": str,
    "target_type": str,
    "user": str,
    "host": str,
    "at": str,
    "serial": int,
    "lineage": str,
}
"""The fields of a record."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The content of such a record."""

    source: str
    """``s3://bucket/key`` of the state that was moved away."""
    target: str
    """The new location: a path on ``host``, or ``s3://bucket/key``."""
    in_file: bool
    """Whether ``target`` is a path."""
    user: str
    host: str
    at: datetime | None
    """When, in UTC; None if unknown."""
    serial: int
    """Number of the state's last change at that time."""
    lineage: str
    damaged: str = ""
    """Why the record can't be read, as the end of a sentence; then nothing else is known."""

    @property
    def sentence(self) -> str:
        """Return a sentence: who moved the state away, when and where to."""
        if self.damaged:
            return _(
                "The move record {source}{suffix} {why}. Whether the state was moved away "
                "from {source} is unknown."
            ).format(source=self.source, suffix=SUFFIX, why=self.damaged)
        when = f"{self.at.astimezone():%Y-%m-%d %H:%M}" if self.at else _("unknown time")
        target = f"{self.host}:{self.target}" if self.in_file else self.target
        return _(
            "{user}@{host} moved the state from {source} to {target} ({when}). The state at "
            "{source} is an old copy: do not plan or apply with it."
        ).format(source=self.source, target=target, user=self.user, host=self.host, when=when)

    @property
    def remedy(self) -> str:
        """Return the one action to take."""
        if self.damaged:
            return _(
                "Ask the other users of this stack where its state is, then delete "
                "{source}{suffix}."
            ).format(source=self.source, suffix=SUFFIX)
        return _(
            "Get the current Terraform files from {user}, or delete {source}{suffix} if that "
            "move no longer applies."
        ).format(user=self.user, source=self.source, suffix=SUFFIX)


def moved_away(
    directory: Path, environ: Mapping[str, str], *, strict: bool = False
) -> Moved | None:
    """Return the record about the state that ``directory`` uses now, None without one.

    Blocks for one call with a state in S3, else reads files only. Errors from S3 are reported when
    the state itself is read. ``strict``: a bucket that does not exist raises PlaceProblem.
    """
    where = present_backend(directory, environ)
    if where.type != S3:
        return None
    try:
        change = backend_change(directory, environ)
        if change is not None and change.moves:
            # The configuration has another location already; the move itself looks for the record.
            return None
        place = location_of(directory, where)
        if not place.is_understood:
            return None
        return read_moved(place.at(workspace(directory, environ)), environ)
    except (ReadProblem, StateProblem):
        return None
    except PlaceProblem as problem:
        if strict and problem.is_whole:
            raise
        return None


def read_moved(place: StateLocation, environ: Mapping[str, str] | None = None) -> Moved | None:
    """Return the record next to the state at ``place``, None without one. Raises PlaceProblem."""
    if place.type != S3:
        return None
    from gpuecs_tui.aws.state_bucket.state_objects import read_object

    text = with_reader(
        place, environ, lambda reader: read_object(reader, place.bucket, place.key + SUFFIX)
    )
    return None if text is None else _parse(str(place), text)


def _parse(source: str, text: bytes) -> Moved:
    """Return the content of a record; a ``damaged`` one if it can't be read."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return _damaged(source, _("is not JSON"))
    if not isinstance(raw, dict):
        return _damaged(source, _("is not a JSON object"))
    version = raw.get("format")
    if type(version) is int and version > _FORMAT:
        return _damaged(source, _("was written by a later version of gpuecs-tui"))
    for name, kind in _TYPES.items():
        if type(raw.get(name)) is not kind or raw[name] == "":
            return _damaged(source, _("has no valid {name}").format(name=name))
    return Moved(
        source=source,
        target=raw["target"],
        in_file=raw["target_type"] == LOCAL,
        user=raw["user"],
        host=raw["host"],
        at=parse_time(raw["at"]),
        serial=raw["serial"],
        lineage=raw["lineage"],
    )


def _damaged(source: str, why: str) -> Moved:
    return Moved(source, "?", False, "?", "?", None, 0, "?", why)


def put_moved(source: StateLocation, target: StateLocation, state: bytes) -> None:
    """Record next to ``source`` that its ``state`` was moved to ``target``. Raises PlaceProblem."""
    serial, lineage = serial_and_lineage(state)
    told = {
        "format": _FORMAT,
        "target": str(target),
        "target_type": target.type,
        "user": user_name(),
        "host": host_name(),
        "at": now(),
        "serial": serial,
        "lineage": lineage,
    }
    from gpuecs_tui.aws.state_bucket.state_objects import put_object

    text = json.dumps(told, indent=2).encode()
    with_reader(
        source,
        None,
        lambda reader: put_object(reader, source.bucket, source.key + SUFFIX, text),
    )


def remove_moved(place: StateLocation) -> None:
    """Delete the record next to ``place``, if there is one. Raises PlaceProblem."""
    from gpuecs_tui.aws.state_bucket.state_objects import delete_object, read_object

    key = place.key + SUFFIX
    # Read first: users without permission to delete objects usually have nothing to delete.
    with_reader(
        place,
        None,
        lambda reader: (
            delete_object(reader, place.bucket, key)
            if read_object(reader, place.bucket, key) is not None
            else None
        ),
    )
