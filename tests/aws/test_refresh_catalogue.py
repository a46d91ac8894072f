from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest

from gpuecs_tui.aws import catalogue, refresh_catalogue
from gpuecs_tui.aws.refresh_catalogue import (
    FILE,
    main,
    refreshed,
    sdk_names,
    without_figures,
    written,
)
from tests.support.aws.stub import Stub

BEFORE = json.loads(FILE.read_text(encoding="utf-8"))


def test_the_file_is_written_as_it_lies_here() -> None:
    assert json.loads(written(BEFORE)) == BEFORE
    assert len(written(BEFORE).splitlines()) == len(FILE.read_text().splitlines())


def test_live_facts_win_and_measured_ones_stay() -> None:
    known = catalogue.find("g4dn.xlarge")
    assert known is not None
    live = [replace(known, max_enis=None, gpu_memory_mib=15360), replace(known, name="g4dn.huge")]
    tree = refreshed(BEFORE, live, date(2027, 1, 2), "9.9")
    assert (tree["generated"], tree["botocore"]) == ("2027-01-02", "9.9")
    by_name = {entry["name"]: entry for entry in tree["instance_types"]}
    assert len(by_name) == len(BEFORE["instance_types"]) + 1
    entry = by_name["g4dn.xlarge"]
    assert (entry["gpu_memory_mib"], entry["source"]) == (15360, "ec2")
    assert (entry["registered_mib"], entry["registered_source"]) == (15684, "measured")
    assert entry["max_enis"] == known.max_enis


def test_the_command(stub: Stub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "catalogue.json"
    assert main(["--output", str(path)]) == 0
    assert "g4dn.xlarge" in path.read_text() and str(path) in capsys.readouterr().out
    assert [it.name for it in tmp_path.iterdir()] == ["catalogue.json"]


def test_types_that_only_the_sdk_names() -> None:
    names = ["g4dn.xlarge", "g99.xlarge", "gr9.large", "p9x.metal", "m5.large", "c6gn.large"]
    found = without_figures(BEFORE["instance_types"], names)
    assert found == ["g99.xlarge", "gr9.large", "p9x.metal"]
    assert {"g4dn.xlarge", "m5.large"} <= set(sdk_names())


def test_without_ec2_the_names_are_refreshed_and_the_date_stays(
    stub: Stub,
    hasty: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stub.faults["ec2:DescribeInstanceTypes"] = "UnauthorizedOperation"
    monkeypatch.setattr(refresh_catalogue, "sdk_names", lambda: ["g99.xlarge", "g4dn.xlarge"])
    assert main(["--output", str(tmp_path / "catalogue.json")]) == 0
    said = capsys.readouterr()
    assert f"they are still those of {BEFORE['generated']}" in said.err
    assert "g99.xlarge" in said.out and "g4dn" not in said.out
    tree = json.loads((tmp_path / "catalogue.json").read_text())
    assert tree["without_figures"] == ["g99.xlarge"]
    assert tree["botocore"] == version("botocore")
    for kept in ("generated", "sources", "instance_types"):
        assert tree[kept] == BEFORE[kept], kept
