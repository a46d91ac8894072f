"""How long the credentials last: if they expire during an apply, the state may be lost.

The rule is ``credentials-expire``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.user_folders import expand_home

SSO_CACHE = "~/.aws/sso/cache"
"""The folder in which ``aws sso login`` stores its token; the name is the SHA-1 of the session or
start URL."""
RENEWING = frozenset(
    {
        "assume-role",
        "assume-role-with-web-identity",
        "container-role",
        "custom-process",
        "iam-role",
    }
)
"""Credential sources (botocore's names) from which Terraform can renew credentials itself."""


@dataclass(frozen=True, slots=True)
class CredentialLife:
    """How long the credentials last that Terraform would get."""

    ends_at: datetime | None
    """When they expire without renewal (UTC); None if they don't expire or the time is unknown."""
    renews: bool
    """Terraform renews them by itself."""
    temporary: bool
    """Whether they expire, even if the time is unknown."""

    def left(self, at: datetime) -> timedelta | None:
        """Return the remaining time at that moment, at least zero; None if the end is unknown."""
        return None if self.ends_at is None else max(timedelta(), self.ends_at - at)


def read_life(reader: AccountReader) -> CredentialLife:
    """Return how long the reader's credentials last; makes up to two calls. Raises AwsProblem."""
    environ, ends_at = reader.credentials()
    source, settings = reader.credential_source()
    temporary = "AWS_SESSION_TOKEN" in environ
    if source == "sso":
        # Role credentials are renewed while the token is valid, and the token may be renewed.
        token = _sso_token(settings)
        renews = bool(token.get("refreshToken"))
        return CredentialLife(None if renews else _moment(token) or ends_at, renews, True)
    # A role that requires MFA can't be assumed again without the user.
    if source in RENEWING and "mfa_serial" not in settings:
        return CredentialLife(None, True, temporary)
    return CredentialLife(ends_at, False, temporary)


def _sso_token(settings: Mapping[str, object]) -> Mapping[str, object]:
    name = str(settings.get("sso_session") or settings.get("sso_start_url") or "")
    digest = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
    try:
        token = json.loads((expand_home(SSO_CACHE) / f"{digest}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return token if isinstance(token, dict) else {}


def _moment(token: Mapping[str, object]) -> datetime | None:
    try:
        ends = datetime.fromisoformat(str(token.get("expiresAt", "")).replace("UTC", "+00:00"))
    except ValueError:
        return None
    return ends if ends.tzinfo else ends.replace(tzinfo=UTC)
