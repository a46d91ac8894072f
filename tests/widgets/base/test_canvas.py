"""Cells, joints and cuts of the drawing canvas."""

from __future__ import annotations

from rich.cells import cell_len

from gpuecs_tui.widgets.base.canvas import Canvas, ellipsized


def drawn(canvas: Canvas, *, ascii_only: bool = False) -> list[str]:
    return ["".join(text for text, _style in row) for row in canvas.rows(ascii_only=ascii_only)]


def test_lines_that_meet_join() -> None:
    canvas = Canvas(7)
    canvas.box(0, 0, 4, 6)
    canvas.horizontal(2, 0, 6)
    canvas.vertical(3, 0, 4)
    assert drawn(canvas) == ["┌──┬──┐", "│  │  │", "├──┼──┤", "│  │  │", "└──┴──┘"]
    assert drawn(canvas, ascii_only=True) == [
        "+--+--+",
        "|  |  |",
        "+--+--+",
        "|  |  |",
        "+--+--+",
    ]


def test_a_wide_character_takes_its_two_cells() -> None:
    canvas = Canvas(8)
    canvas.text(0, 0, "日本")
    canvas.text(0, 4, "ab")
    assert drawn(canvas) == ["日本ab"]
    assert drawn(canvas, ascii_only=True) == ["????ab"]


def test_a_combining_mark_stays_with_its_letter() -> None:
    canvas = Canvas(4)
    assert canvas.text(0, 0, "e\u0301x") == 2
    assert drawn(canvas) == ["e\u0301x"]


def test_what_has_no_room_is_cut_by_cells() -> None:
    assert ellipsized("日本語", 4) == "日…"
    assert ellipsized("日本語", 6) == "日本語"
    assert ellipsized("abc", 0) == ""
    canvas = Canvas(5)
    canvas.text(0, 2, "abcdef")
    assert drawn(canvas) == ["  ab…"]
    assert cell_len(drawn(canvas)[0]) == 5


def test_styles_are_kept_apart() -> None:
    canvas = Canvas(4)
    canvas.text(0, 0, "ab", "one")
    canvas.text(0, 2, "cd", "two")
    assert canvas.rows() == [[("ab", "one"), ("cd", "two")]]
