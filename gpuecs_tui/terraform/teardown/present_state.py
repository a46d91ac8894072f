"""Whether a saved plan is still applicable to the state, as Terraform checks it at an apply."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile, ZipFile

from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.state.reader import read_state
from gpuecs_tui.terraform.state.stored_state import parse_state

_PLANNED_STATE = "tfstate"
"""The state that was planned, in the archive that a saved plan is (Terraform, planfile)."""


def is_of_present_state(plan: Path, directory: Path) -> bool:
    """Return whether the state of ``directory`` has the serial and lineage that ``plan`` has.

    False also if one of them can't be read.
    """
    try:
        with ZipFile(plan) as archive:
            planned = parse_state(archive.read(_PLANNED_STATE), str(plan))
        present = read_state(directory)
    except (OSError, KeyError, BadZipFile, TerraformProblem):
        return False
    return (planned.serial, planned.lineage) == (present.serial, present.lineage)
