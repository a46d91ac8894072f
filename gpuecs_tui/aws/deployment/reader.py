"""Reads the present state of a deployed stack once, all parts at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from gpuecs_tui.aws.deployment.ask import Ask
from gpuecs_tui.aws.deployment.facts import DeployedNames, DeploymentFacts
from gpuecs_tui.aws.deployment.parts import PARTS, read_part
from gpuecs_tui.aws.deployment.seen import Seen
from gpuecs_tui.aws.discovery.account import as_they_come
from gpuecs_tui.aws.reading import Known, Reading
from gpuecs_tui.aws.session import AccountReader


def read_deployment(reader: AccountReader, names: DeployedNames) -> DeploymentFacts:
    """Read all parts at once. A part that can't be read is Unknown; the others are not affected.

    Raises Closed once the reader is closed.
    """
    ask = Ask(reader, names, Seen(), time.monotonic())
    facts = DeploymentFacts()
    jobs: dict[str, Callable[[], Mapping[str, Reading[Any]]]] = {
        name: partial(_chain, ask, name) for name, part in PARTS.items() if not part.after
    }
    for _first, readings in as_they_come(reader, jobs):
        found: dict[str, Any] = {**readings}
        at = {name: read_at(reading) for name, reading in readings.items()}
        facts = replace(facts, read_at={**facts.read_at, **at}, **found)
    return facts


def read_at(reading: Reading[Any]) -> datetime:
    """Return when a part was read (UTC): an Unknown, now."""
    return reading.read_at if isinstance(reading, Known) else datetime.now(UTC)


def _chain(ask: Ask, first: str) -> Mapping[str, Reading[Any]]:
    """Read a part and the parts that follow from it, which are Unknown if it is."""
    found = read_part(PARTS[first], ask).reading
    followers = [part for part in PARTS.values() if part.after == first]
    return {first: found} | {
        part.name: read_part(part, ask).reading if isinstance(found, Known) else found
        for part in followers
    }
