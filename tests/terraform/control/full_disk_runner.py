"""The runner on a disk that is full from the start of the apply for some seconds."""

import errno
import sys
import time
from typing import Any

from gpuecs_tui.terraform.runner import process, run_record, supervise
from gpuecs_tui.terraform.runs.journal import record
from gpuecs_tui.terraform.runs.run_status import RunStatus

FULL_SECONDS = 2.0
_full_since: list[float] = []


def _is_full() -> bool:
    return bool(_full_since) and time.monotonic() - _full_since[0] < FULL_SECONDS


def _record(files: Any, state: RunStatus, **values: Any) -> None:
    if _is_full():
        raise OSError(errno.ENOSPC, "No space left on device")
    record(files, state, **values)
    if state is RunStatus.APPLYING and not _full_since:
        _full_since.append(time.monotonic())


def _create_json(*_arguments: Any) -> bool:
    raise OSError(errno.ENOSPC, "No space left on device")


if __name__ == "__main__":
    run_record.record = _record  # type: ignore[attr-defined]  # imported there, not offered
    supervise.create_json = _create_json  # type: ignore[assignment, attr-defined]  # likewise
    sys.exit(process.main(sys.argv[1:]))
