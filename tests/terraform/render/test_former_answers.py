"""Answers files of earlier days stay valid, and mean the same stack."""

from __future__ import annotations

from gpuecs_tui.stack.answers import load_answers
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.resolve import resolve
from gpuecs_tui.terraform.read.directory import read_back
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.repository import ROOT
from tests.support.strategies import G4DN_XLARGE

BEFORE_SCALING = ROOT / "tests" / "stack" / "data" / "answers-0.1.toml"
"""A value for every key that existed on November 29, 2026, none of them the default if possible."""


def test_every_former_key_renders() -> None:
    answers = load_answers(BEFORE_SCALING.read_text("utf-8"))
    assert len(answers) == 96 and {*answers} < {*KEYS}
    resolved = resolve(answers, G4DN_XLARGE)
    assert (problems(answers, resolved), resolved.missing) == ((), ())
    files = render(resolved.stack)
    assert "autoscaling.tf" not in files
    found = read_back(files)
    assert (found.stack, found.unread) == (resolved.stack, ())
    assert {key: found.answers[key] for key in answers} == answers
    assert not resolved.stack.autoscaling.enabled
