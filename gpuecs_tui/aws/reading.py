"""What was read of the account, or why it could not be.

A list that couldn't be read is never an empty list: every fact arrives as a ``Reading``, and who
uses it must say what happens when it is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

from gpuecs_tui.i18n import _

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known(Generic[T_co]):
    """A fact with its origin."""

    value: T_co
    source: str
    """The call that said it (``ec2:DescribeVpcs``) or the catalogue with its date."""
    read_at: datetime
    """When it was true, in UTC."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact that could not be read."""

    call: str
    """The AWS action as IAM names it, such as ``ec2:DescribeKeyPairs``; empty if none was made."""
    reason: str
    """Why, as the end of the sentence "unknown: …"."""
    remedy: str
    """What a person can do about it, one sentence; may be empty."""

    def __str__(self) -> str:
        """Say it as a list shows it: "unknown: not allowed to call ec2:DescribeKeyPairs"."""
        return _("unknown: {reason}").format(reason=self.reason)


Reading: TypeAlias = Known[T] | Unknown


def not_read() -> Unknown:
    """Return the reading of what nobody has asked for yet."""
    return Unknown(call="", reason=_("not read yet"), remedy=_("Let the account be read."))


def value_or(reading: Reading[T], default: T) -> T:
    """Return the value of ``reading``, or ``default`` where it is unknown."""
    return reading.value if isinstance(reading, Known) else default
