"""What a rule found: the same record for screens, ``check`` and the review."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS


class Severity(StrEnum):
    """How bad it is, the worst first."""

    ERROR = "error"
    """It can't work."""
    WARNING = "warning"
    """It will work and hurt."""
    UNKNOWN = "unknown"
    """What decides it could not be read; this never counts as fine."""


NOT_VALID = "value"
"""The rule id of an answer that is no value of its key at all."""
OF_ANSWERS = frozenset({NOT_VALID, "name-limit", "cidr-bits", "port-range", "health-timing"})
"""Rules whose errors are about the answers of one step alone: no account can make them right."""

Fix = tuple[tuple[str, Value], ...]
"""Dotted keys with the values that mend it, where there is one choice."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know before an apply."""

    rule: str
    """The stable id of failure-modes.md, such as ``memory-fit``."""
    severity: Severity
    field: str
    """The dotted key at fault, such as ``task.memory``."""
    message: str
    """Whole sentences: what is wrong and why."""
    remedy: str
    """What to do, as an imperative without capital and full stop; may be empty."""
    fix: Fix | None = None

    def as_json(self) -> dict[str, str]:
        """Return the shape that ``check --json`` prints."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "field": self.field,
            "message": self.message,
            "remedy": self.remedy,
        }

    @property
    def holds_step(self) -> bool:
        """Whether "next" is refused on the step that asks for ``field``.

        True for values that AWS can't take and for answers of one step that contradict each other.
        What the account lacks, or what another step's answer may settle, holds nobody up before
        the review.
        """
        return self.severity is Severity.ERROR and self.rule in OF_ANSWERS

    @property
    def rank(self) -> tuple[int, int, str]:
        """What findings are sorted by: severity, then the order of the keys, then the rule."""
        return list(Severity).index(self.severity), list(KEYS).index(self.field), self.rule


def error(rule: str, field: str, message: str, remedy: str = "", fix: Fix | None = None) -> Finding:
    """Make a finding of what can't work; its remedy follows from ``fix`` where none is given."""
    return Finding(rule, Severity.ERROR, field, message, remedy or set_to(fix), fix)


def warning(
    rule: str, field: str, message: str, remedy: str = "", fix: Fix | None = None
) -> Finding:
    """Make a finding of what will hurt; its remedy follows from ``fix`` where none is given."""
    return Finding(rule, Severity.WARNING, field, message, remedy or set_to(fix), fix)


def unknown(rule: str, field: str, reading: Unknown, what: str) -> Finding:
    """Make a finding of what could not be read; ``what`` is it that can't be told, a sentence."""
    message = f"{what} ({reading.reason})."
    remedy = reading.remedy[:1].lower() + reading.remedy[1:].rstrip(".")
    return Finding(rule, Severity.UNKNOWN, field, message, remedy)


def undecided(rule: str, field: str, message: str, remedy: str = "") -> Finding:
    """Make a finding of what nothing here can decide, though all that there is was read."""
    return Finding(rule, Severity.UNKNOWN, field, message, remedy)


def set_to(fix: Fix | None) -> str:
    """Say a fix in words: "set task.memory to 15155 and task.container_memory to 15155"."""
    if not fix:
        return ""
    first, *others = (
        _("{key} to {value}").format(key=key, value=KEYS[key].unparse(value) or '""')
        for key, value in fix
    )
    return _("set {changes}").format(changes=_(" and ").join((first, *others)))
