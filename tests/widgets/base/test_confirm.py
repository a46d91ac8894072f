"""A question that can't be answered by accident."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.content import Content
from textual.widgets import Button, Static

from gpuecs_tui.widgets.base.confirm import Confirm


class Asking(App[None]):
    def __init__(self, word: str = "") -> None:
        super().__init__()
        self.word = word
        self.answers: list[bool | None] = []

    def on_mount(self) -> None:
        lines = [Content("[b]what[/b]")] * 40
        question = Confirm("Sure?", lines, yes="Do it", word=self.word)
        self.push_screen(question, self.answers.append)


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ("enter", False),
        ("escape", False),
        ("n", False),
        ("y", True),
        ("right enter", True),
        ("right left enter", False),
        ("tab enter", True),
    ],
)
async def test_a_plain_question(keys: str, answer: bool) -> None:
    app = Asking()
    async with app.run_test() as pilot:
        await pilot.press(*keys.split())
        await pilot.pause()
        assert app.answers == [answer]


async def test_a_wrong_name_is_said() -> None:
    app = Asking("demo")
    async with app.run_test() as pilot:
        await pilot.press("d", "e", "v", "enter")
        await pilot.pause()
        asked = app.screen.query_one("#ask", Static).content
        assert isinstance(asked, Content) and asked.plain.startswith("That is not the name.")
        assert app.answers == []
        await pilot.press("backspace", "m", "o")
        await pilot.pause()
        ask = app.screen.query_one("#ask", Static)
        assert isinstance(ask.content, Content) and ask.content.plain == "Type demo to continue:"
        assert not ask.has_class("-wrong")
        await pilot.press("enter")
        await pilot.pause()
        assert app.answers == [True]


async def test_the_focused_button_is_the_one_that_stands_out() -> None:
    app = Asking()
    async with app.run_test() as pilot:
        no, yes = app.screen.query_one("#no", Button), app.screen.query_one("#yes", Button)
        assert no.has_focus and no.styles.background != yes.styles.background
        focused, unfocused = no.styles.background, yes.styles.background
        colours = {segment.style.bgcolor for segment in no.render_line(0) if segment.style}
        assert len(colours) == 1 and not any(
            it.style.reverse for it in no.render_line(0) if it.style
        )
        await pilot.press("right")
        assert (no.styles.background, yes.styles.background) == (unfocused, focused)


@pytest.mark.parametrize(
    ("keys", "answers"),
    [
        ("enter", []),
        ("y", []),
        ("d e m", []),
        ("d e m enter", []),
        ("d e m o enter", [True]),
        ("D E M O enter", []),
        ("d e m o tab enter", [False]),
        ("d e m o tab tab enter", [True]),
        ("d e m o escape", [False]),
    ],
)
async def test_a_question_that_asks_for_a_word(keys: str, answers: list[bool]) -> None:
    app = Asking("demo")
    async with app.run_test() as pilot:
        await pilot.press(*keys.split())
        await pilot.pause()
        assert app.answers == answers


async def test_a_long_question_scrolls_by_keys_and_keeps_its_buttons_in_view() -> None:
    app = Asking()
    async with app.run_test(size=(80, 24)) as pilot:
        lines = app.screen.query_one("#lines")
        assert lines.max_scroll_y > 0
        await pilot.press("down", "pagedown")
        assert lines.scroll_y == 11
        assert app.screen.query_one("#yes").region.bottom <= 24


@pytest.mark.parametrize("word", ["", "demo"])
async def test_a_large_terminal_shows_the_whole_question(word: str) -> None:
    app = Asking(word)
    async with app.run_test(size=(200, 54)) as pilot:
        lines, buttons = app.screen.query_one("#lines"), app.screen.query_one("#buttons")
        assert (lines.size.height, lines.max_scroll_y) == (40, 0)
        assert buttons.region.y > lines.region.bottom and buttons.region.bottom < 54
        await pilot.resize_terminal(90, 24)
        await pilot.pause()
        assert lines.max_scroll_y > 0 and buttons.region.bottom < 24
