"""What a full disk means for a run that is in progress."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.disk_space import FULL_BYTES, full_folder
from gpuecs_tui.terraform.base.liveness import host_name, is_alive
from gpuecs_tui.terraform.runs.journal import Recorded, RunFiles, unrecorded_child
from gpuecs_tui.terraform.runs.run_status import WORKING, RunStatus


@dataclass(frozen=True, slots=True)
class FullDisk:
    """The disk of the folder of a run that is in progress is full."""

    message: str
    """One sentence."""
    remedy: str
    waits: bool
    """Terraform has ended, and the runner waits for space to record the end of the run."""


def full_disk(files: RunFiles, recorded: Recorded, state: RunStatus) -> FullDisk | None:
    """Return what a full disk means for a run in ``state``; None if the disk is not full."""
    if state not in WORKING or full_folder(files.folder) is None:
        return None
    # On a full disk the runner may not have recorded its Terraform.
    runs = is_alive(recorded.child) or unrecorded_child(files) is not None
    here = recorded.runner is not None and recorded.runner.host == host_name()
    applies = state in (RunStatus.APPLYING, RunStatus.STOPPING) and files.decision.exists()
    if here and applies and not runs:
        words = _(
            "The disk of {folder} is full: Terraform has ended, and the run waits for free space "
            "to record its end."
        )
        waits = True
    else:
        words = _(
            "The disk of {folder} is full (less than {size} KiB are free): the run may fail, and "
            "its output may be incomplete."
        )
        waits = False
    return FullDisk(
        words.format(folder=files.folder, size=FULL_BYTES // 1024),
        _("Free some space on that disk."),
        waits,
    )
