"""A state that was cut off: told, refused, and put right from the copy made before."""

import json
from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.base.tflock import ERRORED_NAME, STATE_NAME
from gpuecs_tui.terraform.recovery import damaged_state
from gpuecs_tui.terraform.recovery.remedies import examine, known_state
from gpuecs_tui.terraform.state.reader import read_state
from gpuecs_tui.terraform.state.stored_state import StateProblem


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
    with pytest.raises(StateProblem, match="is whole"):
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
    assert found.is_amiss and found.errored is None
    (sentence,) = found.sentences()
    assert "is cut off after 50 bytes" in sentence and "number 7, 1 resource)" in sentence
    assert known_state(tmp_path, found).serial == 7
    with pytest.raises(RunProblem, match="--restore"):
        damaged_state.refuse(tmp_path, {})
    kept = damaged_state.restore(tmp_path).kept
    assert kept.read_bytes() == state(9, "a", "b")[:50], "nothing is thrown away"
    assert read_state(tmp_path).serial == 7 and not examine(tmp_path).is_amiss
    assert len(list(tmp_path.glob(f"{ERRORED_NAME}.broken-*"))) == 1
    damaged_state.refuse(tmp_path, {})


def test_a_whole_errored_state_stays_to_be_pushed(tmp_path: Path) -> None:
    (tmp_path / STATE_NAME).write_bytes(b"{")
    (tmp_path / f"{STATE_NAME}.backup").write_bytes(state(7, "a"))
    (tmp_path / ERRORED_NAME).write_bytes(state(10, "a", "b"))
    damaged_state.restore(tmp_path)
    assert "push it before anything else" in examine(tmp_path).sentences()[0]


def test_the_first_apply_has_no_copy(tmp_path: Path) -> None:
    (tmp_path / STATE_NAME).write_bytes(state(1, "a")[:30])
    assert "There is no copy of an earlier state" in examine(tmp_path).sentences()[0]
    damaged_state.restore(tmp_path)
    assert not (tmp_path / STATE_NAME).exists() and not examine(tmp_path).is_amiss
