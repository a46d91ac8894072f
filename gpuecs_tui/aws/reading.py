"""A fact that was read from the account, or the reason why it could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

from gpuecs_tui.i18n import _

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known(Generic[T_co]):
    """A fact with its source."""

    value: T_co
    source: str
    """The call that returned it (``ec2:DescribeVpcs``) or the catalogue with its date."""
    read_at: datetime
    """When it was read, in UTC."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact that could not be read."""

    call: str
    """The AWS action as IAM names it, such as ``ec2:DescribeKeyPairs``; empty if none was made."""
    reason: str
    """Why, as the end of the sentence "unknown: …"."""
    remedy: str
    """What a user can do about it, one sentence; may be empty."""

    def __str__(self) -> str:
        """Return the text for lists: "unknown: not allowed to call ec2:DescribeKeyPairs"."""
        return _("unknown: {reason}").format(reason=self.reason)


Reading: TypeAlias = Known[T] | Unknown


def not_read() -> Unknown:
    """Return the reading of a fact that has not been requested yet."""
    return Unknown(
        call="",
        reason=_("not loaded yet"),
        remedy=_("Load the account to check this."),
    )


def value_or(reading: Reading[T], default: T) -> T:
    """Return the value of ``reading``, or ``default`` if it is unknown."""
    return reading.value if isinstance(reading, Known) else default
