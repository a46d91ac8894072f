"""The runner on a disk that is full from the start of the plan."""

import errno
import sys
from typing import Any

from gpuecs_tui.terraform.runner import process, run_record
from gpuecs_tui.terraform.runs.journal import record
from gpuecs_tui.terraform.runs.run_status import RunStatus

_full: list[RunStatus] = []


def _record(files: Any, state: RunStatus, **values: Any) -> None:
    if _full:
        raise OSError(errno.ENOSPC, "No space left on device", str(files.state))
    record(files, state, **values)
    if state is RunStatus.PLANNING:
        _full.append(state)


if __name__ == "__main__":
    run_record.record = _record  # type: ignore[attr-defined]  # imported there, not offered
    sys.exit(process.main(sys.argv[1:]))
