"""What names alone say of a stack's directory before the first frame; ``survey`` reads the rest."""

from __future__ import annotations

from pathlib import Path

_TERRAFORM = (".tf", ".tofu", ".terraform")
"""Parts of the names of files that Terraform or OpenTofu loads, and of what they leave there."""


def may_hold_a_stack(directory: Path) -> bool:
    """Tell whether ``directory`` may hold Terraform, or what a run left there.

    Lists the folder up to the first such name and opens no file.
    """
    try:
        return any(part in path.name for path in directory.iterdir() for part in _TERRAFORM)
    except FileNotFoundError:
        return False
    except OSError:
        # Whatever keeps it from being listed is said by the survey.
        return True
