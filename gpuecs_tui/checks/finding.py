"""A finding of a rule: the same record for screens, ``check``, and the review."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS


class Severity(StrEnum):
    """How severe a finding is, the most severe first."""

    ERROR = "error"
    """The stack can't work."""
    WARNING = "warning"
    """The stack works, but with a disadvantage."""
    UNKNOWN = "unknown"
    """The facts that decide could not be read. This never counts as "no problem"."""


NOT_VALID = "value"
"""Rule id of an answer that is not a valid value of its key."""
OF_ANSWERS = frozenset({NOT_VALID, "name-limit", "cidr-bits", "port-range", "health-timing"})
"""Rules whose errors depend only on the answers of one step, not on the account."""

Fix = tuple[tuple[str, Value], ...]
"""Dotted keys with the values that fix the problem, if there is only one choice."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, a risk or an unknown fact that the user should know before an apply."""

    rule: str
    """The stable id of failure-modes.md, such as ``memory-fit``."""
    severity: Severity
    field: str
    """The dotted key that causes the finding, such as ``task.memory``."""
    message: str
    """Whole sentences: what is wrong and why."""
    remedy: str
    """The action to take: an imperative without a capital letter and a full stop; may be empty."""
    fix: Fix | None = None

    def as_json(self) -> dict[str, str]:
        """Return the finding in the format of ``check --json``."""
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

        True for values that AWS rejects and for answers of one step that contradict each other.
        A problem of the account, or one that an answer of another step may solve, is not a reason
        to refuse "next" before the review.
        """
        return self.severity is Severity.ERROR and self.rule in OF_ANSWERS

    @property
    def rank(self) -> tuple[int, int, str]:
        """The sort key: severity, then the order of the keys, then the rule."""
        return list(Severity).index(self.severity), list(KEYS).index(self.field), self.rule


def error(rule: str, field: str, message: str, remedy: str = "", fix: Fix | None = None) -> Finding:
    """Make an error; without ``remedy``, its remedy follows from ``fix``."""
    return Finding(rule, Severity.ERROR, field, message, remedy or set_to(fix), fix)


def warning(
    rule: str, field: str, message: str, remedy: str = "", fix: Fix | None = None
) -> Finding:
    """Make a warning; without ``remedy``, its remedy follows from ``fix``."""
    return Finding(rule, Severity.WARNING, field, message, remedy or set_to(fix), fix)


def unknown(rule: str, field: str, reading: Unknown, what: str) -> Finding:
    """Make a finding about facts that could not be read.

    ``what`` is the sentence "Could not check …", without its full stop.
    """
    message = _("{what}: {reason}.").format(what=what, reason=reading.reason)
    remedy = reading.remedy[:1].lower() + reading.remedy[1:].rstrip(".")
    return Finding(rule, Severity.UNKNOWN, field, message, remedy)


def undecided(rule: str, field: str, message: str, remedy: str = "") -> Finding:
    """Make a finding that stays undecided although all available facts were read."""
    return Finding(rule, Severity.UNKNOWN, field, message, remedy)


def set_to(fix: Fix | None) -> str:
    """Return a fix in words: "set task.memory to 15155 and task.container_memory to 15155"."""
    if not fix:
        return ""
    first, *others = (
        _("{key} to {value}").format(key=key, value=KEYS[key].unparse(value) or '""')
        for key, value in fix
    )
    return _("set {changes}").format(changes=_(" and ").join((first, *others)))
