"""The app's themes: dark, light, and one for terminals with sixteen colors.

A variable is set explicitly where Textual's mixing of colors would give too little contrast (WCAG
2.1 requires 4.5 to 1) or a color that is not one of the sixteen. No information is shown by color
alone: every state also has a sign or a word, so NO_COLOR and the Linux console lose nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import App
from textual.theme import Theme

_CURSOR = {
    # A reversed cursor sends one attribute; another color would send two of 17 bytes each.
    "input-cursor-text-style": "reverse",
    "input-cursor-background": "transparent",
}

DARK = Theme(
    name="gpuecs-dark",
    dark=True,
    primary="#6aa9d8",
    secondary="#8796a8",
    accent="#dfb067",
    success="#8cc084",
    warning="#dfb067",
    error="#e88080",
    foreground="#d8dde3",
    background="#11151a",
    surface="#161b21",
    panel="#232b35",
    variables=_CURSOR
    | {
        "input-cursor-foreground": "#d8dde3",
        "text-muted": "#9aa6b4",
        "text-disabled": "#7f8a97",
        "text-primary": "#86bde6",
        "text-accent": "#e6bd7c",
        "text-success": "#9fce97",
        "text-warning": "#e6bd7c",
        "text-error": "#f09a9a",
        "primary-muted": "#21384b",
        "warning-muted": "#4a3b20",
        "border-blurred": "#3a4552",
        "scrollbar": "#4a5766",
        "scrollbar-hover": "#5c6b7c",
        "scrollbar-background": "#161b21",
        "scrollbar-corner-color": "#161b21",
    },
)

LIGHT = Theme(
    name="gpuecs-light",
    dark=False,
    primary="#1d64a0",
    secondary="#556270",
    accent="#8a5200",
    success="#2b6f2e",
    warning="#8a5200",
    error="#ab2620",
    foreground="#1c2229",
    background="#f4f6f8",
    surface="#fcfdfe",
    panel="#e3e8ee",
    variables=_CURSOR
    | {
        "input-cursor-foreground": "#1c2229",
        "text-muted": "#515c68",
        "text-disabled": "#66717d",
        "text-primary": "#1a5a90",
        "text-accent": "#7d4a00",
        "text-success": "#27652a",
        "text-warning": "#7d4a00",
        "text-error": "#9c221d",
        "primary-muted": "#cfe1f1",
        "warning-muted": "#f3e3c4",
        "border-blurred": "#b9c3ce",
        "scrollbar": "#a9b5c2",
        "scrollbar-hover": "#8f9dac",
        "scrollbar-background": "#eef1f4",
        "scrollbar-corner-color": "#eef1f4",
    },
)

SIXTEEN = Theme(
    name="gpuecs-sixteen",
    dark=True,
    primary="#00aaaa",
    secondary="#aaaaaa",
    accent="#ffff55",
    success="#55ff55",
    warning="#ffff55",
    error="#ff5555",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#0000aa",
    luminosity_spread=0,
    text_alpha=1,
    variables=_CURSOR
    | {
        "input-cursor-foreground": "#ffffff",
        "text": "#ffffff",
        "text-muted": "#aaaaaa",
        "text-disabled": "#aaaaaa",
        "text-primary": "#55ffff",
        "text-accent": "#ffff55",
        "text-success": "#55ff55",
        "text-warning": "#ffff55",
        "text-error": "#ff5555",
        "primary-muted": "#0000aa",
        "secondary-muted": "#0000aa",
        "accent-muted": "#0000aa",
        "success-muted": "#000000",
        "warning-muted": "#000000",
        "error-muted": "#000000",
        "foreground-muted": "#aaaaaa",
        "boost": "#000000",
        "surface-active": "#0000aa",
        "block-cursor-foreground": "#000000",
        "block-cursor-background": "#00aaaa",
        "block-cursor-blurred-background": "#0000aa",
        "block-hover-background": "#0000aa",
        "border": "#55ffff",
        "border-blurred": "#aaaaaa",
        "scrollbar": "#aaaaaa",
        "scrollbar-hover": "#aaaaaa",
        "scrollbar-active": "#ffffff",
        "scrollbar-background": "#000000",
        "scrollbar-background-hover": "#000000",
        "scrollbar-background-active": "#000000",
        "scrollbar-corner-color": "#000000",
        "screen-selection-background": "#0000aa",
        "input-selection-background": "#0000aa",
        "input-selection-foreground": "#ffffff",
    },
)
"""Every color is one of the sixteen (VGA palette, in Rich's numbering)."""

_RICH_TERMS = frozenset({"xterm-kitty", "alacritty", "foot", "xterm-ghostty", "wezterm"})

THEMES = (DARK, LIGHT, SIXTEEN)


def theme_for(environ: Mapping[str, str]) -> str:
    """Return the name of the theme that suits the terminal.

    Sixteen colors if neither TERM (as Rich reads it) nor COLORTERM indicates more; else light if
    COLORFGBG, which some terminals set, indicates a light background; else dark.
    """
    term = environ.get("TERM", "")
    told = environ.get("COLORTERM", "") in ("truecolor", "24bit")
    if not (told or "256color" in term or term in _RICH_TERMS):
        return SIXTEEN.name
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    # rxvt's convention: the palette number; 7 is light gray, 9…15 are bright.
    light = background.isdigit() and (background == "7" or 9 <= int(background) <= 15)
    return LIGHT.name if light else DARK.name


def install_themes(app: App[Any], environ: Mapping[str, str]) -> None:
    """Register the themes and choose one for the terminal; ``app`` is not running yet."""
    for theme in THEMES:
        app.register_theme(theme)
    if (name := theme_for(environ)) != DARK.name:
        app.theme = name
    else:
        # Assigning ``theme`` makes Textual parse every style sheet again after the first screen has
        # been parsed. Nothing is parsed yet, and Textual's default theme is dark too, so the
        # variables are all that changes.
        app.set_reactive(App.theme, name)
        app.add_class(f"-theme-{name}", update=False)
    app.stylesheet.set_variables(app.get_css_variables())
