"""``make stories``, ``python -m tests.stories``: carries out the stories, writes docs/stories.md.

Each result is stored under the fingerprint of its story, so that a call only carries out stories
that have none. Two stories are carried out at a time, each with its own demo account.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.stories import table
from tests.stories.place import Failed, Place
from tests.stories.tales import STORIES, Story

FOLDER = Path(".stories")
WORKERS = 2


def main(words: list[str]) -> int:
    """Carry out the stories without a result, write the page; return 1 if a story failed."""
    options = _options().parse_args(words)
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if unknown := set(options.story or ()) - {it.tell.__name__ for it in STORIES}:
        raise SystemExit(f"There is no story {', '.join(sorted(unknown))}.")
    chosen = [it for it in STORIES if not options.story or it.tell.__name__ in options.story]
    waiting = [it for it in chosen if not _is_known(folder, it, again=options.again)]
    print(f"{len(waiting)} of {len(STORIES)} stories to carry out, results in {folder}", flush=True)
    with ThreadPoolExecutor(options.workers) as pool:
        list(pool.map(lambda story: _carry_out(folder, story), waiting))
    files = {it.name: _file(folder, it) for it in STORIES}
    rows = {name: table.read_row(file) for name, file in files.items() if file.exists()}
    if not options.story:
        table.DOCUMENT.write_text(table.document(rows), encoding="utf-8")
        print(f"{len(rows)} of {len(STORIES)} stories in {table.DOCUMENT}", flush=True)
    return int(any(row.verdict == table.FAULT for row in rows.values()))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.stories", description=__doc__)
    names = ", ".join(it.tell.__name__ for it in STORIES)
    parser.add_argument(
        "--story", action="append", help=f"only this one ({names}); doesn't write the page"
    )
    parser.add_argument("--again", action="store_true", help="those that failed, too")
    parser.add_argument("--workers", type=int, default=WORKERS, help="stories at a time")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where results are kept")
    return parser


def _file(folder: Path, story: Story) -> Path:
    return folder / f"{table.fingerprint(story)}.json"


def _is_known(folder: Path, story: Story, *, again: bool) -> bool:
    file = _file(folder, story)
    return file.exists() and not (again and table.read_row(file).verdict == table.FAULT)


def _carry_out(folder: Path, story: Story) -> None:
    home, began = folder / story.tell.__name__, time.monotonic()
    shutil.rmtree(home, ignore_errors=True)
    row, place = table.Row(story.name, table.WORKS), Place(home)
    try:
        place.open()
        story.tell(place)
    except Failed as problem:
        # The folder is kept: it has the runs with their journals.
        row.verdict, row.problem = table.FAULT, str(problem)
    finally:
        place.close()
    row.steps, row.seconds = place.steps, round(time.monotonic() - began, 1)
    _file(folder, story).write_text(row.as_json(), encoding="utf-8")
    if row.verdict == table.WORKS:
        shutil.rmtree(home, ignore_errors=True)
    told = f"{story.name}: {row.verdict}{row.problem and ': '}{row.problem}"
    print(f"{told} ({row.seconds:.0f} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
