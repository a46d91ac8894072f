"""Answers of a draft that a plan ignores."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.aws import catalogue
from gpuecs_tui.terraform.read.directory import read
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.wizard.decisions import explicit_texts
from gpuecs_tui.wizard.profile_key import PROFILE
from gpuecs_tui.wizard.unwritten import unwritten
from tests.support.terraform.written_files import made, put


def texts_in(directory: Path) -> dict[str, str]:
    found = read(directory)
    assert found.stack is not None
    return explicit_texts(found.stack, catalogue.find)


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ({}, ()),
        ({PROFILE: "ops"}, ()),
        ({"service.desired_count": "2"}, ("service.desired_count",)),
        ({"service.desired_count": "two"}, ("service.desired_count",)),
        # An emptied field means its default, which is 1.
        ({"service.desired_count": ""}, ("service.desired_count",)),
        (
            {"task.image": "quay.io/tts/serve:9", "health_check.path": "/livez"},
            ("task.image", "health_check.path"),
        ),
    ],
)
def test_each_answer_that_the_files_lack_counts(
    tmp_path: Path, typed: dict[str, str], keys: tuple[str, ...]
) -> None:
    put(tmp_path, render(made(service__desired_count=5)))
    texts = {**texts_in(tmp_path), **typed}
    assert unwritten(texts, read(tmp_path), catalogue.find) == keys
