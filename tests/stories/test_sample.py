"""The shortest of the stories, with the installed program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.place import Place
from tests.stories.tales import to_zero


@pytest.mark.e2e
def test_scaled_to_zero_and_back(tmp_path: Path, scrubbed: None) -> None:
    place = Place(tmp_path / "story")
    try:
        place.open()
        to_zero(place)
    finally:
        place.close()
    assert [it.words.split()[0] for it in place.steps].count("scale") == 2
