"""The answers that are assessed: those of a file, of a directory's Terraform, or of the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.resolve import Answers, Resolved, resolve
from gpuecs_tui.stack.unread import Unread

if TYPE_CHECKING:
    from gpuecs_tui.aws.facts import AccountFacts
    from gpuecs_tui.terraform.read.directory import ReadBack


class NoStack(Exception):
    """The directory's Terraform holds no supported ECS service."""


@dataclass(frozen=True, slots=True)
class Written:
    """Answers, and what else is known of the place that they come from."""

    answers: Answers
    """Values of the right type; one outside its key's limits is reported as a problem."""
    unread: tuple[Unread, ...] = ()
    """What of the Terraform isn't read, and files of ours that were deleted."""
    unknown: frozenset[str] = frozenset()
    """Keys whose answer is unknown because of that: no default replaces it."""
    malformed: Mapping[str, str] = field(default_factory=dict)
    """Key → why the text in its field is no value, the end of a sentence. Only a form has these."""

    @classmethod
    def of(cls, found: ReadBack, directory: Path) -> Written:
        """Return what was read in ``directory``, and which files of ours were deleted."""
        from gpuecs_tui.terraform.write.last_write import deleted_since

        return cls(found.answers, (*found.unread, *deleted_since(directory)), found.unknown)

    @property
    def open_keys(self) -> frozenset[str]:
        """Keys of which no value is known: not read and not typed, or no value of their type."""
        return self.unknown - self.answers.keys() | self.malformed.keys()

    @property
    def open_unread(self) -> tuple[Unread, ...]:
        """What isn't read, without the keys that were answered since."""
        given = self.answers.keys() | self.malformed.keys()
        return tuple(
            replace(each, keys=tuple(key for key in each.keys if key not in given))
            for each in self.unread
            if not each.keys or set(each.keys) - given
        )


def written_in(directory: Path) -> Written:
    """Return what a directory's Terraform says. Raises ReadProblem or NoStack."""
    from gpuecs_tui.terraform.read.directory import read

    found = read(directory)
    if found.kind != "stack":
        raise NoStack(no_stack(directory))
    return Written.of(found, directory)


def no_stack(directory: Path) -> str:
    """Return the sentence for Terraform in which no stack is recognized."""
    return _("{directory} holds no ECS service that is understood here.").format(
        directory=directory
    )


def resolved(answers: Answers, account: AccountFacts | None) -> Resolved:
    """Resolve ``answers`` for the instance type as the account, or else the catalogue, has it."""
    from gpuecs_tui.aws import catalogue

    return resolve(answers, catalogue.find(str(answers.get("fleet.instance_type", "")), account))
