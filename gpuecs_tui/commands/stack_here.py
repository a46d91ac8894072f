"""Which directory a command without DIR is about, and where the Terraform is if not there."""

from __future__ import annotations

from pathlib import Path

from gpuecs_tui.commands.failure import EXIT_USAGE, Failure
from gpuecs_tui.i18n import _

_LEVELS = 3
"""Directories above the present one in which a stack is looked for."""


def stack_directory(given: Path | None, command: str) -> Path:
    """Return the directory that ``command`` is about: ``given``, else the present one.

    Raises Failure where no directory was given and the present one holds no Terraform, and where
    the Terraform is in a directory above the given one.
    """
    directory = Path() if given is None else given
    if has_terraform(directory) or not directory.is_dir():
        return directory
    above = terraform_above(directory)
    if above is None and given is not None:
        # Terraform or the reader says what it misses there.
        return directory
    name = directory.resolve()
    remedy = (
        _("Name the stack's directory: gpuecs-tui {command} DIR").format(command=command)
        if above is None
        else _("A directory above holds Terraform: gpuecs-tui {command} {above}").format(
            command=command, above=above
        )
    )
    code = EXIT_USAGE if given is None else 1
    raise Failure(_("{directory} holds no Terraform.").format(directory=name), remedy, code)


def refuse_no_directory(directory: Path) -> None:
    """Raise Failure where there is no directory of that name."""
    if not directory.is_dir():
        raise Failure(_("{directory} is not a directory.").format(directory=directory))


def has_terraform(directory: Path) -> bool:
    """Tell whether Terraform finds a configuration in ``directory``."""
    try:
        return any(path.name.endswith((".tf", ".tf.json")) for path in directory.iterdir())
    except OSError:
        return False


def terraform_above(directory: Path) -> Path | None:
    """Return the nearest directory above that holds Terraform, relative where that is shorter."""
    whole = directory.resolve()
    for level, parent in enumerate(whole.parents[:_LEVELS], start=1):
        if has_terraform(parent):
            shorter = Path(*[".."] * level)
            return shorter if whole == Path().resolve() else parent
    return None
