"""The log panel in use: keys in, rows out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from gpuecs_tui.terraform.engine.log_line import Level
from gpuecs_tui.widgets.log import view as log_view
from gpuecs_tui.widgets.log.panel import LogPanel

Screen = tuple[LogPanel, Pilot[None]]


class PanelApp(App[None]):
    def __init__(self, max_lines: int) -> None:
        super().__init__()
        self.panel = LogPanel(max_lines=max_lines)

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_mount(self) -> None:
        self.panel.focus()


@asynccontextmanager
async def running(
    *, size: tuple[int, int] = (40, 11), max_lines: int = 100_000
) -> AsyncIterator[Screen]:
    app = PanelApp(max_lines)
    async with app.run_test(size=size) as pilot:
        yield app.panel, pilot


def rows(panel: LogPanel) -> list[str]:
    """Return the visible rows without the blanks at their ends."""
    view = panel.view
    strips = view.render_lines(Region(0, 0, view.columns, view.size.height))
    assert all(strip.cell_length == view.columns for strip in strips)
    return [strip.text.rstrip() for strip in strips]


def footer(panel: LogPanel) -> str:
    return str(panel._footer.render())


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    for _ in range(200):
        if true():
            return
        await pilot.pause(0.02)
    raise AssertionError("it never came")


async def fed(screen: Screen, lines: list[str]) -> None:
    panel, pilot = screen
    panel.feed(lines)
    await until(pilot, lambda: not panel.view.contents.busy and panel.view._frame is None)
    await pilot.pause()


def numbered(count: int, start: int = 0) -> list[str]:
    return [f"line {number}" for number in range(start, start + count)]


async def test_the_end_is_followed_until_the_user_leaves_it() -> None:
    async with running() as screen:
        panel, pilot = screen
        await fed(screen, numbered(100))
        assert rows(panel)[-1] == "line 99"
        await pilot.press("up")
        await fed(screen, numbered(50, 100))
        assert rows(panel)[-1] == "line 98"
        assert "▼ 51 below" in footer(panel)
        await pilot.press("end")
        assert rows(panel)[-1] == "line 149"
        await fed(screen, numbered(1, 150))
        assert rows(panel)[-1] == "line 150"
        await pilot.press("f")
        await fed(screen, numbered(1, 151))
        assert rows(panel)[-1] == "line 150"
        await pilot.press("f")
        assert rows(panel)[-1] == "line 151"


async def test_the_view_stays_while_old_lines_go() -> None:
    async with running(max_lines=5_000) as screen:
        panel, pilot = screen
        await fed(screen, [f"line {number} {'x' * 60}" for number in range(5_000)])
        await pilot.press("pageup")
        seen = rows(panel)
        while panel.view.contents.source.first == 0:
            await fed(screen, [f"more {'y' * 60}"] * 400)
        assert rows(panel) == seen


async def test_moving_about() -> None:
    async with running() as screen:
        panel, pilot = screen
        await fed(screen, numbered(100))
        await pilot.press("home")
        assert rows(panel)[0] == "line 0"
        await pilot.press("pagedown", "down", "up", "j")
        assert rows(panel)[0] == "line 10"
        await pilot.press("b", "g", "space")
        assert rows(panel)[0] == "line 9"


async def test_long_lines_wrap_or_are_scrolled() -> None:
    async with running(size=(21, 6)) as screen:
        panel, pilot = screen
        await fed(screen, ["0123456789" * 5, "", "日本語" * 5, "[/aws/ecs] end"])
        assert rows(panel) == [
            "0123456789",
            "",
            "日本語日本語日本語日",
            "本語日本語",
            "[/aws/ecs] end",
        ]
        await pilot.press("w")
        assert rows(panel) == [
            "0123456789012345678›",
            "",
            "日本語日本語日本語 ›",
            "[/aws/ecs] end",
            "",
        ]
        await pilot.press("right")
        assert rows(panel)[0] == "6789012345678901234›"
        await pilot.press("right", "right")
        assert rows(panel)[0] == "89"
        await pilot.press("w")
        assert panel.view.left == 0


async def test_a_resize_keeps_the_first_line() -> None:
    async with running() as screen:
        panel, pilot = screen
        await fed(screen, [f"line {n} " + "word " * (n % 20) for n in range(200)])
        await pilot.press("home", *["pagedown"] * 5)
        first = panel.view.top
        await pilot.resize_terminal(30, 20)
        await pilot.pause()
        assert panel.view.top == first
        assert panel.view.contents.shown.width == 29


async def test_search_counts_goes_about_and_ends() -> None:
    async with running(size=(60, 11)) as screen:
        panel, pilot = screen
        await fed(screen, numbered(100))
        await pilot.press("home", "slash", *"LINE", "enter")
        assert "no matches" in footer(panel)
        await pilot.press("slash", *"line 7", "enter")
        assert panel.view.current == 7
        assert "match 1/11" in footer(panel)
        await pilot.press("n")
        assert panel.view.current == 70
        assert "line 70" in rows(panel)
        await pilot.press("N", "N")
        assert panel.view.current == 79
        await fed(screen, ["line 7 again"])
        assert "match 11/12" in footer(panel)
        await pilot.press("escape")
        assert panel.view.contents.pattern is None


async def test_a_bad_expression_can_be_mended() -> None:
    async with running(size=(90, 11)) as screen:
        panel, pilot = screen
        await fed(screen, numbered(20))
        await pilot.press("x", "(", "enter")
        assert "Invalid regular expression" in str(panel._prompt._problem.render())
        await pilot.press("backspace", *"5$", "enter")
        await until(
            pilot,
            lambda: (
                panel.view.contents.matches is not None and len(panel.view.contents.matches) == 2
            ),
        )


async def test_an_expression_that_takes_too_long_is_told_in_the_prompt() -> None:
    async with running(size=(90, 11)) as screen:
        panel, pilot = screen
        await fed(screen, ["a" * 40 + "!"])
        await pilot.press("x", *"(a|a)*$", "enter")
        assert "takes too long" in str(panel._prompt._problem.render())
        assert panel.view.contents.pattern is None
        await pilot.press("escape")
        assert not panel.has_class("-asking")


async def test_an_expression_too_slow_for_a_later_line_ends_the_search() -> None:
    async with running(size=(90, 11)) as screen:
        panel, pilot = screen
        await fed(screen, numbered(20))
        await pilot.press("x", *"(a|a)*$", "enter")
        assert panel.view.contents.pattern is not None
        await fed(screen, ["a" * 40 + "!"])
        await until(pilot, lambda: panel.view.contents.pattern is None)
        (said,) = panel.app._notifications
        assert "takes too long" in said.message


async def test_levels_resources_and_errors() -> None:
    log = [
        "a: Creating...",
        "╷",
        "│ Error: bad",
        "│  with b,",
        "╵",
        "Warning: old",
        "b: Creating...",
    ]
    async with running(size=(90, 14)) as screen:
        panel, pilot = screen
        await fed(screen, log)
        await pilot.press("l")
        assert rows(panel)[:6] == ["╷", "│ Error: bad", "│  with b,", "╵", "Warning: old", ""]
        await pilot.press("l")
        assert rows(panel)[4] == ""
        assert "errors only" in footer(panel)
        await fed(screen, ["Error: second"])
        assert rows(panel)[4] == "Error: second"
        await pilot.press("escape")
        assert panel.view.contents.filter.level == Level.INFO
        panel.show_resource("b")
        await pilot.pause()
        assert rows(panel)[4:6] == ["b: Creating...", ""]
        panel.show_resource("")
        await pilot.press("e")
        assert panel.view.current == 2
        await pilot.press("e")
        assert panel.view.current == 7
        await pilot.press("e")
        assert panel.view.current == 2


async def test_a_filter_keeps_the_place() -> None:
    async with running() as screen:
        panel, pilot = screen
        await fed(screen, [f"{'Error: ' if n % 3 == 0 else ''}line {n}" for n in range(300)])
        await pilot.press("home", "pagedown", "pagedown", "l")
        await pilot.pause()
        assert rows(panel)[0] == "Error: line 18"


async def test_copying_marked_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    async with running() as screen:
        panel, pilot = screen
        await fed(screen, ["\x1b[1mone\x1b[0m", "two", "three"])
        driver = pilot.app._driver
        assert driver is not None
        monkeypatch.setattr(driver, "write", sent.append)
        await pilot.press("v", "down", "y")
        assert "\x1b]52;c;b25lCnR3bw==\x07" in sent
        assert panel.view.marked is None


async def test_saving_never_replaces_a_file_unsaid(tmp_path: Path) -> None:
    target = tmp_path / "run.txt"
    target.write_text("precious")
    async with running(size=(100, 11)) as screen:
        panel, pilot = screen
        await fed(screen, ["\x1b[31mred\x1b[0m", "日本"])
        await pilot.press("s")
        panel._prompt._input.value = str(target)
        await pilot.press("enter")
        assert target.read_text() == "precious"
        assert "The file exists" in str(panel._prompt._problem.render())
        await pilot.press("enter")
        await pilot.app.workers.wait_for_complete()
        assert target.read_text() == "red\n日本\n"
        await pilot.press("s")
        panel._prompt._input.value = str(tmp_path / "none" / "x.txt")
        await pilot.press("enter")
        await until(
            pilot,
            lambda: any("Could not save the log" in n.message for n in pilot.app._notifications),
        )
        assert list(tmp_path.iterdir()) == [target]


async def test_a_saved_log_says_its_full_path_and_that_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ("a-folder-with-a-name-that-is-longer-than-half-a-line-" * 2)
    folder.mkdir()
    monkeypatch.chdir(folder)
    async with running(size=(80, 24)) as screen:
        panel, pilot = screen
        await fed(screen, ["one", "two", "Error: three"])
        await pilot.press("l", "l", "s")
        panel._prompt._input.value = "kept.txt"
        await pilot.press("enter")
        await pilot.app.workers.wait_for_complete()
        await until(pilot, lambda: bool(pilot.app._notifications))
        (said,) = [it.message for it in pilot.app._notifications]
        assert said.endswith(f"to {folder / 'kept.txt'}")
        assert said.startswith("Saved all 3 lines, including those hidden by the filter")
        assert (folder / "kept.txt").read_text().splitlines()[0] == "one"


async def test_a_search_that_finds_nothing_says_so() -> None:
    async with running(size=(100, 11)) as screen:
        _panel, pilot = screen
        await fed(screen, ["sg-0a1b2c"])
        await pilot.press("slash", *"sg-[0-9", "enter")
        assert "no matches" in footer(screen[0])
        assert "x regex" in footer(screen[0])


async def test_clearing_begins_anew() -> None:
    async with running(size=(70, 11)) as screen:
        panel, pilot = screen
        await fed(screen, [*numbered(100), "Error: old"])
        await pilot.press("home")
        panel.clear()
        await fed(screen, ["new", *numbered(30)])
        assert rows(panel)[-1] == "line 29"
        assert "1 error" not in footer(panel)
        await pilot.press("home")
        assert rows(panel)[0] == "new"


async def test_an_idle_panel_has_no_timer() -> None:
    async with running() as screen:
        panel, _pilot = screen
        await fed(screen, numbered(100))
        assert panel.view._frame is None


async def test_half_a_line_waits_for_its_end() -> None:
    async with running() as screen:
        panel, _pilot = screen
        panel.feed(b"caf\xc3")
        await fed(screen, [])
        panel.feed(b"\xa9\nta")
        await fed(screen, [])
        assert rows(panel)[:2] == ["café", ""]
        panel.finish()
        await fed(screen, [])
        assert rows(panel)[1] == "ta"


async def test_nothing_is_painted_while_the_link_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    behind = [True]
    monkeypatch.setattr(log_view, "writer_backlog", lambda _app: behind[0])
    async with running() as screen:
        panel, pilot = screen
        panel.feed(numbered(50))
        await pilot.pause(0.3)
        assert rows(panel)[0] == "line 0"
        behind[0] = False
        await fed(screen, [])
        assert rows(panel)[-1] == "line 49"


async def test_a_hidden_panel_goes_on() -> None:
    async with running() as screen:
        panel, pilot = screen
        await fed(screen, numbered(30))
        panel.display = False
        await pilot.pause()
        await fed(screen, [*numbered(40, 30), "wide " * 20])
        panel.display = True
        await pilot.pause(0.1)
        assert rows(panel)[-1].endswith("wide wide")
        assert panel.view.following
        panel.focus()  # hiding removed the focus
        await pilot.press("home")
        assert rows(panel)[0] == "line 0"
