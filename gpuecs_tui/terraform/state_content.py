"""The text of a state at a place, and what of it must be the same after a move."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.regular_files import read_regular
from gpuecs_tui.terraform.places import Place
from gpuecs_tui.terraform.problems import TerraformProblem
from gpuecs_tui.terraform.stored_state import LOCAL, state_fault

Content = dict[str, Any]
"""Address, instance by instance, and outputs; empty for a state that holds nothing."""


class PlaceProblem(TerraformProblem):
    """A place whose state or lock can't be read."""


def read_place(place: Place) -> bytes:
    """Return the text of the state at ``place``; empty where there is none. Raises PlaceProblem.

    Blocks: a file, or one call to S3 with the environment's credentials.
    """
    if place.type == LOCAL:
        return read_local(place.path)
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.aws.lock_object import read_object
    from gpuecs_tui.aws.session import connect

    reader = connect(place.profile, place.region)
    try:
        return read_object(reader, place.bucket, place.key) or b""
    except AwsProblem as problem:
        raise PlaceProblem(
            _("{place} can't be read: {reason}.").format(place=place, reason=problem.reason),
            problem.remedy,
        ) from None
    finally:
        reader.close()


def read_local(path: Path) -> bytes:
    """Return the text of a state's file; empty where there is none. Raises PlaceProblem."""
    try:
        return read_regular(path)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise PlaceProblem(
            _("{place} can't be read: {reason}.").format(place=path, reason=error.strerror)
        ) from None


def content(text: bytes) -> Content:
    """Return what a state holds, in a form that its serial, lineage and order don't change.

    Terraform gives a state that it moves to an empty place a new lineage (measured with 1.11.4),
    so that nothing but this tells whether all arrived. Raises PlaceProblem for what is no state.
    """
    raw = _parsed(text)
    held: Content = {}
    for resource in raw.get("resources") or ():
        name = ".".join(
            str(resource.get(part) or "") for part in ("module", "mode", "type", "name")
        )
        for instance in resource.get("instances") or ():
            key = json.dumps([instance.get("index_key"), instance.get("deposed")])
            held[f"{name} {key}"] = [
                resource.get("provider"),
                instance.get("status"),
                instance.get("attributes") or instance.get("attributes_flat"),
            ]
    for name, output in (raw.get("outputs") or {}).items():
        held[f"output {name}"] = output.get("value")
    return held


def serial_and_lineage(text: bytes) -> tuple[int, str]:
    """Return the number of a state's last change and its identity. Raises PlaceProblem."""
    raw = _parsed(text)
    return int(raw.get("serial") or 0), str(raw.get("lineage") or "")


def resource_count(text: bytes) -> int:
    """Return how many managed resource instances a state holds. Raises PlaceProblem."""
    return sum(
        len(resource.get("instances") or ())
        for resource in _parsed(text).get("resources") or ()
        if resource.get("mode") == "managed"
    )


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        raw = json.loads(text.strip() or b"{}")
    except ValueError:
        raw = None
    except RecursionError:
        raw = None
    if not isinstance(raw, dict) or state_fault(raw):
        raise PlaceProblem(
            _("What lies there is no Terraform state."),
            _("Keep it, and restore the last good copy."),
        )
    return raw
