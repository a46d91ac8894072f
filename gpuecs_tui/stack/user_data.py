"""Bottlerocket's user data: the settings of the stack, and whether extra settings can follow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gpuecs_tui.i18n import _

LARGE_IMAGE_SETTINGS = ("ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION", "task-cleanup-wait")
"""One setting for large images in the user data of Amazon Linux, and one in that of
Bottlerocket."""
_LINE = re.compile(r"line (\d+)")


def bottlerocket_settings(market: str, network_mode: str, large_images: bool = False) -> str:
    """Return the ``[settings.ecs]`` of the instances of a stack, in TOML.

    Terraform's ``templatefile`` replaces ``${cluster}``. There is no line feed at the end. The
    settings are those of Bottlerocket's documentation, settings.ecs.
    """
    return "\n".join(_settings(market, network_mode, large_images))


def extra_settings_problem(
    extra: str, market: str, network_mode: str, large_images: bool = False
) -> str:
    """Return why ``extra`` can't follow the stack's settings in one TOML text, or an empty text."""
    if not extra:
        return ""
    # Imported only when needed: few stacks use it, and it would delay the first frame.
    import tomllib

    head = bottlerocket_settings(market, network_mode, large_images) + "\n"
    try:
        tomllib.loads(head + extra)
    except tomllib.TOMLDecodeError as error:
        lines = head.count("\n")
        reason = _LINE.sub(lambda found: f"line {max(1, int(found[1]) - lines)}", str(error))
        return _("is not valid TOML after the stack's own [settings.ecs]: {reason}").format(
            reason=reason
        )
    except (ValueError, RecursionError):
        # Python's own limits: thousands of digits or brackets.
        return _(
            "contains a number that is too long, or brackets that are nested too deep, for TOML"
        )
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
