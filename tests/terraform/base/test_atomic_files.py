import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.atomic_files import (
    create_json,
    now,
    parse_time,
    read_json,
    replace_json,
)


def test_a_file_is_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    replace_json(path, {"a": "é"})
    replace_json(path, {"a": 2})
    assert read_json(path) == {"a": 2}
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    replace_json(path, {"a": 1})

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_json(path, {"a": 2})
    assert read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_of_many_creators_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "decision.json"
    with ThreadPoolExecutor(8) as many:
        won = list(many.map(lambda number: create_json(path, {"by": number}), range(32)))
    assert won.count(True) == 1
    assert read_json(path) == {"by": won.index(True)}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_what_is_no_object_is_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    assert read_json(path) is None
    assert read_json(tmp_path / "none") is None


def test_times() -> None:
    moment = parse_time(now())
    assert moment is not None and moment.tzinfo is not None
    assert parse_time("yesterday") is None
