"""The answers found in a configuration, and what makes other answers unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.unread import Unread
from gpuecs_tui.terraform.hcl.tree import Withheld
from gpuecs_tui.terraform.hcl.values import HclValue, UnknownValue
from gpuecs_tui.terraform.read.configuration import SourceLocation
from gpuecs_tui.terraform.read.convert import convert, reason_against


@dataclass(slots=True)
class Gathered:
    """The answers found so far, and what could not be read."""

    answers: dict[str, Value] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)

    def take(self, key: str, value: HclValue, place: SourceLocation | None, what: str) -> None:
        """Store ``value`` under ``key``, converted as Terraform would, or record why that
        failed."""
        converted = convert(key, value)
        if converted is None:
            reason = reason_against(value)
            if isinstance(value, UnknownValue) and isinstance(value.expression, Withheld):
                what = value.expression.what or what
        elif reason := KEYS[key].problem(converted):
            converted = None
        if converted is None:
            self.refuse((key,), place, what, reason)
        else:
            self.answers[key] = converted

    def refuse(
        self, keys: Iterable[str], place: SourceLocation | None, what: str, reason: str
    ) -> None:
        """Record that something could not be read, which makes the answers of ``keys`` unknown."""
        keys = tuple(keys)
        for key in keys:
            self.answers.pop(key, None)
        at = place or SourceLocation("", 0)
        self.unread.append(Unread(at.file, at.line or None, what, reason, keys))
