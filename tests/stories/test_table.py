"""The page of the stories is up to date and has a result for each."""

from __future__ import annotations

from tests.stories import table
from tests.stories.place import Step
from tests.stories.tales import STORIES


def test_the_page_is_fresh_and_every_story_works() -> None:
    text = table.DOCUMENT.read_text("utf-8")
    wanted = {it.name: table.fingerprint(it) for it in STORIES}
    assert table.fingerprints_in(text) == wanted, "stale: run make stories"
    assert table.verdicts_in(text) == [table.WORKS] * len(STORIES)


def test_a_row_is_kept_whole_and_shown_without_what_differs_each_time() -> None:
    story = STORIES[0]
    row = table.Row(story.name, table.FAULT, "a\nb", 1.0)
    row.steps = [Step("status DIR", 2, "07:00:01 88 launches failed in 46 s. a | b")]
    text = table.document({story.name: row})
    assert "| `status DIR` | 2 | … launches failed in …. a \\| b |" in text
    assert table.verdicts_in(text) == ["FAULT: a b", *[table.NOT_YET] * (len(STORIES) - 1)]
    assert len(table.fingerprints_in(text)) == len(STORIES)
    assert len({*table.fingerprints_in(text).values()}) == len(STORIES)
