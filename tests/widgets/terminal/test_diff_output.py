"""The output layer compared with Textual's own rendering: always the same screen, cell by cell."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from gpuecs_tui.widgets.terminal.diff_output import DiffEncoder, erases_in_colour
from gpuecs_tui.widgets.terminal.screen_cells import pen_of
from tests.widgets.terminal.emulated import Emulated

STYLES = [
    Style.parse(text)
    for text in (
        "#e0e0e0 on #1e1e1e",
        "#e0e0e0 on #1e1e1e",
        "bold #ff0000 on #1e1e1e",
        "dim #ffffff on #000000",
        "bold dim #ffffff on #000000",
        "red",
        "reverse #e0e0e0 on #1e1e1e",
        "underline italic #00ff00 on #1e1e1e",
        "bright_blue on bright_black",
        "on #303030",
        "strike color(77) on color(200)",
    )
] + [None]
WORDS = [
    "aws_lb.this",
    "Creating...",
    "   ",
    "          ",
    "日本語",
    "é",
    "x",
    "─│╷",
    "e\u0301a",
    "12s",
]


def random_strip(chance: random.Random, width: int) -> Strip:
    """Return a strip of exactly ``width`` cells."""
    segments: list[Segment] = []
    while sum(segment.cell_length for segment in segments) < width:
        segments.append(Segment(chance.choice(WORDS), chance.choice(STYLES)))
    return Strip(segments).adjust_cell_length(width, STYLES[0])


class Picture:
    """A random screen that changes like real screens: a line here, a scrolled block there."""

    def __init__(self, chance: random.Random, width: int, height: int) -> None:
        self.chance, self.width, self.height = chance, width, height
        # Two panes and a scrollbar, like on the run screen.
        self.cuts = [0, chance.randint(1, width - 2), width - 1, width]
        self.panes = [
            [random_strip(chance, end - start) for _ in range(height)]
            for start, end in zip(self.cuts, self.cuts[1:], strict=False)
        ]

    def change(self) -> set[int]:
        """Change something; return the numbers of the changed panes."""
        pane = self.chance.randrange(3)
        width = self.cuts[pane + 1] - self.cuts[pane]
        kind = self.chance.randrange(4)
        rows = self.panes[pane]
        if kind == 0:
            rows[self.chance.randrange(self.height)] = random_strip(self.chance, width)
        elif kind == 1:
            rows[:] = [random_strip(self.chance, width) for _ in rows]
        else:
            by = self.chance.randint(1, self.height)
            fresh = [random_strip(self.chance, width) for _ in range(by)]
            rows[:] = rows[by:] + fresh if kind == 2 else fresh + rows[: self.height - by]
            self.panes[pane] = rows[: self.height]
        return {pane}

    def layout(self) -> LayoutUpdate:
        lines = [[pane[y] for pane in self.panes] for y in range(self.height)]
        return LayoutUpdate(list(lines), Region(0, 0, self.width, self.height))

    def chops(self, panes: set[int]) -> ChopsUpdate:
        chops = [
            {self.cuts[at]: (self.panes[at][y] if at in panes else None) for at in range(3)}
            for y in range(self.height)
        ]
        first, last = self.cuts[min(panes)], self.cuts[max(panes) + 1]
        spans = [(y, first, last) for y in range(self.height)]
        return ChopsUpdate(chops, spans, [self.cuts[1:]] * self.height)


def sequences(seed: int) -> Iterator[tuple[LayoutUpdate | ChopsUpdate, int, int]]:
    """Yield (update, width, height): changes, full repaints and sometimes a resize."""
    chance = random.Random(seed)
    picture = Picture(chance, chance.randint(20, 90), chance.randint(4, 30))
    yield picture.layout(), picture.width, picture.height
    for _ in range(25):
        if chance.random() < 0.08:
            picture = Picture(chance, chance.randint(20, 90), chance.randint(4, 30))
            yield picture.layout(), picture.width, picture.height
        panes = picture.change()
        if chance.random() < 0.3:
            yield picture.layout(), picture.width, picture.height
        else:
            yield picture.chops(panes), picture.width, picture.height


@pytest.mark.parametrize("erases", [True, False])
@pytest.mark.parametrize("seed", range(16))
def test_the_same_cells_as_textual_draws(seed: int, erases: bool) -> None:
    console = Console(color_system="truecolor", force_terminal=True)
    wire = DiffEncoder(ColorSystem.TRUECOLOR, erases=erases)
    theirs = ours = Emulated(1, 1)
    size, plain, sent = (0, 0), 0, 0
    for update, width, height in sequences(seed):
        if (width, height) != size:
            size = (width, height)
            theirs, ours = Emulated(width, height), Emulated(width, height)
            # Whatever the terminal displays after a resize must be overwritten.
            ours.feed("\x1b[41m" + "\r\n".join(["#" * width] * height) + "\x1b[m")
        text = update.render_segments(console)
        encoded = wire.encode(update, width, height)
        assert encoded is not None
        plain, sent = plain + len(text), sent + len(encoded)
        theirs.feed(text)
        ours.feed(encoded)
        assert ours.cells() == theirs.cells()
    assert sent < plain


def test_nothing_is_sent_for_the_same_picture() -> None:
    picture = Picture(random.Random(1), 80, 24)
    wire = DiffEncoder(ColorSystem.TRUECOLOR, erases=True)
    assert wire.encode(picture.layout(), 80, 24)
    assert wire.encode(picture.layout(), 80, 24) == ""
    wire.forget()
    assert wire.encode(picture.layout(), 80, 24)


def test_a_scrolled_log_costs_little_more_than_its_new_line() -> None:
    texts = [" ".join(random.Random(n).choices([*WORDS[:2], "ok", "12s"], k=9)) for n in range(30)]
    lines = [Strip([Segment(text.ljust(80)[:80], STYLES[0])]) for text in texts]
    wire = DiffEncoder(ColorSystem.TRUECOLOR, erases=True)
    region = Region(0, 0, 80, 24)
    wire.encode(LayoutUpdate([[line] for line in lines[:24]], region), 80, 24)
    sent = wire.encode(LayoutUpdate([[line] for line in lines[1:25]], region), 80, 24)
    assert sent is not None
    assert "\x1b[1M" in sent
    assert len(sent) < 160


@pytest.mark.parametrize("erases", [True, False])
def test_a_typed_character_and_the_cursor_are_written_as_they_stand(erases: bool) -> None:
    plain, cursor = Style.parse("#e0e0e0 on #1e1e1e"), Style.parse("reverse #e0e0e0 on #1e1e1e")

    def field(text: str) -> LayoutUpdate:
        parts = [Segment(text, plain), Segment(" ", cursor), Segment(" " * (19 - len(text)), plain)]
        return LayoutUpdate([[Strip(parts)]], Region(0, 0, 20, 1))

    wire = DiffEncoder(ColorSystem.TRUECOLOR, erases=erases)
    wire.encode(field("h"), 20, 1)
    for text in ("he", "hel", "hell"):
        # The cursor does not move back: tmux would send the pen twice for that.
        assert wire.encode(field(text), 20, 1) == f"\x1b[27m\x1b[1;{len(text)}H{text[-1]}\x1b[7m "


def test_a_line_that_stays_while_others_scroll_past_it() -> None:
    chance = random.Random(3)
    moving = [Strip([Segment(f"{chance.random()}".ljust(60), STYLES[0])]) for _ in range(30)]
    still = Strip([Segment("this line is not part of what scrolls".ljust(60), STYLES[2])])
    wire, ours = DiffEncoder(ColorSystem.TRUECOLOR, erases=True), Emulated(60, 20)
    for first in range(4):
        lines = [*moving[first : first + 10], still, *moving[first + 10 : first + 19]]
        sent = wire.encode(LayoutUpdate([[line] for line in lines], Region(0, 0, 60, 20)), 60, 20)
        ours.feed(sent or "")
        assert [row.rstrip() for row in ours.screen.display] == [
            line.text.rstrip() for line in lines
        ]
        assert first == 0 or "M" in (sent or "")


def test_a_control_code_in_a_strip_is_left_to_textual() -> None:
    wire = DiffEncoder(ColorSystem.TRUECOLOR, erases=True)
    strip = Strip([Segment("a\x1b[2Jb", STYLES[0])], 80)
    assert wire.encode(LayoutUpdate([[strip]], Region(0, 0, 80, 1)), 80, 1) is None


@pytest.mark.parametrize("before", STYLES)
@pytest.mark.parametrize("after", STYLES)
def test_every_change_of_pen_arrives(before: Style | None, after: Style | None) -> None:
    first, second = (pen_of(style, ColorSystem.TRUECOLOR) for style in (before, after))
    direct, changed = Emulated(4, 1), Emulated(4, 1)
    direct.feed(second.sequence(None) + "x")
    changed.feed(first.sequence(None) + "x\r" + second.sequence(first) + "x")
    assert changed.cells() == direct.cells()


def test_erasing_is_trusted_only_where_it_paints() -> None:
    assert erases_in_colour("xterm-256color")
    assert erases_in_colour("tmux-256color")
    assert not erases_in_colour("screen")


def test_what_may_spill_over_is_written_before_its_neighbour() -> None:
    wire = DiffEncoder(ColorSystem.TRUECOLOR, erases=True)
    strip = Strip([Segment("ab", STYLES[0]), Segment("👍", STYLES[2]), Segment("cd", STYLES[0])], 6)
    sent = wire.encode(LayoutUpdate([[strip]], Region(0, 0, 6, 1)), 6, 1)
    assert sent is not None
    assert sent.index("👍") < sent.index("ab")
    # The positions of the adjacent cells are sent explicitly.
    assert "ab\x1b[2Ccd" in sent
    ours = Emulated(6, 1)
    ours.feed(sent)
    assert ours.screen.display == ["ab👍cd"]
