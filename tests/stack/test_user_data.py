"""User data that may follow the settings of the stack on a Bottlerocket instance."""

from __future__ import annotations

import tomllib

import pytest

from gpuecs_tui.stack.user_data import bottlerocket_settings, extra_settings_problem


def test_the_settings_are_toml() -> None:
    assert tomllib.loads(bottlerocket_settings("on-demand", "bridge")) == {
        "settings": {"ecs": {"cluster": "${cluster}"}}
    }
    ecs = tomllib.loads(bottlerocket_settings("spot", "awsvpc"))["settings"]["ecs"]
    assert ecs["enable-spot-instance-draining"] is ecs["awsvpc-block-imds"] is True


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("", ""),
        ("loglevel = 'debug'", ""),
        ('\r\n[settings.kernel]\r\nlockdown = "none"\r\n', ""),
        ("# note\n\n[settings.ecs]\nx = 1", "twice (at line 3"),
        ('cluster = "mine"', "Cannot overwrite a value"),
        ("awsvpc-block-imds = false", "Cannot overwrite a value"),
        ("#!/bin/bash\necho hi", "line 2"),
        ("x = " + "9" * 5000, "too long"),
        ("x = " + "[" * 9000, "too deep"),
    ],
)
def test_extra_settings_must_be_toml_behind_them(extra: str, words: str) -> None:
    problem = extra_settings_problem(extra, "spot", "awsvpc")
    assert words in problem
    assert bool(problem) is bool(words)
