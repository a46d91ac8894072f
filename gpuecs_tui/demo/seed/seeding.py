"""Helpers of the seed modules: access to moto's backends, and fixed ids."""

from __future__ import annotations

from typing import Any

from moto.backends import get_backend
from moto.moto_api._internal import mock_random

from gpuecs_tui.demo.account import REGION
from gpuecs_tui.demo.model.quotas import ACCOUNT_ID


def moto_backend(service: str, place: str = REGION) -> Any:
    """Return moto's backend of ``service``; ``place`` is a region, or ``aws`` for IAM and S3."""
    return get_backend(service)[ACCOUNT_ID][place]  # type: ignore[call-overload] # one of its names


def same_ids_for(label: str) -> None:
    """Derive the next ids that moto generates from ``label`` alone."""
    mock_random.seed(f"gpuecs-tui/{label}")


def tags(name: str | None, **more: str) -> dict[str, str]:
    """Return a resource's tags; without a Name tag if ``name`` is None."""
    return {**({"Name": name} if name else {}), **more}


def tag_list(name: str | None, **more: str) -> list[dict[str, str]]:
    """Return the same as a list of Key and Value."""
    return [{"Key": key, "Value": value} for key, value in tags(name, **more).items()]
