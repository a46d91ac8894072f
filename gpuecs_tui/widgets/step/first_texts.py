"""The first answers of a new stack, taken from the environment."""

from __future__ import annotations

import os

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.profiles import default_profile, default_region, read_profiles
from gpuecs_tui.wizard.session import WizardSession

REGION = "stack.region"


def first_texts(wizard: WizardSession) -> dict[str, str]:
    """Return the texts of a new stack: the Region of the environment or else of the profile."""
    region = default_region(os.environ)
    name = wizard.profile or default_profile(os.environ) or "default"
    if not region:
        try:
            region = next((it.region for it in read_profiles() if it.name == name), "")
        except AwsProblem:
            # The account step names the file and the line; here only a suggestion is missing.
            region = ""
    return {REGION: region} if region else {}
