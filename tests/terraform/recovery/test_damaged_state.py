"""A truncated state: it is reported, it refuses a run, and it is restored from its copy."""

import json
from pathlib import Path

import pytest

from gpuecs_tui.assessment import remedies
from gpuecs_tui.cli import main
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.base.tflock import ERRORED_NAME, STATE_NAME
from gpuecs_tui.terraform.recovery import damaged_state
from gpuecs_tui.terraform.recovery.own_state import own_state
from gpuecs_tui.terraform.recovery.remedies import examine, known_state
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.state.reader import read_state
from gpuecs_tui.terraform.state.stored_state import StateProblem
from tests.support.terraform.apply_events import hook
from tests.support.terraform.run_folders import stage


def state(serial: int, *names: str) -> bytes:
    resources = [
        {
            "mode": "managed",
            "type": "aws_lb",
            "name": name,
            "instances": [{"attributes": {"id": f"arn:{name}"}}],
        }
        for name in names
    ]
    return json.dumps(
        {
            "version": 4,
            "terraform_version": "1.11.4",
            "serial": serial,
            "lineage": "l",
            "resources": resources,
        }
    ).encode()


def test_a_whole_state_is_none(tmp_path: Path) -> None:
    assert damaged_state.find(tmp_path) is None
    (tmp_path / STATE_NAME).write_bytes(state(1, "a"))
    assert damaged_state.find(tmp_path) is None
    with pytest.raises(StateProblem, match="is not damaged"):
        damaged_state.restore(tmp_path)


def test_an_empty_one_counts_where_there_was_something(tmp_path: Path) -> None:
    (tmp_path / STATE_NAME).touch()
    assert damaged_state.find(tmp_path) is None, "Terraform makes one when it locks"
    (tmp_path / f"{STATE_NAME}.backup").write_bytes(state(1))
    assert damaged_state.find(tmp_path) is None
    (tmp_path / f"{STATE_NAME}.backup").write_bytes(state(1, "a"))
    assert damaged_state.find(tmp_path) is not None


def test_the_copy_comes_back(tmp_path: Path) -> None:
    (tmp_path / STATE_NAME).write_bytes(state(9, "a", "b")[:50])
    (tmp_path / f"{STATE_NAME}.backup").write_bytes(state(7, "a"))
    (tmp_path / ERRORED_NAME).write_bytes(state(10, "a", "b")[:40])
    found = examine(tmp_path)
    assert found.has_problems and found.errored is None
    (sentence,) = found.sentences()
    assert "is truncated after 50 bytes" in sentence and "serial 7, 1 resource)" in sentence
    assert known_state(tmp_path, found).serial == 7
    with pytest.raises(RunProblem, match="--restore"):
        damaged_state.refuse(tmp_path, {})
    kept = damaged_state.restore(tmp_path).kept
    assert kept.read_bytes() == state(9, "a", "b")[:50], "nothing is thrown away"
    assert read_state(tmp_path).serial == 7 and not examine(tmp_path).has_problems
    assert len(list(tmp_path.glob(f"{ERRORED_NAME}.broken-*"))) == 1
    damaged_state.refuse(tmp_path, {})


def test_a_whole_errored_state_stays_to_be_pushed(tmp_path: Path) -> None:
    (tmp_path / STATE_NAME).write_bytes(b"{")
    (tmp_path / f"{STATE_NAME}.backup").write_bytes(state(7, "a"))
    (tmp_path / ERRORED_NAME).write_bytes(state(10, "a", "b"))
    damaged_state.restore(tmp_path)
    assert "Push it before you do anything else" in examine(tmp_path).sentences()[0]


def test_the_first_apply_has_no_copy(tmp_path: Path) -> None:
    (tmp_path / STATE_NAME).write_bytes(state(1, "a")[:30])
    assert "There is no copy of an earlier state" in examine(tmp_path).sentences()[0]
    damaged_state.restore(tmp_path)
    assert not (tmp_path / STATE_NAME).exists() and not examine(tmp_path).has_problems


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory without ``.terraform`` and without runs, whose state has a copy."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    made = tmp_path / "tts"
    made.mkdir()
    (made / f"{STATE_NAME}.backup").write_bytes(state(5, "a", "b", "c"))
    return made


@pytest.mark.parametrize("text", [b"", state(6, "a")[:77], b"\0" * 300, b"[]"])
def test_what_a_damaged_state_held_is_unknown_to_the_checks(copy: Path, text: bytes) -> None:
    (copy / STATE_NAME).write_bytes(text)
    found = own_state(copy, {}, offline=True)
    assert found.owned is None
    (remark,) = found.facts.remarks
    assert (remark.rule, remark.severity) == ("state-unread", "unknown")
    assert remark.message == found.facts.unread and "(serial 5, 3 resources)" in remark.message
    assert "recorded no AWS resource" in remark.message, "nothing is promised"
    assert remark.remedy == f"Run: gpuecs-tui state {copy} --restore --yes"
    said = remedies.restore(copy, {})
    assert "restored as it was before the run that damaged it (serial 5, 3 resources)" in said
    assert "import it before the next apply" in said
    assert own_state(copy, {}, offline=True).owned == frozenset({"arn:a", "arn:b", "arn:c"})


def test_an_empty_state_without_a_copy_or_a_run_is_unknown(copy: Path) -> None:
    (copy / f"{STATE_NAME}.backup").unlink()
    assert own_state(copy, {}, offline=True).owned == frozenset(), "nothing was ever there"
    (copy / STATE_NAME).touch()
    found = own_state(copy, {}, offline=True)
    assert (
        found.owned is None
        and "is empty, and no run in this directory explains" in found.facts.unread
    )
    # Terraform leaves an empty state if its first plan is killed.
    stage(copy, RunStatus.FAILED)
    assert own_state(copy, {}, offline=True).owned == frozenset()


def test_what_runs_recorded_is_promised_and_nothing_else(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / f"{STATE_NAME}.backup").unlink()
    lines = [hook("aws_lb.x", "start"), hook("aws_lb.x", "complete", id_="arn:x")]
    stage(copy, RunStatus.FAILED, lines)
    (copy / STATE_NAME).write_bytes(b"{")
    (copy / ERRORED_NAME).touch()
    (sentence,) = examine(copy).sentences()
    assert "Runs in this directory recorded 1 resource that was created since" in sentence
    assert main(["state", str(copy), "--restore", "--yes"]) == 0
    said = capsys.readouterr().out
    assert "No earlier copy of the state was found, so there is no state now." in said
    assert "is restored" not in said and "recorded 1 resource" in said
    (copy / ERRORED_NAME).touch()
    assert "recorded 1 resource" in examine(copy).sentences()[0]


def test_restore_shows_the_copy_and_changes_nothing_without_yes(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = state(6, "a")[:50]
    (copy / STATE_NAME).write_bytes(damaged)
    (copy / ERRORED_NAME).write_bytes(b"{")
    before = {it.name: it.read_bytes() for it in copy.iterdir() if it.is_file()}
    assert main(["state", str(copy), "--restore"]) == 64
    told = capsys.readouterr()
    assert "terraform.tfstate.backup contains the previous state (serial 5, 3" in told.out
    assert "terraform.tfstate, errored.tfstate" in told.out
    assert f"state {copy} --restore --yes" in told.err
    assert {it.name: it.read_bytes() for it in copy.iterdir() if it.is_file()} == before
    assert main(["state", str(copy), "--restore", "--yes"]) == 0
    assert "(serial 5, 3 resources)" in capsys.readouterr().out
    assert main(["state", str(copy), "--restore"]) == 1
    assert "is not damaged" in capsys.readouterr().err
