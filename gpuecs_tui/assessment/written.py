"""The assessed answers: those of a file, of a directory's Terraform, or of the form."""

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
    from gpuecs_tui.stack.instance_type import InstanceType
    from gpuecs_tui.terraform.read.directory import ReadBack


class NoStack(Exception):
    """The directory's Terraform has no supported ECS service."""


@dataclass(frozen=True, slots=True)
class Written:
    """Answers, and further facts about their source."""

    answers: Answers
    """Values of the right type; one outside its key's limits is reported as a problem."""
    unread: tuple[Unread, ...] = ()
    """Parts of the Terraform that are not read, and deleted files of gpuecs-tui."""
    unknown: frozenset[str] = frozenset()
    """Keys whose answer is unknown as a result. No default replaces it."""
    malformed: Mapping[str, str] = field(default_factory=dict)
    """Key → why the text in its field is invalid, as a predicate. Only a form has such texts."""

    @classmethod
    def of(cls, found: ReadBack, directory: Path) -> Written:
        """Return the answers in ``directory``, and the deleted files of gpuecs-tui."""
        from gpuecs_tui.terraform.write.last_write import deleted_since

        return cls(found.answers, (*found.unread, *deleted_since(directory)), found.unknown)

    @property
    def open_keys(self) -> frozenset[str]:
        """Keys without a known value: not read and not entered, or of the wrong type."""
        return self.unknown - self.answers.keys() | self.malformed.keys()

    @property
    def unusable(self) -> frozenset[str]:
        """The ``open_keys``, and the keys whose answer is outside their limits."""
        from gpuecs_tui.stack.model import KEYS

        return self.open_keys | {key for key, it in self.answers.items() if KEYS[key].problem(it)}

    @property
    def open_unread(self) -> tuple[Unread, ...]:
        """The unread parts, without keys that were answered since."""
        given = self.answers.keys() | self.malformed.keys()
        return tuple(
            replace(each, keys=tuple(key for key in each.keys if key not in given))
            for each in self.unread
            if not each.keys or set(each.keys) - given
        )


def written_in(directory: Path) -> Written:
    """Return the answers in a directory's Terraform. Raises ReadProblem or NoStack."""
    from gpuecs_tui.terraform.read.directory import read

    found = read(directory)
    if found.kind != "stack":
        raise NoStack(no_stack(directory))
    return Written.of(found, directory)


def no_stack(directory: Path) -> str:
    """Return the message for Terraform without a recognized stack."""
    return _("No supported ECS service found in {directory}.").format(directory=directory)


def resolved(answers: Answers, account: AccountFacts | None) -> Resolved:
    """Resolve ``answers`` for the instance types of the account, or else of the catalogue."""
    from gpuecs_tui.aws import catalogue
    from gpuecs_tui.stack.capacity.fleet_types import type_names
    from gpuecs_tui.stack.capacity.smallest import smallest_of

    def find(name: str) -> InstanceType | None:
        return catalogue.find(name, account)

    return resolve(answers, smallest_of(type_names(answers), find))
