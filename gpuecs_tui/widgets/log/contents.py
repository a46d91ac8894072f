"""The contents of a log view: a log with its filter and its search, scanned in slices."""

from __future__ import annotations

from collections.abc import Iterable

from gpuecs_tui.terraform.engine.log_line import Level
from gpuecs_tui.widgets.log.filter import FilteredLog, LineFilter
from gpuecs_tui.widgets.log.level import AtLeast
from gpuecs_tui.widgets.log.search import Matches, Pattern
from gpuecs_tui.widgets.log.store import LogStore

SCAN_SECONDS = 0.006
"""Seconds after which a search returns to the event loop: too short to delay a key press."""


class LogContents:
    """A store with the filter, the search and the errors that belong to it.

    Line numbers are those of ``shown`` unless stated otherwise.
    """

    def __init__(self, source: LogStore) -> None:
        self.source = source
        """Every line that is kept, whether it passes the filter or not."""
        self.pattern: Pattern | None = None
        """The pattern that is searched for and highlighted."""
        self.matches: Matches | None = None
        """The matching lines of ``shown``."""
        self.errors = Matches(AtLeast(Level.ERROR, source), source)
        """The errors of ``source``; each is represented by its first line or its heading."""
        self._filtered: FilteredLog | None = None

    @property
    def shown(self) -> LogStore:
        """The visible store: the source, or only its lines that pass the filter."""
        return self._filtered.store if self._filtered else self.source

    @property
    def filter(self) -> LineFilter:
        """The present filter."""
        return self._filtered.filter if self._filtered else LineFilter()

    @property
    def busy(self) -> bool:
        """Whether filtering or searching has unread lines."""
        filtering = self._filtered is not None and not self._filtered.complete
        searching = self.matches is not None and not self.matches.complete
        return filtering or searching or not self.errors.complete

    def feed(self, data: bytes | str | Iterable[str]) -> int:
        """Add plain text and return how many lines it completed.

        It is bytes or text with newlines, or lines without them.
        """
        if isinstance(data, str):
            data = data.encode("utf-8", "backslashreplace")
        elif not isinstance(data, bytes):
            data = "".join([f"{line}\n" for line in data]).encode("utf-8", "backslashreplace")
        return self.source.feed(data)

    def scan(self) -> None:
        """Continue filtering and searching for SCAN_SECONDS."""
        for looking in (self._filtered, self.matches, self.errors):
            if looking is not None:
                looking.scan(SCAN_SECONDS)

    def set_filter(self, line_filter: LineFilter, top: int) -> int:
        """Show only lines that pass; return the new number of line ``top``, or of the next visible
        line."""
        if self._filtered is not None:
            top = self._filtered.source_line(top)
        self._filtered = FilteredLog(self.source, line_filter) if line_filter else None
        if self._filtered is not None:
            self._filtered.scan(SCAN_SECONDS)
        self.set_search(self.pattern)
        return self.shown_line(top)

    def set_search(self, pattern: Pattern | None) -> None:
        """Search for ``pattern`` from the beginning; None ends the search."""
        self.pattern = pattern
        self.matches = Matches(pattern, self.shown) if pattern else None

    def shown_line(self, source_line: int) -> int:
        """Return the number in ``shown`` of a line of the source, or of the next visible line."""
        return self._filtered.shown_line(source_line) if self._filtered else source_line
