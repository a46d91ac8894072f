"""Facts from file names alone, before the first frame; ``directory_status`` reads the files."""

from __future__ import annotations

from pathlib import Path

_TERRAFORM = (".tf", ".tofu", ".terraform")
"""Parts of the names of files that Terraform or OpenTofu loads or creates."""


def may_hold_a_stack(directory: Path) -> bool:
    """Tell whether ``directory`` may have Terraform, or files of a run.

    Lists the folder up to the first such name and opens no file.
    """
    try:
        return any(part in path.name for path in directory.iterdir() for part in _TERRAFORM)
    except FileNotFoundError:
        return False
    except OSError:
        # ``directory_status`` reports why the directory could not be listed.
        return True
