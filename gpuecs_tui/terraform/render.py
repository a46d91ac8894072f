"""A stack as the Terraform that a careful engineer would have written for it.

What people change from one stack to the next is a variable, called by the last part of its key
(``fleet.min_size`` is ``var.min_size``), with its value in ``terraform.tfvars``; everything else
stands in the resource that it belongs to. A variable that would be empty is left out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from gpuecs_tui.private_folder import make_private
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.terraform.hcl_format import format_hcl
from gpuecs_tui.terraform.hcl_text import list_of, map_of, quote
from gpuecs_tui.terraform.render_context import context

if TYPE_CHECKING:
    import jinja2

Files = dict[str, str]
"""File name → text, in the order in which one would read them."""

USER_DATA = ("user_data.sh", "user_data.toml")
EXTRA_USER_DATA = ("extra_user_data.sh", "extra_user_data.toml")
"""What ``fleet.extra_user_data`` holds, byte for byte: Terraform never looks into it."""
TERRAFORM_FILES = (
    "versions.tf", "backend.tf", "providers.tf", "variables.tf", "terraform.tfvars", "network.tf",
    "endpoints.tf", "fleet.tf", "task.tf", "service.tf", "load_balancer.tf", "iam.tf", "outputs.tf",
)  # fmt: skip
OWN_FILES = (*TERRAFORM_FILES, *USER_DATA, *EXTRA_USER_DATA)
"""Every name that ``render`` may use; all other files in a directory are somebody else's."""


def render(stack: Stack) -> Files:
    """Return the files of a valid ``stack``, ``terraform fmt``-clean, only those it needs.

    Takes 10 ms once the templates are loaded. The templates load on the first call, from a
    bytecode cache in the user's cache folder where there is one.
    """
    values = context(stack)
    return {name: _text(name, values) for name in _needed(values)}


def _needed(values: dict[str, Any]) -> Iterator[str]:
    creates_roles = (
        values["creates_instance_role"]
        or values["creates_execution_role"]
        or values["creates_task_role"]
    )
    creates_groups = values["creates_load_balancer_group"] or values["creates_instance_group"]
    absent = {
        name
        for name, needed in (
            ("backend.tf", values["state"].backend == "s3"),
            ("network.tf", creates_groups),
            ("endpoints.tf", bool(values["network"].vpc_endpoints)),
            ("iam.tf", creates_roles),
        )
        if not needed
    }
    yield from (name for name in TERRAFORM_FILES if name not in absent)
    yield values["user_data_file"]
    if values["fleet"].extra_user_data:
        yield values["extra_user_data_file"]


def _text(name: str, values: dict[str, Any]) -> str:
    if name in EXTRA_USER_DATA:
        extra: str = values["fleet"].extra_user_data
        return extra
    text = _templates().get_template(f"{name}.j2").render(values)
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
        # HCL, not HTML: every typed value passes quote().
        autoescape=False,
    )
    environment.filters.update(
        text=quote,
        texts=list_of,
        table=map_of,
        flag=lambda value: "true" if value else "false",
        enabled=lambda value: '"ENABLED"' if value else '"DISABLED"',
    )
    return environment


def _bytecode_cache() -> jinja2.BytecodeCache | None:
    """Compiling ten templates takes 435 ms, loading them 15 (terraform.md)."""
    import jinja2

    folder = Path(platformdirs.user_cache_dir("gpuecs-tui")) / "templates"
    try:
        make_private(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return None
    return jinja2.FileSystemBytecodeCache(str(folder))
