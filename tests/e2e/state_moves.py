"""States moved between a directory and S3 by the real Terraform."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.migration import lifecycle
from gpuecs_tui.terraform.migration.record import Migration
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus

PATIENCE = 120.0
"""Timeout in seconds for operations that take one on an idle machine."""
BACKEND = """
terraform {
  backend "s3" {
    bucket       = "%s"
    key          = "llama/terraform.tfstate"
    region       = "us-east-1"
    encrypt      = true
    use_lockfile = true
  }
}
"""


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def ended(run: Run) -> Run:
    until(lambda: run.refresh().is_final or run.refresh().state is RunStatus.PLANNED)
    return run.refresh()


def planned(directory: Path) -> Run:
    return ended(runs.start(directory, "plan"))


def move(directory: Path) -> Migration:
    return lifecycle.wait(lifecycle.start(directory))


def s3() -> Any:
    return boto3.client("s3")
