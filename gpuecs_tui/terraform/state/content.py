"""The text of a state at a location, and the parts that must be equal after a move."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gpuecs_tui.i18n import _
from gpuecs_tui.regular_files import read_regular, remedy_for
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.base.tflock import STATE_NAME
from gpuecs_tui.terraform.state.backend import DEFAULT, LOCAL
from gpuecs_tui.terraform.state.environment import asked_profile
from gpuecs_tui.terraform.state.location import StateLocation
from gpuecs_tui.terraform.state.stored_state import is_encrypted, state_fault

if TYPE_CHECKING:
    from gpuecs_tui.aws.session import AccountReader

_Value = TypeVar("_Value")
Content = dict[str, Any]
"""Address of each instance and each output → its content; empty for an empty state."""


class PlaceProblem(TerraformProblem):
    """A location whose state or lock can't be read."""

    def __init__(self, message: str, remedy: str = "", reason: str = "") -> None:
        super().__init__(message, remedy)
        self.reason = reason or message.rstrip(".")
        """Why, as the end of a sentence."""
        self.is_whole = not reason
        """Whether the message is complete without further text."""


def read_place(place: StateLocation, environ: Mapping[str, str] | None = None) -> bytes:
    """Return the text of the state at ``place``; empty if there is none. Raises PlaceProblem.

    Blocks: a file, or one call to S3 with the backend's settings and the credentials of
    ``environ``.
    """
    if place.type == LOCAL:
        return read_local(place.path)
    from gpuecs_tui.aws.state_bucket.state_objects import read_object

    return with_reader(
        place, environ, lambda reader: read_object(reader, place.bucket, place.key) or b""
    )


def workspaces_at(
    place: StateLocation, environ: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Return the workspaces with a state next to ``place``, which is the default workspace's state.

    Blocks: a listing of files or objects. Raises PlaceProblem.
    """
    if place.type == LOCAL:
        others = sorted(path.parent.name for path in Path(place.others).glob(f"*/{STATE_NAME}"))
        return (*((DEFAULT,) if place.path.exists() else ()), *others)
    from gpuecs_tui.aws.state_bucket.state_objects import list_workspaces

    return with_reader(
        place, environ, lambda reader: list_workspaces(reader, place.bucket, place.settings)
    )


def with_reader(
    place: StateLocation, environ: Mapping[str, str] | None, do: Callable[[AccountReader], _Value]
) -> _Value:
    """Call ``do`` with a reader that has the credentials of a place in S3; return its result.

    Raises PlaceProblem for an AwsProblem.
    """
    # Late: most places are files.
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.aws.state_bucket.backend_reader import backend_reader

    reader: AccountReader | None = None
    try:
        profile = asked_profile(os.environ if environ is None else environ)
        reader = backend_reader(place.settings, profile)
        return do(reader)
    except AwsProblem as problem:
        if problem.kind == "not_found":
            raise PlaceProblem(problem.sentence, problem.remedy) from None
        raise PlaceProblem(
            _("Could not read {place}: {reason}.").format(place=place, reason=problem.reason),
            problem.remedy,
            problem.reason,
        ) from None
    finally:
        if reader is not None:
            reader.close()


def read_local(path: Path) -> bytes:
    """Return the text of a state's file; empty if there is none. Raises PlaceProblem."""
    try:
        return read_regular(path)
    except FileNotFoundError:
        return b""
    except OSError as error:
        reason = error.strerror or str(error)
        raise PlaceProblem(
            _("Could not read {place}: {reason}.").format(place=path, reason=reason),
            remedy_for(path, error),
            reason,
        ) from None


def state_content(text: bytes) -> Content:
    """Return the content of a state, independent of its serial, lineage and order.

    Terraform gives a state that it moves to an empty place a new lineage (measured with 1.11.4),
    so only this shows whether everything arrived. Raises PlaceProblem if the text is not a state.
    """
    raw = _parsed(text)
    if is_encrypted(raw):
        raise PlaceProblem(
            _("Could not read the state: it is encrypted by OpenTofu."),
            _("Run `tofu init -migrate-state` in the directory to move it."),
        )
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
    """Return the serial and the lineage of a state. Raises PlaceProblem."""
    raw = _parsed(text)
    return int(raw.get("serial") or 0), str(raw.get("lineage") or "")


def resource_count(text: bytes) -> int:
    """Return the number of managed resource instances in a state. Raises PlaceProblem."""
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
            _("The file or object at the state location is not a Terraform state."),
            _("Keep it, and restore the last good copy."),
        )
    return raw
