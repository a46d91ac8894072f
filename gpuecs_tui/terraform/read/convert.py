"""A Terraform value as an answer, converted as Terraform would convert it."""

from __future__ import annotations

import re

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.terraform.hcl.budget import DIGITS_MAX
from gpuecs_tui.terraform.hcl.types import as_text
from gpuecs_tui.terraform.hcl.values import HclValue, UnknownValue
from gpuecs_tui.terraform.read.configuration import Missing
from gpuecs_tui.terraform.read.unread import null_reason

_INTEGER = re.compile(rf"-?[0-9]{{1,{DIGITS_MAX}}}")


def convert(key: str, value: HclValue) -> Value | None:
    """Return ``value`` in the type of ``key``; None if Terraform would not convert it either."""
    match KEYS[key].kind:
        case "integer" if isinstance(value, str) and _INTEGER.fullmatch(value):
            return int(value)
        case "integer" if isinstance(value, int) and not isinstance(value, bool):
            return value
        case "flag" if isinstance(value, bool):
            return value
        case "flag" if value in ("true", "false"):
            return bool(value == "true")
        case "text" | "choice" if isinstance(value, (str, int, float)):
            return as_text(value)
        case "list" if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        case "map" if isinstance(value, dict):
            pairs = {
                name: item for name, item in value.items() if not isinstance(item, UnknownValue)
            }
            if len(pairs) == len(value) and all(
                isinstance(item, (str, int, float)) for item in pairs.values()
            ):
                return {name: as_text(item) for name, item in pairs.items()}
    return None


def reason_against(value: HclValue) -> str:
    """Return why a value is not an answer, as the end of a sentence."""
    if isinstance(value, UnknownValue):
        return value.reason
    if value is None:
        return null_reason()
    if isinstance(value, Missing):
        return _("is missing")
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    unknown = next((item for item in items if isinstance(item, UnknownValue)), None)
    if unknown is not None:
        return _("contains a value that {reason}").format(reason=unknown.reason)
    return _("has a different type than gpuecs-tui expects")
