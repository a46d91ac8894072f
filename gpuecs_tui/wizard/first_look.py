"""What names alone say of a stack's directory before the first frame; ``survey`` reads the rest."""

from __future__ import annotations

from pathlib import Path

from gpuecs_tui.user_folders import state_folder

_TERRAFORM = (".tf", ".tofu")
"""Parts of the names of files that Terraform or OpenTofu loads, and of what they leave there."""


def may_hold_a_stack(directory: Path) -> bool:
    """Tell whether ``directory`` may hold Terraform or a run; False only where it holds neither.

    Lists two folders and opens no file.
    """
    try:
        names = [path.name for path in directory.iterdir()]
    except FileNotFoundError:
        return False
    except OSError:
        # Whatever keeps it from being listed is said by the survey.
        return True
    if any(part in name for name in names for part in _TERRAFORM) or ".terraform" in names:
        return True
    try:
        return any((state_folder() / "runs").iterdir())
    except OSError:
        return False
