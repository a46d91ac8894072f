"""The answers about deployments that no single attribute of the service gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpuecs_tui.stack.provider import lowest_required
from gpuecs_tui.stack.releases.strategy import ROLLING, STRATEGY
from gpuecs_tui.terraform.hcl.values import HclValue
from gpuecs_tui.terraform.read.configuration import Configuration, SourceLocation
from gpuecs_tui.terraform.read.gathered import Gathered
from gpuecs_tui.terraform.read.rules import RELEASE, TEST_LISTENER
from gpuecs_tui.terraform.read.unread import broken_file

_TEST_PORT, _PROVIDER = "service.test_port", "stack.provider_minimum"


def releases(configuration: Configuration, found: Gathered) -> None:
    """Read the test listener's port and the lowest AWS provider."""
    _test_port(configuration, found)
    constraints = _constraints(configuration)
    if constraints or "versions.tf" not in configuration.broken:
        found.answers[_PROVIDER] = lowest_required(constraints)


def stored_strategy(attributes: Mapping[str, Any]) -> str:
    """Return the deployment strategy in the attributes of a service in a state."""
    listed = attributes.get(RELEASE)
    first = listed[0] if isinstance(listed, list) and listed else None
    # Provider 5 stores no strategy: it knows only rolling deployments.
    strategy = first.get("strategy") if isinstance(first, dict) else None
    return str(strategy or ROLLING).lower()


def _test_port(configuration: Configuration, found: Gathered) -> None:
    if TEST_LISTENER in configuration.blocks:
        placed = configuration.expression(TEST_LISTENER, "port")
        value = configuration.scope.value(placed[0]) if placed else None
        found.take(_TEST_PORT, value, placed[1] if placed else None, f"{TEST_LISTENER}.port")
    elif not configuration.may_hide or found.answers.get(STRATEGY) == ROLLING:
        # A rolling service has no test listener of gpuecs-tui.
        found.answers[_TEST_PORT] = 0
    else:
        lost = broken_file(configuration.may_hide, configuration)
        found.refuse(
            (_TEST_PORT,), SourceLocation(lost.file, lost.line or 0), lost.what, lost.reason
        )


def _constraints(configuration: Configuration) -> list[str]:
    values: list[HclValue] = []
    for body in configuration.bodies.values():
        for settings in body.named("terraform"):
            for required in settings.body.named("required_providers"):
                attribute = required.body.attributes.get("aws")
                value = configuration.scope.value(attribute.value) if attribute else None
                if isinstance(value, dict):
                    values.append(value.get("version"))
    return [it for it in values if isinstance(it, str)]
