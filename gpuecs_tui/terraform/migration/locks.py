"""The lock object that a killed move may have left in S3."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.liveness import host_name
from gpuecs_tui.terraform.base.tflock import lock_time
from gpuecs_tui.terraform.migration.record import Migration
from gpuecs_tui.terraform.migration.refusals import MigrationProblem
from gpuecs_tui.terraform.state.backend import S3
from gpuecs_tui.terraform.state.content import PlaceProblem, with_reader
from gpuecs_tui.terraform.state.location import StateLocation

if TYPE_CHECKING:
    from gpuecs_tui.aws.session import AccountReader

_OPERATIONS = ("init", "migration source state", "migration destination state")
"""The operation names of Terraform's own locks while it moves a state (backend/remote-state/s3
backend_state.go; command/meta_backend_migrate.go)."""
_CLOCKS = timedelta(minutes=1)
"""Maximum difference between our clock and the clock that stamped a lock."""


def clear_own_lock(place: StateLocation, interrupted: Migration | None) -> None:
    """Remove the lock that the Terraform of ``interrupted`` left at ``place``.

    Its process is known to be dead. Any other lock raises MigrationProblem, as does one that
    can't be read.
    """
    if place.type != S3:
        return
    # Late: most places are files.
    from gpuecs_tui.aws.state_bucket.lock_object import (
        delete_lock_object,
        lock_key,
        read_lock_object,
    )

    key = lock_key({"key": place.key})
    told: dict[str, object] | None = None

    def clear(reader: AccountReader) -> bool:
        nonlocal told
        told = read_lock_object(reader, place.bucket, key)
        if told is not None and _is_of(told, interrupted):
            delete_lock_object(reader, place.bucket, key)
            return True
        return told is None

    try:
        if with_reader(place, None, clear):
            return
    except PlaceProblem as problem:
        raise MigrationProblem(
            problem.message
            if problem.is_whole
            else _("Could not read or release the lock s3://{bucket}/{key}: {reason}.").format(
                bucket=place.bucket, key=key, reason=problem.reason
            ),
            problem.remedy,
        ) from None
    assert told is not None, "without a lock there is nothing left to refuse"
    raise MigrationProblem(
        _("Nothing was moved: {place} is locked by {who} ({operation}, since {since}).").format(
            place=place,
            who=told.get("Who", "?"),
            operation=told.get("Operation", "?"),
            since=told.get("Created", "?"),
        ),
        _(
            "Wait until that operation ends. If it is no longer running, delete "
            "s3://{bucket}/{key}."
        ).format(bucket=place.bucket, key=key),
    )


def _is_of(told: dict[str, object], move: Migration | None) -> bool:
    if move is None or not move.was_cut_off or move.host != host_name():
        return False
    created = lock_time(str(told.get("Created", "")))
    return (
        told.get("Operation") in _OPERATIONS
        and told.get("Who") == f"{move.user}@{move.host}"
        and created is not None
        and created >= move.begun_at - _CLOCKS
    )
