"""Options and operands that the command line takes, those that several commands share first."""

from __future__ import annotations

from argparse import ArgumentTypeError
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from gpuecs_tui.i18n import N_, _

Argument = tuple[tuple[str, ...], dict[str, Any]]

DIRECTORY: Argument = (
    ("directory",),
    {"metavar": "DIR", "type": Path, "help": N_("the stack's directory")},
)
DIRECTORY_OR_HERE: Argument = (
    ("directory",),
    {
        "metavar": "DIR",
        "type": Path,
        "nargs": "?",
        "help": N_("the stack's directory (default: the current directory)"),
    },
)
JSON: Argument = (("--json",), {"action": "store_true", "help": N_("print JSON")})
YES: Argument = (("--yes",), {"action": "store_true", "help": N_("go ahead without asking")})
CONFIRM: Argument = (
    ("--confirm",),
    {
        "metavar": "NAME",
        "help": N_("the stack's name: go ahead although something is destroyed or replaced"),
    },
)
OFFLINE: Argument = (
    ("--offline",),
    {"action": "store_true", "help": N_("don't read the account; what it would tell is unknown")},
)
DESPITE: Argument = (
    ("--despite-findings",),
    {
        "action": "store_true",
        "help": N_("go ahead although a check found an error, or credentials end too soon"),
    },
)
REGION: Argument = (("--region",), {"metavar": "NAME", "help": N_("an AWS region")})


def usd(text: str) -> Decimal:
    """Return the price that ``text`` says; ArgumentTypeError for what isn't one."""
    try:
        price = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or price < 0:
        raise ArgumentTypeError(
            _("{text} is not a price in USD, such as 1.20").format(text=repr(text))
        )
    return price


SIFTING: tuple[Argument, ...] = (
    (
        ("--min-gpu-memory",),
        {
            "metavar": "GB",
            "type": int,
            "default": 0,
            "help": N_("only types with so much memory a GPU, in GB as GPUs are sold"),
        },
    ),
    (
        ("--max-price",),
        {
            "metavar": "USD",
            "type": usd,
            "help": N_("only types whose on-demand price is known and at most this, per hour"),
        },
    ),
    (
        ("--zone",),
        {
            "metavar": "ZONE",
            "action": "append",
            "default": [],
            "help": N_("only what this zone offers; may be given again"),
        },
    ),
    (
        ("--sort",),
        {
            "choices": ("type", "price", "spot", "gpu-memory", "memory", "vcpu", "task-price"),
            "help": N_("what to sort by"),
        },
    ),
    (
        ("--fits",),
        {
            "metavar": "ANSWERS|DIR",
            "type": Path,
            "help": N_("only types that a task of this stack fits on, by price of a task's hour"),
        },
    ),
    (
        ("--compare",),
        {"metavar": ("A", "B"), "nargs": 2, "help": N_("two types side by side")},
    ),
)
"""What ``gpus`` sifts and sorts by."""
