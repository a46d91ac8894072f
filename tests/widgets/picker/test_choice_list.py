"""Which row of a list is highlighted, so that Enter chooses the intended one."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.rows import Choices, Row

TYPES = ("g4dn.xlarge", "g5.xlarge", "g5.12xlarge", "g6.xlarge", "g6.12xlarge", "g6.48xlarge")


def choices(*ids: str) -> Choices:
    return Choices("", ("",), tuple(Row(id, (id,)) for id in ids))


class ListApp(App[None]):
    """An app with one list."""

    def __init__(self, chosen: tuple[str, ...]) -> None:
        super().__init__()
        self.list = ChoiceList(choices(*TYPES), chosen)
        self.taken: list[tuple[str, ...]] = []

    def compose(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        self.list.focus()

    def on_choice_list_taken(self, event: ChoiceList.Taken) -> None:
        self.taken.append(event.ids)


@pytest.mark.parametrize(
    ("chosen", "typed", "taken"),
    [
        # The chosen row does not match: the first match is highlighted.
        ("g5.12xlarge", "g6", "g6.xlarge"),
        ("g6.48xlarge", "g5", "g5.xlarge"),
        # The chosen row matches: it stays highlighted.
        ("g6.12xlarge", "g6", "g6.12xlarge"),
        ("", "12x", "g5.12xlarge"),
    ],
)
async def test_enter_takes_the_first_match_or_the_row_that_was_chosen(
    chosen: str, typed: str, taken: str
) -> None:
    app = ListApp((chosen,) if chosen else ())
    async with app.run_test(size=(40, 4)) as pilot:
        await pilot.press(*typed, "enter")
        await pilot.pause()
        assert app.taken == [(taken,)]
        assert app.list.row is not None and app.list.row.id == taken
        # It is in view: the list shows four lines.
        assert taken in "".join(app.list.render_line(y).text for y in range(4))


@pytest.mark.parametrize(
    ("in_order", "taken"),
    [
        (True, ("g6.48xlarge", "gone", "g6.xlarge", "g5.xlarge")),
        (False, ("g5.xlarge", "g6.xlarge", "g6.48xlarge", "gone")),
    ],
)
async def test_rows_whose_order_counts_stay_in_the_order_of_their_choice(
    in_order: bool, taken: tuple[str, ...]
) -> None:
    app = ListApp(("g6.48xlarge", "gone"))
    app.list.choices = choices(*TYPES)._replace(multiple=True, in_order=in_order)
    async with app.run_test() as pilot:
        # The highlighted row is the first that is chosen, the last of the list.
        await pilot.press("up", "up", "space", "up", "up", "space", "enter")
        await pilot.pause()
        assert app.taken == [taken]


async def test_erasing_the_filter_keeps_the_row() -> None:
    app = ListApp(("g4dn.xlarge",))
    async with app.run_test(size=(40, 4)) as pilot:
        await pilot.press("g", "6", "down", "backspace", "backspace", "enter")
        await pilot.pause()
        assert app.taken == [("g6.12xlarge",)]


@pytest.mark.parametrize(("keys", "row"), [((), "open"), (("down",), "new")])
async def test_a_row_that_comes_first_later_is_highlighted_unless_a_key_chose_another(
    keys: tuple[str, ...], row: str
) -> None:
    app = ListApp(())
    async with app.run_test() as pilot:
        app.list.replace_choices(choices("draft", "new"))
        await pilot.press(*keys)
        app.list.replace_choices(choices("open", "draft", "new"), keep_row=False)
        assert app.list.row is not None and app.list.row.id == row
