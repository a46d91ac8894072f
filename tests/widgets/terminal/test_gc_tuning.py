"""Full collections skip the objects that existed before."""

from __future__ import annotations

import gc

from gpuecs_tui.widgets.terminal.gc_tuning import exempt_what_lives_long


def test_what_exists_is_frozen_once() -> None:
    gc.unfreeze()
    exempt_what_lives_long.cache_clear()
    exempt_what_lives_long()
    frozen = gc.get_freeze_count()
    assert frozen > 1_000
    later = [[number] for number in range(100)]
    exempt_what_lives_long()
    assert len(later) == 100
    assert gc.get_freeze_count() <= frozen
    gc.unfreeze()
