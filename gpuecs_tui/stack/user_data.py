"""Bottlerocket's user data: what the stack sets in it, and whether more settings can follow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gpuecs_tui.i18n import _

LARGE_IMAGE_SETTINGS = ("ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION", "task-cleanup-wait")
"""What the user data of Amazon Linux and of Bottlerocket sets for large images, among others."""
_LINE = re.compile(r"line (\d+)")


def bottlerocket_settings(market: str, network_mode: str, large_images: bool = False) -> str:
    """Return the ``[settings.ecs]`` that an instance of a stack starts with, in TOML.

    The cluster's name is left to Terraform's ``templatefile`` as ``${cluster}``; no line feed at
    the end. The settings are those of Bottlerocket's documentation, settings.ecs.
    """
    return "\n".join(_settings(market, network_mode, large_images))


def extra_settings_problem(
    extra: str, market: str, network_mode: str, large_images: bool = False
) -> str:
    """Say why ``extra`` can't follow the stack's settings in one TOML, or return the empty text."""
    if not extra:
        return ""
    # Imported where it is needed: few stacks have any, and the first frame doesn't wait for it.
    import tomllib

    head = bottlerocket_settings(market, network_mode, large_images) + "\n"
    try:
        tomllib.loads(head + extra)
    except tomllib.TOMLDecodeError as error:
        lines = head.count("\n")
        reason = _LINE.sub(lambda found: f"line {max(1, int(found[1]) - lines)}", str(error))
        return _("is no valid TOML behind the stack's own [settings.ecs]: {reason}").format(
            reason=reason
        )
    except (ValueError, RecursionError):
        # Python itself gives up at thousands of digits or brackets.
        return _("holds a number too long, or brackets too deep, for TOML")
    return ""


def _settings(market: str, network_mode: str, large_images: bool) -> Iterator[str]:
    yield "[settings.ecs]"
    yield 'cluster = "${cluster}"'
    if market == "spot":
        yield "enable-spot-instance-draining = true"
    if network_mode == "awsvpc":
        yield "awsvpc-block-imds = true"
    if large_images:
        yield "# Containers of stopped tasks keep their image; the default is 3h."
        yield 'task-cleanup-wait = "15m"'
        yield 'image-cleanup-wait = "10m"'
