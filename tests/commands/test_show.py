"""``show`` prints an answers file from which ``render`` writes the same stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from tests.support.screens.written_stack import write_stack


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"fleet__instance_type": "", "fleet__instance_types": "g5.xlarge, g4dn.xlarge"},
        {
            "fleet__instance_type": "",
            "fleet__instance_types": "g4dn.xlarge, g6.xlarge",
            "fleet__market": "spot",
            "fleet__on_demand_base": "1",
        },
    ],
)
def test_what_show_prints_writes_the_same_stack(
    texts: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, answers = tmp_path / "first", tmp_path / "second", tmp_path / "answers.toml"
    write_stack(first, **texts)
    assert main(["show", str(first)]) == 0
    answers.write_text(capsys.readouterr().out)
    assert main(["render", str(answers), str(second)]) == 0, capsys.readouterr().err
    written = {path.name: path.read_text() for path in second.glob("*.tf*")}
    assert {path.name: path.read_text() for path in first.glob("*.tf*")} == written
