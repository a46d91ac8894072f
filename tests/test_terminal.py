"""Textual's settings before it is imported, on this machine and over SSH."""

from __future__ import annotations

import gc

from gpuecs_tui import terminal


def prepared(**environ: str) -> dict[str, str]:
    try:
        terminal.prepare(environ)
    finally:
        gc.enable()
    return environ


def test_frames_come_fast_here_and_seldom_over_a_link() -> None:
    here, there = prepared(), prepared(SSH_CONNECTION="192.0.2.1 50000 192.0.2.2 22")
    assert here["TEXTUAL_FPS"] == "120" and "TEXTUAL_SMOOTH_SCROLL" not in here
    assert there["TEXTUAL_FPS"] == "30" and there["TEXTUAL_SMOOTH_SCROLL"] == "0"
    assert here["TEXTUAL_ANIMATIONS"] == there["TEXTUAL_ANIMATIONS"] == "none"
    assert there["TEXTUAL_DISABLE_KITTY_KEY"] == "1" and "TEXTUAL_DISABLE_KITTY_KEY" not in here
    assert prepared(TEXTUAL_FPS="10")["TEXTUAL_FPS"] == "10"
