"""The records of runs next to a state in S3: written, listed, deleted (contents: shared_run.py)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.recovery.shared_run import FOLDER, SharedRun, parse_shared_run
from gpuecs_tui.terraform.runs.orphan_candidates import lacking
from gpuecs_tui.terraform.state.backend import S3, present_backend, workspace
from gpuecs_tui.terraform.state.environment import asked_profile
from gpuecs_tui.terraform.state.location import location_of
from gpuecs_tui.terraform.state.stored_state import StateProblem, StoredState

if TYPE_CHECKING:
    from gpuecs_tui.aws.session import AccountReader

_Value = TypeVar("_Value")
_MOST = 100
"""Maximum number of records that are read. A record exists only while the state lacks what its run
created."""
_FINAL_KINDS = frozenset({"denied", "not_found", "no_credentials", "expired", "other"})
"""Kinds of AwsProblem for which a retry within the run can't help."""


class ShelfProblem(TerraformProblem):
    """A record next to the state that can't be read, written or deleted.

    ``final``: a retry can't help.
    """

    def __init__(self, message: str, remedy: str = "", *, final: bool = False) -> None:
        super().__init__(message, remedy)
        self.final = final


class Shelf:
    """The records next to one state in S3. Connects at the first call; thread-safe."""

    def __init__(self, bucket: str, key: str, settings: Mapping[str, Any], profile: str) -> None:
        """``key``: the key of the workspace's state; ``settings``: the settings of the backend."""
        self._bucket, self._key, self._settings = bucket, key, dict(settings)
        self._profile = profile
        self._reader: AccountReader | None = None

    @property
    def locks(self) -> bool:
        """Tell whether the backend locks its state. If not, a run may be in progress without a
        lock."""
        return bool(self._settings.get("use_lockfile") or self._settings.get("dynamodb_table"))

    @property
    def folder(self) -> str:
        """Return the location of the records as it is shown to users."""
        return f"s3://{self._bucket}/{self._key}{FOLDER}"

    def lock(self) -> dict[str, Any] | None:
        """Return the content of the state's lock, an object or an item; None if there is none."""
        from gpuecs_tui.aws.state_bucket.lock_object import (
            SUFFIX,
            lock_table,
            read_lock_item,
            read_lock_object,
        )

        table = lock_table(self._settings)
        found = self._call(lambda it: read_lock_object(it, self._bucket, self._key + SUFFIX))
        if found is None and table:
            found = self._call(lambda it: read_lock_item(it, table, self._bucket, self._key))
        return found

    def put(self, run: SharedRun) -> None:
        """Write the record of a run; it replaces an earlier record of the same run."""
        from gpuecs_tui.aws.state_bucket.run_records import put_record

        key, text = self._key_of(run.id), run.as_json()
        self._call(lambda it: put_record(it, self._bucket, key, text, self._settings))

    def delete(self, run_id: str) -> None:
        """Delete the record of a run, if there is one."""
        from gpuecs_tui.aws.state_bucket.run_records import delete_record

        self._call(lambda it: delete_record(it, self._bucket, self._key_of(run_id)))

    def read(self) -> tuple[SharedRun, ...]:
        """Return all valid records, the newest run first."""
        from gpuecs_tui.aws.state_bucket.run_records import list_records, read_record

        folder = self._key + FOLDER
        keys = self._call(lambda it: list_records(it, self._bucket, folder, _MOST))
        found = []
        for key in keys:
            text = self._call(lambda it, key=key: read_record(it, self._bucket, key))  # type: ignore[misc]
            run = parse_shared_run(text)
            # A record whose id does not match its key is ignored.
            if run is not None and self._key_of(run.id) == key:
                found.append(run)
        return tuple(sorted(found, key=lambda run: run.id, reverse=True))

    def others(self, own: Collection[str], *, locked: bool = False) -> tuple[SharedRun, ...]:
        """Return the records of runs that have ended and are not in ``own``, newest first.

        ``locked``: the state is locked, so any run without a recorded end may be in progress.
        """
        over, _undecided = self.sorted_out(own, locked=locked)
        return over

    def sorted_out(
        self, own: Collection[str], *, locked: bool = False
    ) -> tuple[tuple[SharedRun, ...], tuple[SharedRun, ...]]:
        """Return ``others``, and the records of runs that may still be in progress.

        The second part is empty if the backend locks the state: the lock distinguishes such runs
        from killed ones.
        """
        records = [it for it in self.read() if it.id not in own]
        over = tuple(it for it in records if self._is_over(it, locked))
        return over, () if self.locks else tuple(it for it in records if not it.ended)

    def tidy(self, records: Iterable[SharedRun], state: StoredState) -> None:
        """Delete the records whose resources are all in ``state``; any user who stored a state may
        do so."""
        for it in records:
            if it.created and not lacking(it.created, state):
                self.delete(it.id)

    def _is_over(self, run: SharedRun, locked: bool) -> bool:
        return run.ended or (self.locks and not locked)

    def close(self) -> None:
        """Close the connection."""
        if self._reader is not None:
            self._reader.close()

    def _key_of(self, run_id: str) -> str:
        return f"{self._key}{FOLDER}{run_id}.json"

    def _call(self, do: Callable[[AccountReader], _Value]) -> _Value:
        from gpuecs_tui.aws.errors import AwsProblem
        from gpuecs_tui.aws.session import Closed
        from gpuecs_tui.aws.state_bucket.backend_reader import backend_reader

        try:
            if self._reader is None:
                self._reader = backend_reader(self._settings, self._profile)
            return do(self._reader)
        except AwsProblem as problem:
            raise ShelfProblem(
                _("{folder}: {reason}.").format(folder=self.folder, reason=problem.reason),
                problem.remedy,
                final=problem.kind in _FINAL_KINDS,
            ) from None
        except Closed:
            raise ShelfProblem(
                _("{folder}: the connection is closed.").format(folder=self.folder)
            ) from None


def shelf_of(directory: Path, environ: Mapping[str, str]) -> Shelf | None:
    """Return the records next to the state of ``directory``; None if the state isn't in S3.

    Reads files only.
    """
    where = present_backend(directory, environ)
    if where.type != S3:
        return None
    place = location_of(directory, where)
    if not place.is_understood or not place.bucket or not place.key:
        return None
    try:
        state = place.at(workspace(directory, environ))
    except StateProblem:
        # It is unknown which object the state is; the read of the state reports that.
        return None
    return Shelf(state.bucket, state.key, place.settings, asked_profile(environ))
