"""How long credentials last, for each source of credentials."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from gpuecs_tui.aws.credential_life import CredentialLife, read_life
from gpuecs_tui.aws.session import AccountReader, connect

ENDS = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
TOKEN = {"AWS_SESSION_TOKEN": "t"}


@dataclass
class Source:
    """A reader with credentials from a certain source."""

    source: str
    environ: Mapping[str, str] = field(default_factory=lambda: TOKEN)
    ends_at: datetime | None = ENDS
    settings: Mapping[str, str] = field(default_factory=dict)

    def credentials(self) -> tuple[Mapping[str, str], datetime | None]:
        return self.environ, self.ends_at

    def credential_source(self) -> tuple[str, Mapping[str, str]]:
        return self.source, self.settings


def life(source: Source) -> CredentialLife:
    return read_life(cast(AccountReader, source))


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (Source("env", {}, None), CredentialLife(None, False, False)),
        (Source("env", TOKEN, None), CredentialLife(None, False, True)),
        (Source("env"), CredentialLife(ENDS, False, True)),
        (Source("assume-role"), CredentialLife(None, True, True)),
        (Source("assume-role", settings={"mfa_serial": "x"}), CredentialLife(ENDS, False, True)),
        (Source("iam-role"), CredentialLife(None, True, True)),
        (Source("sso"), CredentialLife(ENDS, False, True)),
    ],
)
def test_by_source(source: Source, wanted: CredentialLife) -> None:
    assert life(source) == wanted


@pytest.mark.parametrize("ends", ["2026-11-23T20:00:00Z", "2026-11-23T20:00:00UTC"])
def test_sso_lasts_as_long_as_its_token(ends: str) -> None:
    cache = Path("~/.aws/sso/cache").expanduser()
    cache.mkdir(parents=True)
    file = cache / (hashlib.sha1(b"corp").hexdigest() + ".json")
    file.write_text(json.dumps({"expiresAt": ends}))
    found = life(Source("sso", settings={"sso_session": "corp", "sso_start_url": "https://x"}))
    assert found == CredentialLife(datetime(2026, 11, 23, 20, tzinfo=UTC), False, True)
    file.write_text(json.dumps({"expiresAt": ends, "refreshToken": "r"}))
    assert life(Source("sso", settings={"sso_session": "corp"})).renews


def test_what_is_left_never_is_below_zero() -> None:
    some = CredentialLife(ENDS, False, True)
    assert some.left(ENDS - timedelta(minutes=5)) == timedelta(minutes=5)
    assert some.left(ENDS + timedelta(minutes=5)) == timedelta()
    assert CredentialLife(None, False, False).left(ENDS) is None


def test_exported_credentials_say_when_they_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = (datetime.now(UTC) + timedelta(minutes=40)).replace(microsecond=0)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIATEST",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_SESSION_TOKEN": "t",
        "AWS_CREDENTIAL_EXPIRATION": ends.isoformat(),
    }.items():
        monkeypatch.setenv(name, value)
    reader = connect("", "us-east-1")
    try:
        assert read_life(reader) == CredentialLife(ends, False, True)
    finally:
        reader.close()
