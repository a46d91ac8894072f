"""Changes of an applied stack that AWS rejects, known from its files and a local state.

A plan of them would be accepted and fail in the middle of its apply. A remote state is not read
here: the plan's own notices (plan/notices.py) refuse the same changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.terraform.base.stored_attributes import stored_attributes
from gpuecs_tui.terraform.control.region import refuse_another_region
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.plan.role_path import refuse_another_path
from gpuecs_tui.terraform.plan.vpc import refuse_another_vpc
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.files import read_texts
from gpuecs_tui.terraform.runs.run_status import Operation
from gpuecs_tui.terraform.state.backend import local_state


def refuse_unchangeable(directory: Path, environ: Mapping[str, str], operation: Operation) -> None:
    """Raise RunProblem if ``operation`` would change what can't change in an applied stack.

    Reads the state and the configuration once. Unreadable files and a remote state are left to the
    plan, which reports them.
    """
    state = local_state(directory, environ)
    instances = tuple(stored_attributes(state)) if state is not None else ()
    if not instances:
        return
    try:
        configuration = load_configuration(read_texts(directory), environ=environ)
    except ReadProblem:
        return
    refuse_another_region((attributes for _address, attributes in instances), configuration)
    if operation is not Operation.DESTROY:
        stored = dict(instances)
        refuse_another_vpc(stored, configuration)
        refuse_another_path(stored, configuration)
