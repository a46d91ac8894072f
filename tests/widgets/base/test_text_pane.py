"""Text panes: what they show, and that no file content controls the terminal."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.content import Content

from gpuecs_tui.widgets.base.code import code_lines, diff_lines
from gpuecs_tui.widgets.base.text_pane import TextPane
from gpuecs_tui.widgets.pictures.stack_picture import ascii_only


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "ja_JP.utf8"}, False),
        ({"LANG": "ja_JP.eucJP"}, True),
        ({"LANG": "C"}, True),
        ({"LC_ALL": "C", "LANG": "C.UTF-8"}, True),
        ({"LC_ALL": "", "LC_CTYPE": "en_US.UTF-8", "LANG": "C"}, False),
    ],
)
def test_which_locales_get_ascii(environ: dict[str, str], expected: bool) -> None:
    assert ascii_only(environ) is expected


@pytest.mark.parametrize("name", ["main.tf", "user_data.sh", "terraform.tfvars", "odd.xyz"])
def test_a_file_comes_line_by_line_and_harmless(name: str) -> None:
    text = 'a = "[b]${x}"\n\n\tb = 1 # \x1b[31mred\r\u202e 日本\n'
    lines = code_lines(name, text)
    assert [line.plain for line in lines[:3]] == [
        'a = "[b]${x}"',
        "",
        "    b = 1 # ␛[31mred␍� 日本",
    ]


def test_terraform_is_coloured() -> None:
    (line, *_rest) = code_lines("main.tf", 'resource "aws_lb" "this" {\n}\n')
    assert line.spans


def test_a_difference_is_told_by_sign_and_colour() -> None:
    diff = ["--- a/x", "+++ b/x", "@@ -1 +1 @@", " same", "-old [b]", "+new\x07"]
    lines = diff_lines(diff)
    assert [line.plain for line in lines] == [*diff[:5], "+new␇"]
    styles = [str(line.spans[0].style) for line in lines]
    assert styles[4] == "$text-error" and styles[5] == "$text-success"


class Pane(App[None]):
    lines = tuple(f"{n:03} [b] " + "日本 " * 20 for n in range(100))

    def compose(self) -> ComposeResult:
        yield TextPane()

    def on_mount(self) -> None:
        pane = self.query_one(TextPane)
        pane.show([Content(line) for line in self.lines])
        pane.focus()


def shown(pane: TextPane) -> list[str]:
    strips = [pane.render_line(y) for y in range(pane.size.height)]
    assert {strip.cell_length for strip in strips} == {pane.columns}
    return [strip.text for strip in strips]


async def test_a_pane_scrolls_both_ways_by_keys() -> None:
    app = Pane()
    async with app.run_test(size=(40, 10)) as pilot:
        pane = app.query_one(TextPane)
        assert shown(pane)[0].startswith("000 [b] 日本")
        await pilot.press("j", "down")
        assert shown(pane)[0].startswith("002 ")
        await pilot.press("G")
        assert any(row.startswith("099") for row in shown(pane))
        await pilot.press("g", "right")
        assert shown(pane)[0].startswith("日本")
        await pilot.press("left", "pagedown")
        assert shown(pane)[0].startswith(f"{pane.size.height - 1:03}")


async def test_a_pane_keeps_its_place_when_asked_to() -> None:
    app = Pane()
    async with app.run_test(size=(40, 10)) as pilot:
        pane = app.query_one(TextPane)
        await pilot.press("pagedown")
        lines = [Content(f"new {n:03}") for n in range(100)]
        pane.show(lines, keep_place=True)
        await pilot.pause()
        assert shown(pane)[0].startswith("new 00") and not shown(pane)[0].startswith("new 000")
        pane.show(lines)
        await pilot.pause()
        assert shown(pane)[0].startswith("new 000")


async def test_side_keys_reach_the_screen_where_nothing_lies_aside() -> None:
    class Narrow(Pane):
        BINDINGS = [("left", "turn", ""), ("right", "turn", "")]  # noqa: RUF012 - textual's own
        lines = ("short",)
        turned = 0

        def action_turn(self) -> None:
            self.turned += 1

    app = Narrow()
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("left", "right")
        assert app.turned == 2
