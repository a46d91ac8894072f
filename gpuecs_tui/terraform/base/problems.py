"""What can go wrong around Terraform, as one sentence with one remedy."""

from __future__ import annotations


class TerraformProblem(Exception):
    """Something that stops us before or around Terraform.

    ``message`` is one sentence naming what is wrong and where; ``remedy`` says what to do and may
    be empty. Both are already in the user's language; ``str()`` gives them together.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class EngineProblem(TerraformProblem):
    """No Terraform or OpenTofu that can be used."""


class MirrorProblem(TerraformProblem):
    """A provider mirror named by the user that can't serve."""


class RunProblem(TerraformProblem):
    """A run that can't be started, read, decided on or stopped."""
