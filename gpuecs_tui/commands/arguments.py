"""A command of the command line, and its options and operands: the shared ones first."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gpuecs_tui.i18n import N_, _

if TYPE_CHECKING:
    import argparse

Argument = tuple[tuple[str, ...], dict[str, Any]]
JOINED = "="
"""Beginning of the name of an optional value, which only ``--option=VALUE`` gives."""


class Command(NamedTuple):
    """One command of the command line."""

    name: str
    """Empty for the wizard."""
    help: str
    """Untranslated."""
    target: str
    """``module:function`` below gpuecs_tui; the function takes the parsed arguments and returns an
    exit code."""
    operands: str = ""
    arguments: tuple[Argument, ...] = ()

    def load(self) -> Callable[[argparse.Namespace], int]:
        """Import and return the command's function."""
        module, _colon, function = self.target.partition(":")
        loaded: Callable[[argparse.Namespace], int] = getattr(
            import_module(f"gpuecs_tui.{module}"), function
        )
        return loaded


def path(text: str) -> Path:
    """Return ``text`` as a path. Raises ArgumentTypeError if it is empty, as from an unset variable
    of a script: an empty path would mean the current directory."""
    if not text:
        raise ArgumentTypeError(_("is empty (write . for the current directory)"))
    return Path(text)


DIRECTORY: Argument = (
    ("directory",),
    {"metavar": "DIR", "type": path, "help": N_("stack directory")},
)
DIRECTORY_OR_HERE: Argument = (
    ("directory",),
    {
        "metavar": "DIR",
        "type": path,
        "nargs": "?",
        "help": N_("stack directory (default: the current directory)"),
    },
)
JSON: Argument = (("--json",), {"action": "store_true", "help": N_("print JSON")})
YES: Argument = (
    ("--yes",),
    {"action": "store_true", "help": N_("confirm the change; without it nothing is changed")},
)
CONFIRM: Argument = (
    ("--confirm",),
    {
        "metavar": "NAME",
        "help": N_("stack name; confirms that resources are destroyed or replaced"),
    },
)
OFFLINE: Argument = (
    ("--offline",),
    {
        "action": "store_true",
        "help": N_("do not read the account; checks that need it report unknown"),
    },
)
DESPITE: Argument = (
    ("--despite-findings",),
    {
        "action": "store_true",
        "help": N_("continue even if a check finds an error or the credentials expire too soon"),
    },
)
REGION: Argument = (("--region",), {"metavar": "NAME", "help": N_("AWS Region")})


def usd(text: str) -> Decimal:
    """Return ``text`` as a price in USD. Raises ArgumentTypeError if it is not a price."""
    try:
        price = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or price < 0:
        raise ArgumentTypeError(
            _("{text} is not a price in USD (example: 1.20)").format(text=repr(text))
        )
    return price


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """Return ``text`` such as ``10m`` as a duration. Raises ArgumentTypeError if it is none."""
    number, unit = text[:-1], _UNITS.get(text[-1:])
    try:
        if unit is None or not (number.isascii() and number.isdigit()):
            raise ValueError
        return timedelta(**{unit: int(number)})
    except (ValueError, OverflowError):
        raise ArgumentTypeError(
            _("{text} is not a duration (examples: 30s, 10m, 2h, 1d)").format(text=repr(text))
        ) from None


def tasks(text: str) -> int:
    """Return ``text`` as a number of tasks. Raises ArgumentTypeError if it is not one."""
    if text.isascii() and text.isdecimal():
        return int(text)
    raise ArgumentTypeError(_("{text} is not a number of tasks").format(text=repr(text)))


BY_STRATEGY = 0.0
"""``--wait`` alone: the minutes follow from the deployment strategy."""


def minutes(text: str) -> float:
    """Return ``text`` as a number of minutes; BY_STRATEGY if it is empty.

    Raises ArgumentTypeError unless it is positive.
    """
    if not text:
        return BY_STRATEGY
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(
            _("{text} is not a number of minutes (example: 30)").format(text=repr(text))
        )
    return number


WAIT: Argument = (
    ("--wait",),
    {
        "metavar": f"{JOINED}MINUTES",
        "type": minutes,
        "nargs": "?",
        "const": "",
        "help": N_(
            "after the change, print what happens until the service is healthy (exit code 0) or "
            "the deployment has failed (1), at most for this time (75); --wait alone: 30 minutes, "
            "and the time in which old and new tasks run (blue_green, linear, canary)"
        ),
    },
)


FILTERING: tuple[Argument, ...] = (
    (
        ("--min-gpu-memory",),
        {
            "metavar": "GB",
            "type": int,
            "default": 0,
            "help": N_("minimum memory per GPU, in GB as in the GPU's data sheet"),
        },
    ),
    (
        ("--max-price",),
        {
            "metavar": "USD",
            "type": usd,
            "help": N_("maximum On-Demand price per hour; leaves out types without a known price"),
        },
    ),
    (
        ("--zone",),
        {
            "metavar": "ZONE",
            "action": "append",
            "default": [],
            "help": N_("only types offered in this Availability Zone (repeatable)"),
        },
    ),
    (
        ("--sort",),
        {
            "choices": ("type", "price", "spot", "gpu-memory", "memory", "vcpu", "task-price"),
            "help": N_("sort order"),
        },
    ),
    (
        ("--fits",),
        {
            "metavar": "ANSWERS|DIR",
            "type": path,
            "help": N_("only types that fit a task of this stack, sorted by price per task hour"),
        },
    ),
    (
        ("--compare",),
        {"metavar": ("A", "B"), "nargs": 2, "help": N_("compare two types side by side")},
    ),
)
"""Options by which ``gpus`` filters and sorts."""
