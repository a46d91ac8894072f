"""``make changes``, ``python -m tests.changes``: the transition matrix, and docs/changes.md.

A row has the fingerprint of the stacks before and after its change. Rows of the document whose
fingerprint still holds are kept, and finished rows are stored by their fingerprints, so that a call
continues where the last one stopped. There are two workers, each with its own demo account.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.changes import table
from tests.changes.declared import CHANGES, OTHER_PROVIDER, REFUSED, Change
from tests.changes.rendered import fingerprint
from tests.changes.trial import (
    FAULT,
    Row,
    batches,
    carry_out,
    is_refused,
    look,
    read_row,
    refuse,
)
from tests.changes.worker import Failed, Worker

FOLDER = Path(".changes")
WORKERS = 2


def main(words: list[str]) -> int:
    """Try the changes without a row and write the document; return 1 if a row is a fault."""
    options = _options().parse_args(words)
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    rows = Rows(folder, again=options.again)
    present = table.DOCUMENT.read_text("utf-8") if table.DOCUMENT.exists() else ""
    kept = {} if options.all else table.fresh(present)
    chosen = [it for it in CHANGES if not options.key or it.key in options.key]
    if unknown := set(options.key or ()) - {it.key for it in CHANGES}:
        raise SystemExit(f"There is no key {', '.join(sorted(unknown))}.")
    waiting = [it for it in chosen if it.name not in kept and rows.lacks(it)]
    print(f"{len(waiting)} of {len(CHANGES)} changes to try, rows in {folder}", flush=True)
    latest = time.monotonic() + options.seconds if options.seconds else None
    with ThreadPoolExecutor(options.workers) as pool:
        shares = [waiting[number :: options.workers] for number in range(options.workers)]
        jobs = [
            pool.submit(_work, folder / f"worker-{number}", share, rows, latest)
            for number, share in enumerate(shares)
        ]
        for job in jobs:
            job.result()
    found = rows.all()
    if not options.key:
        table.DOCUMENT.write_text(table.document(found, kept), encoding="utf-8")
        done = len(found.keys() | kept.keys())
        print(f"{done} of {len(CHANGES)} rows in {table.DOCUMENT}", flush=True)
    return int(any(row.verdict == FAULT for row in found.values()))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.changes", description=__doc__)
    parser.add_argument("--key", action="append", help="only this key; doesn't write the document")
    parser.add_argument("--all", action="store_true", help="try those of the document, too")
    parser.add_argument("--again", action="store_true", help="try those that ended as a fault, too")
    parser.add_argument("--seconds", type=float, default=0, help="begin nothing after so long")
    parser.add_argument("--workers", type=int, default=WORKERS, help="changes at a time")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where rows are kept")
    return parser


class Rows:
    """The finished rows, one file for each."""

    def __init__(self, folder: Path, *, again: bool) -> None:
        self._folder, self._again = folder, again

    def lacks(self, change: Change) -> bool:
        """Whether ``change`` has no row, or a row that must be made again."""
        file = self._file(change)
        return not file.exists() or (self._again and read_row(file).verdict == FAULT)

    def keep(self, change: Change, row: Row) -> None:
        """Store a finished row and print its result."""
        self._file(change).write_text(row.as_json(), encoding="utf-8")
        print(f"{row.name}: {row.verdict}{row.problem and ': '}{row.problem}", flush=True)

    def all(self) -> dict[str, Row]:
        """Return the rows by the names of their changes."""
        known = [(change.name, self._file(change)) for change in CHANGES]
        return {name: read_row(file) for name, file in known if file.exists()}

    def _file(self, change: Change) -> Path:
        return self._folder / f"{fingerprint(change)}.json"


def _work(folder: Path, changes: Sequence[Change], rows: Rows, latest: float | None) -> None:
    worker = Worker(folder)
    try:
        for group in _alike(changes):
            if latest is not None and time.monotonic() > latest:
                return
            _group(worker, group, rows, latest)
    finally:
        worker.close()


def _group(worker: Worker, group: Sequence[Change], rows: Rows, latest: float | None) -> None:
    refused = [change for change in group if is_refused(change)]
    for change in refused:
        row = refuse(worker, change)
        rows.keep(change, row)
        if row.verdict == FAULT or REFUSED[change.key] != OTHER_PROVIDER:
            # The directory now contains another Region or backend.
            worker.close()
        else:
            worker.write(change.given)
    trials = []
    for change in (change for change in group if not is_refused(change)):
        try:
            worker.settle(change.given)
        except Failed as error:
            worker.close()
            row = Row(change.name, change.key, verdict=FAULT)
            row.problem = f"the stack could not be applied: {error}"
            rows.keep(change, row)
            continue
        trial = look(worker, change)
        if trial.planned is None:
            rows.keep(change, trial.row)
        else:
            trials.append(trial)
    for batch in batches(trials):
        if latest is not None and time.monotonic() > latest:
            return
        together = carry_out(worker, batch)
        for trial in batch:
            if not together and len(batch) > 1:
                carry_out(worker, [trial])
            rows.keep(trial.change, trial.row)


def _alike(changes: Iterable[Change]) -> list[list[Change]]:
    """Group changes with the same ``given``; refused changes come last."""
    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(f"{is_refused(change)} {dict(change.given)!r}", []).append(change)
    return sorted(groups.values(), key=lambda group: is_refused(group[0]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
