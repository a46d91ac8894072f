"""``init`` with a mirror that was found by a search."""

from pathlib import Path

import pytest

from gpuecs_tui.terraform.engine.binary import Engine
from gpuecs_tui.terraform.engine.events import Decoder
from gpuecs_tui.terraform.engine.mirror import Mirror, ProviderSource
from gpuecs_tui.terraform.runner import init_stage
from tests.support.terraform.fake_engine import event


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        ("Error saving -plugin-dir: write .terraform/plugin_path: no space left on device", 1),
        ("open {}/mirror/aws.zip: permission denied", 2),
        ("Failed to query available provider packages", 2),
    ],
)
def test_only_a_failure_of_the_mirror_is_tried_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str, calls: int
) -> None:
    mirror = Mirror(ProviderSource.FOUND, tmp_path / "mirror")
    monkeypatch.setattr(init_stage, "find_mirror", lambda *_args, **_more: mirror)
    body = {"severity": "error", "summary": error.format(tmp_path), "detail": ""}
    events = [Decoder().decode(event(type="diagnostic", diagnostic=body))]
    ran: list[list[str]] = []
    notes: list[str] = []

    def run(arguments: list[str]) -> int:
        ran.append(arguments)
        return 1

    code = init_stage.initialise(
        tmp_path,
        Engine(Path("terraform"), "terraform", "1.11.4"),
        {},
        plugin_dir=None,
        run=run,
        events=lambda: events,
        note=notes.append,
    )
    assert code == 1 and len(ran) == calls
    assert any("Trying without it" in it for it in notes) == (calls == 2)
