"""A stack as plain Terraform files.

Values that usually differ between stacks are variables, named by the last part of their key
(``fleet.min_size`` is ``var.min_size``), with their value in ``terraform.tfvars``. Everything else
is in the resource that it belongs to. A variable that would be empty is left out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from gpuecs_tui.private_folder import make_private
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.terraform.base.own_files import (
    EXTRA_USER_DATA,
    MOVED_FILE,
    TERRAFORM_FILES,
    USER_DATA,
)
from gpuecs_tui.terraform.hcl.format import format_hcl
from gpuecs_tui.terraform.hcl.literals import list_of, map_key, map_of, quote
from gpuecs_tui.terraform.render.context import context
from gpuecs_tui.terraform.render.former_texts import with_former
from gpuecs_tui.terraform.render.past_addresses import NO_PAST, Past
from gpuecs_tui.user_folders import cache_folder

if TYPE_CHECKING:
    import jinja2

Files = dict[str, str]
"""File name → text, in reading order."""

_EARLIER = "earlier/"
"""Folder of the earlier version's templates; they never change."""


def render(stack: Stack, past: Past = NO_PAST) -> Files:
    """Return the files of a valid ``stack``, ``terraform fmt``-clean, only those that it needs.

    ``past`` is the past of the directory (``read_past``); a new stack has none. Takes 10 ms once
    the templates are loaded. The first call loads them from a bytecode cache in the user's cache
    folder, if there is one.
    """
    values = context(stack, past)
    return {
        name: with_former(name, _text(name, values), past.former_texts) for name in _needed(values)
    }


def render_earlier(stack: Stack) -> Files:
    """Return the files that the earlier version wrote for a stack, byte for byte.

    Only for a stack with the keys of that version: later keys must be unset. These files show
    whether a directory of that version has manual changes.
    """
    values = context(stack)
    return {name: _text(name, values, _EARLIER) for name in _needed(values)}


def _needed(values: dict[str, Any]) -> Iterator[str]:
    creates_groups = values["creates_load_balancer_group"] or values["creates_instance_group"]
    absent = {
        name
        for name, needed in (
            ("backend.tf", values["state"].backend == "s3"),
            ("network.tf", creates_groups),
            ("endpoints.tf", bool(values["network"].vpc_endpoints)),
            ("autoscaling.tf", values["autoscaling"].enabled),
            ("deployment.tf", values["shifts_traffic"]),
            ("monitoring.tf", values["alarms"].enabled or values["alarms"].dashboard),
            ("iam.tf", values["creates_roles"]),
            (MOVED_FILE, bool(values["past"].moves)),
        )
        if not needed
    }
    yield from (name for name in TERRAFORM_FILES if name not in absent)
    yield values["user_data_file"]
    if values["fleet"].extra_user_data:
        yield values["extra_user_data_file"]


def _text(name: str, values: dict[str, Any], folder: str = "") -> str:
    if name in EXTRA_USER_DATA:
        extra: str = values["fleet"].extra_user_data
        return extra
    text = _templates().get_template(f"{folder}{name}.j2").render(values)
    return text if name in USER_DATA else format_hcl(text)


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("gpuecs_tui.templates", ""),
        bytecode_cache=_bytecode_cache(),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        # The output is HCL, not HTML: every value that a user typed passes quote().
        autoescape=False,
    )
    environment.filters.update(
        text=quote,
        texts=list_of,
        table=map_of,
        key=map_key,
        flag=lambda value: "true" if value else "false",
        enabled=lambda value: '"ENABLED"' if value else '"DISABLED"',
    )
    return environment


def _bytecode_cache() -> jinja2.BytecodeCache | None:
    """Compiling ten templates takes 435 ms, loading the compiled ones 15 ms (measured)."""
    import jinja2

    try:
        folder = cache_folder() / "templates"
        make_private(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return None
    return jinja2.FileSystemBytecodeCache(str(folder))
