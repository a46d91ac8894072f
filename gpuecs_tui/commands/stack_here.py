"""Finds the directory of a command without DIR, and Terraform in the directories above it."""

from __future__ import annotations

from pathlib import Path

from gpuecs_tui.commands.failure import EXIT_USAGE, Failure
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word

_LEVELS = 3
"""Number of parent directories that are searched for a stack."""


def stack_directory(given: Path | None, command: str) -> Path:
    """Return the directory for ``command``: ``given``, else the current directory.

    Raises Failure if no directory was given and the current one has no Terraform files, and if the
    Terraform is in a directory above the given one.
    """
    directory = Path() if given is None else given
    if has_terraform(directory) or not directory.is_dir():
        return directory
    above = terraform_above(directory)
    if above is None and given is not None:
        # Terraform or the reader reports what is missing there.
        return directory
    name = directory.resolve()
    remedy = (
        _("Add the stack directory: gpuecs-tui {command} DIR").format(command=command)
        if above is None
        else _("To use the Terraform in a parent directory: gpuecs-tui {command} {above}").format(
            command=command, above=shell_word(above)
        )
    )
    code = EXIT_USAGE if given is None else 1
    raise Failure(
        _("No Terraform files found in {directory}.").format(directory=name), remedy, code
    )


def refuse_no_directory(directory: Path) -> None:
    """Raise Failure if ``directory`` does not exist or is not a directory."""
    if not directory.exists():
        raise Failure(_("{path} does not exist.").format(path=directory))
    if not directory.is_dir():
        raise Failure(_("{path} is not a directory.").format(path=directory))


def has_terraform(directory: Path) -> bool:
    """Return whether Terraform finds a configuration in ``directory``."""
    try:
        return any(path.name.endswith((".tf", ".tf.json")) for path in directory.iterdir())
    except OSError:
        return False


def terraform_above(directory: Path) -> Path | None:
    """Return the nearest parent directory with Terraform files, relative if that is shorter."""
    whole = directory.resolve()
    for level, parent in enumerate(whole.parents[:_LEVELS], start=1):
        if has_terraform(parent):
            shorter = Path(*[".."] * level)
            return shorter if whole == Path().resolve() else parent
    return None
