"""Errors around Terraform: one message with one remedy."""

from __future__ import annotations


class TerraformProblem(Exception):
    """An error before or around Terraform.

    ``message`` says what is wrong and where; ``remedy`` is the action to take and may be empty.
    Both are already in the user's language; ``str()`` joins them.
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
    """A provider mirror that the user set and that can't be used."""


class RunProblem(TerraformProblem):
    """A run that can't be started, read, decided on or stopped."""
