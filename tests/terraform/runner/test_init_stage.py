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


_LOCK = 'provider "registry.terraform.io/hashicorp/aws" {{\n  version = "{}"\n}}\n'
_VERSIONS = (
    'terraform {{\n  required_providers {{\n    aws = {{\n      source = "hashicorp/aws"\n'
    '      version = ">= {}, < 7.0.0"\n    }}\n  }}\n}}\n'
)


@pytest.mark.parametrize(
    ("minimum", "locked", "upgrades"),
    [
        ("5.100.0", "5.100.0", False),
        ("6.4.0", "5.100.0", True),
        ("6.21.0", "6.20.9", True),
        ("6.4.0", "6.4.0", False),
        ("6.4.0", None, False),
    ],
)
def test_a_raised_constraint_upgrades_the_lock_file_and_says_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    minimum: str,
    locked: str | None,
    upgrades: bool,
) -> None:
    (tmp_path / "versions.tf").write_text(_VERSIONS.format(minimum))
    if locked:
        (tmp_path / ".terraform.lock.hcl").write_text(_LOCK.format(locked))
    asked: dict[str, object] = {}

    def find(_engine: Engine, **given: object) -> Mirror:
        asked.update(given)
        return Mirror(ProviderSource.REGISTRY, None)

    monkeypatch.setattr(init_stage, "find_mirror", find)
    ran: list[list[str]] = []
    notes: list[str] = []

    def run(arguments: list[str]) -> int:
        ran.append(arguments)
        return 0

    init_stage.initialise(
        tmp_path,
        Engine(Path("terraform"), "terraform", "1.11.4"),
        {},
        plugin_dir=None,
        run=run,
        events=lambda: (),
        note=notes.append,
    )
    (arguments,) = ran
    assert ("-upgrade" in arguments) is upgrades
    assert asked["minimum"] == minimum
    assert asked["locked"] == (None if upgrades else locked)
    said = " ".join(notes)
    assert (f"AWS provider {minimum} or later" in said and f"has {locked}" in said) is upgrades
    assert ("can't be used with provider 5 again" in said) is upgrades
