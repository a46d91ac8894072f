"""Whether the credentials outlast an apply: asked before it, shown, and said in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.durations import in_words
from gpuecs_tui.terraform.runs.apply_estimate import Expected, expected
from gpuecs_tui.terraform.runs.run import Run

if TYPE_CHECKING:
    from gpuecs_tui.aws.credential_life import CredentialLife
    from gpuecs_tui.aws.session import AccountReader


@dataclass(frozen=True, slots=True)
class CredentialCheck:
    """The credentials' remaining life beside the time that an apply takes."""

    life: CredentialLife
    needed: Expected
    asked_at: datetime
    """When they were asked about (UTC)."""

    @property
    def ends_at(self) -> datetime | None:
        """Return when they end (UTC); None where no end is known."""
        return self.life.ends_at

    @property
    def left(self) -> timedelta | None:
        """Return what was left of them when they were asked about; None where no end is known."""
        return self.life.left(self.asked_at)

    @property
    def is_short(self) -> bool:
        """Tell whether they end before the apply is expected to."""
        return (left := self.left) is not None and left < self.needed.time

    @property
    def sentence(self) -> str:
        """Say how long they last, and where that is too short, what it is compared with."""
        if self.life.renews:
            return _("The credentials renew themselves.")
        if (left := self.left) is None:
            if self.life.temporary:
                return _("These are session credentials whose end isn't known here.")
            return _("The credentials have no end.")
        words = {"left": in_words(left), "needed": in_words(self.needed.time)}
        if not self.is_short:
            return _("The credentials last {left} more.").format(**words)
        if self.needed.measured:
            return _(
                "The credentials end in {left}, but this took {needed} when it ran before."
            ).format(**words)
        return _("The credentials end in {left}, but this may take {needed}.").format(**words)


def check(run: Run, reader: AccountReader) -> CredentialCheck | None:
    """Compare the life of the reader's credentials with what applying ``run`` takes; blocks.

    None where it can't be told: AWS itself will say what is wrong with them.
    """
    from gpuecs_tui.aws.credential_life import read_life
    from gpuecs_tui.aws.errors import AwsProblem

    try:
        life = read_life(reader)
    except AwsProblem:
        return None
    return CredentialCheck(life, expected(run), datetime.now(UTC))
