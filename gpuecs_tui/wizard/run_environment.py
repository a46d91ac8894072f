"""The environment in which a run of the wizard's stack starts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gpuecs_tui.terraform.base.extra_arguments import CHANGING
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.state.environment import STATIC_CREDENTIALS, child_environment

if TYPE_CHECKING:
    from gpuecs_tui.aws.session import AccountReader


def environment_for(
    profile: str, reader: AccountReader | None
) -> tuple[dict[str, str], str | None]:
    """Return the environment and the profile to start Terraform with; blocks.

    Terraform can't ask for the code of an MFA device. For such a profile, it gets the credentials
    of the ``reader``'s open session. Raises RunProblem if there are none.
    """
    environ = dict(os.environ)
    if not profile:
        return environ, None
    if reader is None or not _asks_for_a_code(profile):
        return environ, profile
    # Imported late: botocore is loaded by now, but not when a screen imports this module.
    from gpuecs_tui.aws.errors import AwsProblem

    try:
        credentials, _ends = reader.credentials()
    except AwsProblem as problem:
        raise RunProblem(problem.sentence, problem.remedy) from None
    rest = {name: text for name, text in environ.items() if name not in STATIC_CREDENTIALS}
    rest.pop("AWS_PROFILE", None)
    return {**rest, **credentials}, None


def state_environment(profile: str) -> dict[str, str]:
    """Return the environment in which the stored state and its lock are read and changed."""
    variables = child_environment(os.environ, profile=profile or None).variables
    # These variables may name another state; processes that are started for a state drop them
    # again.
    named = {name: os.environ[name] for name in CHANGING if name in os.environ}
    return {**variables, **named}


def _asks_for_a_code(profile: str) -> bool:
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.aws.profiles import read_profiles

    try:
        return any(it.name == profile and it.needs == "role+mfa" for it in read_profiles())
    except AwsProblem:
        return False
