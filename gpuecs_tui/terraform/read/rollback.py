"""ECS services whose deployments Terraform rolls back when it is interrupted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.files import read_files

ARGUMENTS = ("sigint_rollback", "wait_for_steady_state")
"""The rollback needs both: ``sigint_rollback`` has an effect only while Terraform waits
(https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecs_service). Generated
Terraform sets neither."""
_TRUE = (True, "true")
_FALSE = (False, "false", None)


def rollback_services(directory: Path, environ: Mapping[str, str]) -> Mapping[str, bool]:
    """Return the addresses of the services in ``directory`` that set both ARGUMENTS.

    The value is True if both are certainly true, and False if only Terraform can evaluate one of
    them. ``environ`` may set variables. Never raises: a file that can't be read has no service.
    """
    try:
        files = read_files(directory)
    except ReadProblem:
        return {}
    configuration = load_configuration(files.texts, files.unreadable, environ)
    found: dict[str, bool] = {}
    for address, (_file, block) in configuration.blocks.items():
        attributes = block.body.attributes
        if not address.startswith("aws_ecs_service.") or not {*ARGUMENTS} <= attributes.keys():
            continue
        values = [configuration.scope.value(attributes[name].value) for name in ARGUMENTS]
        if not any(value in _FALSE for value in values):
            found[address] = all(value in _TRUE for value in values)
    return found
