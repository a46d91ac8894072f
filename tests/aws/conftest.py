"""Accounts for the reader: the demo account, behind a stub that can simulate faults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gpuecs_tui.aws import session
from gpuecs_tui.aws.session import AccountReader, connect
from gpuecs_tui.demo.account import DemoAccount
from tests.support.aws.impatience import IMPATIENT
from tests.support.aws.stub import Answer, Stub, running


@pytest.fixture(scope="session")
def recorded() -> dict[tuple[str, bytes], Answer]:
    """Recorded responses of the demo account, so that not every test requests them again."""
    return {}


@pytest.fixture
def stub(
    on_demo_account: DemoAccount,
    recorded: dict[tuple[str, bytes], Answer],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stub]:
    """The demo account behind a stub; AWS_ENDPOINT_URL is the stub's address."""
    with running(Stub(upstream=on_demo_account.endpoint, replay=True, seen=recorded)) as serving:
        monkeypatch.setenv("AWS_ENDPOINT_URL", serving.url)
        yield serving


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """A stub without an account, for tests that define the responses themselves."""
    with running(Stub()) as serving:
        monkeypatch.setenv("AWS_ENDPOINT_URL", serving.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield serving


@pytest.fixture
def reader() -> Iterator[AccountReader]:
    made = connect("", "us-east-1")
    yield made
    made.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short timeouts and a single attempt, for tests of failures at the first attempt."""
    for name, value in IMPATIENT.items():
        monkeypatch.setattr(session, name, value)
