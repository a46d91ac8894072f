"""What every test stands on: a scrubbed environment, and a demo account for those who ask.

``scrubbed`` applies by itself. ``demo_account`` is started once a session, on loopback, with its
files in a temporary folder; a test that wants boto3 or this process itself on it takes
``on_demo_account``, one that starts children passes ``demo_account.environment()``.
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

# Asserts of helpers say as much as those of tests; it counts for what is imported later.
pytest.register_assert_rewrite("tests.support")

from tests.support.demo_pace import DEMO_PACE  # noqa: E402

pytest_plugins = ["tests.support.screens.fixtures"]

# The same examples everywhere, however slow the machine; to look for new ones:
# pytest --hypothesis-profile=search
settings.register_profile("fixed", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("fixed")

FOREIGN = ("AWS_", "TF_", "XDG_", "GPUECS_TUI_", "MOTO_")
"""Settings of whoever runs the tests; none may change what they find."""

GO_GARBAGE = "400"
"""Terraform and the provider collect garbage a quarter as often (Go's GOGC), which takes a quarter
of their processor time: most of it goes into reading the provider's schema at each start."""

GARBAGE = (20_000, 10, 10)
"""Thresholds of Python's garbage collection, whose standard ones take a tenth of the processor time
of a test that opens the wizard."""

MANY_DESCRIPTORS = 128


def pytest_configure() -> None:
    """Tune this process and the programs that tests start, those of session fixtures included."""
    os.environ["GOGC"] = GO_GARBAGE
    # Otherwise each child compiles the whole program again, which takes half of its start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect in one process at a time: the first compiles the tests, the others read that."""
    gc.disable()
    with Path(__file__).open("rb") as own:
        fcntl.flock(own, fcntl.LOCK_EX)
        collected = yield
    # Modules and tests stay to the end: no later collection looks at them.
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    gc.enable()
    return collected


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits for AWS's minutes: all else fits beside it and behind it."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is None)


@pytest.fixture(scope="module", autouse=True)
def closed_connections() -> Iterator[None]:
    """Close what boto3's clients left open once it is much: they end with the garbage collection,
    which a process of many tests rarely does by itself (1,024 descriptors are the usual limit)."""
    yield
    if sum(1 for _ in Path("/dev/fd").iterdir()) > MANY_DESCRIPTORS:
        gc.collect()


@pytest.fixture(autouse=True)
def scrubbed(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Take the user's settings away: an empty HOME, no AWS, Terraform or XDG variables, C.UTF-8."""
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
    """A demo account of this session's own; gone with it."""
    folder: Path = tmp_path_factory.mktemp("demo")
    differences = folder / "differences"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GPUECS_TUI_DEMO_PACE", DEMO_PACE)
        patch.setenv("GPUECS_TUI_DEMO_ANSWERS", str(differences))
        started = account.start(folder)
    yield started
    played_on = account.find(folder)
    account.stop(folder)
    assert played_on is not None and played_on.playing, (folder / "server.log").read_text()
    # Answers that AWS's service models don't have: gpuecs_tui/demo/answer_check.py.
    assert not differences.exists(), differences.read_text("utf-8")


@pytest.fixture
def on_demo_account(
    demo_account: account.DemoAccount, scrubbed: None, monkeypatch: pytest.MonkeyPatch
) -> account.DemoAccount:
    """The same account, with this process's own environment leading to it."""
    for name, value in demo_account.environ.items():
        monkeypatch.setenv(name, value)
    return demo_account
