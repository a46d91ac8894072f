"""Fixtures of all tests: a clean environment, and a demo account for tests that request it.

``scrubbed`` applies automatically. ``demo_account`` is started once per session, on loopback, with
its files in a temporary folder. A test that uses boto3 or the product in its own process requests
``on_demo_account``; a test that starts child processes passes ``demo_account.environment()``.
"""

from __future__ import annotations

import fcntl
import gc
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from gpuecs_tui.demo import account

# pytest rewrites the asserts of these helpers like those of tests; this affects later imports only.
pytest.register_assert_rewrite("tests.support")

from tests.support.demo_pace import DEMO_PACE  # noqa: E402

pytest_plugins = ["tests.support.screens.fixtures"]

# The same examples on every machine, however slow it is. To search for new ones: pytest
# --hypothesis-profile=search
settings.register_profile("fixed", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("fixed")

FOREIGN = ("AWS_", "TF_", "XDG_", "GPUECS_TUI_", "MOTO_")
"""Settings of the user who runs the tests; none may affect the results."""

GO_GARBAGE = "400"
"""With this value, Terraform and the provider collect garbage a quarter as often (Go's GOGC). By
default that takes a quarter of their processor time, most of which is needed to read the provider's
schema at each start."""

GARBAGE = (20_000, 10, 10)
"""Thresholds of Python's garbage collector. With the default ones, it takes a tenth of the
processor time of a test that opens the wizard."""

MANY_DESCRIPTORS = 128


def pytest_configure() -> None:
    """Tune this process and the programs that tests start, including those of session fixtures."""
    os.environ["GOGC"] = GO_GARBAGE
    # Otherwise each child process compiles the whole program, which takes half of its start-up
    # time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let one process collect the tests first: it compiles them, and the other processes read the
    result."""
    gc.disable()
    with Path(__file__).open("rb") as own:
        fcntl.flock(own, fcntl.LOCK_EX)
        collected = yield
    # Modules and tests live until the end: later collections skip them.
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    gc.enable()
    return collected


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the tests that wait for AWS for minutes: all other tests run at the same time or
    later."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is None)


@pytest.fixture(scope="module", autouse=True)
def closed_connections() -> Iterator[None]:
    """Close the files that boto3's clients left open once there are many. They are closed by the
    garbage collector, which rarely runs in a process with many tests (1,024 descriptors are the
    usual limit)."""
    yield
    if sum(1 for _ in Path("/dev/fd").iterdir()) > MANY_DESCRIPTORS:
        gc.collect()


@pytest.fixture(autouse=True)
def scrubbed(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Remove the user's settings: an empty HOME, no AWS, Terraform or XDG variables, C.UTF-8."""
    for name in list(os.environ):
        if name.startswith(FOREIGN):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home", numbered=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "NO_COLOR", "SSH_CONNECTION", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture(scope="session")
def demo_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[account.DemoAccount]:
    """A demo account of this session, which ends with the session."""
    folder: Path = tmp_path_factory.mktemp("demo")
    differences = folder / "differences"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GPUECS_TUI_DEMO_PACE", DEMO_PACE)
        patch.setenv("GPUECS_TUI_DEMO_ANSWERS", str(differences))
        started = account.start_or_find(folder)
    yield started
    played_on = account.find(folder)
    account.stop(folder)
    assert played_on is not None and played_on.playing, (folder / "server.log").read_text()
    # Records responses that AWS's service models don't have: gpuecs_tui/demo/answer_check.py.
    assert not differences.exists(), differences.read_text("utf-8")


@pytest.fixture
def on_demo_account(
    demo_account: account.DemoAccount, scrubbed: None, monkeypatch: pytest.MonkeyPatch
) -> account.DemoAccount:
    """The same account, with the environment of this process set for it."""
    for name, value in demo_account.environ.items():
        monkeypatch.setenv(name, value)
    return demo_account
