"""Displayed log lines: colours are kept, and nothing else controls the terminal."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from gpuecs_tui.widgets.log.rows import breaks, row_count, shown_part
from gpuecs_tui.widgets.log.text import plain_text, styled_text

LINE_BYTES = st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b""))
COLOURED = st.lists(
    st.sampled_from(
        [b"a", b"\t", b"\x1b[1;31m", b"\x1b[0m", "日".encode(), b"\x07", b"\x1b[2J", b"\xff"]
    )
).map(b"".join)

REORDERING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""Bidirectional classes that change the order of the following text (Unicode Annex 9)."""


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"plain", "plain"),
        (b"\x1b[1mbold\x1b[0m", "bold"),
        (b"\x1b[2Jwipe", "␛[2Jwipe"),
        (b"\x1b]0;title\x07", "␛]0;title␇"),
        (b"\x1b[38:2::1:2:3mrgb", "rgb"),
        (b"end\r", "end"),
        (b"over\rwrite", "over␍write"),
        (b"a\tb", "a       b"),
        (b"\xff\xfe", "\\xff\\xfe"),
        ("a\u202eb\u200bc".encode(), "a<U+202E>b<U+200B>c"),
        ("\x9b31m".encode(), "<U+009B>31m"),
        ("❤\ufe0f".encode(), "❤"),
        (b"[/aws/ecs] [for k in v] [bold]", "[/aws/ecs] [for k in v] [bold]"),
    ],
)
def test_shown_text(raw: bytes, shown: str) -> None:
    assert plain_text(raw) == shown
    assert styled_text(raw).plain == shown


def acts(character: str) -> bool:
    """Tell whether a terminal would act on it, or display it in another order."""
    moves = unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
    return moves or unicodedata.bidirectional(character) in REORDERING


@given(st.one_of(LINE_BYTES, COLOURED))
@example("\u0557".encode())
def test_both_readings_agree_and_nothing_acts(raw: bytes) -> None:
    styled = styled_text(raw)
    assert styled.plain == plain_text(raw)
    assert not any(map(acts, styled.plain))
    edges = [edge for start, end, _style in styled.spans for edge in (start, end)]
    assert edges == sorted(edges)
    assert not edges or edges[-1] <= len(styled.plain)


def test_colours() -> None:
    def styles(raw: bytes) -> list[Style]:
        return [style for _start, _end, style in styled_text(raw).spans]

    assert styles(b"\x1b[31mred") == [Style.parse("color(1)")]
    assert styles(b"\x1b[1;38;5;200mx\x1b[22my") == [
        Style.parse("bold color(200)"),
        Style.parse("not bold not dim color(200)"),
    ]
    assert styles(b"\x1b[48;2;1;2;3mx\x1b[49my")[0] == Style.parse("on #010203")
    assert styles(b"\x1b[5;8mhidden") == []
    assert styles(b"\x1b[31mred\x1b[mplain") == [Style.parse("color(1)")]


@given(st.text(alphabet="ab 日本é\u0301ｱ", max_size=80), st.integers(2, 30))
def test_rows_hold_the_line_and_never_split_a_character(text: str, width: int) -> None:
    edges = breaks(text, width)
    assert edges[0] == 0
    assert edges[-1] == cell_len(text)
    assert all(0 <= end - start <= width for start, end in pairwise(edges))


@given(st.lists(st.text(alphabet="ab 日\t\x1b", max_size=70), max_size=8), st.integers(2, 30))
def test_counted_rows_are_the_drawn_ones(lines: list[str], width: int) -> None:
    block = "".join(f"{line}\n" for line in lines).encode()
    drawn = [len(breaks(shown_part(plain_text(line.encode())), width)) - 1 for line in lines]
    assert row_count(block, width) == sum(drawn)
