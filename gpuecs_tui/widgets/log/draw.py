"""Draw log lines: from the bytes of one line to the strips of its rows, with a cache."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from gpuecs_tui.widgets.base.glyphs import signs
from gpuecs_tui.widgets.log.rows import breaks, shown_part
from gpuecs_tui.widgets.log.search import Pattern
from gpuecs_tui.widgets.log.text import styled_text

_LINES_KEPT = 512


@dataclass(frozen=True, slots=True)
class Look:
    """The styles that a log is drawn with."""

    base: Style
    """Colour and background of plain text."""
    match: Style
    """Style of text that the search found."""
    current: Style
    """Style of the found text on the current line of the search."""
    marked: Style
    """Style of marked lines."""
    dim: Style
    """The sign of a line that continues to the right."""


class LineDrawer:
    """Creates and caches the strips of lines; call ``clear`` when their look changes."""

    def __init__(self) -> None:
        self._cache: LRUCache[tuple[bytes, int | None, bool, bool], tuple[Strip, list[int]]]
        self._cache = LRUCache(_LINES_KEPT)

    def clear(self) -> None:
        """Delete all cached strips."""
        self._cache.clear()

    def row(
        self,
        raw: bytes,
        sub_row: int,
        width: int,
        *,
        look: Look,
        left: int | None = None,
        pattern: Pattern | None = None,
        current: bool = False,
        marked: bool = False,
    ) -> Strip:
        """Return one row, exactly ``width`` cells.

        A wrapped line has several rows, counted by ``sub_row``. With ``left``, the line is one row,
        of which that many cells are scrolled away.
        """
        key = (raw, width if left is None else None, current, marked)
        drawn = self._cache.get(key)
        if drawn is None:
            drawn = self._cache[key] = self._draw(raw, width, look, left, pattern, current, marked)
        strip, edges = drawn
        fill = look.marked if marked else look.base
        if left is not None:
            if strip.cell_length > left + width:
                cut = strip.crop(left, left + width - 1)
                return Strip([*cut, Segment(signs().more, look.dim)]).adjust_cell_length(
                    width, fill
                )
            return strip.crop(left, left + width).adjust_cell_length(width, fill)
        if sub_row >= len(edges) - 1:
            return Strip.blank(width, fill)
        return strip.crop(edges[sub_row], edges[sub_row + 1]).adjust_cell_length(width, fill)

    @staticmethod
    def _draw(
        raw: bytes,
        width: int,
        look: Look,
        left: int | None,
        pattern: Pattern | None,
        current: bool,
        marked: bool,
    ) -> tuple[Strip, list[int]]:
        styled = styled_text(raw)
        plain = shown_part(styled.plain)
        edges = [0, 0] if left is not None else breaks(plain, width)
        base = look.base + look.marked if marked else look.base
        if not styled.spans and pattern is None:
            return Strip([Segment(plain, base)] if plain else [], cell_len(plain)), edges
        # Later layers take precedence over earlier ones; the edges of the layers divide the line
        # into segments.
        layers = list(styled.spans)
        if pattern is not None:
            over = look.current if current else look.match
            layers += [(start, end, over) for start, end in pattern.spans(plain)]
        edges_of_layers = {min(edge, len(plain)) for span in layers for edge in span[:2]}
        cuts = sorted({0, len(plain)} | edges_of_layers)
        segments = []
        for start, end in pairwise(cuts):
            style = base
            for first, last, layer in layers:
                if first <= start and end <= last:
                    style += layer
            segments.append(Segment(plain[start:end], style))
        return Strip(segments), edges
