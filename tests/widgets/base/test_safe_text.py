"""Names of any kind, escaped and cut to cells; lists that contain them."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from gpuecs_tui.widgets.base.safe_text import escape_controls, fit_cells, fit_right
from gpuecs_tui.widgets.picker.rows import GAP, NARROWEST, Choices, Row, list_lines, widths_of

NAMES = (
    "",
    "plain",
    "[bold]x[/bold]",
    "日本語の名前",
    "🚀🚀",
    "é",
    "\x1b[31mred\x1b[0m",
    "\u202eevil",
    "a\nb",
    "👩\u200d💻",
    "\x9bm",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [0, 1, 2, 5, 30])
def test_a_name_takes_exactly_its_cells(name: str, width: int) -> None:
    assert cell_len(fit_cells(escape_controls(name), width)) == width
    assert cell_len(fit_right(escape_controls(name), width)) == width


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_a_name_acts_on_the_terminal(name: str) -> None:
    shown = escape_controls(name)
    assert not any(char < " " or "\x7f" <= char <= "\x9f" or char == "\u202e" for char in shown)


def test_brackets_are_shown_as_they_are() -> None:
    assert escape_controls("[prod] [/b]") == "[prod] [/b]"
    assert escape_controls("\x1b[0m") == "␛[0m"


def test_words_narrow_a_list_and_headings_follow() -> None:
    rows = (Row("1", ("one", "red"), "A"), Row("2", ("two", "red"), "B"), Row("3", ("x", "b"), "B"))
    shown = [line.row.id if line.row else line.heading for line in list_lines(rows, "RED")]
    assert shown == [
        "A", "1", "B", "2",
    ]  # fmt: skip
    assert [line.row.id for line in list_lines(rows, "red two") if line.row] == ["2"]
    assert list_lines(rows, "nothing") == []


def test_columns_give_way_until_they_fit() -> None:
    rows = (Row("1", ("x" * 50, "y" * 20, "z")),)
    widths = widths_of(Choices("", ("a", "b", "c"), rows), 40)
    assert sum(widths) + 2 * GAP == 40 and widths[2] == 1


@pytest.mark.parametrize(
    ("room", "widths"),
    [
        (50, [12, 20, 5, 7]),
        (40, [12, 10, 5, 7]),
        (39, [12, 16, 0, 7]),
        (30, [12, 16, 0, 0]),
        (20, [9, 9, 0, 0]),
        (3, [NARROWEST, NARROWEST, 0, 0]),
    ],
)
def test_optional_columns_come_once_there_is_room(room: int, widths: list[int]) -> None:
    rows = (Row("1", ("x" * 12, "y" * 20, "z" * 5, "s" * 7)),)
    choices = Choices("", ("a", "b", "c", "d"), rows, optional=(3, 2), yielding=1)
    assert widths_of(choices, room) == widths
