"""Whether the credentials stay valid for the duration of an apply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.runs.apply_estimate import Expected, expected
from gpuecs_tui.terraform.runs.run import Run

if TYPE_CHECKING:
    from gpuecs_tui.aws.credential_life import CredentialLife
    from gpuecs_tui.aws.session import AccountReader


@dataclass(frozen=True, slots=True)
class CredentialCheck:
    """The remaining validity of the credentials, compared with the duration of an apply."""

    life: CredentialLife
    needed: Expected
    asked_at: datetime
    """When the credentials were checked (UTC)."""

    @property
    def ends_at(self) -> datetime | None:
        """Return when the credentials expire (UTC); None if unknown."""
        return self.life.ends_at

    @property
    def left(self) -> timedelta | None:
        """Return the remaining validity at ``asked_at``; None if unknown."""
        return self.life.left(self.asked_at)

    @property
    def is_short(self) -> bool:
        """Return whether the credentials expire before the expected end of the apply."""
        return (left := self.left) is not None and left < self.needed.time

    @property
    def sentence(self) -> str:
        """Return a sentence about the validity, with the duration of the apply if it is longer."""
        if self.life.renews:
            return _("Credentials renew automatically.")
        if (left := self.left) is None:
            if self.life.temporary:
                return _("These are session credentials. When they expire is unknown.")
            return _("Credentials don't expire.")
        words = {"left": in_words(left), "needed": in_words(self.needed.time)}
        if not self.is_short:
            return _("Credentials expire in {left}.").format(**words)
        if self.needed.measured:
            return _(
                "Credentials expire in {left}, but this took {needed} when it ran before."
            ).format(**words)
        return _("Credentials expire in {left}, but this may take {needed}.").format(**words)


def check_credentials(run: Run, reader: AccountReader) -> CredentialCheck | None:
    """Compare the validity of the reader's credentials with the duration of ``run``; blocks.

    None if it is unknown; AWS itself reports a problem with the credentials.
    """
    from gpuecs_tui.aws.credential_life import read_life
    from gpuecs_tui.aws.errors import AwsProblem

    try:
        life = read_life(reader)
    except AwsProblem:
        return None
    return CredentialCheck(life, expected(run), datetime.now(UTC))
