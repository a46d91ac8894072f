"""Saved logs and copied text."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuecs_tui.widgets.log.save import save_log
from gpuecs_tui.widgets.terminal.clipboard import MAX_CLIPBOARD_BYTES, clipboard_sequence


def failing_blocks() -> Iterator[bytes]:
    yield b"first\n"
    raise OSError("No space left on device")


def test_text_without_colours(tmp_path: Path) -> None:
    target = tmp_path / "log.txt"
    save_log(target, [b"\x1b[1mone\x1b[0m\n\x1b[2Jtwo\n", "日本\n".encode()])
    assert target.read_text() == "one\n␛[2Jtwo\n日本\n"
    assert target.stat().st_mode & 0o777 == 0o600


def test_an_existing_file_is_not_touched(tmp_path: Path) -> None:
    target = tmp_path / "log.txt"
    target.write_text("precious")
    with pytest.raises(FileExistsError):
        save_log(target, [b"new\n"])
    assert target.read_text() == "precious"
    save_log(target, [b"new\n"], overwrite=True)
    assert target.read_text() == "new\n"


@pytest.mark.parametrize("overwrite", [True, False])
def test_what_fails_leaves_nothing_behind(tmp_path: Path, overwrite: bool) -> None:
    target = tmp_path / "log.txt"
    if overwrite:
        target.write_text("precious")
    with pytest.raises(OSError, match="No space left"):
        save_log(target, failing_blocks(), overwrite=overwrite)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["precious"] * overwrite


def test_copying_through_each_multiplexer() -> None:
    bare = "\x1b]52;c;aMOp\x07"
    assert clipboard_sequence("hé", {}) == bare
    inner = bare.replace("\x1b", "\x1b\x1b")
    assert clipboard_sequence("hé", {"TMUX": "/tmp/x,1,0"}) == f"{bare}\x1bPtmux;{inner}\x1b\\"
    assert clipboard_sequence("hé", {"STY": "1.pts"}) == f"\x1bP{bare}\x1b\\"


def test_screen_gets_pieces_that_it_passes_on() -> None:
    sequence = clipboard_sequence("x" * 2000, {"STY": "1.pts"})
    pieces = [piece.removeprefix("\x1bP") for piece in sequence.split("\x1b\\") if piece]
    assert all(len(piece) <= 764 for piece in pieces)
    joined = "".join(pieces).removeprefix("\x1b]52;c;").removesuffix("\x07")
    assert base64.b64decode(joined) == b"x" * 2000


def test_too_much_for_a_terminal() -> None:
    clipboard_sequence("x" * MAX_CLIPBOARD_BYTES, {})
    with pytest.raises(ValueError, match=str(MAX_CLIPBOARD_BYTES + 1)):
        clipboard_sequence("x" * (MAX_CLIPBOARD_BYTES + 1), {})
