"""The results of all calls with one seed, as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.chaos.faults import FAULTS
from tests.chaos.trial import Result


def read_results(path: Path) -> list[Result]:
    """Return the stored results; empty before the first trial."""
    if not path.exists():
        return []
    return [Result(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def table(results: Iterable[Result], missing: Mapping[str, str]) -> str:
    """Return fault × survived/tried, then every trial that failed.

    A trial whose run ended before the fault counts neither way, unless it failed.
    """
    found = list(results)
    rows = [("fault", "survived/tried", "brought back", "doubled", "too late", "ends")]
    for fault in FAULTS:
        of_it = [it for it in found if it.fault == fault.name]
        tried = [it for it in of_it if it.struck or it.problems]
        ends = sorted({it.ended for it in tried if it.ended})
        rows.append(
            (
                fault.name,
                missing.get(fault.name) or f"{sum(not it.problems for it in tried)}/{len(tried)}",
                str(sum(it.offered for it in tried) or ""),
                str(sum(it.doubled for it in tried) or ""),
                str(len(of_it) - len(tried) or ""),
                ", ".join(f"{sum(it.ended == end for it in tried)} {end}" for end in ends),
            )
        )
    tried = [it for it in found if it.struck or it.problems]
    whole = f"{sum(not it.problems for it in tried)}/{len(tried)}"
    offered = str(sum(it.offered for it in tried) or "")
    doubled = str(sum(it.doubled for it in tried) or "")
    rows.append(("all", whole, offered, doubled, str(len(found) - len(tried) or ""), ""))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    for it in found:
        if it.problems:
            lines.append(f"{it.number:04d} {it.fault} ({it.stack}, {it.state_in}, {it.moment}):")
            lines += [f"     {problem}" for problem in it.problems]
    return "\n".join(lines)
