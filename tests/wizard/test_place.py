"""The header shows that the demo account simulates faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.wizard.draft_saver import DraftSaver
from gpuecs_tui.wizard.options import Options
from gpuecs_tui.wizard.place import place_of
from gpuecs_tui.wizard.session import WizardSession


@pytest.mark.parametrize(
    ("faults", "place"),
    [
        ((), "demo account"),
        (("quota-zero",), "demo account · fault: quota-zero"),
        (("quota-zero", "no-egress"), "demo account · 2 faults"),
    ],
)
def test_the_header_names_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: tuple[str, ...], place: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    saver = DraftSaver(tmp_path, lambda _problem: None)
    wizard = WizardSession(Options(tmp_path, demo=True, faults=faults), saver)
    assert place_of(wizard) == place
    wizard.close()
