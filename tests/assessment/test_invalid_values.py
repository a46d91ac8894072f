"""An invalid value in an answers file is one finding, and never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpuecs_tui.assessment.findings import assess
from gpuecs_tui.assessment.own import Own
from gpuecs_tui.assessment.written import Written
from gpuecs_tui.checks.finding import Severity
from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_FAILED
from gpuecs_tui.stack.answers import dump_answers
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from tests.support.small_account import ANSWERS, account
from tests.support.well_typed import well_typed

NAMES = {"container.ulimits": "memlock", "sidecars.environment": "m.A"}
MALFORMED: list[tuple[str, Value]] = [
    (key, {NAMES.get(key, "m"): text})
    for key, it in KEYS.items()
    if it.kind == "map"
    for text in ("1:2:3 MiB", "", "e\u0301")
    if it.problem({NAMES.get(key, "m"): text})
]
FACTS = account()
OTHERS: dict[str, Value] = {
    "sidecars.images": {"m": "m:1"},
    "sidecars.memory_mib": {"m": "256"},
    "autoscaling.enabled": True,
}


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=3, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_rule_fails_on_a_value_of_the_right_type(key: str, data: st.DataObject) -> None:
    value = data.draw(well_typed(key))
    written = Written({**ANSWERS, **OTHERS, key: value})
    for facts in (None, FACTS):
        found = assess(written, facts, Own()).findings
        if KEYS[key].problem(value):
            (said,) = (it for it in found if it.field == key)
            assert said.severity is Severity.ERROR


def test_every_table_has_a_malformed_value() -> None:
    assert {key for key, _value in MALFORMED} == {k for k, it in KEYS.items() if it.kind == "map"}


@pytest.mark.parametrize(("key", "value"), MALFORMED)
def test_check_says_what_is_wrong_with_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str, value: Value
) -> None:
    path = tmp_path / "s.toml"
    path.write_text(dump_answers({**ANSWERS, **OTHERS, key: value}), encoding="utf-8")
    assert main(["check", str(path), "--offline"]) == EXIT_FAILED
    printed = capsys.readouterr()
    sentence = f"{key} {KEYS[key].problem(value)}."
    assert printed.out.count(f"error  {key}  [") == 1
    assert f"\n    {sentence}\n" in printed.out
    assert printed.err == ""
