"""A written stack that is valid in the invented account, and that account for another read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.discovery import account, lookups
from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.wizard.decisions import decide
from tests.support import fakes
from tests.support.screens.whole_texts import WHOLE

RIGHT = {**WHOLE, "network.load_balancer_subnet_ids": ", ".join(fakes.SUBNETS[1:5:2])}


def write_stack(directory: Path, **texts: str) -> None:
    """Write the Terraform of the valid stack, or of one with other ``texts`` ("task__memory")."""
    changed = {key.replace("__", "."): text for key, text in texts.items()}
    found = decide({**RIGHT, **changed}, lambda name: catalogue.find(name, right_account()))
    directory.mkdir(exist_ok=True)
    for name, text in render(found.resolved.stack).items():
        (directory / name).write_text(text)


def right_account(**other: object) -> AccountFacts:
    """Return the account in which the stack is valid."""
    return fakes.facts(**{"gpu_instances": fakes.known(()), **other})  # type: ignore[arg-type]


def let_read(monkeypatch: pytest.MonkeyPatch, read: Callable[..., AccountFacts]) -> None:
    """Replace the read of the account with ``read(reader, on_progress)``."""
    monkeypatch.setattr(account, "read_account", read)
    monkeypatch.setattr(lookups, "read_references", lambda _reader, _stack, facts: facts)
